"""Who is next.

Emergencies come first, outside the queue. The others follow the facility's discipline; by default ageing: whoever has
waited longest, where each minute of a person with legal priority counts several times. So nobody is overtaken by a
later arrival of the same class, and nobody waits for ever.
Source: Law 15/2023/QH15, article 3(2); accumulating priority, Kleinrock, Queueing Systems II (1976), 3.7.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from immutables import Map

from edge.contracts.catalogue import Counter, Discipline, Policy
from edge.contracts.ticket import Priority, Ticket

EMERGENCY, LEGAL, NORMAL = RANKS = (0, 1, 2)
# asked for at every event; to look a member up in its class takes ten times as long
_NONE, _AGEING = Priority.NONE, Discipline.AGEING


class Lane(NamedTuple):
    """Where tickets wait that can only be called in the order of their arrival: same service, room and rank."""

    service: str
    room: str
    rank: int


class Place(NamedTuple):
    """A ticket's place in its lane."""

    arrived_ms: int
    number: int
    ticket: str


Lanes = Map[Lane, tuple[Place, ...]]


def rank_of(priority: Priority) -> int:
    """The class in which a ticket waits."""
    if priority is _NONE:
        return NORMAL
    return EMERGENCY if priority is Priority.EMERGENCY else LEGAL


def lane_of(ticket: Ticket) -> Lane:
    """The lane in which a ticket waits."""
    return Lane(ticket.service, ticket.room, rank_of(ticket.priority))


def in_order(counter: Counter, lanes: Lanes, policy: Policy, now_ms: int, turn: int = 0) -> Iterator[Place]:
    """Those whom this counter could call, in the order in which it would call them at ``now_ms``.

    ``turn`` is how far the counter has come in its cycle of p:n.
    """
    queues = [(lane.rank, places) for lane in _lanes_of(counter.services, counter.id) if (places := lanes.get(lane))]
    heads = [0] * len(queues)
    while queues:
        key = _key(policy, now_ms, turn)
        at = min(range(len(queues)), key=lambda i: key(queues[i][0], queues[i][1][heads[i]]))
        rank, lane = queues[at]
        yield lane[heads[at]]
        turn = turn_after(turn, rank, policy)
        heads[at] += 1
        if heads[at] == len(lane):
            del queues[at], heads[at]


def next_of(counter: Counter, lanes: Lanes, policy: Policy, now_ms: int, turn: int = 0) -> str:
    """The id of the ticket to call next to this counter, empty where nobody waits for it."""
    heads = [(lane.rank, places[0]) for lane in _lanes_of(counter.services, counter.id) if (places := lanes.get(lane))]
    if len(heads) < 2:
        return heads[0][1].ticket if heads else ""
    key = _key(policy, now_ms, turn)
    return min(heads, key=lambda head: key(*head))[1].ticket


@lru_cache(1024)
def _lanes_of(services: tuple[str, ...], counter_id: str) -> tuple[Lane, ...]:
    """The lanes from which a counter calls."""
    return tuple(Lane(service, room, rank) for service in services for room in ("", counter_id) for rank in RANKS)


_Key = tuple[float, float, int, str]


def _key(policy: Policy, now_ms: int, turn: int) -> Callable[[int, Place], _Key]:
    """What orders the heads of the lanes: the least is called."""
    weight = policy.priority_weight
    discipline = policy.discipline
    wanted = LEGAL if turn < policy.ratio_priority else NORMAL

    def key(rank: int, place: Place) -> _Key:
        arrived_ms = place.arrived_ms
        if rank == EMERGENCY:
            return (-1, arrived_ms, place.number, place.ticket)
        if discipline is _AGEING:
            # equal for those who arrived together, so a clock that stands still keeps the order of arrival
            score = -(weight if rank == LEGAL else 1.0) * (now_ms - arrived_ms)
            return (0, score, place.number, place.ticket)
        match discipline:
            case Discipline.STRICT:
                return (rank, arrived_ms, place.number, place.ticket)
            case Discipline.RATIO:
                return (0 if rank == wanted else 1, arrived_ms, place.number, place.ticket)
            case _:
                return (0, arrived_ms, place.number, place.ticket)

    return key


def turn_after(turn: int, rank: int, policy: Policy) -> int:
    """How far a counter has come in its cycle after calling somebody of this rank.

    Whoever is called because nobody of the wanted class waits does not use that class's turn up.
    """
    wanted = LEGAL if turn < policy.ratio_priority else NORMAL
    return (turn + 1) % (policy.ratio_priority + policy.ratio_normal) if rank == wanted else turn
