"""How long somebody will wait (QL-cal): the people ahead, the counters open, the working hours, the pace so far.

The wait is the least w in which the counters call everybody who goes before, and then this person. Who goes before
depends on w itself where priority ages: a fixed point. The window of a call comes from how far estimates were out.
"""

from bisect import bisect_left, bisect_right
from math import inf, sqrt
from typing import NamedTuple

from edge.contracts.catalogue import LAST_NUMBER, Discipline
from edge.contracts.outlook import Window
from edge.contracts.ticket import Priority, State, Ticket
from edge.queueing.arrivals import NOBODY, Newcomers
from edge.queueing.experience import LEAST_ERRORS, bin_of
from edge.queueing.order import EMERGENCY, LEGAL, NORMAL, Lane, Place, rank_of
from edge.queueing.pace import NEVER_MS, Course, call_ms, calls_by, course
from edge.queueing.queue import Queue
from edge.queueing.spans import moved_ms

TENTH, NINE_TENTHS = 0.1, 0.9
SPREAD = 1.5  # standard deviations either way, while nothing is known of former errors
NEAR_MS = 30_000
NEAR = 0.2  # people
TURNS = 12
MOST_EACH = 0.8
DAY_MS = 86_400_000
_AGEING, _RATIO = Discipline.AGEING, Discipline.RATIO


class Expectation(NamedTuple):
    """``ahead`` people who wait now are called before; the wait in milliseconds (-1: nobody can say)."""

    ahead: int
    expected_ms: int


class Estimate(NamedTuple):
    """An expectation with the window in which the call lies, four times of five."""

    ahead: int
    expected_ms: int
    window: Window | None


def expect(
    queue: Queue, service_id: str, *, room: str, priority: Priority, arrived_ms: int, now_ms: int
) -> Expectation:
    """The wait of somebody who begins to wait for a service now, before their ticket is in the queue."""
    return _expect(queue, service_id, room, rank_of(priority), Place(arrived_ms, LAST_NUMBER + 1, ""), now_ms)


def estimate(queue: Queue, service_id: str, *, room: str, priority: Priority, arrived_ms: int, now_ms: int) -> Estimate:
    """The same with its window."""
    expected = expect(queue, service_id, room=room, priority=priority, arrived_ms=arrived_ms, now_ms=now_ms)
    return Estimate(*expected, _window(queue, service_id, rank_of(priority), expected, now_ms))


def place_of(queue: Queue, ticket: Ticket, now_ms: int) -> int:
    """How many of those who wait now will be called before this ticket; 0 where it does not wait."""
    return _again(queue, ticket, now_ms).ahead if ticket.state is State.WAITING else 0


def expected_call(queue: Queue, ticket: Ticket, now_ms: int) -> Window | None:
    """When a ticket is expected to be called, estimated anew; None where it does not wait, or nobody can say."""
    if ticket.state is not State.WAITING:
        return None
    return _window(queue, ticket.service, rank_of(ticket.priority), _again(queue, ticket, now_ms), now_ms)


def estimate_of(queue: Queue, ticket: Ticket, now_ms: int) -> Estimate:
    """Both at once, for half the work."""
    if ticket.state is not State.WAITING:
        return Estimate(0, -1, None)
    expected = _again(queue, ticket, now_ms)
    return Estimate(*expected, _window(queue, ticket.service, rank_of(ticket.priority), expected, now_ms))


def _again(queue: Queue, ticket: Ticket, now_ms: int) -> Expectation:
    place = Place(ticket.arrived_ms, ticket.number, ticket.id)
    return _expect(queue, ticket.service, ticket.room, rank_of(ticket.priority), place, now_ms)


def _window(queue: Queue, service_id: str, rank: int, expected: Expectation, now_ms: int) -> Window | None:
    """From the tenth to the ninetieth percentile of how far former estimates like this one were out."""
    ahead, expected_ms = expected
    if expected_ms < 0:
        return None
    errors_s = sorted(queue.errors.get((service_id, bin_of(expected_ms, rank)), ()))
    if len(errors_s) >= LEAST_ERRORS:
        early_ms = errors_s[max(0, int(TENTH * (len(errors_s) + 1)) - 1)] * 1000
        late_ms = errors_s[int(NINE_TENTHS * len(errors_s))] * 1000
    else:
        late_ms = int(SPREAD * expected_ms / sqrt(ahead + 1))
        early_ms = -late_ms
    at_ms = now_ms + expected_ms
    spans = queue.plan.calendar.spans_today(service_id, now_ms)
    low_ms = max(now_ms, moved_ms(spans, at_ms, min(0, early_ms)))
    return Window(low_ms, moved_ms(spans, at_ms, max(0, late_ms)))


def _expect(queue: Queue, service_id: str, room: str, rank: int, place: Place, now_ms: int) -> Expectation:
    line = _Line(queue, service_id, room, rank, place, now_ms)
    calls = course(queue, service_id, room, now_ms)
    at_ms = _call_of(line, calls, now_ms) if calls else NEVER_MS
    if at_ms - now_ms > DAY_MS:
        return Expectation(round(line.ahead(now_ms)), -1)
    return Expectation(round(line.ahead(at_ms)), max(0, at_ms - now_ms))


def _call_of(line: "_Line", calls: Course, now_ms: int) -> int:
    """The moment at which everybody who goes before has been called, and this person is."""
    if line.shortens:
        soonest_ms = call_ms(calls, line.surely + 1)
        latest_ms = call_ms(calls, line.before(soonest_ms) + 1)
        while latest_ms - soonest_ms > NEAR_MS:
            middle_ms = (soonest_ms + latest_ms) // 2
            if calls_by(calls, middle_ms) >= line.before(middle_ms) + 1:
                latest_ms = middle_ms
            else:
                soonest_ms = middle_ms
        return latest_ms
    count = line.before(now_ms) + 1
    at_ms = call_ms(calls, count)
    if not line.lengthens or at_ms == now_ms:
        return at_ms
    missing = line.before(at_ms) + 1 - count
    each = min(MOST_EACH, missing / count)  # so many come before for each one who is called
    low, high = count, inf
    for _ in range(TURNS):
        if abs(missing) < NEAR:
            break
        count += missing / (1 - each)
        if not low <= count <= high:
            count = (low + high) / 2
        at_ms = call_ms(calls, count)
        missing = line.before(at_ms) + 1 - count
        if missing > 0:
            low = count
        else:
            high = count
    return at_ms


class _Line:
    """Those who go before one person, if that person is called at a given moment.

    ``surely`` go before whenever that is; ``others`` are the lanes, with a weight, of whom some do. With ``lengthens``
    more go before the later it is (they arrive, or their priority ages past), with ``shortens`` fewer do.
    """

    __slots__ = (
        "_arrived_ms",
        "_newcomers",
        "_policy",
        "_rank",
        "_weight",
        "lengthens",
        "others",
        "shortens",
        "surely",
    )

    def __init__(self, queue: Queue, service_id: str, room: str, rank: int, place: Place, now_ms: int) -> None:
        plan = queue.plan
        self._policy = policy = plan.policy
        self._rank = rank
        self._arrived_ms = place.arrived_ms
        self._weight = 1.0
        self.surely = 0.0
        self.others: list[tuple[tuple[Place, ...], float]] = []
        discipline = policy.discipline
        if room:
            self._weight = 1.0 / max(1, len(plan.desks[service_id]))
            self._add(queue, plan.lanes.get((service_id, room), ()), 1.0, place, now_ms)
            self._add(queue, plan.lanes[service_id, ""], self._weight, place, now_ms)
        else:
            self._add(queue, plan.all_lanes[service_id], 1.0, place, now_ms)
        self._newcomers: Newcomers | None = None
        if rank == NORMAL and discipline is not Discipline.FIRST_COME:
            today, before = queue.overtaking.get(service_id), queue.usual.get(service_id)
            if today or before:
                windows = () if before else plan.calendar.ticket_windows(service_id, now_ms)
                self._newcomers = Newcomers(today or NOBODY, before, windows, queue.opened_ms, now_ms)
        self.lengthens = rank == NORMAL and (self._newcomers is not None or bool(self.others))
        self.shortens = rank == LEGAL and discipline is Discipline.AGEING and bool(self.others)

    def _add(self, queue: Queue, lanes: tuple[Lane, ...], weight: float, place: Place, now_ms: int) -> None:
        rank, discipline = self._rank, self._policy.discipline
        for lane in lanes:
            places = queue.lanes.get(lane)
            if places is None:
                continue
            other = lane.rank
            if other == rank or (discipline is Discipline.FIRST_COME and other != EMERGENCY != rank):
                at_end = places[-1] < place
                self.surely += weight * (len(places) if at_end else bisect_left(places, place))
            elif other == EMERGENCY or (discipline is Discipline.STRICT and other < rank):
                self.surely += weight * len(places)
            elif rank == EMERGENCY or discipline is Discipline.STRICT:
                pass
            elif (
                rank == NORMAL
                and discipline is Discipline.AGEING
                and places[-1].arrived_ms <= self._overtakes_until(now_ms)
            ):
                self.surely += weight * len(places)
            else:
                self.others.append((places, weight))

    def before(self, at_ms: int) -> float:
        """How many go before, if this person is called at this moment: those who wait, and those who are to come."""
        return self.ahead(at_ms, self.newcomers(at_ms) if self._newcomers is not None else 0.0)

    def ahead(self, at_ms: int, newcomers: float = 0.0) -> float:
        """How many go before, with so many who are to come."""
        policy = self._policy
        if policy.discipline is _RATIO and self._rank != EMERGENCY:
            others = sum(weight * len(places) for places, weight in self.others)
            if self._rank == LEGAL:
                rounds = self.surely // policy.ratio_priority
                return self.surely + min(others, rounds * policy.ratio_normal)
            turns = (self.surely + 1) / policy.ratio_normal * policy.ratio_priority
            return self.surely + min(others + newcomers, turns)
        go = self.surely + newcomers
        if self.others:
            latest = Place(self._overtakes_until(at_ms), LAST_NUMBER + 1, "")
            for places, weight in self.others:
                go += weight * bisect_right(places, latest)
        return go

    def newcomers(self, at_ms: int) -> float:
        """How many of those go before who arrive from now on."""
        if self._newcomers is None:
            return 0.0
        until_ms = self._overtakes_until(at_ms) if self._policy.discipline is _AGEING else at_ms
        return self._weight * self._newcomers.until(until_ms)

    def _overtakes_until(self, at_ms: int) -> int:
        """The latest arrival of the other class that is called before this person at ``at_ms``, where waits age."""
        weight = self._policy.priority_weight
        waited_ms = at_ms - self._arrived_ms
        return at_ms - int(waited_ms * weight if self._rank == LEGAL else waited_ms / weight)
