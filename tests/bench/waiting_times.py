"""Figures of the simulated year: waits and estimates, the disciplines side by side, and what the pure core takes."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edge.contracts.catalogue import Discipline, Policy
from edge.contracts.events import DayOpened, Entry
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.vault import Vault
from edge.queueing.order import LEGAL, NORMAL
from edge.queueing.queue import Queue, apply
from edge.queueing.rules import decide
from tests.bench.hospital import Arrivals, Day, Person, Room, Scenario, catalogue, year

DAYS = 250
DISCIPLINE_DAYS = 60
MINUTE_MS = 60_000
REPEATS = 7
STRETCH = 50

STABLE = Scenario(
    "M/M/4 with lunch",
    (Room(6),) * 4,
    (
        Arrivals(6 * 60 + 30, 7 * 60, 30),
        Arrivals(7 * 60, 9 * 60 + 30, 52),
        Arrivals(9 * 60 + 30, 11 * 60, 30),
        Arrivals(13 * 60, 14 * 60, 40),
        Arrivals(14 * 60, 16 * 60, 34),
    ),
)
IRREGULAR = Scenario(
    "4 irregular rooms",
    (Room(4.5, 20, 1, 40), Room(6, 30, 1, 40), Room(7, 30, 1, 40), Room(9, 40, 1, 40)),
    (
        Arrivals(6 * 60 + 30, 7 * 60, 26),
        Arrivals(7 * 60, 9 * 60 + 30, 44),
        Arrivals(9 * 60 + 30, 11 * 60, 24),
        Arrivals(13 * 60, 14 * 60, 34),
        Arrivals(14 * 60, 16 * 60, 26),
    ),
)
ONE = Scenario(
    "1 room",
    (Room(6),),
    (
        Arrivals(6 * 60 + 30, 7 * 60, 8),
        Arrivals(7 * 60, 9 * 60 + 30, 13),
        Arrivals(9 * 60 + 30, 11 * 60, 7),
        Arrivals(13 * 60, 14 * 60, 10),
        Arrivals(14 * 60, 16 * 60, 8),
    ),
)
BUSY = Scenario(
    "a day of 3,000 tickets",
    (Room(1.1),) * 8,
    (Arrivals(6 * 60 + 1, 11 * 60, 320), Arrivals(12 * 60 + 31, 16 * 60 + 30, 350)),
)
DISCIPLINES = (
    ("first come", Policy(discipline=Discipline.FIRST_COME)),
    ("strict", Policy(discipline=Discipline.STRICT)),
    ("2:1", Policy(discipline=Discipline.RATIO, ratio_priority=2, ratio_normal=1)),
    ("1:3", Policy(discipline=Discipline.RATIO, ratio_priority=1, ratio_normal=3)),
    ("ageing, b = 4", Policy(discipline=Discipline.AGEING, priority_weight=4)),
)


def figures() -> Iterator[tuple[str, str]]:
    """Every figure with what it measures."""
    for scenario, target in ((STABLE, 1.2), (IRREGULAR, 2.0), (ONE, 1.2)):
        yield from accuracy(scenario, target)
    for name, policy in DISCIPLINES:
        yield waits(name, policy)
    yield from core()
    yield from starts()


def accuracy(scenario: Scenario, target: float) -> Iterator[tuple[str, str]]:
    """How far estimates were out, beside the oracle's and the naive one's."""
    people = [person for day in year(scenario, DAYS) for person in day.served]
    oracle = _error(people, lambda person: person.oracle_ms)
    expected = _error(people, lambda person: person.expected_ms)
    naive = _error(people, lambda person: person.naive_ms)
    covered = sum(
        person.window is not None
        and person.window.low_ms <= person.issued_ms + person.waited_ms <= person.window.high_ms
        for person in people
    ) / len(people)
    yield (
        f"wait, {scenario.name}, {DAYS} days, {len(people)} tickets",
        f"mean {_mean(people):.1f} min; error {expected:.1f} min, {expected / oracle:.2f} × oracle (≤ {target});"
        f" (n+1)·s/c {naive / oracle:.2f} ×; range holds {covered:.0%} (75–85)",
    )


def _error(people: Sequence[Person], of: Callable[[Person], float]) -> float:
    return sum(abs(of(person) - person.waited_ms) for person in people) / len(people) / MINUTE_MS


def _mean(people: Sequence[Person]) -> float:
    return sum(person.waited_ms for person in people) / len(people) / MINUTE_MS


def waits(name: str, policy: Policy) -> tuple[str, str]:
    """Mean and 95th percentile of the waits of either class under one discipline; the same people for each."""
    people = [person for day in year(STABLE._replace(policy=policy), DISCIPLINE_DAYS) for person in day.served]
    told = []
    means = {}
    for rank, word in ((LEGAL, "priority"), (NORMAL, "normal")):
        waited = sorted(person.waited_ms for person in people if person.rank == rank)
        means[rank] = sum(waited) / len(waited)
        told.append(f"{word} {means[rank] / MINUTE_MS:.0f}/{waited[int(0.95 * len(waited))] / MINUTE_MS:.0f}")
    inverted = ", INVERTED" if means[LEGAL] > means[NORMAL] * 1.1 else ""
    return f"mean/95th minutes waited, {name}, {DISCIPLINE_DAYS} days", f"{', '.join(told)}{inverted}"


def core() -> Iterator[tuple[str, str]]:
    """Events a second through decide and apply, for a day's mix of numbers, slips, calls and ends.

    The least processor time of each stretch of commands counts, so that what else runs on the machine counts little.
    """
    *_, day = year(STABLE, 5)
    runs = [_decided_again(day) for _ in range(REPEATS * 3)]
    took_s = sum(min(stretch) for stretch in zip(*runs, strict=True))
    events = len(day.entries) - 2
    yield (
        f"pure core, decide + apply, {events} events, best of {len(runs)}",
        f"{events / took_s:.0f} events/s (≥ 100000), {took_s / events * 1e6:.1f} µs each",
    )


def _decided_again(day: Day) -> list[float]:
    """Seconds of processor time for each ``STRETCH`` of a day's commands, decided and applied again."""
    queue = day.start
    took = []
    for first in range(0, len(day.commands), STRETCH):
        begun = time.process_time()
        for by, command, at_ms in day.commands[first : first + STRETCH]:
            for event in decide(queue, command, by=by, now_ms=at_ms):
                queue = apply(queue, Entry(queue.seq + 1, at_ms, event))
        took.append(time.process_time() - begun)
    if queue != day.end:
        raise RuntimeError("a day decided again ends otherwise")
    return took


def starts() -> Iterator[tuple[str, str]]:
    """Replay of a large day, and the start of a hub with one day's and with a year's journal."""
    (busy,) = year(BUSY, 1)
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as name:
        folder = Path(name)
        journal = Journal(folder / "day.db")
        _keep(journal, busy.entries)
        took = min(_read(journal, busy) for _ in range(REPEATS))
        yield (
            f"replay of a day of {len(busy.served)} tickets, {len(busy.entries)} entries, from the journal",
            f"{took:.2f} s (< 0.5)",
        )
        alone = min(_start(journal, folder, busy.end) for _ in range(3))
        journal.close()
        journal = Journal(folder / "year.db")
        before = 0
        for day in year(STABLE, DAYS):
            _keep(journal, day.entries)
            before = day.entries[-1].seq
        last = [Entry(before + n, entry.at_ms, entry.event) for n, entry in enumerate(busy.entries, 1)]
        _keep(journal, last)
        after = min(_start(journal, folder, busy.end) for _ in range(3))
        journal.close()
    yield (
        f"start on that day, with {before} entries of a year before it",
        f"{after:.2f} s, {after / alone:.2f} × that without them",
    )


def _keep(journal: Journal, entries: Sequence[Entry]) -> None:
    new_day = isinstance(entries[0].event, DayOpened)
    journal.commit(entries, [], [], new_day=new_day, at_ms=entries[0].at_ms)


def _read(journal: Journal, day: Day) -> float:
    begun = time.perf_counter()
    queue = Queue(day.start.plan)
    for entry in journal.entries(journal.day() - 1):
        queue = apply(queue, entry)
    took = time.perf_counter() - begun
    if queue != day.end:
        raise RuntimeError("the journal gives another queue")
    return took


def _start(journal: Journal, folder: Path, end: Queue) -> float:
    begun = time.perf_counter()
    vault = Vault(folder / "keys", "bench")
    faces = FaceKeeper.at(folder, vault, lambda: end.at_ms)
    inbox = Inbox(journal, vault, catalogue(BUSY), faces, clock_ms=lambda: end.at_ms, told=lambda _: None)
    took = time.perf_counter() - begun
    inbox.close()
    if inbox.queue.tickets != end.tickets:
        raise RuntimeError("the hub starts with another queue")
    return took
