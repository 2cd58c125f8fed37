"""What a person shows: the QR under the scanner, and the chip of the card on the reader."""

import os
import re
from collections.abc import Callable, Generator
from datetime import date

from edge.contracts.eligibility import InsuredPerson
from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import ReaderState, Slot
from edge.devices.registry import CardReaderConfig, open_card_reader
from edge.devices.scanner import Line, Scan, Unreadable
from edge.devices.trust import load_csca
from edge.emrtd.access_keys import Can
from edge.emrtd.lds import File
from edge.emrtd.reader import Plan, Progress, read_chip
from edge.identity.card_date import CardDate
from edge.identity.cccd_qr import CccdQr
from edge.identity.holder import Holder, from_qr, identify
from edge.identity.qr import read_qr
from edge.identity.qr_text import QrError
from edge.kiosk.happenings import (
    CardLaid,
    CardTaken,
    ChipFailed,
    ChipProgress,
    ChipRead,
    Input,
    ReadChip,
    ReaderLost,
    ScanFailed,
    Scanned,
    SlipScanned,
)
from edge.kiosk.screens import Person, ScanProblem

TICKET_LETTERS = 32
TICKET_ID = re.compile("[0-9a-f]{32}")
CAN_DIGITS = 6  # the end of the ID number


def read_document(scan: Scan, today: date, *lookup_urls: str) -> Scanned | ScanFailed | SlipScanned:
    """Who showed a document, or why it is none; one of ``lookup_urls`` + ticket id is what the QR of a slip holds."""
    match scan:
        case Line(text) if TICKET_ID.fullmatch(text[-TICKET_LETTERS:]) and text[:-TICKET_LETTERS] in lookup_urls:
            return SlipScanned(text[-TICKET_LETTERS:])
        case Unreadable():
            return ScanFailed(ScanProblem.UNREADABLE)
        case Line(text):
            try:
                qr = read_qr(text)
            except QrError as error:
                return ScanFailed(ScanProblem(error.kind.value))
            return Scanned(_person(from_qr(qr, today), qr if isinstance(qr, CccdQr) else None))


def insured_person(person: Person) -> InsuredPerson:
    """Whom the insurance portal is asked about: by the ID number where the document has one."""
    return InsuredPerson(person.id_number or person.insurance_number, person.name, person.born)


class Chips:
    """The card reader of a kiosk, or a kiosk without one.

    ``given`` is told what happens, in the reader's threads; what it is told starts with what lies there at the start.
    """

    def __init__(self, config: CardReaderConfig | None, given: Callable[[Input], None]) -> None:
        """Nothing is opened yet. Raises ConfigError on a driver, link or folder of certificates that is none."""
        self._given = given
        self._trusted = load_csca(config.csca) if config and config.csca else ()
        self._reader = open_card_reader(config, self._on_change) if config else None

    def start(self) -> None:
        """Begin to watch the reader; returns at once."""
        if self._reader is not None:
            self._reader.start()

    def stop(self) -> None:
        """Let readers and card go; nothing is told after."""
        if self._reader is not None:
            self._reader.stop()

    def read(self, asked: ReadChip, today: date) -> None:
        """Read the card that lies there, verify it, and compare it with the QR; returns at once."""
        if self._reader is None:
            self._given(ChipFailed(asked.reading, ReadingFault.NO_READER))
            return
        number = asked.reading
        self._reader.read(
            lambda: self._reading(asked.person, today, portrait=asked.portrait),
            on_progress=lambda progress: self._given(ChipProgress(number, progress.step, progress.share)),
            on_done=lambda person: self._given(ChipRead(number, person)),
            on_failed=lambda error: self._given(ChipFailed(number, error.fault)),
        )

    def cancel(self) -> None:
        """End the reading that is under way; nothing is told of it after."""
        if self._reader is not None:
            self._reader.cancel()

    def _reading(self, person: Person, today: date, *, portrait: bool) -> Generator[bytes | Progress, bytes, Person]:
        """Runs in the reader's thread. The QR is the key to the chip: its CAN is the end of the ID number."""
        key = Can(person.id_number[-CAN_DIGITS:])
        wanted = (File.DG13, File.DG2) if portrait else (File.DG13,)
        contents = yield from read_chip(Plan((key,), person.id_number, wanted), os.urandom)
        return _person(identify(contents, self._trusted, today, person.qr))

    def _on_change(self, state: ReaderState) -> None:
        match state.slot:
            case Slot.NO_READER:
                self._given(ReaderLost())
            case Slot.EMPTY:
                self._given(CardTaken())
            case Slot.CARD:
                self._given(CardLaid())


def _person(holder: Holder, qr: CccdQr | None = None) -> Person:
    return Person(
        name=holder.full_name,
        id_number=holder.id_number,
        document=holder.document,
        birth_date=holder.birth.latest,
        insurance_number=holder.insurance_number,
        born=_born(holder.birth),
        qr=qr,
        portrait=holder.portrait,
    )


def _born(birth: CardDate) -> str:
    return f"{birth.day:02d}/{birth.month:02d}/{birth.year:04d}" if birth.day else f"{birth.year:04d}"
