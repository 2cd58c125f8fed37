"""What each program says in which language: the source sentences are Vietnamese, gettext catalogues have the others."""

import gettext
import io
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from edge.contracts import kiosk

LANGUAGES = ("vi", "en")  # of the pages that officers and the Health Department read
_BRAND = "edge.contracts.brand"
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")


@cache
def translations(language: str, package: str = _BRAND) -> gettext.NullTranslations:
    """The catalogue of one package, ``<package>/locale/<language>.po``, and behind it the brand's own.

    Vietnamese is the source language: it needs no catalogue, and it is what a language says that has none here, or
    lacks the sentence. Raises KeyError on a language that the product does not know.
    """
    if language not in kiosk.LANGUAGES:
        raise KeyError(language)
    if language == "vi":
        return gettext.NullTranslations()
    behind = translations(language) if package != _BRAND else gettext.NullTranslations()
    source = _source(language, package)
    if not source.is_file():
        return behind
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    catalogue = gettext.GNUTranslations(compiled)
    catalogue.add_fallback(behind)
    return catalogue


@cache
def installed(package: str) -> tuple[str, ...]:
    """The languages that a package can be offered in, as ``edge.contracts.kiosk.LANGUAGES`` orders them: Vietnamese,
    and each that it has a catalogue for."""
    return tuple(code for code in kiosk.LANGUAGES if code == "vi" or _source(code, package).is_file())


def _source(language: str, package: str) -> Traversable:
    return files(package).joinpath("locale", f"{language}.po")


def local_time(at_ms: int, time_zone: str) -> datetime:
    """A journal time in the site's own zone."""
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(time_zone))


def long_date(day: datetime, language: str) -> str:
    """The weekday and date as the page's head shows them.

    >>> long_date(datetime(2026, 11, 23), "vi")
    'Thứ Hai, 23/11/2026'
    """
    return f"{translations(language).gettext(_WEEKDAYS[day.weekday()])}, {day:%d/%m/%Y}"
