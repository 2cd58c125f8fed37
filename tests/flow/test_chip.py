"""From the kiosk's page through pcscd to the chip and back: the card is laid on the reader, read, believed, counted."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from edge.contracts.events import DocumentRead, TicketIssued
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, personalise
from edge.devices.sim.card.vpcd import CardInSlot
from provisioning.demo.site import Ports, provision
from tests.chips import MAU
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite
from tests.wire.pcsc import VirtualReaders

APDUS = 13  # of a whole reading with 2048 bytes at a time
VERIFIED = "Đã xác thực bằng chip"


class Patient:
    """A person at the kiosk with a card in hand."""

    def __init__(self, running: WholeSite, readers: VirtualReaders, issuer: Issuer) -> None:
        self.page = KioskPage(running.site)
        self._running = running
        self._readers = readers
        self._issuer = issuer
        self._slot: CardInSlot | None = None

    def scan(self, person: Person = MAU) -> None:
        """Hold the card's QR under the scanner until the kiosk greets."""
        self._running.scanner.scan(person.qr)
        until(lambda: self.page.shows(person.full_name), what="the greeting")

    def lay(self, flaw: Flaw | None = None, at: int = 1, person: Person = MAU) -> None:
        """Lay the card on the reader."""
        self.take()
        today = datetime.now(UTC).date()
        self._slot = CardInSlot(personalise(person, self._issuer, today, flaw=flaw, at=at), self._readers.ports[0])
        self._slot.insert()

    def take(self) -> None:
        """Take the card from the reader; back when the reader has noticed."""
        if self._slot is not None:
            self._slot.close()
            self._slot = None
            self._readers.await_empty()

    def leave(self) -> None:
        """Take the card, and leave the first screen to the next person."""
        self.take()

        def on_first_screen() -> bool:
            if self.page.shows('data-touch="dismiss"'):
                self.page.touch("dismiss")
            return self.page.shows('data-touch="service"') and not self.page.shows('data-touch="dismiss"')

        until(on_first_screen, within_s=15, what="the first screen")

    def readings(self) -> list[DocumentRead]:
        """What the hub was told of chips."""
        return [e for e in self._running.happened(DocumentRead) if e.document is Document.CCCD_CHIP]

    def is_told(self, fault: ReadingFault | None, before: int) -> None:
        """Wait until the hub knows of one more reading, and that it ended so."""
        told = until(lambda: self.readings()[before:], within_s=15, what="the hub's word of the reading")
        assert [event.fault for event in told] == [fault]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, virtual_readers: VirtualReaders) -> Iterator[WholeSite]:
    """A hub and a kiosk whose card reader is one of pcscd's."""
    site = provision(tmp_path_factory.mktemp("chip"), Ports.free())
    path = site.folder / "kiosk.toml"
    demo = f'driver = "vpcd"\nlink = "tcp:127.0.0.1:{site.ports.card_reader}"'
    text = path.read_text(encoding="utf-8")
    assert demo in text
    path.write_text(text.replace(demo, 'driver = "pcsc"\nlink = "Virtual PCD"'), encoding="utf-8")
    virtual_readers.await_empty()
    with WholeSite(site, "hub", "kiosk") as running:
        yield running


@pytest.fixture
def patient(running: WholeSite, virtual_readers: VirtualReaders) -> Iterator[Patient]:
    folder = running.site
    issuer = Issuer.restore(folder.csca_key.read_bytes(), next(folder.csca.iterdir()).read_bytes())
    patient = Patient(running, virtual_readers, issuer)
    until(lambda: patient.page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
    yield patient
    patient.leave()


@pytest.mark.req("K7", "D1")
def test_a_card_that_is_laid_on_the_reader_registers_its_holder_by_chip(running: WholeSite, patient: Patient) -> None:
    patient.scan()
    patient.lay()
    until(lambda: patient.page.shows(VERIFIED), within_s=10, what="the chip's word")
    assert patient.page.shows(MAU.full_name)

    def touched() -> bool:
        if patient.page.shows('data-touch="service"'):
            patient.page.touch("service", service="general")
        return not patient.page.shows('data-touch="service"')

    until(touched, what="the kiosk to take the touch")
    issued = until(lambda: running.happened(TicketIssued), what="the number")
    assert issued[-1].document is Document.CCCD_CHIP
    until(lambda: running.printer.slips, within_s=10, what="the slip")
    patient.is_told(None, 0)


@pytest.mark.req("K7")
def test_a_card_that_lies_there_already_is_read_when_its_qr_is_scanned(patient: Patient) -> None:
    patient.lay()
    until(lambda: patient.page.shows("quét"), what="the word to scan the QR")
    patient.scan()
    until(lambda: patient.page.shows(VERIFIED), within_s=10, what="the chip's word")


@pytest.mark.req("K7")
def test_a_card_pulled_out_at_any_command_is_told_clearly_and_the_next_card_works(patient: Patient) -> None:
    for n in range(1, APDUS + 1):
        before = len(patient.readings())
        patient.scan()
        patient.lay(Flaw.PULLED, at=n)
        until(lambda: patient.page.shows("Xin đặt lại thẻ"), within_s=10, what=f"the word on a card pulled at {n}")
        patient.is_told(ReadingFault.CARD_REMOVED, before)
        patient.lay()
        until(lambda: patient.page.shows(VERIFIED), within_s=10, what=f"the next card after {n}")
        patient.leave()


@pytest.mark.req("X3")
def test_nothing_of_the_holder_is_in_anything_that_was_written(running: WholeSite, patient: Patient) -> None:
    """The last of this module: after readings that went well and readings that were broken off everywhere."""
    patient.leave()
    secrets = [MAU.full_name, MAU.id_number, MAU.residence, MAU.father, MAU.mother, MAU.document_number, MAU.old_id]
    secrets += [MAU.mrz[30:60], "NGUYEN<<VAN<MAU", "01/02/1999", "1999-02-01"]
    files = running.files_written()
    assert any(path.name == "kiosk.log" for path in files)
    for path in files:
        written = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in written, path.name
