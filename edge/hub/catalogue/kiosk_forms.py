"""How the kiosks greet and guide as the fields of a form, and back; and the steps of a form without a script: pure, as
``forms``."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from edge.contracts.hall import Region
from edge.contracts.kiosk import LANGUAGES, Kiosk, KioskLanguage
from edge.hub.catalogue.forms import Fields, Reading
from edge.hub.catalogue.hall_words import REGIONS, SPOKEN
from edge.queueing.kiosk_checks import TEXTS

# What the kiosk says of its own where a text is left empty: sentences of ``edge.kiosk``, which has their English too.
PRODUCT_WORDS: Mapping[str, str] = {
    "greeting": "Xin chào, mời lại gần",
    "begin": "Đưa mã QR trên thẻ căn cước vào khe quét",
    "without": "Không có giấy tờ? Hãy chọn dịch vụ trên màn hình.",
    "after": "Xin lấy phiếu và ngồi chờ gọi số",
}
NAMES: Mapping[str, str] = {**SPOKEN, "km": "Tiếng Khmer", "sti": "Tiếng S’tiêng"}  # not everybody reads their own
_PRODUCTS_OWN = "câu có sẵn"
_NEVER = "không bao giờ"
SCREENS: Mapping[str, str] = {"greeting": "Lời chào", "choose": "Chọn dịch vụ", "number": "Đã có số"}  # to look at
KIOSK_WORDS = (_PRODUCTS_OWN, _NEVER, *SCREENS.values(), *NAMES.values())
KIOSK_CHOICES: Mapping[tuple[str, str], Mapping[Any, str]] = {
    ("kiosk", "languages"): NAMES,
    ("kiosk", "region"): REGIONS,
}


class Row(NamedTuple):
    """A language beside Vietnamese in the form; ``there``: the kiosk has sentences in it."""

    code: str
    chosen: bool
    there: bool


def set_to(field: str, value: object) -> str:
    """What an empty text and a greeting that never comes are called; empty for every other value."""
    if value == "":
        return _PRODUCTS_OWN
    return _NEVER if field == "rest_s" and value == 0 else ""


def kiosk_fields(kiosk: Kiosk) -> dict[str, list[str]]:
    """The settings of the kiosks; ``order`` is that of the languages' rows, chosen or not."""
    others = [code for code in LANGUAGES if code not in kiosk.languages]
    return {
        "languages": list(kiosk.languages),
        "order": [*kiosk.languages, *others],
        **{field: [getattr(kiosk, field)] for text in TEXTS for field in (text, f"{text}_en")},
        "rest_s": [str(kiosk.rest_s)],
        "region": [kiosk.region],
    }


def read_kiosk(fields: Fields) -> Kiosk:
    """The settings that a form describes. Raises Wrong.

    Vietnamese is always spoken and comes first; a language that nobody knows is none.
    """
    reading = Reading(fields)
    regions: tuple[Region, ...] = get_args(Region)
    kiosk = Kiosk(
        languages=_languages(reading.texts("languages")),
        **{field: reading.text(field) for text in TEXTS for field in (text, f"{text}_en")},
        rest_s=reading.whole("rest_s"),
        region=reading.chosen("region", regions, regions),
    )
    reading.end()
    return kiosk


def rows(fields: Fields, installed: Collection[str]) -> list[Row]:
    """The languages beside Vietnamese as the form lists them: those that the kiosk can speak, and any other that was
    chosen."""
    chosen = fields.get("languages", ())
    known = _languages([*fields.get("order", ()), *chosen, *installed])[1:]
    return [Row(code, code in chosen, code in installed) for code in known if code in installed or code in chosen]


def stepped(fields: Fields, step: str) -> dict[str, list[str]]:
    """The fields after a step: ``up-en`` and ``down-en`` move the row of a language among the others. A step that there
    is not changes nothing."""
    name, _, code = step.partition("-")
    order: list[str] = list(_languages([*fields.get("order", ()), *LANGUAGES]))
    if name in ("up", "down") and code in order[1:]:
        at = order.index(code)
        order.insert(max(1, at - 1) if name == "up" else at + 1, order.pop(at))
    chosen = fields.get("languages", ())
    return {**{field: list(values) for field, values in fields.items()}} | {
        "order": order,
        "languages": [known for known in order if known in chosen],
    }


def _languages(codes: Sequence[str]) -> tuple[KioskLanguage, ...]:
    known: dict[str, KioskLanguage] = {code: code for code in get_args(KioskLanguage)}
    return tuple(known[code] for code in dict.fromkeys(["vi", *codes]) if code in known)
