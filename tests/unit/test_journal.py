"""The journal on a real file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contracts.events import DayOpened, Entry
from edge.hub.journal import Holding, Journal, JournalError, StoredReply

DAY = Entry(1, 1000, DayOpened("2026-11-23"))
REPLY = StoredReply("a" * 32, b"print", b"{}")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "hub.db")
    yield journal
    journal.close()


def commit(journal: Journal, *entries: Entry, new_day: bool = False, at_ms: int = 1000) -> None:
    journal.commit(entries, [], [], new_day=new_day, at_ms=at_ms)


def test_what_was_committed_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Journal(tmp_path / "hub.db")
    first.commit([DAY], [REPLY], [Holding(b"s", "general", "t")], new_day=True, at_ms=1000)
    first.close()
    second = Journal(tmp_path / "hub.db")
    assert list(second.entries()) == [DAY]
    assert second.reply(REPLY.command) == REPLY
    assert second.holdings() == [Holding(b"s", "general", "t")]
    assert second.epoch == first.epoch


@pytest.mark.req("X2")
@pytest.mark.parametrize("change", ["DELETE FROM entries", "UPDATE entries SET at_ms = 0"])
def test_nobody_can_change_what_happened(journal: Journal, tmp_path: Path, change: str) -> None:
    commit(journal, DAY)
    with sqlite3.connect(tmp_path / "hub.db") as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(change)


def test_a_batch_that_fails_leaves_nothing_behind(journal: Journal) -> None:
    commit(journal, DAY)
    with pytest.raises(JournalError):
        journal.commit([Entry(2, 1, DAY.event), DAY], [REPLY], [], new_day=False, at_ms=1)
    assert list(journal.entries()) == [DAY]
    assert journal.answered() == []
    commit(journal, Entry(2, 1001, DAY.event))


def test_entries_are_read_from_any_point_with_a_limit(journal: Journal) -> None:
    entries = [Entry(seq, 1000, DAY.event) for seq in range(1, 6)]
    commit(journal, *entries)
    assert list(journal.entries(after=1, limit=2)) == entries[1:3]


@pytest.mark.req("X3")
def test_a_new_day_forgets_who_held_what(journal: Journal) -> None:
    journal.commit([DAY], [], [Holding(b"s", "general", "t")], new_day=True, at_ms=1000)
    commit(journal, Entry(2, 1001, DayOpened("2026-11-24")), new_day=True)
    assert journal.holdings() == []


def test_replies_are_kept_for_two_days(journal: Journal) -> None:
    journal.commit([DAY], [REPLY], [], new_day=True, at_ms=1000)
    commit(journal, Entry(2, 1001, DAY.event), new_day=True, at_ms=1000 + 86_400_000)
    assert journal.answered() == [REPLY.command]
    commit(journal, Entry(3, 1002, DAY.event), new_day=True, at_ms=1001 + 2 * 86_400_000)
    assert journal.answered() == []


@pytest.mark.req("X4")
def test_a_commit_waits_for_the_disk_in_every_power_cut(journal: Journal) -> None:
    full = 2  # sqlite.org/pragma.html#pragma_synchronous; NORMAL lost acknowledged entries when a machine was killed
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (full,)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_file_can_be_read_by_its_owner_only(journal: Journal, tmp_path: Path) -> None:
    assert (tmp_path / "hub.db").stat().st_mode & 0o077 == 0


def test_the_entry_that_opened_the_business_day_is_known(journal: Journal) -> None:
    assert journal.day() == 1
    commit(journal, DAY, new_day=True)
    commit(journal, Entry(2, 1001, DAY.event))
    commit(journal, Entry(3, 1002, DAY.event), new_day=True)
    assert journal.day() == 3


def test_the_clouds_acknowledgement_is_remembered(journal: Journal) -> None:
    assert journal.acknowledged() == 0
    journal.set_acknowledged(17)
    assert journal.acknowledged() == 17
