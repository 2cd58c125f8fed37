"""The calls that wait for the loudspeaker. Pure."""

from msgspec import Struct

from board_controller.signage import Announcement

STALE_S = 30.0


class Waiting(Struct, frozen=True):
    """A call in the queue, and when it was made, on the caller's clock."""

    said: Announcement
    called_s: float


class Calls(Struct, frozen=True):
    """First come, first spoken; a ticket waits at most once, and nothing is spoken that is older than ``STALE_S``."""

    waiting: tuple[Waiting, ...] = ()


def add(calls: Calls, said: Announcement, called_s: float) -> Calls:
    """The queue after one more call; a recall of a ticket that still waits keeps its place and counts as new."""
    fresh = Waiting(said, called_s)
    places = [waiting.said.ticket for waiting in calls.waiting]
    if said.ticket in places:
        at = places.index(said.ticket)
        return Calls((*calls.waiting[:at], fresh, *calls.waiting[at + 1 :]))
    return Calls((*calls.waiting, fresh))


def take(calls: Calls, now_s: float) -> tuple[Calls, Announcement | None, int]:
    """The queue without what was taken, the call to speak now if there is one, and how many were too old."""
    stale = 0
    for at, waiting in enumerate(calls.waiting):
        if now_s - waiting.called_s <= STALE_S:
            return Calls(calls.waiting[at + 1 :]), waiting.said, stale
        stale += 1
    return Calls(), None, stale
