"""The audit log: lines are added and never changed, and one that was tampered with shows."""

import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud import audit
from cloud.audit import Broken, Wanted, lines, record, verify
from cloud.web.audit import local_midnight_ms, safe_cell

ALL = Wanted(("", "mau"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for number in range(1, 6):
        record(tmp_path, "lan", "invite", f"hoa {number}", province="mau")
    return tmp_path


@pytest.fixture
def intruder(data: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who can write the file."""
    db = sqlite3.connect(data / "audit.db", isolation_level=None)
    yield db
    db.close()


@pytest.mark.req("X2")
def test_lines_come_back_newest_first_with_who_what_when_and_how_it_went(data: Path) -> None:
    record(data, "", "login", result="wrong-password", province="")
    found = lines(data, ALL, limit=3)
    assert [(line.seq, line.who, line.deed, line.about, line.result) for line in found] == [
        (6, "", "login", "", "wrong-password"),
        (5, "lan", "invite", "hoa 5", "done"),
        (4, "lan", "invite", "hoa 4", "done"),
    ]
    assert [line.seq for line in lines(data, ALL, before=3, limit=9)] == [2, 1]
    at = found[0].at_ms
    assert [line.seq for line in lines(data, Wanted(("mau",), who="lan", from_ms=0, until_ms=at + 1), limit=2)] == [
        5,
        4,
    ]
    assert lines(data, Wanted(("",), deed="invite"), limit=9) == ()
    assert lines(data, Wanted(("khac",)), limit=9) == ()


@pytest.mark.req("X2")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'mai' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT 3, at_ms, province, 'mai', deed, about, result, hash FROM audit LIMIT 1",
    ],
)
def test_no_line_can_be_changed_or_taken_out(data: Path, intruder: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        intruder.execute(statement)
    assert verify(data) == lines(data, ALL, limit=1)[0]


@pytest.mark.req("X2", "X5")
@pytest.mark.parametrize(
    ("statement", "at"),
    [
        ("UPDATE audit SET who = 'mai' WHERE seq = 3", 3),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 5", 5),
        ("UPDATE audit SET deed = 'invit', about = 'ehoa 2' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 1", 1),
    ],
)
def test_what_was_done_to_the_file_shows(data: Path, intruder: sqlite3.Connection, statement: str, at: int) -> None:
    for trigger in ("audit_stays", "audit_remains", "audit_once"):
        intruder.execute(f"DROP TRIGGER {trigger}")
    intruder.execute(statement)
    with pytest.raises(Broken) as broken:
        verify(data)
    assert broken.value.seq == at


@pytest.mark.req("X2", "X5")
def test_lines_that_were_forged_with_a_chain_of_their_own_show_in_the_next(
    data: Path, intruder: sqlite3.Connection
) -> None:
    forger = data / "forger"
    for number in range(1, 4):
        record(forger, "lan" if number < 3 else "mai", "invite", f"hoa {number}", province="mau")
    for trigger in ("audit_stays", "audit_remains", "audit_once"):
        intruder.execute(f"DROP TRIGGER {trigger}")
    intruder.execute("ATTACH ? AS forger", (str(forger / "audit.db"),))
    intruder.execute("DELETE FROM main.audit WHERE seq <= 3")
    intruder.execute("INSERT INTO main.audit SELECT * FROM forger.audit")
    with pytest.raises(Broken) as broken:
        verify(data)
    assert broken.value.seq == 4


def test_lines_of_many_at_once_make_one_chain(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: record(tmp_path, "lan", "deed", str(n), province="mau"), range(40)))
    last = verify(tmp_path)
    assert last is not None
    assert last.seq == 40
    assert {line.about for line in lines(tmp_path, ALL, limit=99)} == {str(n) for n in range(40)}


def test_the_command_line_checks_the_chain(
    data: Path, intruder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = data / "cloud.toml"
    config.write_text(
        'data = "."\n[web]\nlisten = "127.0.0.1:1"\nsession_key_file = "k"\n'
        '[broker]\naddress = "127.0.0.1:1"\nca = "c"\ncertificate = "c"\nkey = "c"\n'
    )
    monkeypatch.setattr(sys, "argv", ["audit", "--config", str(config)])
    audit.main()
    assert capsys.readouterr().out.startswith("5 lines, hash ")
    intruder.execute("DROP TRIGGER audit_remains")
    intruder.execute("DELETE FROM audit WHERE seq = 2")
    with pytest.raises(SystemExit, match="line 2"):
        audit.main()


def test_an_empty_log_holds_and_its_file_is_its_owners(tmp_path: Path) -> None:
    assert verify(tmp_path) is None
    assert (tmp_path / "audit.db").stat().st_mode & 0o077 == 0


def test_a_line_is_never_endless(tmp_path: Path) -> None:
    record(tmp_path, "lan", "x" * 10_000, "y" * 10_000, province="mau")
    (line,) = lines(tmp_path, ALL, limit=1)
    assert len(line.deed) == len(line.about) == 200
    verify(tmp_path)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


def test_a_day_begins_at_midnight_in_vietnam() -> None:

    there = datetime(2026, 11, 26, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    assert local_midnight_ms(date(2026, 11, 26)) == int(there.timestamp() * 1000)
