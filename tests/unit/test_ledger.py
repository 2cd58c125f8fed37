"""The ledger takes each entry of a journal once, in order, together with what is counted from it."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.admission import Reason
from cloud.ledger import Ledger, connect, transaction
from cloud.rollups import SiteState, fold
from cloud.statistics import Statistics
from tests.journals import EPOCH, OPENING_MS, Journal, busy_day

OTHER_EPOCH = "f" * 32
NOW = OPENING_MS + 3_600_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


def counted(data: Path) -> dict[tuple[str, int, str], int]:
    db = connect(data)
    cursor = db.execute("SELECT * FROM hours")
    names = [column[0] for column in cursor.description]
    found = {}
    for row in cursor:
        by_name = dict(zip(names, row, strict=True))
        day, hour = by_name.pop("day"), by_name.pop("hour")
        by_name.pop("site")
        found.update({(day, hour, measure): n for measure, n in by_name.items() if n})
    db.close()
    return found


def rows(data: Path, table: str) -> int:
    db = connect(data)
    n: int = {
        "events": db.execute("SELECT COUNT(*) FROM events"),
        "open_tickets": db.execute("SELECT COUNT(*) FROM open_tickets"),
    }[table].fetchone()[0]
    db.close()
    return n


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_however_batches_are_cut_repeated_and_delayed_the_counts_are_those_of_the_journal(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    ledger = Ledger(folder)
    journal = busy_day(20, Random(data.draw(st.integers(0, 50))))
    last = len(journal.entries)
    committed = 0
    for _ in range(data.draw(st.integers(0, 12))):
        first = data.draw(st.integers(1, last))
        until = data.draw(st.integers(first, last))
        answer = ledger.record("mau-01", journal.batch(first, until), received_ms=NOW)
        assert answer == (committed if first > committed + 1 else max(committed, until))
        committed = answer
    assert rows(folder, "events") == committed
    if committed < last:
        assert ledger.record("mau-01", journal.batch(committed + 1), received_ms=NOW) == last
    whole = fold(SiteState("Asia/Ho_Chi_Minh", "", {}), journal.entries)
    assert rows(folder, "events") == last
    assert counted(folder) == whole.hours
    assert rows(folder, "open_tickets") == len(whole.state.open)
    ledger.close()


def test_a_gap_is_not_taken_and_noted(ledger: Ledger, tmp_path: Path) -> None:
    journal = busy_day(10, Random(1))
    assert ledger.record("mau-01", journal.batch(1, 5), received_ms=NOW) == 5
    assert ledger.record("mau-01", journal.batch(7, 9), received_ms=NOW) == 5
    assert rows(tmp_path, "events") == 5
    db = connect(tmp_path)
    assert db.execute("SELECT site, reason, times FROM refused").fetchall() == [("mau-01", "gap", 1)]
    db.close()


def test_a_journal_that_is_new_to_the_ledger_begins_at_its_first_entry(ledger: Ledger, tmp_path: Path) -> None:
    journal = busy_day(10, Random(1))
    assert ledger.record("mau-01", journal.batch(2, 9), received_ms=NOW) == 0
    assert rows(tmp_path, "events") == 0


def test_several_batches_of_one_journal_go_into_one_transaction(ledger: Ledger, tmp_path: Path) -> None:
    journal = busy_day(30, Random(1))
    answers = ledger.record_all([("mau-01", batch) for batch in journal.batches(10)], received_ms=NOW)
    assert answers[-1] == len(journal.entries)
    assert rows(tmp_path, "events") == len(journal.entries)


def test_a_site_whose_database_was_reset_goes_on_under_its_new_epoch(ledger: Ledger, tmp_path: Path) -> None:
    before, after = Journal(), Journal()
    for journal, ticket in ((before, "t1"), (after, "t2")):
        journal.open()
        journal.issue(ticket)
    ledger.record("mau-01", before.batch(epoch=EPOCH), received_ms=NOW)
    ledger.record("mau-01", after.batch(epoch=OTHER_EPOCH), received_ms=NOW)
    ledger.record("mau-01", before.batch(epoch=EPOCH), received_ms=NOW)  # a late repetition
    (site,) = Statistics(tmp_path).today(NOW).sites
    assert site.counts.tickets == 2
    assert site.waiting == 1


def test_two_sites_do_not_mix(ledger: Ledger, tmp_path: Path) -> None:
    journal = Journal()
    journal.open()
    journal.issue("t1")
    for name in ("mau-01", "mau-02"):
        assert ledger.record(name, journal.batch(), received_ms=NOW) == 3
    assert [(site.site, site.counts.tickets) for site in Statistics(tmp_path).today(NOW).sites] == [
        ("mau-01", 1),
        ("mau-02", 1),
    ]


def test_a_failed_transaction_leaves_nothing(ledger: Ledger, tmp_path: Path) -> None:
    db = connect(tmp_path)

    def fail() -> None:
        with transaction(db):
            db.execute("INSERT INTO refused VALUES ('mau-01', 'gap', 1, 0, 0, 0)")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert db.execute("SELECT COUNT(*) FROM refused").fetchone() == (0,)
    db.close()


def test_a_refusal_is_counted_in_one_row(ledger: Ledger, tmp_path: Path) -> None:
    for size in (10, 20, 30):
        ledger.note_refusal("mau-01", Reason.UNREADABLE, size, received_ms=size)
    db = connect(tmp_path)
    assert db.execute("SELECT * FROM refused").fetchall() == [("mau-01", "unreadable", 3, 30, 10, 30)]
    db.close()


def test_a_measure_that_came_later_gets_its_column(tmp_path: Path) -> None:
    Ledger(tmp_path).close()
    db = connect(tmp_path)
    for table in ("hours", "days"):
        for measure in (
            "issued_cccd_qr",
            "issued_bhyt_qr",
            "read_ok_cccd_qr",
            "read_failed_cccd_qr",
            "unread_qr_damaged",
        ):
            db.execute(f"ALTER TABLE {table} DROP COLUMN {measure}")
    db.close()
    ledger = Ledger(tmp_path)
    assert ledger.record("mau-01", busy_day(5, Random(1)).batch(), received_ms=NOW) > 0
    ledger.close()
