"""The printed ticket (the slip) as an administrator sets it out: a part of the catalogue, drawn by ``edge.slip``."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Literal

from msgspec import Struct

MAX_BLOCKS = 30
MAX_SLIP_TEXT = 200  # letters of one text

# What a text may name in braces, as "{number}". The values are those of the ticket at hand.
PLACES = ("facility", "department", "service", "number", "place", "ahead", "date", "time")
_PLACE = re.compile(r"\{([^{}]*)\}")


class BlockKind(Enum):
    """What stands in one part of the slip. A part with nothing to say on this ticket takes no room."""

    HEAD = "head"  # the logo, and the facility's names
    SERVICE = "service"
    NUMBER = "number"
    PLACE = "place"  # counters and rooms
    AHEAD = "ahead"  # how many wait
    EXPECTED = "expected"  # about when the number is called
    TAKEN = "taken"  # date and time
    PRIORITY = "priority"  # in force or claimed, with its legal ground
    ROUTE = "route"  # the services that follow
    RESERVE = "reserve"  # that the number was given without the hub
    TEXT = "text"  # whatever the facility has to say
    NEXT = "next"  # what to do now
    QR = "qr"  # the way to the ticket's own page
    RULE = "rule"
    GAP = "gap"


# K9: the service, the number, the counter, how many are waiting, date and time.
REQUIRED = (BlockKind.SERVICE, BlockKind.NUMBER, BlockKind.PLACE, BlockKind.AHEAD, BlockKind.TAKEN)
REPEATABLE = (BlockKind.TEXT, BlockKind.RULE, BlockKind.GAP)
WORDED = (BlockKind.TEXT, BlockKind.NEXT)  # may have a text of their own

Size = Literal["small", "normal", "large"]
Align = Literal["left", "centre"]


class SlipBlock(Struct, frozen=True, forbid_unknown_fields=True):
    """One part of the slip. ``both``: English stands under the Vietnamese, smaller; a slip in English always has both,
    since the staff read it. ``text`` with ``PLACES`` is what a TEXT says, and what a NEXT says in place of the
    product's own sentence."""

    kind: BlockKind
    size: Size = "normal"
    align: Align = "left"
    both: bool = True
    text: str = ""
    text_en: str = ""


DEFAULT_BLOCKS = (
    SlipBlock(BlockKind.HEAD, both=False),
    SlipBlock(BlockKind.SERVICE),
    SlipBlock(BlockKind.NUMBER),
    SlipBlock(BlockKind.PLACE),
    SlipBlock(BlockKind.RESERVE),
    SlipBlock(BlockKind.RULE),
    SlipBlock(BlockKind.AHEAD),
    SlipBlock(BlockKind.EXPECTED),
    SlipBlock(BlockKind.TAKEN),
    SlipBlock(BlockKind.RULE),
    SlipBlock(BlockKind.PRIORITY),
    SlipBlock(BlockKind.ROUTE),
    SlipBlock(BlockKind.NEXT),
    SlipBlock(BlockKind.QR),
)


class SlipTemplate(Struct, frozen=True, forbid_unknown_fields=True):
    """The parts of every slip from the top; that a slip is printed again stands at its foot whatever they are."""

    blocks: tuple[SlipBlock, ...] = DEFAULT_BLOCKS


def unknown_places(text: str) -> tuple[str, ...]:
    """What a text names in braces that no ticket has; a brace without its other half is named, too.

    >>> unknown_places("Số {number}, xin đến {place}"), unknown_places("{name} {"), unknown_places("{}")
    ((), ('name', '{'), ('',))
    """
    unknown = [name for name in _PLACE.findall(text) if name not in PLACES]
    return (*unknown, *(brace for brace in "{}" if brace in _PLACE.sub("", text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled.

    >>> filled("Số {number}", {"number": "A047"})
    'Số A047'
    """
    return _PLACE.sub(lambda found: values.get(found[1], ""), text)
