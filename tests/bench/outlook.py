"""The cost of one outlook for a site as large as the product allows."""

import time
from collections.abc import Iterator
from itertools import product
from string import ascii_uppercase

import msgspec
from msgspec.structs import replace

from edge.contracts.catalogue import MAX_COUNTERS, MAX_SERVICES, Counter, OpeningPeriod, Policy
from edge.contracts.counter import CounterState
from edge.contracts.ticket import Priority
from edge.queueing.outlook import outlook
from tests.queue_story import Site
from tests.sites import CATALOGUE

WAITING = 500
TIMES = 100


def full_site() -> Site:
    """40 services at 32 open counters, each counter with five of them, and 500 people who wait, a third of them old."""
    prefixes = (a + b for a, b in product(ascii_uppercase, repeat=2))
    services = tuple(replace(CATALOGUE.services[0], id=f"s{n}", prefix=next(prefixes)) for n in range(MAX_SERVICES))
    counters = tuple(
        Counter(f"q{n}", n + 1, str(n), tuple(f"s{(5 * n + k) % MAX_SERVICES}" for k in range(5)))
        for n in range(MAX_COUNTERS)
    )
    week = (OpeningPeriod((0, 1, 2, 3, 4), "07:00", "11:30"), OpeningPeriod((0, 1, 2, 3, 4), "12:00", "17:00"))
    site = Site(replace(CATALOGUE, services=services, counters=counters, hours=week, policy=Policy()))
    for number in range(WAITING):
        born = "1940-01-01" if number % 3 == 0 else ""
        claim = Priority.PREGNANT if number % 7 == 0 else Priority.NONE
        site.issue(f"s{number % MAX_SERVICES}", birth_date=born, claim=claim)
    for counter in counters:
        site.set_counter(counter.id, CounterState.OPEN)
    return site


def figures() -> Iterator[tuple[str, str]]:
    """The mean time to make an outlook, and how large it is on the wire."""
    site = full_site()
    began_s = time.perf_counter()
    for _ in range(TIMES):
        made = outlook(site.queue, site.now_ms, site.now_ms)
    mean_ms = (time.perf_counter() - began_s) / TIMES * 1000
    size = f"{mean_ms:.1f} ms, {len(msgspec.json.encode(made)) / 1000:.1f} kB"
    yield f"outlook, {MAX_SERVICES} services, {MAX_COUNTERS} counters, {WAITING} waiting", size
