"""The sums of a facility's days and months, which the ledger keeps for whoever reads a province's figures."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from cloud.ledger import Ledger, connect, open_ledger, transaction
from cloud.periods import Period
from cloud.rollups import ISSUED, MEASURES
from cloud.statistics import SqliteStatistics, keep_sums
from edge.contracts.ticket import Document
from tests.journals import Journal
from tests.ledger_truth import many_days

pytestmark = pytest.mark.req("P4", "D1", "D2")

ENDS = datetime(2026, 3, 4, tzinfo=UTC)
COUNTED = Period(date(2026, 2, 23), date(2026, 3, 4))
SUMS = ", ".join(f"SUM({measure})" for measure in MEASURES)
DAYS, TICKETS = 10, 30
NUMBERS = ISSUED[Document.NONE]


def journal(seed: int) -> Journal:
    return many_days(Random(seed), DAYS, TICKETS, ends=ENDS)


def record(data: Path, site: str, sent: Journal) -> None:
    with closing(Ledger(data)) as ledger:
        ledger.record(site, sent.batch(), received_ms=sent.at_ms)


def is_summed(data: Path) -> bool:
    """Whether the sums of every day and month are those of its services, and there is something to sum."""
    with closing(connect(data)) as db:
        days = db.execute("SELECT * FROM site_days ORDER BY 1, 2").fetchall()
        months = db.execute("SELECT * FROM site_months ORDER BY 1, 2").fetchall()
        return (
            bool(days)
            and days == db.execute(f"SELECT site, day, {SUMS} FROM days GROUP BY 1, 2").fetchall()  # noqa: S608
            and months
            == db.execute(
                f"SELECT site, substr(day, 1, 7), COUNT(DISTINCT day), {SUMS} FROM days GROUP BY 1, 2"  # noqa: S608
            ).fetchall()
        )


def add(data: Path, day: str, n: int) -> None:
    with closing(connect(data)) as db, transaction(db):
        for table, key, of in (("hours", "hour", 7), ("days", "service", "general")):
            db.execute(
                f"INSERT INTO {table} (site, day, {key}, {NUMBERS}) VALUES ('mau-01', ?, ?, ?)"  # noqa: S608
                f" ON CONFLICT DO UPDATE SET {NUMBERS} = {NUMBERS} + excluded.{NUMBERS}",
                (day, of, n),
            )
        db.execute("DELETE FROM months")


def test_a_ledger_that_was_there_before_is_summed_at_its_opening(tmp_path: Path) -> None:
    record(tmp_path, "mau-01", journal(1))
    record(tmp_path, "mau-02", journal(2))
    counted = SqliteStatistics(tmp_path).by_site(COUNTED, ["mau-01"])
    assert is_summed(tmp_path)
    assert counted["mau-01"].tickets == DAYS * TICKETS


def test_an_ingest_that_was_running_already_counts_into_the_sums(tmp_path: Path) -> None:
    sent = journal(3)
    with closing(Ledger(tmp_path)) as ledger:
        for place, batch in enumerate(sent.batches(20)):
            if place == 3:
                SqliteStatistics(tmp_path)
            ledger.record("mau-01", batch, received_ms=sent.at_ms)
            ledger.record("mau-01", batch, received_ms=sent.at_ms)  # sent twice, counted once
    assert is_summed(tmp_path)


def test_what_was_rolled_back_is_in_no_sum(tmp_path: Path) -> None:
    record(tmp_path, "mau-01", journal(4))
    SqliteStatistics(tmp_path)
    with closing(connect(tmp_path)) as db, pytest.raises(sqlite3.IntegrityError):
        fail(db)
    assert is_summed(tmp_path)


def fail(db: sqlite3.Connection) -> None:
    with transaction(db):
        db.execute("UPDATE hours SET called = called + 1")
        db.execute("UPDATE hours SET called = NULL")


def test_what_is_taken_back_leaves_the_sums_too(tmp_path: Path) -> None:
    statistics = SqliteStatistics(tmp_path)
    add(tmp_path, "2026-02-10", 5)
    add(tmp_path, "2026-02-10", -2)
    assert is_summed(tmp_path)
    assert statistics.by_site(COUNTED, ["mau-01"]) == {}
    assert statistics.by_site(Period(date(2026, 2, 2), date(2026, 2, 27)), ["mau-01"])["mau-01"].tickets == 3


def test_a_facility_with_nothing_but_other_days_of_the_month_has_no_figures(tmp_path: Path) -> None:
    statistics = SqliteStatistics(tmp_path)
    add(tmp_path, "2026-02-01", 5)
    most_of_it = Period(date(2026, 2, 2), date(2026, 2, 28))
    assert statistics.by_site(most_of_it, ["mau-01"]) == {}
    add(tmp_path, "2026-02-02", 0)  # a day on which all was taken back was heard all the same
    assert statistics.by_site(most_of_it, ["mau-01"])["mau-01"].tickets == 0


def test_a_measure_that_comes_later_has_the_sums_made_anew(tmp_path: Path) -> None:
    record(tmp_path, "mau-01", journal(5))
    with closing(open_ledger(tmp_path)) as db:
        keep_sums(db)
        # As an earlier version may have left it: its own trigger, and a measure that it did not have.
        kept = db.execute("SELECT sql FROM sqlite_master WHERE name = 'site_days_changed'").fetchone()[0]
        db.execute("DROP TRIGGER site_days_changed")
        db.execute(kept.replace("site_days_changed", "site_days_other").replace(", erased = erased + NEW.erased", ""))
        db.execute("UPDATE site_days SET erased = 7")
    SqliteStatistics(tmp_path)
    assert is_summed(tmp_path)
    add(tmp_path, "2026-03-01", 5)
    add(tmp_path, "2026-03-01", 5)
    assert is_summed(tmp_path)


def test_sums_that_are_kept_already_are_left_alone(tmp_path: Path) -> None:
    record(tmp_path, "mau-01", journal(6))
    SqliteStatistics(tmp_path)
    with closing(connect(tmp_path)) as db:
        before = version(db)
        SqliteStatistics(tmp_path)
        assert version(db) == before


def version(db: sqlite3.Connection) -> int:
    made: int = db.execute("PRAGMA schema_version").fetchone()[0]
    return made
