"""How a service's line moves from now on: the counters that call, the hours they work, and the pace so far."""

from collections.abc import Sequence

from edge.contracts.catalogue import Counter
from edge.contracts.counter import CounterState
from edge.queueing.experience import NO_TEMPO
from edge.queueing.queue import Queue
from edge.queueing.spans import worked_ms

OPEN, CLOSED = CounterState.OPEN, CounterState.CLOSED
MINUTE_MS = 60_000
ABSENT_AFTER = 3  # mean services
ABSENT_LEAST_MS = 5 * MINUTE_MS
BACK_MS = 15 * MINUTE_MS  # so soon is somebody expected who paused or went away
LATEST_MS = 60 * MINUTE_MS  # a counter that has not opened an hour after the day's opening is not manned today
AT_DESK_LEAST = 10
NEVER_MS = 4_000_000_000_000


# A time in which calls come at an even pace: from, to (milliseconds since 1970 UTC), calls a millisecond, and calls at
# once as it begins, since counters are free then.
Stretch = tuple[int, int, float, float]
Course = Sequence[Stretch]


def call_ms(course: Course, count: float) -> int:
    """The moment of the call number ``count``, ``NEVER_MS`` where the course ends before."""
    for begins, ends, rate, at_once in course:
        count -= at_once
        if count <= 1e-9:
            return begins
        here = rate * (ends - begins)
        if count <= here:
            return begins + int(count / rate)
        count -= here
    return NEVER_MS


def calls_by(course: Course, at_ms: int) -> float:
    """How many calls there will have been at this moment."""
    calls = 0.0
    for begins, ends, rate, at_once in course:
        if at_ms < begins:
            break
        calls += at_once + rate * (min(at_ms, ends) - begins)
    return calls


def mean_ms(queue: Queue, service_id: str, room: str = "") -> float:
    """How long one person takes for a service, at the counter ``room`` where that is not empty."""
    mean_s = queue.tempos.get(service_id, NO_TEMPO).mean_s(queue.plan.services[service_id].planned_min * 60)
    if room:
        mean_s = queue.desk_tempos.get(room, NO_TEMPO).mean_s(mean_s, AT_DESK_LEAST)
    return max(1.0, mean_s) * 1000


def course(queue: Queue, service_id: str, room: str, now_ms: int) -> list[Stretch]:
    """When the counters of a service call from now on; only ``room``, where that is not empty.

    Now: those that are open and not absent; one that paused or was left is expected back in ``BACK_MS``. In the hours
    after this stretch of work: the roster, which is every counter of the service until ``LATEST_MS`` after the opening,
    and later those that have worked today. After the last closing the counters go on until everybody was served. Empty
    where nobody works today any more.
    """
    desks = queue.plan.desks[service_id]
    if room:
        desks = tuple(desk for desk in desks if desk.id == room)
    spans = queue.plan.calendar.spans_today(service_id, now_ms)
    mean = mean_ms(queue, service_id, room)
    least_ms = max(ABSENT_LEAST_MS, ABSENT_AFTER * mean)
    standings, at_counter = queue.standings, queue.at_counter
    away = idle = unseen = 0
    active = 0.0
    for desk in desks:
        standing = standings.get(desk.id)
        if standing is None:
            unseen += 1
        elif standing.state is OPEN:
            quiet_ms = now_ms - (standing.last_call_ms or standing.since_ms)
            if quiet_ms >= least_ms and absent(queue, desk.id, now_ms):
                away += 1
            else:
                active += 1.0 if len(desk.services) == 1 else _share(queue, desk, service_id)
                idle += desk.id not in at_counter
        elif standing.state is not CLOSED:
            away += 1
    roster = len(desks) - unseen
    if unseen and (not roster or not spans or now_ms < spans[0][0] + LATEST_MS):
        away += unseen
        roster = len(desks)
    made: list[Stretch] = []
    rate, last_ms = active / mean, now_ms
    for opens_ms, closes_ms in spans:
        if closes_ms <= now_ms:
            continue
        if opens_ms > now_ms:
            rate = roster / mean
            made.append((opens_ms, closes_ms, rate, roster))
        elif away and now_ms + BACK_MS < closes_ms:
            made.append((now_ms, now_ms + BACK_MS, rate, idle))
            rate += away / mean
            made.append((now_ms + BACK_MS, closes_ms, rate, away))
        else:
            made.append((now_ms, closes_ms, rate, idle))
        last_ms = closes_ms
    if rate <= 0:
        return []
    made.append((last_ms, NEVER_MS, rate, 0 if made else idle))
    return made


def _share(queue: Queue, desk: Counter, service_id: str) -> float:
    """The part of a counter's time that a service gets: as its work is to all the work that waits for the counter."""
    own = others = 0.0
    lanes = queue.lanes
    for service in desk.services:
        waiting = int(service == service_id)
        for room in ("", desk.id):
            for lane in queue.plan.lanes[service, room]:
                waiting += len(lanes.get(lane, ()))
        if service == service_id:
            own = waiting * mean_ms(queue, service)
        elif waiting:
            others += waiting * mean_ms(queue, service)
    return own / (own + others)


def absent(queue: Queue, counter_id: str, now_ms: int) -> int:
    """Since when a counter that is open has been left alone, milliseconds since 1970 UTC; 0 where it has not.

    Somebody waits whom it could call, and it has called and finished nobody for three mean services of working time,
    five minutes at least.
    """
    standing = queue.standing(counter_id)
    counter = queue.plan.counters[counter_id]
    if standing.state is not OPEN:
        return 0
    quiet_ms = max(standing.last_call_ms, standing.since_ms)
    served = queue.served.get(counter_id)
    if served is not None:
        quiet_ms = max(quiet_ms, served.at_ms)
    for service in counter.services:
        first_ms = _first_waits_ms(queue, service, counter_id)
        since_ms = max(quiet_ms, first_ms)
        limit_ms = max(ABSENT_LEAST_MS, ABSENT_AFTER * mean_ms(queue, service))
        if first_ms and now_ms - since_ms >= limit_ms:
            spans = queue.plan.calendar.spans_today(service, now_ms)
            if worked_ms(spans, since_ms, now_ms) >= limit_ms:
                return since_ms
    return 0


def _first_waits_ms(queue: Queue, service_id: str, counter_id: str) -> int:
    """Since when somebody has waited whom this counter could call; 0 where nobody does."""
    since_ms = 0
    for room in ("", counter_id):
        for lane in queue.plan.lanes[service_id, room]:
            places = queue.lanes.get(lane)
            if places:
                waits_ms = queue.tickets[places[0].ticket].waiting_since_ms
                since_ms = min(since_ms, waits_ms) if since_ms else waits_ms
    return since_ms
