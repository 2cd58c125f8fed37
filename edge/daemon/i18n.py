"""Vietnamese and English: the source sentences are Vietnamese, the gettext catalogues have the English ones."""

import gettext
import io
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")


@cache
def translations(language: str, package: str = "edge.contracts.brand") -> gettext.NullTranslations:
    """The catalogue of one package, ``<package>/locale/<language>.po``, and behind it the brand's own.

    Vietnamese is the source language and needs no catalogue. Raises KeyError on a language that the product does not
    speak.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "vi":
        return gettext.NullTranslations()
    source = files(package).joinpath("locale", f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=language))
    compiled.seek(0)
    catalogue = gettext.GNUTranslations(compiled)
    if package != "edge.contracts.brand":
        catalogue.add_fallback(translations(language))
    return catalogue


def local_time(at_ms: int, time_zone: str) -> datetime:
    """A journal time in the site's own zone."""
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(time_zone))


def long_date(day: datetime, language: str) -> str:
    """The weekday and date as the page's head shows them.

    >>> long_date(datetime(2026, 11, 23), "vi")
    'Thứ Hai, 23/11/2026'
    """
    return f"{translations(language).gettext(_WEEKDAYS[day.weekday()])}, {day:%d/%m/%Y}"
