"""What waits for the loudspeaker. Pure."""

from msgspec import Struct

from board_controller.signage import Announcement, Move, Notice, Utterance, Withdrawn

# Nothing is spoken that is older. A change of room stands on the TV for a minute, and calls go before it.
STALE_S: dict[type[Utterance], float] = {Announcement: 30.0, Move: 90.0, Notice: 120.0}
MOST_MOVES = 3  # in one list: some 20 s of speech in two languages, for which a call may have to wait


class Moves(Struct, frozen=True):
    """Changes of room that are spoken as one list."""

    moves: tuple[Move, ...]


Said = Announcement | Moves | Notice


class Waiting(Struct, frozen=True):
    """One thing in the queue, and when it came to be, on the caller's clock."""

    said: Utterance
    since_s: float


class Calls(Struct, frozen=True):
    """Calls go first, then changes of room, then what is due by the clock; each first come, first spoken.

    A ticket waits at most once as a call and once as a move, and what is due at most once.
    """

    waiting: tuple[Waiting, ...] = ()


def add(calls: Calls, said: Utterance, since_s: float) -> Calls:
    """The queue after one more.

    A recall of a ticket that still waits keeps its place and counts as new, and so does a second change of its room; a
    call says where to go itself, so that a change of room before it need not be spoken any more.
    """
    waiting = calls.waiting
    if isinstance(said, Announcement):
        waiting = tuple(w for w in waiting if not (isinstance(w.said, Move) and w.said.ticket == said.ticket))
    fresh = Waiting(said, since_s)
    for at, other in enumerate(waiting):
        if _same(other.said, said):
            return Calls((*waiting[:at], fresh, *waiting[at + 1 :]))
    return Calls((*waiting, fresh))


def held_up(calls: Calls, since_s: float, now_s: float) -> Calls:
    """The queue after something else than a call was spoken from ``since_s`` to now: that time makes no call stale."""
    return Calls(
        tuple(
            Waiting(w.said, w.since_s + now_s - max(since_s, w.since_s)) if isinstance(w.said, Announcement) else w
            for w in calls.waiting
        )
    )


def withdraw(calls: Calls, withdrawn: Withdrawn) -> Calls:
    """The queue without the calls of these tickets."""
    return Calls(
        tuple(w for w in calls.waiting if not (isinstance(w.said, Announcement) and w.said.ticket in withdrawn.tickets))
    )


def _same(one: Utterance, other: Utterance) -> bool:
    if isinstance(one, Notice) or isinstance(other, Notice):
        return one == other
    return type(one) is type(other) and one.ticket == other.ticket


def take(calls: Calls, now_s: float) -> tuple[Calls, Said | None, int]:
    """The queue without what was taken, what to speak now if there is anything, and how many were too old."""
    fresh = [waiting for waiting in calls.waiting if now_s - waiting.since_s <= STALE_S[type(waiting.said)]]
    stale = len(calls.waiting) - len(fresh)
    moves = [waiting for waiting in fresh if isinstance(waiting.said, Move)][:MOST_MOVES]
    for waiting in fresh:
        if isinstance(waiting.said, Announcement):
            return _without(fresh, [waiting]), waiting.said, stale
    if moves:
        return _without(fresh, moves), Moves(tuple(w.said for w in moves if isinstance(w.said, Move))), stale
    for waiting in fresh:
        if isinstance(waiting.said, Notice):
            return _without(fresh, [waiting]), waiting.said, stale
    return Calls(), None, stale


def _without(waiting: list[Waiting], taken: list[Waiting]) -> Calls:
    return Calls(tuple(other for other in waiting if other not in taken))
