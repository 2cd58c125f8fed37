"""What a backup or the standby gives back: everything up to the last number, onto an empty machine, and never less."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.contracts.commands import CallNext, IssueTicket
from edge.contracts.events import Entry, HubSucceeded, NumbersLeased
from edge.daemon.hub_client import new_command_id
from edge.follower.restore import REPORT, Report
from edge.hub.journal import Journal
from provisioning.demo.ports import reserve_port
from provisioning.demo.site import Ports, provision
from tests.hub_http import Device
from tests.standby_site import PIN, Pair, journal
from tests.wire.daemon import Daemon


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(provision(tmp_path / "site", Ports.free()))
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


def tool(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of the tools."""
    command = [sys.executable, "-m", f"edge.follower.{name}", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def keys(folder: Path) -> tuple[Path, str]:
    """A new key pair for backups: the private key's file, and the public key."""
    printed = tool("backup", "--new-key").stdout
    key = folder / "paper.txt"
    key.write_text(printed.partition("\n\n")[0], encoding="utf-8")
    return key, printed.partition('recipient = "')[2].partition('"')[0]


def backup_config(pair: Pair, recipient: str, source: str = 'follower = "follower.toml"') -> Path:
    path = pair.site.folder / "backup.toml"
    path.write_text(f'folder = "stick"\nrecipient = "{recipient}"\n{source}\n', encoding="utf-8")
    return path


def morning(pair: Pair, count: int) -> list[str]:
    """So many numbers are given and some called; their labels."""
    kiosk, board = pair.device("kiosk-1"), pair.device("board-1")
    labels = [kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label for _ in range(count)]
    board.send(CallNext(new_command_id(), "q1"))
    pair.wait_whole()
    return labels


def started(pair: Pair, folder: Path, *options: str) -> tuple[Daemon, Report, Device]:
    """Restore onto an empty machine and start its hub: the program, the report, a kiosk that speaks to it."""
    port = reserve_port()
    tls = pair.site.folder / "tls"
    where = ("--address", f"127.0.0.1:{port}", "--certificate", str(tls / "hub.crt"), "--key", str(tls / "hub.key"))
    folders = ("--data", str(folder / "data"), "--config-folder", str(folder / "etc"), "--owner", "")
    began_s = time.monotonic()
    done = tool("restore", *options, *folders, *where)
    assert done.returncode == 0, done.stderr
    hub = Daemon("edge.hub.app", folder / "etc/hub.toml", folder / "hub.log")
    hub.start()
    assert time.monotonic() - began_s < 600
    report = msgspec.json.decode((folder / "data" / REPORT).read_bytes(), type=Report)
    kiosk = Device(pair.site, "kiosk-1")
    kiosk.http.base_url = f"https://127.0.0.1:{port}"
    return hub, report, kiosk


def carried_on(before: list[Entry], after: list[Entry]) -> bool:
    """Whether the second journal begins with the first one and goes on as the next hub's."""
    return after[: len(before)] == before and isinstance(after[len(before)].event, HubSucceeded)


@pytest.mark.req("X4")
def test_a_backup_brings_an_empty_machine_to_the_last_number_and_says_so(pair: Pair, tmp_path: Path) -> None:
    labels = morning(pair, 7)
    key, recipient = keys(tmp_path)
    made = tool("backup", "--config", str(backup_config(pair, recipient)))
    assert made.returncode == 0, made.stderr
    assert labels[-1] in made.stdout
    before = journal(pair.site.folder / "data/hub")
    snapshot = pair.device("kiosk-1").snapshot()
    pair.stop()
    stick = pair.site.folder / "stick"
    hub, report, kiosk = started(pair, tmp_path / "new", "--backup", str(stick), "--backup-key", str(key))
    try:
        assert (report.entries, report.last_label, report.tickets_today) == (len(before), labels[-1], 7)
        assert any("who holds which number" in what for what in report.missing)
        assert carried_on(before, journal(tmp_path / "new/data"))
        again = kiosk.snapshot()
        assert (again.tickets, again.at_counter, again.calls) == (snapshot.tickets, snapshot.at_counter, snapshot.calls)
        more = [kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label for _ in range(3)]
        assert not set(more) & set(labels)
    finally:
        hub.kill()
    options = ("--backup", str(stick), "--backup-key", str(key), "--address", "127.0.0.1:1", "--owner", "")
    tls = ("--certificate", "hub.crt", "--key", "hub.key")
    third = ("--data", str(tmp_path / "third/data"), "--config-folder", str(tmp_path / "third/etc"))
    refused = tool("restore", *options, *tls, *third)
    assert (refused.returncode, list((tmp_path / "third").iterdir())) == (1, [])
    assert "already" in refused.stderr, "two hubs of one backup would give the same numbers"
    assert tool("restore", *options, *tls, *third, "--again").returncode == 0


@pytest.mark.req("X4", "X3")
def test_what_lies_on_the_stick_says_nothing_without_the_key(pair: Pair, tmp_path: Path) -> None:
    (label, *_) = morning(pair, 2)
    key, recipient = keys(tmp_path)
    assert tool("backup", "--config", str(backup_config(pair, recipient))).returncode == 0
    (archive,) = (pair.site.folder / "stick").glob("*.age")
    content = archive.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    for secret in (b"TicketIssued", b"moiso", label.encode(), pair.token.encode()):
        assert secret not in content[100:]
    other, _ = keys(tmp_path / "site")
    config = str(pair.site.folder / "backup.toml")
    assert tool("backup", "--config", config, "--verify", str(key)).returncode == 0
    assert tool("backup", "--config", config, "--verify", str(other)).returncode == 1
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 1
    archive.write_bytes(damaged)
    verified = tool("backup", "--config", config, "--verify", str(key))
    assert (verified.returncode, verified.stdout[:3]) == (1, "BAD")


@pytest.mark.req("X4")
def test_the_standby_gives_its_copy_to_a_new_machine_for_a_code_that_an_officer_took(
    pair: Pair, tmp_path: Path
) -> None:
    labels = morning(pair, 4)
    before = journal(pair.site.folder / "data/hub")
    pair.hub.kill()
    ca = ("--ca", str(pair.site.folder / "tls/site-ca.crt"))
    wrong = ("--standby", pair.standby_url, *ca, "--code", "0000-0000-0000-0000-0000")
    refused = tool("restore", *wrong, "--data", str(tmp_path / "no/data"), "--config-folder", str(tmp_path / "no/etc"))
    assert refused.returncode == 1
    assert "is the code right" in refused.stderr
    code = pair.page().post("/code", data={"pin": PIN}).json()["code"]
    hub, report, kiosk = started(pair, tmp_path / "new", "--standby", pair.standby_url, *ca, "--code", code)
    try:
        assert report.last_label == labels[-1]
        assert carried_on(before, journal(tmp_path / "new/data"))
        # beside it the standby is promoted too: both give numbers, and never the same
        pair.promote()
        other = pair.device("kiosk-1", standby=True)
        given = [k.do(IssueTicket(new_command_id(), "general")).ticket.label for _ in range(20) for k in (kiosk, other)]
        assert len(set(given) | set(labels)) == 44
    finally:
        hub.kill()


@pytest.mark.req("X4")
def test_an_older_backup_never_takes_the_place_of_a_newer_journal(pair: Pair, tmp_path: Path) -> None:
    morning(pair, 2)
    key, recipient = keys(tmp_path)
    assert tool("backup", "--config", str(backup_config(pair, recipient))).returncode == 0
    morning(pair, 2)
    pair.stop()
    data = pair.site.folder / "data/hub"
    before = journal(data)
    options = ("--backup", str(pair.site.folder / "stick"), "--backup-key", str(key))
    refused = tool("restore", *options, "--data", str(data), "--config-folder", str(tmp_path / "etc"))
    assert refused.returncode == 1
    assert "is newer" in refused.stderr
    assert journal(data) == before
    assert not (tmp_path / "etc").exists()


@pytest.mark.req("X4")
def test_a_site_without_a_standby_is_backed_up_from_its_hub_while_it_works(pair: Pair, tmp_path: Path) -> None:
    labels = morning(pair, 3)
    key, recipient = keys(tmp_path)
    config = backup_config(pair, recipient, 'hub = "hub.toml"')
    assert tool("backup", "--config", str(config)).returncode == 0
    pair.stop()
    stick = pair.site.folder / "stick"
    hub, report, _ = started(pair, tmp_path / "new", "--backup", str(stick), "--backup-key", str(key))
    hub.kill()
    assert report.last_label == labels[-1]
    restored = Journal(tmp_path / "new/data/hub.db")
    try:
        assert restored.holdings() == []  # nobody's pseudonym leaves the hub
    finally:
        restored.close()
    assert any(isinstance(entry.event, NumbersLeased) for entry in journal(tmp_path / "new/data"))
