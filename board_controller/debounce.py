"""One press from a bouncing contact: a state machine over (level, time). Pure."""

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

SETTLE_S = 0.015  # a level counts once it has stood this long; pushbuttons bounce for 10 ms at most


class Contact(Enum):
    """What the button is known to do."""

    STUCK = "stuck"  # pressed when the program began: means nothing until it is let go
    OPEN = "open"
    CLOSED = "closed"


class Signal(Enum):
    """What a settled change means."""

    NOTHING = "nothing"
    PRESSED = "pressed"
    RELEASED = "released"
    FREED = "freed"


class Debounce(Struct, frozen=True):
    """A contact, the level last seen on its wire, and since when that level stands."""

    contact: Contact
    level: bool
    since_s: float

    @property
    def settles_s(self) -> float:
        """When the level that was last seen will have stood long enough."""
        return self.since_s + SETTLE_S


def begin(closed: bool, at_s: float) -> Debounce:
    """The machine at the program's start, with the level found on the wire."""
    return Debounce(Contact.STUCK if closed else Contact.OPEN, closed, at_s)


def edge(state: Debounce, closed: bool, at_s: float) -> Debounce:
    """The wire went to this level; nothing is decided before it has stood."""
    return state if closed == state.level else replace(state, level=closed, since_s=at_s)


def settle(state: Debounce, at_s: float) -> tuple[Debounce, Signal]:
    """What the level means if it has stood long enough by now."""
    if at_s < state.settles_s:
        return state, Signal.NOTHING
    match state.contact, state.level:
        case Contact.OPEN, True:
            return replace(state, contact=Contact.CLOSED), Signal.PRESSED
        case Contact.CLOSED, False:
            return replace(state, contact=Contact.OPEN), Signal.RELEASED
        case Contact.STUCK, False:
            return replace(state, contact=Contact.OPEN), Signal.FREED
        case _:
            return state, Signal.NOTHING
