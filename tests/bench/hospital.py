"""A simulated outpatient year, played through the real ``decide`` and ``apply``.

Times are milliseconds since 1970 UTC; a day is played from event to event, without any clock.
"""

import heapq
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from edge.contracts.catalogue import Catalogue, Counter, Facility, OpeningPeriod, Policy, Service, ServiceGroup
from edge.contracts.commands import CallNext, Command, ConfirmPrint, Finish, IssueTicket, SetCounter
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import CatalogueAdopted, DayOpened, Entry, Event, TicketCalled, TicketIssued
from edge.contracts.outlook import Window
from edge.contracts.refusals import Refusal
from edge.queueing.experience import carried
from edge.queueing.order import rank_of
from edge.queueing.pace import mean_ms
from edge.queueing.queue import Queue, apply, new_queue
from edge.queueing.refused import NotAllowed
from edge.queueing.rules import decide
from edge.queueing.wait import expected_call
from tests.bench.oracle import Oracle, Presence

MINUTE_MS = 60_000
SERVICE = "exam"
FIRST_DAY = date(2026, 11, 2)
OLD = "1940-01-01"
SPANS_MIN = ((7 * 60, 11 * 60 + 30), (13 * 60 + 30, 17 * 60))


class Room(NamedTuple):
    """One doctor: the mean of a service, how late at most in the morning and after lunch, and how many times a day away
    for up to ``away_min``."""

    mean_min: float
    late_min: float = 0
    leaves: int = 0
    away_min: float = 0


class Arrivals(NamedTuple):
    """People an hour between two times of the day, in minutes after midnight."""

    from_min: int
    to_min: int
    per_hour: float


class Scenario(NamedTuple):
    """A department: its rooms, who comes when, and the rules that it works by."""

    name: str
    rooms: tuple[Room, ...]
    arrivals: tuple[Arrivals, ...]
    policy: Policy = Policy()
    share: float = 0.3
    assigns_room: bool = False


class Person(NamedTuple):
    """What became of one ticket: estimates and the true wait in milliseconds, and its rank."""

    rank: int
    expected_ms: int
    naive_ms: float
    oracle_ms: int
    window: Window | None
    issued_ms: int
    waited_ms: int


class Day(NamedTuple):
    """A day that was played: its tickets, its entries, and the commands with their times."""

    served: list[Person]
    entries: list[Entry]
    commands: list[tuple[str, Command, int]]
    start: Queue
    end: Queue


def catalogue(scenario: Scenario) -> Catalogue:
    """The department's catalogue: one service, a counter a room."""
    return Catalogue(
        facility=Facility("Bệnh viện Mẫu", "Mau Hospital"),
        hours=(
            OpeningPeriod((0, 1, 2, 3, 4, 5, 6), "07:00", "11:30"),
            OpeningPeriod((0, 1, 2, 3, 4, 5, 6), "13:30", "17:00"),
        ),
        groups=(ServiceGroup("exam", "Khám bệnh", "Examination"),),
        services=(
            Service(SERVICE, "exam", "A", "Khám bệnh", "Examination", "#0b6e6e", assigns_room=scenario.assigns_room),
        ),
        counters=tuple(Counter(f"q{n}", n, str(100 + n), (SERVICE,)) for n in range(1, len(scenario.rooms) + 1)),
        public_holidays=False,
        policy=scenario.policy,
    )


def working_days(count: int) -> list[date]:
    """So many Mondays to Fridays."""
    days = (FIRST_DAY + timedelta(n) for n in range(count * 2 + 7))
    return [day for day in days if day.weekday() < 5][:count]


def year(scenario: Scenario, days: int, seed: int = 1) -> Iterator[Day]:
    """So many working days one after another, each with what the days before have taught."""
    chance = random.Random(f"{seed} {scenario.name}")
    queue = new_queue(catalogue(scenario))
    for day in working_days(days):
        played = _Play(scenario, queue, day, chance).run()
        queue = played.end
        yield played


class _Play:
    """One day on the move."""

    def __init__(self, scenario: Scenario, queue: Queue, day: date, chance: random.Random) -> None:
        self._scenario = scenario
        self._chance = chance
        self._midnight_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000 - 7 * 3_600_000
        self._entries: list[Entry] = []
        self._commands: list[tuple[str, Command, int]] = []
        self._queue = queue
        opened_ms = self._midnight_ms + 5 * 3_600_000
        self._append(
            (
                DayOpened(
                    day.isoformat(), carried(queue.tempos, queue.errors, queue.overtaking, queue.usual), queue.leases
                ),
            ),
            opened_ms,
        )
        self._append((CatalogueAdopted(queue.catalogue),), opened_ms)
        self._start = self._queue
        self._agenda: list[tuple[int, int, str, int]] = []
        self._numbered = 0
        self._presence = [self._present(room) for room in scenario.rooms]
        means_ms = [room.mean_min * MINUTE_MS for room in scenario.rooms]
        rates = tuple(
            (self._at(a.from_min), self._at(a.to_min), a.per_hour * scenario.share / 3_600_000)
            for a in scenario.arrivals
        )
        self._oracle = Oracle(self._presence, means_ms, rates, scenario.policy)
        self._given: dict[str, Person] = {}
        self._served: list[Person] = []

    def run(self) -> Day:
        """Play it to the end: until everybody was served."""
        for arrivals in self._scenario.arrivals:
            at_min: float = arrivals.from_min
            while (at_min := at_min + self._chance.expovariate(arrivals.per_hour / 60)) < arrivals.to_min:
                self._plan(self._at(at_min), "arrives", 0)
        for room, presence in enumerate(self._presence):
            for begins_ms, _, _ in presence:
                self._plan(begins_ms, "comes", room)
        while self._agenda:
            at_ms, _, what, room = heapq.heappop(self._agenda)
            if what == "arrives":
                self._arrives(at_ms)
            elif what == "comes":
                self._comes(room, at_ms)
            else:
                self._free(room, at_ms)
        return Day(self._served, self._entries, self._commands, self._start, self._queue)

    def _at(self, minute: float) -> int:
        return self._midnight_ms + int(minute * MINUTE_MS)

    def _plan(self, at_ms: int, what: str, room: int) -> None:
        self._numbered += 1
        heapq.heappush(self._agenda, (at_ms, self._numbered, what, room))

    def _present(self, room: Room) -> Presence:
        """When the doctor is there, and whether the end of it is announced; at last until everybody was served."""
        times: list[tuple[int, int, bool]] = []
        for index, (opens, closes) in enumerate(SPANS_MIN):
            last = index == len(SPANS_MIN) - 1
            begins = opens + self._chance.uniform(0, room.late_min)
            for n in range(room.leaves):
                part = (closes - opens) / room.leaves
                leaves = max(begins, opens + n * part + self._chance.uniform(0, part))
                back = leaves + self._chance.uniform(0, room.away_min)
                if back < closes:
                    times.append((self._at(begins), self._at(leaves), self._chance.random() < 0.5))
                    begins = back
            times.append((self._at(begins), self._at(24 * 60 if last else closes), False))
        return tuple(times)

    def _append(self, events: Sequence[Event], at_ms: int) -> None:
        for event in events:
            entry = Entry(self._queue.seq + 1, at_ms, event)
            self._queue = apply(self._queue, entry)
            self._entries.append(entry)

    def _do(self, by: str, command: Command, at_ms: int) -> tuple[Event, ...]:
        events = decide(self._queue, command, by=by, now_ms=at_ms)
        self._append(events, at_ms)
        self._commands.append((by, command, at_ms))
        return events

    def _id(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    def _arrives(self, at_ms: int) -> None:
        birth_date = OLD if self._chance.random() < self._scenario.share else ""
        before = self._queue
        command = IssueTicket(self._id(), SERVICE, birth_date=birth_date)
        (issued,) = self._do("kiosk-1", command, at_ms)
        if not isinstance(issued, TicketIssued):
            raise TypeError(issued)
        ticket = self._queue.tickets[command.id]
        open_now = sum(standing.state is CounterState.OPEN for standing in before.standings.values())
        naive_ms = (issued.ahead + 1) * mean_ms(before, SERVICE) / max(1, open_now)
        rank = rank_of(ticket.priority)
        self._given[ticket.id] = Person(
            rank,
            ticket.expected_ms,
            naive_ms,
            self._oracle.wait_ms(before, SERVICE, rank, at_ms),
            expected_call(self._queue, ticket, at_ms),
            at_ms,
            0,
        )
        self._do("kiosk-1", ConfirmPrint(self._id(), ticket.id), at_ms)
        for room in range(len(self._scenario.rooms)):
            if self._is_there(room, at_ms) and f"q{room + 1}" not in self._queue.at_counter:
                self._call(room, at_ms)
                break

    def _is_there(self, room: int, at_ms: int) -> bool:
        return any(begins <= at_ms < ends for begins, ends, _ in self._presence[room])

    def _comes(self, room: int, at_ms: int) -> None:
        counter = f"q{room + 1}"
        if self._queue.standing(counter).state is not CounterState.OPEN:
            self._do(counter, SetCounter(self._id(), counter, CounterState.OPEN), at_ms)
        if counter not in self._queue.at_counter:
            self._call(room, at_ms)

    def _free(self, room: int, at_ms: int) -> None:
        if self._is_there(room, at_ms) and self._call(room, at_ms):
            return
        counter = f"q{room + 1}"
        self._do(counter, Finish(self._id(), counter, self._queue.at_counter[counter]), at_ms)
        if not self._is_there(room, at_ms) and self._announced(room, at_ms):
            self._do(counter, SetCounter(self._id(), counter, CounterState.PAUSED, Pause.BREAK), at_ms)

    def _announced(self, room: int, at_ms: int) -> bool:
        return [announced for _, ends, announced in self._presence[room] if ends <= at_ms][-1]

    def _call(self, room: int, at_ms: int) -> bool:
        counter = f"q{room + 1}"
        seen = self._queue.at_counter.get(counter, "")
        try:
            events = self._do(counter, CallNext(self._id(), counter, seen), at_ms)
        except NotAllowed as refusal:
            if refusal.reason is not Refusal.NOBODY_WAITING:
                raise
            return False
        called = events[-1]
        if not isinstance(called, TicketCalled):
            raise TypeError(called)
        given = self._given.pop(called.ticket)
        self._served.append(given._replace(waited_ms=at_ms - given.issued_ms))
        mean_s = self._scenario.rooms[room].mean_min * 60
        self._plan(at_ms + max(10_000, int(self._chance.expovariate(1 / mean_s) * 1000)), "free", room)
        return True
