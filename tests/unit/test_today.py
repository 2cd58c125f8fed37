"""Today's figures are of each site's own business day, and say how old they are."""

from pathlib import Path

import pytest

from cloud.counts import NOTHING, Reading
from cloud.ledger import Ledger
from cloud.today import Live
from edge.contracts.eligibility import Outcome
from edge.contracts.events import ChipMatched, ConsentGiven, ContestSettled, NumberContested, PersonErased
from edge.contracts.face import ChipVerdict, ContestVerdict, Giver, Purpose
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from tests.journals import DAY, MINUTE_MS, OPENING_MS, Journal

HEARD = OPENING_MS + 5 * MINUTE_MS


@pytest.fixture
def data(tmp_path: Path) -> Path:
    journal = Journal()
    journal.open()
    for ticket, document in (("t1", Document.CCCD_QR), ("t2", Document.CCCD_QR), ("t3", Document.NONE)):
        journal.issue(ticket, document=document)
    journal.at_ms += 70 * MINUTE_MS
    journal.call("t1")
    journal.finish("t1")
    journal.call("t2")
    journal.no_show("t2")
    ledger = Ledger(tmp_path)
    ledger.record("mau-01", journal.batch(), received_ms=HEARD)
    ledger.close()
    return tmp_path


@pytest.mark.req("P4", "D1", "D2")
def test_the_figures_of_the_day(data: Path) -> None:
    today = Live(data).today(OPENING_MS + 80 * MINUTE_MS, ["mau-01"])
    (site,) = today.sites
    assert (site.site, site.name, site.day, site.waiting) == ("mau-01", "Trung tâm Y tế huyện Mẫu", DAY, 1)
    assert (site.counts.tickets, site.counts.by_id_card) == (3, 2)
    assert {document: n for document, n in site.counts.issued if n} == {Document.CCCD_QR: 2, Document.NONE: 1}
    assert (site.counts.called, site.counts.finished, site.counts.no_shows) == (2, 1, 1)
    assert 60 <= site.counts.wait_min(0.5) <= 75
    assert today.issued_by_hour == (*[0] * 7, 3, *[0] * 16)
    assert today.heard_ms == HEARD
    assert (today.total, today.waiting) == (site.counts, 1)


@pytest.mark.req("D1")
def test_whoever_shows_chip_qr_or_vneid_registers_with_the_id_card(tmp_path: Path) -> None:
    journal = Journal()
    journal.open()
    for document in Document:
        journal.issue(document.value, document=document)
    ledger = Ledger(tmp_path)
    ledger.record("mau-01", journal.batch(), received_ms=HEARD)
    ledger.close()
    total = Live(tmp_path).today(OPENING_MS, ["mau-01"]).total
    assert (total.tickets, total.by_id_card) == (5, 3)
    assert dict(total.issued) == dict.fromkeys(Document, 1)
    assert (total.readings, total.failures) == ((), ())


@pytest.mark.req("D1")
def test_readings_of_all_facilities_are_a_share_with_its_reasons(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for site, faults in (
        ("mau-01", (None, ReadingFault.CLONED, ReadingFault.CARD_REMOVED)),
        ("mau-02", (None, None, ReadingFault.CARD_REMOVED)),
    ):
        journal = Journal()
        journal.open()
        for fault in faults:
            journal.read(Document.CCCD_CHIP, fault)
        journal.at_ms += 65 * MINUTE_MS
        journal.read(Document.NONE, ReadingFault.QR_UNKNOWN)
        ledger.record(site, journal.batch(), received_ms=HEARD)
    ledger.close()
    total = Live(tmp_path).today(OPENING_MS + 70 * MINUTE_MS, ["mau-01", "mau-02"]).total
    assert total.readings == (Reading(Document.CCCD_CHIP, 3, 6), Reading(Document.NONE, 0, 2))
    assert total.failures == (
        (ReadingFault.CARD_REMOVED, 2),
        (ReadingFault.QR_UNKNOWN, 2),
        (ReadingFault.CLONED, 1),
    )
    assert total.tickets == 0


@pytest.mark.req("D1", "D5")
def test_insurance_look_ups_are_a_share_with_the_reasons_beside_it(tmp_path: Path) -> None:
    ledger, journal = Ledger(tmp_path), Journal()
    journal.open()
    for outcome, times in ((Outcome.VALID, 3), (Outcome.NEW_CARD, 1), (Outcome.EXPIRED, 2), (Outcome.UNREACHABLE, 4)):
        for _ in range(times):
            journal.look_up(outcome)
    ledger.record("mau-01", journal.batch(), received_ms=HEARD)
    ledger.close()
    total = Live(tmp_path).today(OPENING_MS, ["mau-01"]).total
    assert (total.insured, total.look_ups) == (4, 10)
    assert total.not_insured == ((Outcome.UNREACHABLE, 4), (Outcome.EXPIRED, 2))


@pytest.mark.req("K8", "D1")
def test_faces_are_counted_by_purpose_and_verdict_and_by_nothing_that_tells_whose(tmp_path: Path) -> None:
    ledger, journal = Ledger(tmp_path), Journal()
    journal.open()
    first, second = "A001", "A002"
    journal.issue(first)
    journal.issue(second)
    journal.happens(
        ConsentGiven(first, (Purpose.PORTRAIT, Purpose.CHIP), Giver.SELF, "1", "vi", "kiosk-1"),
        ChipMatched(first, ChipVerdict.UNSURE, "kiosk-1"),
        ConsentGiven(second, (Purpose.PORTRAIT,), Giver.GUARDIAN, "1", "en", "kiosk-1"),
        NumberContested("c" * 32, first, "general", "kiosk-1", "f" * 32),
        ContestSettled("c" * 32, first, ContestVerdict.SAME),
        PersonErased(second, "kiosk-1"),
    )
    ledger.record("mau-01", journal.batch(), received_ms=HEARD)
    ledger.close()
    total = Live(tmp_path).today(OPENING_MS, ["mau-01"]).total
    assert (total.tickets, total.agreed, total.erased) == (2, 2, 1)
    assert total.purposes == ((Purpose.PORTRAIT, 2), (Purpose.ONE_NUMBER, 0), (Purpose.CHIP, 1))
    assert dict(total.chip_faces)[ChipVerdict.UNSURE] == dict(total.contests)[ContestVerdict.SAME] == 1


def test_yesterdays_figures_are_not_todays(data: Path) -> None:
    today = Live(data).today(OPENING_MS + 17 * 60 * MINUTE_MS, ["mau-01"])  # 00:00 in Vietnam, 17:00 in Greenwich
    (site,) = today.sites
    assert (site.day, site.waiting, site.counts) == ("", 0, NOTHING)
    assert site.heard_ms == HEARD


def test_before_anything_came_there_is_nothing(tmp_path: Path) -> None:
    today = Live(tmp_path / "new").today(OPENING_MS, ["mau-01"])
    assert (today.sites, today.total, today.heard_ms) == ((), NOTHING, 0)
