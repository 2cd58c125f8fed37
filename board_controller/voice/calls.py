"""What waits for a loudspeaker, and what it says next. Pure.

One thing at a time, none cut off, none two minutes late:

- Emergencies go first, then calls, then changes of room, then announcements; each first come, first spoken. What waits
  longer than ``PATIENCE_S`` goes before the calls, so that a busy hall hears it, too.
- A ticket waits at most once as a call and once as a change of room. A recall of one that waits keeps its place and
  counts as new. A call says where to go itself: a change of room that waits before it is left out.
- A second call of the same counter leaves the first one standing: the two numbers are said in one sentence.
- While more than ``MANY`` wait, calls of one zone share a chime, ``TOGETHER`` at a time, and nothing is repeated.
- What could not begin within ``STALE_S`` is left out: it would be heard two minutes late. An emergency waits longer.
"""

from collections.abc import Sequence

from msgspec import Struct

from board_controller.signage import Announcement, Move, Notice, Utterance, Withdrawn

STALE_S = 90.0  # the longest thing that is said at once takes half a minute
URGENT_STALE_S = 600.0
PATIENCE_S = 45.0
MANY = 3
TOGETHER = 3  # in two languages some 25 s of speech, for which whatever comes next has to wait


class Called(Struct, frozen=True):
    """Calls of one zone that are spoken after one chime."""

    calls: tuple[Announcement, ...]


class Moves(Struct, frozen=True):
    """Changes of room that are spoken after one chime."""

    moves: tuple[Move, ...]


Said = Called | Moves | Notice


class Waiting(Struct, frozen=True):
    """One thing in the queue, and when it came to be, on the caller's clock."""

    said: Utterance
    since_s: float


class Calls(Struct, frozen=True):
    """Everything that waits, first come first."""

    waiting: tuple[Waiting, ...] = ()

    @property
    def crowded(self) -> bool:
        """Whether there is no time to say anything twice."""
        return len(self.waiting) > MANY or any(_urgent(waiting.said) for waiting in self.waiting)


def add(calls: Calls, said: Utterance, since_s: float) -> Calls:
    """The queue after one more."""
    waiting = calls.waiting
    if isinstance(said, Announcement):
        waiting = tuple(w for w in waiting if not (isinstance(w.said, Move) and w.said.ticket == said.ticket))
    fresh = Waiting(said, since_s)
    for at, other in enumerate(waiting):
        if _same(other.said, said):
            return Calls((*waiting[:at], fresh, *waiting[at + 1 :]))
    return Calls((*waiting, fresh))


def withdraw(calls: Calls, withdrawn: Withdrawn) -> Calls:
    """The queue without the calls of these tickets."""
    return Calls(
        tuple(w for w in calls.waiting if not (isinstance(w.said, Announcement) and w.said.ticket in withdrawn.tickets))
    )


def take(calls: Calls, now_s: float) -> tuple[Calls, Said | None, int]:
    """The queue without what was taken, what to speak now if there is anything, and how many were too old."""
    fresh = [waiting for waiting in calls.waiting if now_s - waiting.since_s <= _patience_s(waiting.said)]
    stale = len(calls.waiting) - len(fresh)
    if not fresh:
        return Calls(), None, stale
    first = min(fresh, key=lambda waiting: _turn(waiting, now_s))  # of equals the first
    match first.said:
        case Announcement():
            taken = _together(fresh, first.said)
            said: Said = Called(tuple(w.said for w in taken if isinstance(w.said, Announcement)))
        case Move():
            taken = [waiting for waiting in fresh if isinstance(waiting.said, Move)][:TOGETHER]
            said = Moves(tuple(w.said for w in taken if isinstance(w.said, Move)))
        case Notice():
            taken, said = [first], first.said
    return Calls(tuple(waiting for waiting in fresh if waiting not in taken)), said, stale


def _together(fresh: Sequence[Waiting], first: Announcement) -> list[Waiting]:
    """The waiting calls that are spoken with the first of them."""
    calls = [waiting for waiting in fresh if isinstance(waiting.said, Announcement)]
    same = [
        w
        for w in calls
        if isinstance(w.said, Announcement)
        and w.said.zone == first.zone
        and (len(fresh) > MANY or w.said.number == first.number)
    ]
    return same[:TOGETHER]


def _turn(waiting: Waiting, now_s: float) -> int:
    if _urgent(waiting.said):
        return 0
    if isinstance(waiting.said, Announcement):
        return 2
    if now_s - waiting.since_s > PATIENCE_S:
        return 1
    return 3 if isinstance(waiting.said, Move) else 4


def _urgent(said: Utterance) -> bool:
    return isinstance(said, Notice) and said.urgent


def _patience_s(said: Utterance) -> float:
    return URGENT_STALE_S if _urgent(said) else STALE_S


def _same(one: Utterance, other: Utterance) -> bool:
    if isinstance(one, Notice) or isinstance(other, Notice):
        return one == other
    return type(one) is type(other) and one.ticket == other.ticket
