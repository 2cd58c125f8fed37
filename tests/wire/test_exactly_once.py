"""Exactly once, with real processes: several workers on one ledger, killed at any moment, and the counts of the truth.

The truth is worked out apart from the product (tests/ledger_truth.py), and so is the sites' side of the wire
(tests/many_sites.py).
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from cloud.ingest import group_name
from edge.contracts import topics
from edge.daemon.config import ConfigError
from tests.journals import EPOCH, Journal
from tests.ledger_truth import QUERIES, Counts, counts, entries, many_days, rows, truth
from tests.many_sites import Manners, Outbox, Site, Tally, context_of, running
from tests.waiting import until
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import Broker, Client, running_broker

CONFIG = """
data = "{data}"
[web]
listen = "127.0.0.1:1"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:{port}"
ca = "{folder}/ca.crt"
certificate = "{folder}/ingest.crt"
key = "{folder}/ingest.key"
"""
GROUP = "k3yN0b0dyGuesses0123456789abcdefXYZ"
RESET = "e" * 32
ENDS = datetime(2026, 11, 25, tzinfo=UTC)
WORKERS = 3
BATCHES = 15  # of a site that sends alone
MANY = [f"mau-{number:03d}" for number in range(130)]
FEW = [f"storm-{number}" for number in range(8)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        for number in range(1, WORKERS + 1):
            broker.issue(f"ingest-{number}")
        for name in (*MANY, *FEW, "calm", "robbed", "hostile"):
            broker.issue(name)
        (broker.folder / "group").write_text(f"{GROUP}\n", encoding="ascii")
        yield broker


class Workers:
    """Several ingests on one ledger, in ``folder/data``."""

    def __init__(self, broker: Broker, folder: Path, number: int) -> None:
        self.data = folder / "data"
        config = folder / "cloud.toml"
        config.write_text(CONFIG.format(data=self.data, port=broker.port, folder=broker.folder), encoding="utf-8")
        group = str(broker.folder / "group")
        self.each = [
            Daemon("cloud.ingest", config, folder / f"{worker}.log", ("--worker", str(worker), "--group-file", group))
            for worker in range(1, number + 1)
        ]
        for worker in self.each:
            worker.launch()
        for worker in self.each:
            worker.wait_until_ready()

    def logs(self) -> str:
        return "".join(worker.log.read_text(encoding="utf-8") for worker in self.each)


@pytest.fixture(scope="module")
def crowd(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Three workers, for all tests of this module: every test has sites of its own."""
    workers = Workers(broker, tmp_path_factory.mktemp("cloud"), WORKERS)
    yield workers
    for worker in workers.each:
        worker.kill()


def _outbox(journal: Journal, size: int, epoch: str = EPOCH) -> Outbox:
    return Outbox.of(journal.batches(size, epoch))


def _of(tables: dict[str, Counts], sites: Sequence[str]) -> dict[str, Counts]:
    return {
        table: type(found)({key: n for key, n in found.items() if key[0] in sites}) for table, found in tables.items()
    }


def _as(site: str, tables: dict[str, Counts]) -> dict[str, Counts]:
    return {table: type(found)({(site, *key[1:]): n for key, n in found.items()}) for table, found in tables.items()}


def _sum(parts: Sequence[dict[str, Counts]]) -> dict[str, Counts]:
    total: dict[str, Counts] = {table: type(parts[0][table])() for table in QUERIES}
    for part in parts:
        for table, found in part.items():
            total[table].update(found)
    return total


async def _answers(tally: Tally, more: int, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for so many answers more, or until nothing is left to answer."""
    enough = tally.answered + more
    async with asyncio.timeout(60):
        while tally.answered < enough and not all(task.done() for task in tasks):
            await asyncio.sleep(0.005)


@pytest.mark.req("P4", "X4")
def test_workers_and_broker_killed_at_any_moment_lose_nothing_and_double_nothing(
    broker: Broker, crowd: Workers
) -> None:
    random = Random(8)
    names = FEW
    journals = {name: many_days(Random(name), 3, 40, ends=ENDS, name=name) for name in names}
    after_reset = many_days(Random("reset"), 2, 20, ends=ENDS, name="after the reset")
    tally = Tally()
    manners = Manners(resend_s=0.4, twice=0.2, astray=0.1)
    outboxes = {name: [_outbox(journal, random.randrange(3, 8))] for name, journal in journals.items()}
    outboxes[names[0]].append(_outbox(after_reset, 5, RESET))
    sites = [Site(name, outboxes[name], manners, tally, Random(name)) for name in names]

    async def storm() -> None:
        with running(sites, broker.port, [context_of(broker.folder, name) for name in names]) as tasks:
            for kill in range(7):
                await _answers(tally, random.randrange(1, 60), tasks)
                worker = random.choice(crowd.each)
                worker.kill()
                if kill % 3 == 2:
                    broker.kill()
                    await asyncio.to_thread(broker.start)
                worker.launch()
            async with asyncio.timeout(90):
                await asyncio.gather(*tasks)

    asyncio.run(storm())
    for name, journal in journals.items():
        assert entries(crowd.data, name, EPOCH) == journal.entries
    assert entries(crowd.data, names[0], RESET) == after_reset.entries
    expected = _sum([*(truth(name, journal) for name, journal in journals.items()), truth(names[0], after_reset)])
    assert _of(counts(crowd.data), names) == expected
    batches = sum(len(outbox.lasts) for name in names for outbox in outboxes[name])
    assert tally.sent > 1.2 * batches
    assert tally.lost >= 2 * len(names)


@pytest.mark.req("P4", "X4")
def test_two_weeks_of_130_sites_at_once_are_there_once_each(broker: Broker, crowd: Workers) -> None:
    same = [many_days(Random(kind), 14, 3, ends=ENDS) for kind in range(5)]  # encoded once, sent by many
    outboxes = [_outbox(journal, 60) for journal in same]
    tally = Tally()
    sites = [Site(name, [outboxes[n % 5]], Manners(), tally, Random(n)) for n, name in enumerate(MANY)]
    contexts = [context_of(broker.folder, name) for name in MANY]

    async def flood() -> None:
        with running(sites, broker.port, contexts) as tasks:
            async with asyncio.timeout(90):
                await asyncio.gather(*tasks)

    asyncio.run(flood())
    expected = [truth("any", journal) for journal in same]
    assert _of(counts(crowd.data), MANY) == _sum([_as(name, expected[n % 5]) for n, name in enumerate(MANY)])
    for n, name in enumerate(MANY):
        assert rows(crowd.data, name) == len(same[n % 5].entries)
    for n in range(5):
        assert entries(crowd.data, MANY[n], EPOCH) == same[n].entries
    assert "mau-" not in crowd.logs()  # none of them was refused anything


@pytest.mark.req("X1", "X6")
def test_a_site_that_does_not_know_the_groups_name_takes_nothing_out_of_it(broker: Broker, crowd: Workers) -> None:
    hostile = Client(broker, "hostile", certificate="hostile")
    hostile.connect()
    for group in ("ingest", "moiso", "hostile", GROUP[:-1], GROUP.lower()):
        assert hostile.subscribe(f"$share/{group}/{topics.UP_FILTER}") == "Granted QoS 1"
    for beside in ("#", "$share/#", "$SYS/#", topics.UP_FILTER):
        hostile.mqtt.subscribe(beside, qos=1)
    tally = _send_alone(broker, "calm")
    hostile.close()
    assert tally.sent == tally.answered == BATCHES  # none had to be sent again
    assert hostile.messages == []


@pytest.mark.req("X1", "X6")
def test_a_site_that_knows_the_groups_name_delays_and_loses_nothing(broker: Broker, crowd: Workers) -> None:
    hostile = Client(broker, "hostile", certificate="hostile")
    hostile.connect()
    until(lambda: hostile.connections)
    assert hostile.subscribe(f"$share/{GROUP}/{topics.UP_FILTER}") == "Granted QoS 1"
    tally = _send_alone(broker, "robbed")
    hostile.close()
    assert hostile.messages == []
    assert tally.sent > BATCHES  # Mosquitto 2.0 hands it a share, and then keeps that from it
    assert tally.answered >= BATCHES
    assert entries(crowd.data, "robbed", EPOCH) == _journal_alone("robbed").entries
    assert _of(counts(crowd.data), ["robbed"]) == truth("robbed", _journal_alone("robbed"))


def _journal_alone(name: str) -> Journal:
    journal = many_days(Random(name), 2, 40, ends=ENDS)
    del journal.entries[10 * BATCHES :]
    return journal


def _send_alone(broker: Broker, name: str) -> Tally:
    tally = Tally()
    site = Site(name, [_outbox(_journal_alone(name), 10)], Manners(resend_s=0.3), tally, Random(name))

    async def alone() -> None:
        with running([site], broker.port, [context_of(broker.folder, name)]) as tasks:
            async with asyncio.timeout(60):
                await asyncio.gather(*tasks)

    asyncio.run(alone())
    return tally


@pytest.mark.parametrize("name", ["short", "x" * 31, "with/a/slash/" + "x" * 32, "with+plus" + "x" * 32, ""])
def test_a_groups_name_that_is_no_secret_or_no_name_is_refused_at_start(tmp_path: Path, name: str) -> None:
    path = tmp_path / "group"
    path.write_text(name, encoding="ascii")
    with pytest.raises(ConfigError) as refused:
        group_name(path)
    assert str(path) in str(refused.value)
    assert not name or name not in str(refused.value)
