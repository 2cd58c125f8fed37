"""What the hub expects at a moment, worked out from the queue alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from statistics import fmean

from edge.contracts.catalogue import Counter, Discipline, Service
from edge.contracts.counter import CounterState
from edge.contracts.outlook import Alarm, AlarmKind, CounterOutlook, Outlook, ServiceOutlook
from edge.contracts.ticket import Priority, Ticket
from edge.queueing import rooms
from edge.queueing.calendar import clock_is_plausible
from edge.queueing.order import LEGAL, NORMAL, in_order
from edge.queueing.pace import absent
from edge.queueing.queue import Queue
from edge.queueing.wait import estimate

NEXT_LABELS = 3
MOST_ALARMS = 20  # of one kind, the oldest: more than anybody can look at
MINUTE_MS = 60_000
CLOCK_SLACK_MS = 10_000  # a time server takes back a second or two without anybody's help
FEWEST_WAITS = 5  # of each class, before means are compared
FEWEST_PEOPLE = 20  # before a share is believed


def outlook(queue: Queue, now_ms: int, wall_ms: int) -> Outlook:
    """The hub's expectations at ``now_ms`` on the journal's clock; ``wall_ms`` is what the machine's own clock says.

    ``since_ms`` of an alarm is a moment: since when the ticket waits, the counter is silent, the journal's time stands
    still; 0 where it cannot be told.
    """
    waiting: dict[tuple[str, str], int] = defaultdict(int)  # (service, room) → people
    for lane, places in queue.lanes.items():
        waiting[lane.service, lane.room] += len(places)
    return Outlook(
        at_ms=now_ms,
        hours=queue.plan.calendar.hours(now_ms),
        services={service.id: _service(queue, service, waiting, now_ms) for service in queue.catalogue.services},
        counters={counter.id: _counter(queue, counter, waiting, now_ms) for counter in queue.catalogue.counters},
        alarms=(
            *_clock(queue, wall_ms),
            *_oldest(_absent(queue, now_ms)),
            *_oldest(_inverted(queue)),
            *_oldest(_starving(queue, now_ms)),
            *_oldest(_claims(queue)),
        ),
    )


def _service(queue: Queue, service: Service, waiting: Mapping[tuple[str, str], int], now_ms: int) -> ServiceOutlook:
    calendar = queue.plan.calendar
    desks = queue.plan.desks[service.id]
    always = calendar.always_gives_numbers(service.id, now_ms)
    room = rooms.assigned(queue, service.id)
    expected = estimate(queue, service.id, room=room, priority=Priority.NONE, arrived_ms=now_ms, now_ms=now_ms)
    return ServiceOutlook(
        waiting=sum(people for (wanted, _), people in waiting.items() if wanted == service.id),
        wait=expected.window,
        counters_open=sum(queue.standing(desk.id).state is CounterState.OPEN for desk in desks),
        tickets=() if always else calendar.ticket_windows(service.id, now_ms),
        always=always,
    )


def _counter(queue: Queue, counter: Counter, waiting: Mapping[tuple[str, str], int], now_ms: int) -> CounterOutlook:
    order = in_order(counter, queue.lanes, queue.plan.policy, now_ms, queue.turns.get(counter.id, 0))
    return CounterOutlook(
        next=tuple(queue.tickets[place.ticket].label for place in islice(order, NEXT_LABELS)),
        waiting=sum(waiting.get((service, room), 0) for service in counter.services for room in ("", counter.id)),
    )


def _clock(queue: Queue, wall_ms: int) -> Iterator[Alarm]:
    if wall_ms + CLOCK_SLACK_MS < queue.at_ms or not clock_is_plausible(wall_ms, queue.at_ms):
        yield Alarm(AlarmKind.CLOCK, since_ms=queue.at_ms)


def _absent(queue: Queue, now_ms: int) -> Iterator[Alarm]:
    for counter in queue.catalogue.counters:
        if since_ms := absent(queue, counter.id, now_ms):
            yield Alarm(AlarmKind.ABSENT, counter=counter.id, since_ms=since_ms)


def _inverted(queue: Queue) -> Iterator[Alarm]:
    """The services in which p:n makes people with legal priority wait longer than the others, or soon will.

    It does as soon as their share exceeds p/(p+n): then the turns set aside for them do not suffice.
    """
    policy = queue.plan.policy
    if policy.discipline is not Discipline.RATIO:
        return
    most = policy.ratio_priority / (policy.ratio_priority + policy.ratio_normal)
    for service in queue.catalogue.services:
        waits = queue.waits.get(service.id, ())
        legal, normal = ([w.waited_ms for w in waits if w.rank == rank] for rank in (LEGAL, NORMAL))
        longer = min(len(legal), len(normal)) >= FEWEST_WAITS and fmean(legal) > fmean(normal)
        with_priority, without = (
            len(seen) + sum(len(places) for lane, places in queue.lanes.items() if lane[::2] == (service.id, rank))
            for rank, seen in ((LEGAL, legal), (NORMAL, normal))
        )
        people = with_priority + without
        if longer or (people >= FEWEST_PEOPLE and with_priority > most * people):
            yield Alarm(AlarmKind.INVERSION, service=service.id)


def _starving(queue: Queue, now_ms: int) -> Iterator[Alarm]:
    long_ago_ms = now_ms - queue.plan.policy.starvation_min * MINUTE_MS
    for ticket in _waiting_tickets(queue):
        if ticket.waiting_since_ms < long_ago_ms:
            yield Alarm(AlarmKind.STARVATION, ticket.label, ticket.service, since_ms=ticket.waiting_since_ms)


def _claims(queue: Queue) -> Iterator[Alarm]:
    for ticket in _waiting_tickets(queue):
        if ticket.claim is not Priority.NONE:
            yield Alarm(AlarmKind.CLAIM, ticket.label, ticket.service, since_ms=ticket.waiting_since_ms)


def _waiting_tickets(queue: Queue) -> Iterator[Ticket]:
    return (queue.tickets[place.ticket] for places in queue.lanes.values() for place in places)


def _oldest(alarms: Iterator[Alarm]) -> list[Alarm]:
    found = sorted(alarms, key=lambda alarm: (alarm.since_ms, alarm.label, alarm.service, alarm.counter))
    return found[:MOST_ALARMS]
