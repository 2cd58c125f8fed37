"""The ledger takes each entry of a journal once, in order, together with what is counted from it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.admission import Reason
from cloud.ledger import Arrival, Ledger, connect, transaction
from cloud.quarantine import LAST, Message, readmit, refused, revoke
from cloud.rollups import SiteState, fold
from cloud.today import Live
from edge.contracts.catalogue import Catalogue, Facility, Service
from edge.contracts.events import CatalogueAdopted, TicketRated
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
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
    taken = ledger.record_all([Arrival("mau-01", batch) for batch in journal.batches(10)], received_ms=NOW)
    assert [one.seq for one in taken] == [batch.entries[-1].seq for batch in journal.batches(10)]
    assert rows(tmp_path, "events") == len(journal.entries)


def test_a_site_whose_database_was_reset_goes_on_under_its_new_epoch(ledger: Ledger, tmp_path: Path) -> None:
    before, after = Journal(), Journal()
    for journal, ticket in ((before, "t1"), (after, "t2")):
        journal.open()
        journal.issue(ticket)
    ledger.record("mau-01", before.batch(epoch=EPOCH), received_ms=NOW)
    ledger.record("mau-01", after.batch(epoch=OTHER_EPOCH), received_ms=NOW)
    ledger.record("mau-01", before.batch(epoch=EPOCH), received_ms=NOW)  # a late repetition
    (site,) = Live(tmp_path).today(NOW, ["mau-01", "mau-02"]).sites
    assert site.counts.tickets == 2
    assert site.waiting == 1


def test_two_sites_do_not_mix(ledger: Ledger, tmp_path: Path) -> None:
    journal = Journal()
    journal.open()
    journal.issue("t1")
    for name in ("mau-01", "mau-02"):
        assert ledger.record(name, journal.batch(), received_ms=NOW) == 3
    assert [(site.site, site.counts.tickets) for site in Live(tmp_path).today(NOW, ["mau-01", "mau-02"]).sites] == [
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
        ledger.note_refusal("mau-01", Reason.UNREADABLE, Message.of(bytes(size)), received_ms=size)
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


def _faulty(name: str = "mau-02") -> Arrival:
    """A batch at which the counting fails: admission would have refused it."""
    journal = Journal()
    journal.open()
    journal.happens(TicketRated("a" * 32, "general", "q1", 9))
    payload = msgspec.json.encode(journal.batch())
    return Arrival(name, journal.batch(), Message.of(payload))


@pytest.mark.req("X4", "X5")
def test_a_batch_at_which_the_counting_fails_is_set_aside_and_the_others_are_taken(
    ledger: Ledger, tmp_path: Path
) -> None:
    before, after = busy_day(10, Random(1)), busy_day(10, Random(2))
    arrivals = [Arrival("mau-01", before.batch()), _faulty(), Arrival("mau-03", after.batch())]
    taken = ledger.record_all(arrivals, received_ms=NOW)
    assert [one.seq for one in taken] == [len(before.entries), 0, len(after.entries)]
    assert [one.refusal for one in taken] == [None, Reason.FAULT, None]
    assert taken[1].fault.startswith("KeyError tallies.py:")
    assert rows(tmp_path, "events") == len(before.entries) + len(after.entries)
    with closing(connect(tmp_path)) as db:
        (aside,) = refused(db)
        assert (aside.site, aside.stuck) == ("mau-02", True)
        assert aside.messages[0].fault == taken[1].fault
        assert "rated_9" not in "".join(db.iterdump())


def test_a_fault_leaves_what_its_site_had_before_and_is_healed_by_what_comes_next(
    ledger: Ledger, tmp_path: Path
) -> None:
    journal = busy_day(10, Random(1))
    assert ledger.record("mau-01", journal.batch(1, 5), received_ms=NOW) == 5
    wrong = Journal()
    wrong.entries = journal.entries[:5]
    wrong.happens(TicketRated("a" * 32, "general", "q1", 0))
    assert ledger.record_all([Arrival("mau-01", wrong.batch(6, 6))], received_ms=NOW)[0].seq == 5
    assert rows(tmp_path, "events") == 5
    assert ledger.record("mau-01", journal.batch(6), received_ms=NOW + 1) == len(journal.entries)
    with closing(connect(tmp_path)) as db:
        assert not refused(db)[0].stuck


def test_nothing_is_taken_of_a_revoked_site_until_it_is_readmitted(ledger: Ledger, tmp_path: Path) -> None:
    journal = busy_day(10, Random(1))
    with closing(connect(tmp_path)) as db:
        revoke(db, "mau-01", at_ms=NOW)
        revoke(db, "mau-01", at_ms=NOW + 5)
        taken = ledger.record_all(
            [Arrival("mau-01", journal.batch()), Arrival("mau-02", journal.batch())], received_ms=NOW
        )
        assert [one.refusal for one in taken] == [Reason.REVOKED, None]
        assert [(one.site, one.revoked_ms, one.stuck) for one in refused(db)] == [("mau-01", NOW, True)]
        readmit(db, "mau-01")
    assert ledger.record("mau-01", journal.batch(), received_ms=NOW) == len(journal.entries)


def test_a_site_that_sends_much_that_is_refused_fills_no_disk(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(LAST + 30):
        ledger.note_refusal("mau-01", Reason.UNREADABLE, Message.of(f"poison {number}".encode()), received_ms=number)
    ledger.note_refusal("mau-02", Reason.NEWER, Message.of(b"poison"), received_ms=1)
    with closing(connect(tmp_path)) as db:
        first, second = refused(db)
        assert refused(db, "mau-02".__eq__) == (second,)
    assert len(first.messages) == LAST
    assert first.messages[0].first_ms == LAST + 29
    assert [(one.reason, one.times) for one in first.reasons] == [("unreadable", LAST + 30)]
    assert [(one.reason, one.times) for one in second.reasons] == [("newer", 1)]


def test_the_same_message_again_is_one_line(ledger: Ledger, tmp_path: Path) -> None:
    for at_ms in (1, 2, 3):
        ledger.note_refusal("mau-01", Reason.UNREADABLE, Message.of(b"poison"), received_ms=at_ms)
    with closing(connect(tmp_path)) as db:
        assert [(one.times, one.first_ms, one.last_ms) for one in refused(db)[0].messages] == [(3, 1, 3)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(data=st.data())
def test_workers_that_share_a_ledger_count_what_one_would_have(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    workers = [Ledger(folder) for _ in range(3)]
    journal = busy_day(15, Random(data.draw(st.integers(0, 50))))
    batches = journal.batches(data.draw(st.integers(3, 20)))
    done = 0
    while done < len(journal.entries):
        several = data.draw(st.lists(st.sampled_from(batches), max_size=4))
        following = next(batch for batch in batches if batch.entries[-1].seq > done)
        several.insert(data.draw(st.integers(0, len(several))), following)
        worker = workers[data.draw(st.integers(0, 2))]
        taken = worker.record_all([Arrival("mau-01", batch) for batch in several], received_ms=NOW)
        done = max(one.seq for one in taken)
    whole = fold(SiteState("Asia/Ho_Chi_Minh", "", {}), journal.entries)
    assert rows(folder, "events") == len(journal.entries)
    assert counted(folder) == whole.hours
    assert rows(folder, "open_tickets") == len(whole.state.open)
    for worker in workers:
        worker.close()


def test_what_a_service_was_called_is_kept_when_the_catalogue_leaves_it_out(ledger: Ledger, tmp_path: Path) -> None:
    journal = Journal()
    for names in (("Khám", "Exam"), ("Khám bệnh", "Examination"), None):
        services = (Service("general", "g", "A", *names, "#0b6e6e"),) if names else ()
        catalogue = Catalogue(Facility("Trạm Mẫu", "Sample"), (), (), services, ())
        journal.happens(CatalogueAdopted(catalogue))
    ledger.record("mau-01", journal.batch(), received_ms=NOW)
    with closing(connect(tmp_path)) as db:
        assert db.execute("SELECT * FROM services").fetchall() == [("mau-01", "general", "Khám bệnh", "Examination")]
