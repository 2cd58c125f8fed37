"""The slip as the fields of a form, and back; and the steps by which a form without a script changes: pure, as
``forms``. The rows stand in the order of the paper, and every row has every field."""

from typing import get_args

from msgspec.structs import replace

from edge.contracts.slip import (
    MAX_BLOCKS,
    MAX_SLIP_TEXT,
    REQUIRED,
    WORDED,
    Align,
    BlockKind,
    Size,
    SlipBlock,
    SlipTemplate,
)
from edge.hub.catalogue.forms import Fields, Note, Wrong

SIZES: dict[Size, str] = {"small": "Nhỏ", "normal": "Vừa", "large": "Lớn"}
ALIGNS: dict[Align, str] = {"left": "Bên trái", "centre": "Ở giữa"}
LANGUAGES: dict[str, str] = {"yes": "Việt và Anh", "no": "Chỉ tiếng Việt"}
_UNREADABLE = "mẫu phiếu gửi lên không đọc được; xin tải lại trang"
SLIP_WORDS = (*SIZES.values(), *ALIGNS.values(), *LANGUAGES.values(), _UNREADABLE)
PLAIN = (BlockKind.RULE, BlockKind.GAP)  # have a size and nothing else
_FIELDS = ("kind", "size", "align", "both", "text", "text_en")
_ENOUGH = MAX_SLIP_TEXT + 1  # letters of a text that is too long


def slip_fields(template: SlipTemplate) -> dict[str, list[str]]:
    """The rows, a list for each field."""
    rows = [(b.kind.value, b.size, b.align, "yes" if b.both else "no", b.text, b.text_en) for b in template.blocks]
    return {name: [row[at] for row in rows] for at, name in enumerate(_FIELDS)}


def read_slip(fields: Fields) -> SlipTemplate:
    """The slip that a form describes, which may be one that cannot be published. Raises Wrong where it is no form of
    ours."""
    columns = [[text.strip()[:_ENOUGH] for text in fields.get(name, ())] for name in _FIELDS]
    if len({len(column) for column in columns}) != 1 or len(columns[0]) > 2 * MAX_BLOCKS:
        raise Wrong({"blocks": Note(_UNREADABLE)})
    return SlipTemplate(tuple(_block(*row) for row in zip(*columns, strict=True)))


def _block(kind: str, size: str, align: str, both: str, text: str, text_en: str) -> SlipBlock:
    kinds = {one.value: one for one in BlockKind}
    sizes: dict[str, Size] = {one: one for one in get_args(Size)}
    aligns: dict[str, Align] = {one: one for one in get_args(Align)}
    if kind not in kinds or size not in sizes or align not in aligns or both not in LANGUAGES:
        raise Wrong({"blocks": Note(_UNREADABLE)})
    worded = kinds[kind] in WORDED
    return SlipBlock(
        kinds[kind], sizes[size], aligns[align], both == "yes", text if worded else "", text_en if worded else ""
    )


def stepped(template: SlipTemplate, step: str, kind: str) -> SlipTemplate:
    """The slip after a step: ``up-2``, ``down-2`` and ``remove-2`` are of the third row, ``add`` puts a block of this
    kind at the end, ``usual`` begins anew. A step that there is not changes nothing."""
    if step == "usual":
        return SlipTemplate()
    if step == "add":
        new = [SlipBlock(one) for one in BlockKind if one.value == kind]
        return replace(template, blocks=(*template.blocks, *new))
    name, _, row = step.partition("-")
    blocks = list(template.blocks)
    if not row.isdecimal() or len(row) > 2 or int(row) >= len(blocks):
        return template
    at = int(row)
    block = blocks.pop(at)
    if name in ("up", "down"):
        blocks.insert(max(0, at - 1) if name == "up" else at + 1, block)
    elif name != "remove" or block.kind in REQUIRED:
        return template
    return replace(template, blocks=tuple(blocks))
