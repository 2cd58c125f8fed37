"""What the kiosk makes of a scan, what it tells of its reader, and how it tells the hub of readings."""

import asyncio
from datetime import date
from pathlib import Path

import msgspec
import pytest

from edge.contracts.commands import Agreed, Refused, Reply, ReportReading
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document
from edge.daemon.config import ConfigError
from edge.daemon.hub_client import HubRejected
from edge.devices.registry import CardReaderConfig
from edge.devices.scanner import Line, Unreadable
from edge.identity.cccd_qr import CccdQr
from edge.kiosk import happenings as h
from edge.kiosk.documents import Chips, read_document
from edge.kiosk.screens import Person, ScanProblem
from edge.kiosk.tally import KEPT, Tally
from provisioning.demo.cards import CARDS

LOOKUP = "http://127.0.0.1:8080/t/"
TODAY = date(2026, 11, 25)
MAU, OLD, _, BHYT, LEAFLET = CARDS
VNEID = MAU.line.replace("10052021", "01022039")  # a day to come


def person_of(line: str) -> Person:
    scanned = read_document(Line(line), TODAY, LOOKUP)
    assert isinstance(scanned, h.Scanned)
    return scanned.person


@pytest.mark.req("K7")
@pytest.mark.parametrize(("line", "document"), [(MAU.line, Document.CCCD_QR), (VNEID, Document.VNEID_QR)])
def test_the_qr_of_an_id_card_names_its_holder_and_is_kept_for_the_chip(line: str, document: Document) -> None:
    person = person_of(line)
    assert (person.name, person.id_number, person.birth_date) == ("Nguyễn Văn Mẫu", "001099000017", "1999-02-01")
    assert person.document is document
    assert isinstance(person.qr, CccdQr)


def test_nobody_is_made_older_than_the_card_says() -> None:
    assert person_of(OLD.line).birth_date == "1948-12-31"


@pytest.mark.req("K7")
def test_the_qr_of_a_health_insurance_card_names_its_holder_by_the_insurance_number() -> None:
    person = person_of(BHYT.line)
    assert (person.name, person.id_number, person.insurance_number) == ("Lê Văn Minh Hoạ", "", "0123456789")
    assert (person.document, person.qr) == (Document.BHYT_QR, None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (LEAFLET.line, ScanProblem.URL),
        ("8934567890123", ScanProblem.NOT_A_CARD),
        (MAU.line[:30], ScanProblem.DAMAGED),
        (BHYT.line[:30], ScanProblem.DAMAGED),
    ],
)
def test_any_other_code_is_refused_with_its_reason(line: str, problem: ScanProblem) -> None:
    assert read_document(Line(line), TODAY, LOOKUP) == h.ScanFailed(problem)


def test_the_qr_of_a_slip_names_its_ticket_and_no_person() -> None:
    assert read_document(Line(LOOKUP + "a" * 32), TODAY, LOOKUP) == h.SlipScanned("a" * 32)


@pytest.mark.parametrize("text", [LOOKUP, LOOKUP + "a" * 31, LOOKUP + "A" * 32, "https://example.org/t/" + "a" * 32])
def test_another_address_is_no_slip(text: str) -> None:
    assert read_document(Line(text), TODAY, LOOKUP) == h.ScanFailed(ScanProblem.URL)


def test_what_the_scanner_cannot_read_is_no_document() -> None:
    assert read_document(Unreadable(), TODAY, LOOKUP) == h.ScanFailed(ScanProblem.UNREADABLE)


def test_a_kiosk_without_a_card_reader_tells_so_when_it_is_to_read_one() -> None:
    told: list[h.Input] = []
    chips = Chips(None, told.append)
    chips.start()
    chips.read(h.ReadChip(7, person_of(MAU.line)), TODAY)
    chips.cancel()
    chips.stop()
    assert told == [h.ChipFailed(7, ReadingFault.NO_READER)]


def test_a_file_among_the_trusted_certificates_that_is_none_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "csca.cer").write_bytes(b"no certificate")
    with pytest.raises(ConfigError, match=r"csca\.cer"):
        Chips(CardReaderConfig("vpcd", "tcp:127.0.0.1:1", tmp_path), lambda _: None)


def test_no_repr_of_what_happens_shows_whose_card_it_was() -> None:
    person = person_of(MAU.line)
    for happening in (h.Scanned(person), h.ReadChip(1, person), h.ChipRead(1, person)):
        assert "Mẫu" not in repr(happening)
        assert "000017" not in repr(happening)


class Hub:
    """The far end: it answers while ``here`` is set, and then keeps what it was told."""

    def __init__(self) -> None:
        self.here = asyncio.Event()
        self.told: list[ReportReading] = []
        self.answers: list[Reply | HubRejected] = []

    async def send(self, report: ReportReading) -> Reply:
        await self.here.wait()
        self.told.append(report)
        answer = self.answers.pop(0) if self.answers else Agreed(report.id)
        if isinstance(answer, HubRejected):
            raise answer
        return answer


async def told_of(hub: Hub, add: int) -> list[ReportReading]:
    """What the hub hears of so many readings that ended while it was away."""
    tally = Tally(hub.send)
    running = asyncio.create_task(tally.run())
    tally.add(Document.CCCD_QR, None)
    await asyncio.sleep(0)
    for _ in range(add - 1):
        tally.add(Document.CCCD_CHIP, ReadingFault.CARD_REMOVED)
    hub.here.set()
    expected = min(add, KEPT + 1)
    async with asyncio.timeout(10):
        while len(hub.told) < expected:
            await asyncio.sleep(0)
    running.cancel()
    return hub.told


@pytest.mark.req("D1")
def test_every_reading_is_told_once_and_in_order_with_nothing_but_its_kind_and_reason() -> None:
    hub = Hub()
    told = asyncio.run(told_of(hub, 3))
    assert [(report.document, report.fault) for report in told] == [
        (Document.CCCD_QR, None),
        (Document.CCCD_CHIP, ReadingFault.CARD_REMOVED),
        (Document.CCCD_CHIP, ReadingFault.CARD_REMOVED),
    ]
    assert len({report.id for report in told}) == 3
    assert set(msgspec.to_builtins(told[0])) == {"type", "id", "document", "fault"}


def test_while_the_hub_is_away_no_more_than_a_hundred_wait() -> None:
    assert len(asyncio.run(told_of(Hub(), KEPT + 50))) == KEPT + 1, "and the one that is being told"


def test_a_hub_that_takes_no_word_of_one_reading_is_told_of_the_next() -> None:
    hub = Hub()
    hub.answers = [HubRejected("HTTP 422"), Refused("0" * 32, Refusal.CLOCK)]
    assert len(asyncio.run(told_of(hub, 3))) == 3
