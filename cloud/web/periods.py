"""The period that a page shows: read from its address, named in words, and changed with the picker."""

from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import abort, g, request
from msgspec import Struct

from cloud.periods import Kind, NoPeriod, Period, of_kind, parse
from cloud.web.figures import TIME_ZONE
from cloud.words import N_
from edge.daemon.i18n import translations

KINDS = {
    Kind.DAY: N_("Ngày"),
    Kind.WEEK: N_("Tuần"),
    Kind.MONTH: N_("Tháng"),
    Kind.QUARTER: N_("Quý"),
    Kind.SIX_MONTHS: N_("6 tháng"),
    Kind.NINE_MONTHS: N_("9 tháng"),
    Kind.YEAR: N_("Năm"),
}


class Choice(Struct, frozen=True):
    """One link of the picker."""

    name: str
    url: str
    here: bool


class Picker(Struct, frozen=True):
    """The picker of a page that shows ``period``; ``kept`` goes along when other days are asked for.

    ``following`` is empty where the next period has not begun.
    """

    label: str
    kinds: tuple[Choice, ...]
    previous: str
    following: str
    first: str
    last: str
    kept: tuple[tuple[str, str], ...]


def today() -> date:
    """The date in Viet Nam."""
    return datetime.now(ZoneInfo(TIME_ZONE)).date()


def asked() -> Period:
    """The period that the address names, or the days from..to of the picker's form; this month where it names none.

    Ends with 400 where it is no period.
    """
    first, last = request.args.get("first", ""), request.args.get("last", "")
    text = f"{first}..{last}" if first or last else request.args.get("period", "")
    if not text:
        return of_kind(Kind.MONTH, today())
    try:
        return parse(text)
    except NoPeriod:
        abort(400)


def picker(period: Period) -> Picker:
    """The picker of the page that is being asked for."""
    day = min(max(period.first, today()), period.last)
    following = period.shifted(1)
    elapsed = period.elapsed(today())
    return Picker(
        label(period),
        tuple(Choice(name, _at(of_kind(kind, day)), period.kind is kind) for kind, name in KINDS.items()),
        _at(period.shifted(-1)),
        _at(following) if following.first <= today() else "",
        period.first.isoformat(),
        elapsed.last.isoformat(),
        tuple(pair for pair in _kept() if pair[0] not in ("first", "last")),
    )


def label(period: Period) -> str:
    """The period in words.

    ``Tháng 11/2026``, ``Quý III/2026``, ``Tuần 48 (23/11–29/11/2026)``, ``6 tháng đầu năm 2026``, ``26/11/2026``.
    """
    text = translations(g.language, "cloud")
    first, last = period.first, period.last
    match period.kind:
        case Kind.DAY:
            return f"{first:%d/%m/%Y}"
        case Kind.WEEK:
            return text.gettext("Tuần {week} ({first}–{last})").format(
                week=first.isocalendar().week, first=f"{first:%d/%m}", last=f"{last:%d/%m/%Y}"
            )
        case Kind.MONTH:
            return text.gettext("Tháng {month}").format(month=f"{first:%m/%Y}")
        case Kind.QUARTER:
            return text.gettext("Quý {quarter}/{year}").format(quarter=period.quarter, year=first.year)
        case Kind.SIX_MONTHS:
            return text.gettext("6 tháng đầu năm {year}").format(year=first.year)
        case Kind.NINE_MONTHS:
            return text.gettext("9 tháng đầu năm {year}").format(year=first.year)
        case Kind.YEAR:
            return text.gettext("Năm {year}").format(year=first.year)
        case Kind.OWN:
            return f"{first:%d/%m/%Y}–{last:%d/%m/%Y}"


def _at(period: Period) -> str:
    return "?" + urlencode([*_kept(), ("period", str(period))])


def _kept() -> list[tuple[str, str]]:
    """What else the page was asked for: it stays when the period changes."""
    gone = ("period", "first", "last", "lang")
    return [(key, value) for key, value in request.args.items(multi=True) if key not in gone]
