"""Figures, dates and periods as a report writes them, in Vietnamese or English: pure but for the catalogue it reads."""

from datetime import date, datetime

from msgspec import Struct

from cloud.periods import Kind, Period
from cloud.rollups import EDGES_MIN
from cloud.words import N_
from edge.daemon.i18n import translations

DASH = "–"  # there is nothing to say
_VIETNAMESE = str.maketrans(",.", ".,")
# The words of a period; ``cloud.web.periods`` says the same on pages, where the dates stand in the picker.
_NAMES = {
    Kind.WEEK: N_("Tuần {week}"),
    Kind.MONTH: N_("Tháng {month}"),
    Kind.QUARTER: N_("Quý {quarter}/{year}"),
    Kind.SIX_MONTHS: N_("6 tháng đầu năm {year}"),
    Kind.NINE_MONTHS: N_("9 tháng đầu năm {year}"),
    Kind.YEAR: N_("Năm {year}"),
}


class Tongue(Struct, frozen=True):
    """The language that a report is written in: ``vi`` or ``en``."""

    language: str

    def say(self, source: str) -> str:
        """A Vietnamese source sentence in this language."""
        return translations(self.language, "cloud").gettext(source) if source else ""

    def pick(self, name: str, name_en: str) -> str:
        """The one of two names that is in this language; the other where it is empty."""
        return (name or name_en) if self.language == "vi" else (name_en or name)

    def number(self, n: int) -> str:
        """A whole number with its thousands apart.

        >>> Tongue("vi").number(13093), Tongue("en").number(13093)
        ('13.093', '13,093')
        """
        return self._mark(f"{n:,}")

    def decimal(self, value: float, places: int) -> str:
        """A number with its decimals.

        >>> Tongue("vi").decimal(1234.5, 2)
        '1.234,50'
        """
        return self._mark(f"{value:,.{places}f}")

    def percent(self, part: int, whole: int) -> str:
        """A share with two decimals, halves rounded up as a spreadsheet does; a dash where there is nothing to share.

        >>> Tongue("vi").percent(1, 3), Tongue("en").percent(1, 16), Tongue("vi").percent(0, 0)
        ('33,33 %', '6.25 %', '–')
        """
        if not whole:
            return DASH
        hundredths = (20_000 * part + whole) // (2 * whole)
        return self._mark(f"{hundredths // 100:,}.{hundredths % 100:02d} %")

    def share(self, part: int, whole: int) -> str:
        """A share with its numerator and denominator, as the Department writes them.

        >>> Tongue("vi").share(13093, 14986)
        '87,37 % (13.093/14.986)'
        """
        return f"{self.percent(part, whole)} ({self.number(part)}/{self.number(whole)})"

    def minutes(self, minutes: float) -> str:
        """A wait in minutes with one decimal; above the histogram's last edge nothing more is known.

        >>> Tongue("vi").minutes(24.25), Tongue("vi").minutes(180.0)
        ('24,2', '≥ 180')
        """
        if minutes >= EDGES_MIN[-1]:
            return f"≥ {EDGES_MIN[-1]}"
        return self.decimal(minutes, 1)

    def day(self, day: date) -> str:
        """A date, in the order of days, months and years in both languages."""
        return f"{day:%d/%m/%Y}"

    def span(self, first: date, last: date) -> str:
        """The days ``first`` to ``last``.

        >>> Tongue("vi").span(date(2026, 1, 1), date(2026, 6, 30))
        '01/01/2026–30/06/2026'
        """
        return self.day(first) if first == last else f"{self.day(first)}–{self.day(last)}"

    def moment(self, at: datetime) -> str:
        """A time of day and its date."""
        return f"{at:%H:%M %d/%m/%Y}"

    def period(self, period: Period) -> str:
        """The period in words, and its days.

        >>> Tongue("vi").period(Period(date(2026, 1, 1), date(2026, 6, 30), Kind.SIX_MONTHS))
        '6 tháng đầu năm 2026 (01/01/2026–30/06/2026)'
        """
        first = period.first
        if period.kind not in _NAMES:
            return self.span(first, period.last)
        named = self.say(_NAMES[period.kind]).format(
            week=first.isocalendar().week, month=f"{first:%m/%Y}", quarter=period.quarter, year=first.year
        )
        return f"{named} ({self.span(first, period.last)})"

    def _mark(self, written: str) -> str:
        return written.translate(_VIETNAMESE) if self.language == "vi" else written
