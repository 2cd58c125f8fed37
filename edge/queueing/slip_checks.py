"""What the slip's part of a catalogue must keep to: all that K9 asks for stands on it, and its texts can be filled."""

from collections.abc import Iterator

from edge.contracts.slip import (
    MAX_BLOCKS,
    MAX_SLIP_TEXT,
    PLACES,
    REPEATABLE,
    REQUIRED,
    WORDED,
    BlockKind,
    SlipBlock,
    SlipTemplate,
    unknown_places,
)
from edge.queueing.catalogue_faults import CatalogueError, Fault, Place, bounded, worded


def slip_faults(template: SlipTemplate) -> Iterator[CatalogueError]:
    """Everything that is wrong with the slip; a block is named by its place from the top, from 1."""
    yield from bounded(Place("slip", "", "blocks"), len(template.blocks), MAX_BLOCKS, least=len(REQUIRED))
    kinds = [block.kind for block in template.blocks]
    for kind in BlockKind:
        place = Place("slip", "", f"block-{kind.value}")
        if kind in REQUIRED and kind not in kinds:
            yield CatalogueError(place, Fault.MISSING)
        if kind not in REPEATABLE and kinds.count(kind) > 1:
            yield CatalogueError(place, Fault.ONCE)
    for at, block in enumerate(template.blocks, 1):
        yield from _block(f"{at}", block)


def _block(at: str, block: SlipBlock) -> Iterator[CatalogueError]:
    most = MAX_SLIP_TEXT if block.kind in WORDED else 0
    for field, text in (("text", block.text), ("text_en", block.text_en)):
        place = Place("block", at, field)
        must = field == "text" and block.kind is BlockKind.TEXT
        yield from worded(place, text, least=1 if must else 0, most=most)
        for name in unknown_places(text):
            if name in ("{", "}"):
                yield CatalogueError(place, Fault.BRACKETS)
            else:
                yield CatalogueError(place, Fault.NO_PLACE, value=name, known=", ".join(PLACES))
