"""From what an administrator set out and what a ticket tells to the picture that is printed."""

from collections.abc import Mapping

from PIL import Image

from edge.contracts.slip import BlockKind, SlipBlock, SlipTemplate, filled
from edge.slip import words
from edge.slip.facts import Slip
from edge.slip.sheet import EXTRABOLD, REGULAR, SEMIBOLD, Sheet

DEFAULT = SlipTemplate()
FIRST_HEIGHT = 2400  # most slips are shorter

Pair = tuple[str, str]  # Vietnamese and English, or first and second


def render_slip(
    slip: Slip, width_dots: int, template: SlipTemplate = DEFAULT, logo: Image.Image | None = None
) -> Image.Image:
    """The slip in black and white (mode "1"), ``width_dots`` wide and as high as it needs; nothing is ever cut off.

    Drawn for 8 dots a millimetre: 576 dots is 80 mm paper, 384 is 58 mm. ``logo`` is a picture of ``read_logo``, None:
    the product's mark.
    """
    sheet = _write(slip, template, logo, Sheet(width_dots, FIRST_HEIGHT))
    if sheet.y > FIRST_HEIGHT:
        sheet = _write(slip, template, logo, Sheet(width_dots, sheet.y))
    return sheet.picture()


def _write(slip: Slip, template: SlipTemplate, logo: Image.Image | None, sheet: Sheet) -> Sheet:
    for block in template.blocks:
        sheet.style(block.size, block.align)
        _block(sheet, block, slip, logo)
    sheet.style()
    if slip.reprint:
        sheet.gap(20)
        sheet.text(words.REPRINT, SEMIBOLD, 26, 22)
    sheet.gap(24)
    return sheet


def _block(sheet: Sheet, block: SlipBlock, slip: Slip, logo: Image.Image | None) -> None:
    def pair(both: Pair) -> Pair:
        return _in_order(both, slip, block)

    match block.kind:
        case BlockKind.HEAD:
            _head(sheet, pair((slip.facility, slip.facility_en)), slip.department, logo)
        case BlockKind.SERVICE:
            first, second = pair((slip.service, slip.service_en))
            sheet.text(first, EXTRABOLD, 46, 36)
            sheet.text(second, REGULAR, 26, 22)
            sheet.gap(24)
        case BlockKind.NUMBER:
            sheet.text(_joined(pair(words.NUMBER)), REGULAR, 26, 22)
            sheet.gap(12)
            sheet.number(slip.label)
            sheet.gap(28)
        case BlockKind.PLACE if slip.counters:
            first, _ = pair((slip.counters, slip.counters_en))
            _, second = pair(words.PLACE)
            sheet.text(first, SEMIBOLD, 38, 30)
            sheet.text(second, REGULAR, 24, 20)
            sheet.gap(24)
        case BlockKind.AHEAD if not slip.reserve:
            sheet.fact(*pair(words.AHEAD), f"{slip.ahead}")
        case BlockKind.EXPECTED if slip.expected:
            sheet.fact(*pair(words.EXPECTED), slip.expected)
        case BlockKind.TAKEN:
            first, second = pair(words.TAKEN)
            sheet.fact(first, _joined((second, f"{slip.taken_at:%d/%m/%Y}")), f"{slip.taken_at:%H:%M}")
        case BlockKind.RESERVE if slip.reserve:
            _note(sheet, pair(words.RESERVE))
        case BlockKind.PRIORITY if slip.priority[0]:
            _note(sheet, pair(_each(words.PRIORITY, slip.priority)), _joined(pair(slip.law)))
        case BlockKind.PRIORITY if slip.claim[0]:
            _note(sheet, pair(_each(words.CLAIM, slip.claim)), _joined(pair(slip.law)))
        case BlockKind.ROUTE if slip.route[0]:
            following = (" › ".join(slip.route[0]), " › ".join(slip.route[1]))
            _note(sheet, pair(_each(words.ROUTE, following)))
        case BlockKind.TEXT:
            _text(sheet, pair((filled(block.text, _values(slip, 0)), filled(block.text_en, _values(slip, 1)))))
        case BlockKind.NEXT:
            vi, en = block.text or words.NEXT[0], block.text_en or words.NEXT[1]
            first, second = pair((filled(vi, _values(slip, 0)), filled(en, _values(slip, 1))))
            sheet.text(first, SEMIBOLD, 30, 26)
            sheet.gap(4)
            sheet.text(second, REGULAR, 24, 20)
            sheet.gap(24)
        case BlockKind.QR:
            sheet.follow(slip.lookup_url, [text for text in pair(words.FOLLOW) if text])
        case BlockKind.RULE:
            sheet.rule()
        case BlockKind.GAP:
            sheet.gap({"small": 12, "normal": 24, "large": 48}[block.size])


def _in_order(both: Pair, slip: Slip, block: SlipBlock) -> Pair:
    """The language of the slip first; no second where it is not wanted, or there is none."""
    vi, en = both
    if slip.language == "en" and en:
        return en, vi
    return vi, en if block.both else ""


def _head(sheet: Sheet, names: Pair, department: str, logo: Image.Image | None) -> None:
    name, other = names
    sheet.head(logo, ((name, EXTRABOLD, 32, 26), (other, REGULAR, 24, 20), (department, REGULAR, 26, 22)))
    sheet.gap(36)


def _note(sheet: Sheet, both: Pair, law: str = "") -> None:
    """A sentence, the same in the other language smaller, and where it stands in law."""
    sheet.text(both[0], SEMIBOLD, 30, 26)
    sheet.text(both[1], REGULAR, 24, 20)
    sheet.text(law, REGULAR, 22, 20)
    sheet.gap(20)


def _text(sheet: Sheet, both: Pair) -> None:
    if both[0]:
        sheet.text(both[0], REGULAR, 30, 26)
        sheet.text(both[1], REGULAR, 24, 20)
        sheet.gap(20)


def _each(sentences: Pair, values: Pair) -> Pair:
    return sentences[0].format(values[0]), sentences[1].format(values[1])


def _joined(parts: Pair) -> str:
    return " · ".join(part for part in parts if part)


def _values(slip: Slip, at: int) -> Mapping[str, str]:
    """What the places of a text stand for in Vietnamese (0) and in English (1)."""
    return {
        "facility": (slip.facility, slip.facility_en or slip.facility)[at],
        "department": slip.department,
        "service": (slip.service, slip.service_en or slip.service)[at],
        "number": slip.label,
        "place": (slip.counters, slip.counters_en or slip.counters)[at],
        "ahead": f"{slip.ahead}",
        "date": f"{slip.taken_at:%d/%m/%Y}",
        "time": f"{slip.taken_at:%H:%M}",
    }
