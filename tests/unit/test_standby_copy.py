"""The standby's copy: the hub's journal and nothing else, whole after a power cut, and never mixed with another one."""

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrage import x25519

from edge.contracts.copy import CopiedFile
from edge.daemon.config import Broker, Listen
from edge.follower import archive
from edge.follower.archive import BackupError, Manifest, found_in, mark_restored, restored_before, rotate, unpack
from edge.follower.copy import Copy, Diverged, is_hub, set_aside
from edge.follower.promotion import NotPromotable, promote
from edge.hub.config import Enrolment, HubConfig, Insurance
from edge.hub.journal import Journal
from edge.hub.succession.belongings import Belongings, as_toml, portable
from edge.hub.succession.rows import JournalRows
from tests.journals import busy_day


def written(folder: Path, count: int) -> JournalRows:
    """A hub's journal with so many numbers."""
    journal = Journal(folder / "hub.db")
    entries = busy_day(count, Random(count)).entries
    journal.commit(entries, [], [], new_day=False, at_ms=1)
    journal.close()
    return JournalRows(folder / "hub.db")


def follow(copy: Copy, hub: JournalRows) -> None:
    while True:
        piece = hub.piece(copy.seq, copy.audit, copy.editions)
        copy.take(piece)
        if copy.seq >= piece.seq:
            return


@pytest.mark.req("X4")
def test_a_copy_is_the_journal_byte_for_byte_and_goes_on_where_it_was(tmp_path: Path) -> None:
    hub = written(tmp_path / "hub", 700)
    copy = Copy(tmp_path / "copy")
    copy.take(hub.piece(0, 0, 0))
    assert 0 < copy.seq < hub.seq()
    copy.close()
    copy = Copy(tmp_path / "copy")
    follow(copy, hub)
    assert copy.seq == hub.seq()
    assert copy.digest(0, copy.seq) == hub.digest(0, copy.seq)
    assert [one.epoch for one in copy.epochs] == [one.epoch for one in hub.epochs()]
    assert not is_hub(tmp_path / "copy")
    copy.close()
    hub.close()


def test_a_changed_entry_is_found_by_its_digest(tmp_path: Path) -> None:
    hub, other = written(tmp_path / "hub", 20), written(tmp_path / "other", 21)
    assert hub.digest(0, 20) != other.digest(0, 20)
    with pytest.raises(LookupError):
        hub.digest(0, hub.seq() + 1)
    hub.close()
    other.close()


@pytest.mark.req("X4")
def test_another_journal_or_one_that_went_back_is_refused_and_the_copy_is_kept_aside(tmp_path: Path) -> None:
    hub, other = written(tmp_path / "hub", 30), written(tmp_path / "other", 60)
    copy = Copy(tmp_path / "copy")
    follow(copy, hub)
    with pytest.raises(Diverged):
        copy.take(other.piece(copy.seq, 0, 0))
    back = msgspec.structs.replace(hub.piece(copy.seq, 0, 0), seq=copy.seq - 1)
    with pytest.raises(Diverged):
        copy.take(back)
    gap = hub.piece(0, 0, 0)
    with pytest.raises(Diverged):
        copy.take(gap)
    copy.close()
    for _ in range(5):
        kept = set_aside(tmp_path / "copy")
        Copy(tmp_path / "copy").close()
    assert len(list((tmp_path / "copy").glob("other-*"))) <= 4
    assert (kept / "hub.db").exists()
    hub.close()
    other.close()


@pytest.mark.req("X4")
def test_a_copy_that_is_killed_while_it_writes_is_whole_up_to_what_it_acknowledged(tmp_path: Path) -> None:
    """Its acknowledgement is its next question; whatever it asked for last must be on its disk."""
    written(tmp_path / "hub", 4000).close()
    script = (
        "import sys; from pathlib import Path; from edge.follower.copy import Copy;"
        "from edge.hub.succession.rows import JournalRows;"
        "import edge.hub.succession.rows as r; r.MOST_TOGETHER = 40\n"
        "hub = JournalRows(Path(sys.argv[1])); copy = Copy(Path(sys.argv[2]))\n"
        "while copy.seq < hub.seq():\n"
        "    copy.take(hub.piece(copy.seq, 0, 0)); print(copy.seq, flush=True)\n"
    )
    hub = JournalRows(tmp_path / "hub/hub.db")
    kills = 0
    for turn in range(20):
        command = [sys.executable, "-c", script, str(tmp_path / "hub/hub.db"), str(tmp_path / "copy")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}) as run:
            assert run.stdout is not None
            said = [run.stdout.readline() for _ in range(turn % 5)]
            time.sleep(0.002 * turn)
            run.send_signal(signal.SIGKILL)
            said += run.stdout.readlines()
            kills += run.wait() == -signal.SIGKILL
        acknowledged = max((int(line) for line in said if line.endswith("\n") and line.strip()), default=0)
        copy = Copy(tmp_path / "copy")
        assert copy.seq >= acknowledged
        assert copy.digest(0, copy.seq) == hub.digest(0, copy.seq)
        copy.close()
    assert kills > 10
    hub.close()


def test_nothing_is_promoted_that_was_never_copied(tmp_path: Path) -> None:
    Copy(tmp_path / "hub").close()
    with pytest.raises(NotPromotable):
        promote(tmp_path / "hub", tmp_path / "config", "x")
    assert not is_hub(tmp_path / "hub")


def test_the_configuration_names_its_files_anew_and_leaves_out_what_is_this_machines_own(tmp_path: Path) -> None:
    for name in ("catalogue.toml", "devices.toml", "officers.toml", "ca.pem", "cert.pem", "key.pem", "pw", "id"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls/site-ca.crt").write_text("authority", encoding="utf-8")
    config = HubConfig(
        site="mau-01",
        data=tmp_path / "data",
        catalogue=tmp_path / "catalogue.toml",
        site_secret_file=tmp_path / "never",
        devices=tmp_path / "devices.toml",
        officers=tmp_path / "officers.toml",
        listen=(Listen("127.0.0.1:1"),),
        uplink=Broker("cloud:8883", tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"),
        insurance=Insurance("u", tmp_path / "pw", "o", tmp_path / "id"),
        enrolment=Enrolment(tmp_path / "tls"),
    )
    found = Belongings(config, {"fence.key": b"k"}).read()
    assert found["uplink.key"] == b"key.pem"
    assert found["insurance.password-file"] == b"pw"
    assert found["enrolment.folder/site-ca.crt"] == b"authority"
    assert "site_secret_file" not in found["hub.toml"].decode()
    assert "listen" not in found["hub.toml"].decode()
    assert 'key = "uplink.key"' in portable(config, {})
    for name, content in found.items():
        CopiedFile(name, "0" * 64, len(content))


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text() | st.integers(0, 9) | st.booleans()))
def test_what_is_written_as_toml_reads_back(values: dict[str, str | int | bool]) -> None:
    whole = {**values, "section": dict(values)}
    encodable = all("\x7f" not in str(one) and str(one).isprintable() for one in values.values())
    if encodable:
        assert tomllib.loads(as_toml(whole)) == whole


@pytest.mark.req("X4")
def test_the_newest_backups_and_the_last_of_each_day_are_kept(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for hour in range(24 * 5):
        at = (noon - timedelta(hours=hour)).strftime("%Y%m%dT%H%M%SZ")
        (tmp_path / f"moiso-mau-01-{at}-{900 - hour}.tar.gz.age").touch()
    (tmp_path / ".part-moiso-mau-01-x").touch()
    (tmp_path / "somebody's own file.txt").touch()
    for one in found_in(tmp_path)[::90]:  # the newest, and one that goes
        mark_restored(one.path, "2026-11-23 12:00 +0700")
    rotate(tmp_path, hourly=24, daily=4)
    kept = found_in(tmp_path)
    assert [one.seq for one in kept if restored_before(one.path)] == [900]
    assert len(list(tmp_path.glob("*.restored"))) == 1
    assert [one.seq for one in kept[:24]] == list(range(900, 876, -1))
    assert [one.at.date().day for one in kept[24:]] == [21, 20]
    assert (tmp_path / "somebody's own file.txt").exists()
    assert not list(tmp_path.glob(".part-*"))


def sealed(tmp_path: Path, members: dict[str, bytes]) -> tuple[Path, x25519.Identity]:
    identity = x25519.Identity.generate()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    path = tmp_path / "x.tar.gz.age"
    path.write_bytes(pyrage.encrypt(packed.getvalue(), [identity.to_public()]))
    return path, identity


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "hub/../../evil", "hub/a/b/c", "config/.ssh", "other/x"])
def test_an_archive_that_names_a_file_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    manifest = Manifest(1, "mau-01", "20261123T120000Z", 1, "e", 0, "", "", {})
    path, identity = sealed(tmp_path, {"manifest.json": msgspec.json.encode(manifest), name: b"x"})
    with pytest.raises(BackupError):
        unpack(path, identity, tmp_path / "out")
    assert not (tmp_path / "evil").exists()


def test_an_archive_that_lacks_what_it_lists_is_refused(tmp_path: Path) -> None:
    manifest = Manifest(1, "mau-01", "20261123T120000Z", 1, "e", 0, "", "", {"hub/hub.db": "0" * 64})
    path, identity = sealed(tmp_path, {"manifest.json": msgspec.json.encode(manifest)})
    with pytest.raises(BackupError):
        unpack(path, identity, tmp_path / "out")
    path, identity = sealed(tmp_path, {"hub/hub.db": b"x"})
    with pytest.raises(BackupError):
        unpack(path, identity, tmp_path / "out2")


def test_a_full_stick_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hub.db").write_bytes(b"x")
    monkeypatch.setattr(archive, "LEAST_FREE_BYTES", 1 << 60)
    manifest = Manifest(1, "mau-01", "20261123T120000Z", 1, "e", 0, "", "", {})
    with pytest.raises(BackupError, match="too little room"):
        archive.write(
            tmp_path / "stick", manifest, {"hub/hub.db": tmp_path / "hub.db"}, x25519.Identity.generate().to_public()
        )
    assert list((tmp_path / "stick").iterdir()) == []


def test_keys_that_are_none_are_refused_without_being_repeated(tmp_path: Path) -> None:
    for text in ("", "AGE-SECRET-KEY-1WRONG", "a\nb"):
        with pytest.raises(BackupError) as refused:
            archive.identity_of(text)
        assert "WRONG" not in str(refused.value)
    with pytest.raises(BackupError):
        archive.recipient_of("age1nothing")
