"""The audit log: what a line says, what it never says, and that nobody changes one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.commands import (
    Agreed,
    CallNext,
    CallTicket,
    CounterCommand,
    DeskCommand,
    Done,
    LinkPerson,
    OutOfOrder,
    PersonKey,
    Refused,
    SetCounter,
    SetPriority,
    Transfer,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import DayOpened, Entry
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, Priority, Ticket
from edge.hub.audit import AuditLine, line_of
from edge.hub.deeds import OUTCOMES, WORDS, Deed
from edge.hub.journal import Journal, JournalError
from edge.hub.web.audit import safe_cell
from tests.sites import command_id

ID = command_id()
TICKET = Ticket(ID, "A047", 47, "general", Document.NONE, "kiosk-1", 0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "hub.db")
    yield journal
    journal.close()


def line(at_ms: int, officer: str = "lan", action: str = "login") -> AuditLine:
    return AuditLine(at_ms, officer, action, "", "done")


@pytest.mark.req("X2")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET officer = 'somebody else'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = 2",
        "INSERT OR REPLACE INTO audit VALUES (1, 0, 'somebody else', 'login', '', 'done')",
        "REPLACE INTO audit (seq, at_ms, officer, action, subject, outcome) VALUES (2, 0, '', '', '', '')",
    ],
)
def test_nobody_can_change_a_line_or_take_one_away(journal: Journal, tmp_path: Path, change: str) -> None:
    journal.note(line(1))
    journal.note(line(2))
    before = journal.audit()
    with sqlite3.connect(tmp_path / "hub.db") as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(change)
    assert journal.audit() == before


@pytest.mark.req("X2")
def test_an_entry_of_the_journal_cannot_be_replaced_either(journal: Journal, tmp_path: Path) -> None:
    journal.commit([Entry(1, 1000, DayOpened("2026-11-23"))], [], [], new_day=False, at_ms=1000)
    with sqlite3.connect(tmp_path / "hub.db") as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("INSERT OR REPLACE INTO entries SELECT seq, 0, event FROM entries")


@pytest.mark.req("X2")
def test_a_command_and_its_line_are_committed_together_or_not_at_all(journal: Journal) -> None:
    entry = Entry(1, 1000, DayOpened("2026-11-23"))
    journal.commit([entry], [], [], new_day=False, at_ms=1000, audit_lines=[line(1000)])
    with pytest.raises(JournalError):
        journal.commit([entry], [], [], new_day=False, at_ms=2000, audit_lines=[line(2000)])
    assert [at_ms for _, (at_ms, *_) in journal.audit()] == [1000]


@pytest.mark.req("X2")
def test_the_log_is_read_newest_first_in_pages_by_officer_and_by_time(journal: Journal) -> None:
    for at_ms in range(0, 100, 10):
        journal.note(line(at_ms, "lan" if at_ms % 20 else "mai"))
    assert [seq for seq, _ in journal.audit(limit=3)] == [10, 9, 8]
    assert [seq for seq, _ in journal.audit(8, limit=3)] == [7, 6, 5]
    assert [seq for seq, _ in journal.audit(officer="mai")] == [9, 7, 5, 3, 1]
    assert [seq for seq, _ in journal.audit(9, 2, officer="mai")] == [7, 5]
    assert [seq for seq, _ in journal.audit(from_ms=20, until_ms=50)] == [5, 4, 3]
    assert [seq for seq, _ in journal.audit(officer="lan", from_ms=20, until_ms=50)] == [4]
    assert journal.audit(from_ms=1000) == []
    assert journal.audit(until_ms=0) == []
    assert journal.audit(officer="nobody") == []


@pytest.mark.req("X2")
def test_a_line_says_who_did_what_at_which_counter_to_which_number_and_why(journal: Journal) -> None:
    done = Done(ID, TICKET)
    for command, reply, subject, outcome in (
        (CallNext(ID, "q1"), done, "q1 A047", "done"),
        (CallNext(ID, "q1"), Refused(ID, Refusal.NOBODY_WAITING), "q1", "nobody-waiting"),
        (CallTicket(ID, "q1", ID, "", OutOfOrder.EMERGENCY), done, "q1 A047 emergency", "done"),
        (Transfer(ID, "q1", ID, "xray"), done, "q1 A047 → xray", "done"),
        (SetCounter(ID, "q1", CounterState.PAUSED, Pause.BREAK), Agreed(ID), "q1 → paused break", "done"),
        (SetPriority(ID, ID, Priority.FROM_75), done, "A047 → from-75", "done"),
        (CallTicket(ID, "q1", ID), Refused(ID, Refusal.REASON_NEEDED, TICKET), "q1 A047", "reason-needed"),
    ):
        assert line_of(7, "lan", command, reply) == AuditLine(7, "lan", type(command).__name__, subject, outcome)


@pytest.mark.req("X2", "X3")
def test_a_line_never_says_who_the_patient_is() -> None:
    command = LinkPerson(ID, ID, PersonKey.CCCD, "001099000017")
    for reply in (Done(ID, TICKET), Done(ID, replace(TICKET, id="f" * 32)), Refused(ID, Refusal.UNKNOWN_TICKET)):
        told = " ".join(map(str, line_of(7, "lan", command, reply)))
        assert "001099000017" not in told
        assert ID not in told
        assert "f" * 32 not in told


def test_every_deed_every_command_of_an_officer_and_every_outcome_has_its_words() -> None:
    commands = {kind.__name__ for kind in (*CounterCommand.__args__, *DeskCommand.__args__)}
    commands |= {"AdoptCatalogue", "RetireHub"}
    assert set(WORDS) == commands | {deed.value for deed in Deed}
    assert {refusal.value for refusal in Refusal} < set(OUTCOMES)


@pytest.mark.req("X2")
@pytest.mark.parametrize("text", ["=1+1", "+84", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_download_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_an_ordinary_cell_of_the_download_stays_as_it_is() -> None:
    assert safe_cell("q1 A047 → xray") == "q1 A047 → xray"
