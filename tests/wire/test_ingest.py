"""The ingest as its own process behind a real broker: nothing lost, nothing twice, whatever dies and whenever."""

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random

import msgspec
import pytest

from edge.contracts import topics
from edge.contracts.events import Acknowledgement, Batch, DocumentRead, Entry, Event, TicketFinished, TicketIssued
from tests.journals import EPOCH, Journal, busy_day
from tests.waiting import until
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import Broker, Client, running_broker

CONFIG = """
data = "cloud"
[web]
listen = "127.0.0.1:1"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:{port}"
ca = "{folder}/ca.crt"
certificate = "{folder}/ingest.crt"
key = "{folder}/ingest.key"
"""

TABLES = {"hours": "SELECT * FROM hours WHERE site = ?", "days": "SELECT * FROM days WHERE site = ?"}
POISON = (b'{"version":1,"epoch":"Nguyen Van Mau 001099000017"', b"\xff" * 1000)
COUNTED = ("issued_none", "issued_cccd_qr", "called", "finished", "read_ok_cccd_qr", "read_failed_cccd_qr")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as broker:
        for name in ("ingest", "mau-01", "mau-02"):
            broker.issue(name)
        yield broker


@pytest.fixture
def ingest(broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    config = tmp_path / "cloud.toml"
    config.write_text(CONFIG.format(port=broker.port, folder=broker.folder), encoding="utf-8")
    daemon = Daemon("cloud.ingest", config, tmp_path / "ingest.log")
    daemon.start()
    yield daemon
    daemon.kill()


class Site:
    """A hub's way up, reduced to its rule: send again from the last acknowledgement until all is acknowledged."""

    def __init__(self, broker: Broker, name: str, journal: Journal, batch: int = 20) -> None:
        self.name = name
        self.journal = journal
        self.sent = 0
        self._batch = batch
        self._client = Client(broker, name, certificate=name)
        self._client.mqtt.on_connect = lambda client, *_: client.subscribe(topics.acknowledgements(name), qos=1)
        self._client.mqtt.reconnect_delay_set(1, 1)
        self._client.connect()
        until(lambda: self._client.granted)

    @property
    def acknowledged(self) -> int:
        answers = [msgspec.json.decode(payload, type=Acknowledgement) for _, payload in list(self._client.messages)]
        return max((answer.seq for answer in answers if answer.epoch == EPOCH), default=0)

    @property
    def answers(self) -> int:
        return len(self._client.messages)

    @property
    def done(self) -> bool:
        return self.acknowledged == len(self.journal.entries)

    def send(self, batches: int = 1) -> None:
        """Send what follows the last acknowledgement."""
        first = self.acknowledged + 1
        for start in range(first, min(first + batches * self._batch, len(self.journal.entries) + 1), self._batch):
            self.send_batch(self.journal.batch(start, start + self._batch - 1))

    def send_batch(self, batch: Batch) -> None:
        self.send_bytes(msgspec.json.encode(batch))

    def send_bytes(self, payload: bytes) -> None:
        self.sent += 1
        self._client.mqtt.publish(topics.events(self.name), payload, qos=1)

    def send_until_done(self, within_s: float = 30) -> None:
        until(self._step, within_s=within_s, what=f"{self.name}: everything acknowledged")

    def close(self) -> None:
        self._client.close()

    def _step(self) -> bool:
        before = self.acknowledged
        if self.done:
            return True
        self.send(batches=3)
        try:
            until(lambda: self.acknowledged > before, within_s=0.3)
        except pytest.fail.Exception:
            return False  # send again
        return self.done


def ledger_of(data: Path, site: str) -> list[Entry]:
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        rows = db.execute(
            "SELECT events.seq, at_ms, event FROM events JOIN journals ON journals.id = journal WHERE site = ?"
            " ORDER BY events.seq",
            (site,),
        ).fetchall()
    return [Entry(seq, at_ms, msgspec.json.decode(event, type=Event)) for seq, at_ms, event in rows]


def total(data: Path, site: str, table: str) -> Counter[str]:
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute(TABLES[table], (site,)).fetchall()
    return Counter({measure: sum(row[measure] for row in rows) for measure in COUNTED})


def truth(journal: Journal) -> Counter[str]:
    counted: Counter[str] = Counter()
    for entry in journal.entries:
        if isinstance(entry.event, TicketIssued):
            counted["issued_" + entry.event.document.value.replace("-", "_")] += 1
        elif isinstance(entry.event, TicketFinished):
            counted["finished"] += 1
        elif isinstance(entry.event, DocumentRead):
            counted["read_failed_cccd_qr" if entry.event.fault else "read_ok_cccd_qr"] += 1
        elif type(entry.event).__name__ == "TicketCalled":
            counted["called"] += 1
    return counted


def _answered_since(sites: Sequence[Site], answers: int) -> bool:
    return sum(site.answers for site in sites) > answers


@pytest.mark.req("P4", "X4")
def test_kill_of_ingest_and_broker_at_any_moment_loses_nothing_and_doubles_nothing(
    broker: Broker, ingest: Daemon, tmp_path: Path
) -> None:
    random = Random(20)
    sites = [
        Site(broker, name, busy_day(250, Random(name)), batch=random.randrange(3, 7)) for name in ("mau-01", "mau-02")
    ]
    for kill in range(6):
        for _ in range(random.randrange(1, 6)):
            for site in sites:
                site.send(batches=random.randrange(1, 6))
        if random.random() < 0.5:
            answers = sum(site.answers for site in sites)
            until(partial(_answered_since, sites, answers), within_s=20)
        ingest.kill()
        if kill % 3 == 2:
            broker.kill()
            broker.start()
        ingest.start()
    for site in sites:
        site.send_until_done(within_s=90)
        assert ledger_of(tmp_path / "cloud", site.name) == site.journal.entries
        assert total(tmp_path / "cloud", site.name, "hours") == truth(site.journal)
        assert total(tmp_path / "cloud", site.name, "days") == truth(site.journal)
        site.close()
    assert sum(site.sent for site in sites) > sum(len(site.journal.entries) // 9 for site in sites)


@pytest.mark.req("P4")
def test_what_is_sent_twice_is_there_once_and_acknowledged_each_time(
    broker: Broker, ingest: Daemon, tmp_path: Path
) -> None:
    site = Site(broker, "mau-01", busy_day(10, Random(1)))
    for times in range(1, 4):
        site.send_batch(site.journal.batch())
        until(partial(_answered_since, [site], times - 1))
    assert site.done
    assert ledger_of(tmp_path / "cloud", "mau-01") == site.journal.entries
    site.close()


@pytest.mark.req("X5")
def test_a_poisoned_message_blocks_nobody_and_is_noted_without_its_content(
    broker: Broker, ingest: Daemon, tmp_path: Path
) -> None:
    poisoned = Site(broker, "mau-02", busy_day(10, Random(2)))
    site = Site(broker, "mau-01", busy_day(10, Random(1)))
    for payload in POISON:
        poisoned.send_bytes(payload)
    site.send_until_done()
    with closing(sqlite3.connect(tmp_path / "cloud" / "ledger.db")) as db:
        until(lambda: db.execute("SELECT sum(times) FROM refused").fetchone() == (2,))
        assert db.execute("SELECT site, reason, times, bytes FROM refused").fetchall() == [
            ("mau-02", "unreadable", 2, 1000)
        ]
        digests = {sha256(payload).hexdigest() for payload in POISON}
        assert {digest for (digest,) in db.execute("SELECT sha256 FROM set_aside WHERE site = 'mau-02'")} == digests
    assert poisoned.acknowledged == 0
    poisoned.send_until_done()
    log = (tmp_path / "ingest.log").read_text()
    assert log.count("mau-02 sends is refused: unreadable") == 1
    assert log.count("mau-02 sends is taken again") == 1
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cloud").iterdir())
    assert b"001099000017" not in stored
    assert "001099000017" not in log
    site.close()
    poisoned.close()


@pytest.mark.req("X6")
def test_a_revoked_site_is_refused_while_it_is_connected_and_complete_when_it_is_readmitted(
    broker: Broker, ingest: Daemon, tmp_path: Path
) -> None:
    revoked = Site(broker, "mau-02", busy_day(20, Random(2)))
    site = Site(broker, "mau-01", busy_day(20, Random(1)))
    revoked.send()
    until(lambda: revoked.acknowledged == 20)
    revocation(tmp_path, "revoke", "mau-02")
    revoked.send()
    site.send_until_done()
    with closing(sqlite3.connect(tmp_path / "cloud" / "ledger.db")) as db:
        until(lambda: db.execute("SELECT site FROM refused WHERE reason = 'revoked'").fetchall() == [("mau-02",)])
    assert revoked.acknowledged == 20
    assert len(ledger_of(tmp_path / "cloud", "mau-02")) == 20
    assert revocation(tmp_path, "list") == "mau-02\n"
    assert revocation(tmp_path, "readmit", "mau-02") == ""
    revoked.send_until_done()
    assert ledger_of(tmp_path / "cloud", "mau-02") == revoked.journal.entries
    site.close()
    revoked.close()


def revocation(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "cloud.revocation", "--config", str(folder / "cloud.toml"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.req("P4", "X4")
def test_what_a_newer_hub_sends_waits_at_its_site_and_the_others_flow(
    broker: Broker, ingest: Daemon, tmp_path: Path
) -> None:
    newer = Site(broker, "mau-02", busy_day(10, Random(2)))
    site = Site(broker, "mau-01", busy_day(10, Random(1)))
    batch = msgspec.to_builtins(newer.journal.batch())
    batch["entries"][1]["event"]["type"] = "DayOpened/2"
    newer.send_bytes(msgspec.json.encode(batch))
    site.send_until_done()
    with closing(sqlite3.connect(tmp_path / "cloud" / "ledger.db")) as db:
        until(lambda: db.execute("SELECT site, reason FROM refused").fetchall() == [("mau-02", "newer")])
    assert newer.answers == 0
    newer.send_until_done()  # as after the cloud's update
    assert ledger_of(tmp_path / "cloud", "mau-02") == newer.journal.entries
    site.close()
    newer.close()


@pytest.mark.req("P4")
def test_a_gap_is_answered_with_the_place_to_go_on_from(broker: Broker, ingest: Daemon, tmp_path: Path) -> None:
    site = Site(broker, "mau-01", busy_day(10, Random(1)))
    site.send_batch(site.journal.batch(11, 20))
    until(lambda: site._client.messages)
    assert [msgspec.json.decode(payload) for _, payload in site._client.messages] == [
        {"version": 1, "epoch": EPOCH, "seq": 0}
    ]
    site.send_until_done()
    assert ledger_of(tmp_path / "cloud", "mau-01") == site.journal.entries
    site.close()


def test_the_broker_is_lost_and_back_once_in_the_log(broker: Broker, ingest: Daemon, tmp_path: Path) -> None:
    broker.kill()
    until(lambda: "broker is lost" in ingest.log.read_text())
    broker.start()
    until(lambda: "broker is back" in ingest.log.read_text(), within_s=20)
    assert ingest.log.read_text().count("broker is lost") == 1
    assert ingest.stop() == 0


def test_a_missing_certificate_is_named_at_start(broker: Broker, ingest: Daemon, tmp_path: Path) -> None:
    ingest.stop()
    (broker.folder / "ingest.key").unlink()
    ingest.launch()
    assert ingest.exit_status() == 78
    assert "broker.key" in ingest.log.read_text()
    assert "Traceback" not in ingest.log.read_text()
