"""What a floor lead has said and shown in the hall on the spot: a sentence that was typed, for some zones or for all.

Its words stay in the building: whoever types them may name somebody.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.hall import MAX_SPOKEN
from edge.contracts.message import CommandId, Message, Name

MOST_STANDING = 4  # at once: more than people can read
MAX_MINUTES = 240
MINUTE_MS = 60_000

Words = Annotated[str, Meta(max_length=MAX_SPOKEN)]


class Announce(Message, frozen=True, tag="Announce/1"):
    """Say this at once, and let it stand on the screens for ``minutes`` (0: say it only). ``zones``: none: all.

    ``urgent``: before everything that waits to be spoken, and over everything on the screens but the numbers.
    """

    id: CommandId
    text_vi: Annotated[str, Meta(min_length=1, max_length=MAX_SPOKEN)]
    text_en: Words = ""
    zones: Annotated[tuple[Name, ...], Meta(max_length=32)] = ()
    urgent: bool = False
    minutes: Annotated[int, Meta(ge=0, le=MAX_MINUTES)] = 1

    def __repr__(self) -> str:
        return f"Announce(id={self.id!r}, …)"


class EndNotice(Message, frozen=True, tag="EndNotice/1"):
    """Take a notice from the screens before its time is up."""

    id: CommandId
    notice: CommandId


class SpotNotice(Struct, frozen=True):
    """One that stands on the screens: ``id`` is the Announce's; since when and until when on the journal's clock."""

    id: str
    text_vi: str
    text_en: str
    zones: tuple[str, ...]
    urgent: bool
    since_ms: int
    until_ms: int

    def __repr__(self) -> str:
        return f"SpotNotice(id={self.id!r}, …)"


def standing(notices: Sequence[SpotNotice], now_ms: int, zones: Sequence[str] = ()) -> tuple[SpotNotice, ...]:
    """Those that stand at this moment in any of these zones (none: anywhere), urgent ones first, then the newest."""
    there = [n for n in notices if n.since_ms <= now_ms < n.until_ms and (not zones or meant_for(n.zones, zones))]
    return tuple(sorted(there, key=lambda n: (not n.urgent, -n.since_ms, n.id)))


def meant_for(zones: Sequence[str], here: Sequence[str]) -> bool:
    """Whether what is for these zones (none: all) is for any of those that are here (none: everywhere)."""
    return not zones or not here or not set(zones).isdisjoint(here)
