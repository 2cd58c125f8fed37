"""What a technician is told of one card that was read: sizes, checks, times, and nobody's data unless asked for."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import pump
from edge.devices.trace import Replay
from edge.emrtd.dg13 import parse_dg13
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File, Portrait, parse_dg1, parse_dg2
from edge.emrtd.passive_auth import Verdict, verify
from edge.emrtd.reader import ChipContents, Progress
from edge.identity.cccd_qr import CccdQr
from edge.identity.holder import identify

T = TypeVar("T")

# The card was read, and speaks against itself.
NOT_BELIEVED = frozenset(
    (
        ReadingFault.HASH_MISMATCH,
        ReadingFault.SIGNATURE_INVALID,
        ReadingFault.SIGNER_UNKNOWN,
        ReadingFault.SIGNER_EXPIRED,
        ReadingFault.CLONED,
        ReadingFault.QR_DISAGREES,
    )
)


class Figures(Struct):
    """What a reading took: commands, bytes both ways as they go through the reader, and seconds by step."""

    apdus: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    seconds: dict[str, float] = {}


class Checks(Struct, frozen=True):
    """What each check came to, separately; ``hashes`` by data group."""

    hashes: Mapping[str, bool]
    signature: bool
    chain: str
    chip: str


class Report(Struct, frozen=True, omit_defaults=True):
    """What ``moiso-card`` prints. ``fault`` and ``where`` say why a card was not read, or is not believed."""

    reader: str
    contactless: bool
    believed: bool
    figures: Figures
    access: str | None = None
    largest_read: int | None = None
    files: Mapping[str, int] = {}
    checks: Checks | None = None
    fault: ReadingFault | None = None
    where: str | None = None
    person: Mapping[str, Any] | None = None

    def json(self) -> bytes:
        """As indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    @property
    def exit_code(self) -> int:
        """0 read and nothing is wrong, 1 read and not believed, 2 not read."""
        return 0 if self.fault is None else 1 if self.fault in NOT_BELIEVED else 2

    def __repr__(self) -> str:
        return f"Report({self.fault})"


def measured(
    reading: Generator[bytes | Progress, bytes, T], figures: Figures, clock: Callable[[], float] = time.monotonic
) -> Generator[bytes | Progress, bytes, T]:
    """The same reading, of which ``figures`` are taken as it goes."""
    began = since = clock()
    step = "access"
    answer = b""
    try:
        said = next(reading)
        while True:
            if isinstance(said, Progress) and said.step.value != step:
                figures.seconds[step] = figures.seconds.get(step, 0) + clock() - since
                since, step = clock(), said.step.value
            answer = yield said
            if isinstance(said, bytes):
                figures.apdus += 1
                figures.bytes_sent += len(said)
                figures.bytes_received += len(answer)
            said = reading.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        reading.close()
        figures.seconds[step] = figures.seconds.get(step, 0) + clock() - since
        figures.seconds["total"] = clock() - began


def judged(
    contents: ChipContents, trusted: Sequence[bytes], today: date, report: Report, qr: CccdQr | None
) -> tuple[Report, Portrait | None]:
    """The report completed by what was read, personal fields included, and the portrait where one was read.

    Believed is what the kiosk would believe; without ``qr`` any eMRTD is, with it a CCCD of the same person only.
    """
    verdict = verify(contents.files[File.SOD], contents.files, trusted, today)
    fault, where = verdict.fault, "passive authentication" if verdict.fault else None
    person: dict[str, Any] = {}
    portrait = None
    try:
        person["mrz"] = msgspec.to_builtins(parse_dg1(contents.files[File.DG1]))
        if File.DG13 in contents.files:
            person["dg13"] = msgspec.to_builtins(parse_dg13(contents.files[File.DG13]))
        if File.DG2 in contents.files:
            portrait = parse_dg2(contents.files[File.DG2])
        if qr is not None:
            identify(contents, trusted, today, qr)
    except CardError as error:
        fault, where = (fault, where) if fault else (error.fault, error.where)
    completed = msgspec.structs.replace(
        report,
        believed=fault is None,
        access=contents.access.value,
        largest_read=contents.largest_read,
        files={file.name: len(data) for file, data in contents.files.items()},
        checks=_checks(verdict, contents),
        fault=fault,
        where=where,
        person=person,
    )
    return completed, portrait


def replayed(replay: Replay) -> Report:
    """What reading a trace once more comes to: files, figures and fault; what is blanked proves nothing."""
    figures = Figures()
    report = Report(reader=replay.header.reader, contactless=replay.header.contactless, believed=False, figures=figures)
    try:
        files = pump(measured(replay.reading(), figures), replay.transmit, lambda _progress: None)
    except CardError as error:
        return msgspec.structs.replace(report, fault=error.fault, where=error.where)
    return msgspec.structs.replace(report, files={file.name: len(data) for file, data in files.items()})


def _checks(verdict: Verdict, contents: ChipContents) -> Checks:
    return Checks(
        hashes={f"DG{number}": same for number, same in sorted(verdict.hashes.items())},
        signature=verdict.signature,
        chain=verdict.chain.value,
        chip=contents.chip.value,
    )
