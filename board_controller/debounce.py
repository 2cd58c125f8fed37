"""One press from a contact that bounces, sticks or flutters: a state machine over (level, time). Pure."""

from enum import Enum
from math import inf

from msgspec import Struct
from msgspec.structs import replace

SETTLE_S = 0.015  # a level counts once it has stood this long; pushbuttons bounce for 10 ms at most
LONG_S = 1.5  # a press that lasts so long is a long one
STUCK_S = 30.0  # and one that lasts so long is nobody's
FLUTTER_EDGES = 20  # more of them within FLUTTER_S come from no finger
FLUTTER_S = 1.0
CALM_S = 5.0  # a contact that fluttered is believed again when it has stood open for so long


class Contact(Enum):
    """What the button is known to do."""

    OPEN = "open"
    CLOSED = "closed"
    HELD = "held"
    STUCK = "stuck"  # pressed when the program began, or for ever: means nothing until it is let go
    BOUNCING = "bouncing"  # means nothing until it is calm


class Signal(Enum):
    """What a change means."""

    NOTHING = "nothing"
    PRESSED = "pressed"
    HELD = "held"  # the press has become a long one
    RELEASED = "released"  # the end of a short press
    LET_GO = "let go"  # the end of a long one
    STUCK = "stuck"
    BOUNCING = "bouncing"
    FREED = "freed"  # stuck or bouncing no more


class Debounce(Struct, frozen=True):
    """A contact, the level last seen on its wire, and since when that level stands.

    ``pressed_s`` is when the press began that it is in, ``edges_s`` are the last changes of the level.
    """

    contact: Contact
    level: bool
    since_s: float
    pressed_s: float = 0.0
    edges_s: tuple[float, ...] = ()

    @property
    def settles_s(self) -> float:
        """When the level that was last seen will have stood long enough."""
        return self.since_s + SETTLE_S

    @property
    def due_s(self) -> float:
        """When ``settle`` will say something if the level stays as it is; never: infinity."""
        match self.contact, self.level:
            case (Contact.OPEN, True) | (Contact.CLOSED | Contact.HELD | Contact.STUCK, False):
                return self.settles_s
            case Contact.CLOSED, True:
                return max(self.settles_s, self.pressed_s + LONG_S)
            case Contact.HELD, True:
                return max(self.settles_s, self.pressed_s + STUCK_S)
            case Contact.BOUNCING, False:
                return self.since_s + CALM_S
            case _:
                return inf


def begin(closed: bool, at_s: float) -> Debounce:
    """The machine at the program's start, with the level found on the wire."""
    return Debounce(Contact.STUCK if closed else Contact.OPEN, closed, at_s)


def edge(state: Debounce, closed: bool, at_s: float) -> tuple[Debounce, Signal]:
    """The wire went to this level. Nothing but a flutter is decided before the level has stood."""
    if closed == state.level:
        return state, Signal.NOTHING
    recent = (*(edge_s for edge_s in state.edges_s if edge_s > at_s - FLUTTER_S), at_s)[-FLUTTER_EDGES - 1 :]
    state = replace(state, level=closed, since_s=at_s, edges_s=recent)
    if len(recent) > FLUTTER_EDGES and state.contact is not Contact.BOUNCING:
        return replace(state, contact=Contact.BOUNCING), Signal.BOUNCING
    return state, Signal.NOTHING


def settle(state: Debounce, at_s: float) -> tuple[Debounce, Signal]:
    """What the level means now that it has stood until this moment; to be asked again until it means nothing more."""
    if at_s < state.due_s:
        return state, Signal.NOTHING
    match state.contact, state.level:
        case Contact.OPEN, True:
            return replace(state, contact=Contact.CLOSED, pressed_s=state.since_s), Signal.PRESSED
        case Contact.CLOSED, True:
            return replace(state, contact=Contact.HELD), Signal.HELD
        case Contact.HELD, True:
            return replace(state, contact=Contact.STUCK), Signal.STUCK
        case Contact.CLOSED, False:
            return replace(state, contact=Contact.OPEN), Signal.RELEASED
        case Contact.HELD, False:
            return replace(state, contact=Contact.OPEN), Signal.LET_GO
        case _:
            return replace(state, contact=Contact.OPEN, edges_s=()), Signal.FREED
