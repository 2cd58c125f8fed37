"""``moiso-card``: reads one card on any reader, for technicians, and prints what came of it as JSON."""

import argparse
import getpass
import os
import queue
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.daemon.config import ConfigError
from edge.devices.card_reader import ReaderState, Slot
from edge.devices.card_report import Figures, Report, judged, measured, replayed
from edge.devices.card_words import ADVICE, BELIEVED, LAY_CARD, NOT_CHECKED
from edge.devices.registry import CardReaderConfig, open_card_reader
from edge.devices.trace import MAX_TRACE, Header, Recorder, Replay
from edge.devices.trust import load_csca
from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File
from edge.emrtd.mrz import parse_mrz
from edge.emrtd.passive_auth import Chain
from edge.emrtd.reader import ChipContents, Plan, read_chip
from edge.identity.cccd_qr import CccdQr
from edge.identity.qr import read_qr
from edge.identity.qr_text import QrError, QrFault

NOT_READ = 2  # what argparse ends with, too
CARD_S = 60.0  # for a person to lay the card down
READER_S = 3.0  # for pcscd, which systemd starts when it is wanted, to find its readers
READING_S = 120.0
MAX_SECRET = 4096
MRZ_LETTERS = (90, 88)

_STANDARD_INPUT = "-"

_Events = queue.SimpleQueue[ReaderState | ChipContents | CardError]


class Access(Struct, frozen=True):
    """What opens the chip, and the QR that must tell of the same person; None: there is none to compare."""

    key: Can | MrzKey
    qr: CccdQr | None = None

    def __repr__(self) -> str:
        return f"Access({self.key!r})"


def main() -> None:
    """Run, and end with 0 (read and believed), 1 (read and not believed) or 2 (not read)."""
    try:
        sys.exit(run(sys.argv[1:], date.today()))
    except KeyboardInterrupt:
        sys.exit(NOT_READ)


def run(arguments: Sequence[str], today: date) -> int:
    """Do as these options say; the exit code. JSON goes to standard output, sentences to standard error."""
    options = _options().parse_args(arguments)
    try:
        report = _replay(options.replay) if options.replay else _read(options, today)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return NOT_READ
    print(report.json().decode(), end="")
    if report.fault is not None:
        _say(ADVICE[report.fault])
    elif report.checks is not None:
        _say(BELIEVED)
        if report.checks.chain == Chain.NOT_CHECKED.value:
            _say(NOT_CHECKED)
    return report.exit_code


def _read(options: argparse.Namespace, today: date) -> Report:
    """Raises ConfigError where an option names a file or link that is none."""
    trusted = load_csca(options.csca) if options.csca else ()
    for path in (options.trace, options.portrait):
        if path is not None and path.exists():
            raise ConfigError(f"{path}: is there already; name a new file")
    driver, link = ("vpcd", options.link) if options.link else ("pcsc", options.reader)
    config = CardReaderConfig(driver=driver, link=link)
    report = Report(reader="", contactless=False, believed=False, figures=Figures())
    recorder = Recorder()
    try:
        access = _access(options)
        wanted = (File.DG13, File.DG2) if options.portrait else (File.DG13,)
        plan = Plan(access=(access.key,), id_number=access.qr.id_number if access.qr else "", wanted=wanted)
        report, outcome = _read_card(config, plan, recorder, report)
        if isinstance(outcome, CardError):
            raise outcome
        report, portrait = judged(outcome, trusted, today, report, access.qr)
        if not options.show_personal:
            report = msgspec.structs.replace(report, person=None)
    except CardError as error:
        report = msgspec.structs.replace(report, fault=error.fault, where=error.where)
        portrait = None
    if options.trace is not None:
        _keep(options.trace, recorder.lines(Header(report.reader, report.contactless)))
    if portrait is not None:
        _keep(options.portrait, portrait.image)
    return report


def _read_card(
    config: CardReaderConfig, plan: Plan, recorder: Recorder, report: Report
) -> tuple[Report, ChipContents | CardError]:
    """What reading the next card comes to, and the report with its reader. Raises CardError where none is laid down."""
    events: _Events = queue.SimpleQueue()
    reader = open_card_reader(config, events.put)
    reader.start()
    try:
        state = _await_card(events)
        report = msgspec.structs.replace(report, reader=state.reader, contactless=state.contactless)
        reading = partial(read_chip, plan, secrets.token_bytes, recorder.tap)
        reader.read(lambda: measured(reading(), report.figures), lambda _progress: None, events.put, events.put)
        while isinstance(outcome := events.get(timeout=READING_S), ReaderState):
            pass
        return report, outcome
    finally:
        reader.stop()


def _await_card(events: _Events) -> ReaderState:
    """The state with a card. Raises CardError (NO_READER, CARD_REMOVED) where none comes in time."""
    invited = False
    give_up_at = time.monotonic() + READER_S
    while True:
        try:
            state = events.get(timeout=max(0.0, give_up_at - time.monotonic()))
        except queue.Empty:
            fault = ReadingFault.CARD_REMOVED if invited else ReadingFault.NO_READER
            raise CardError(fault, "before the reading") from None
        if not isinstance(state, ReaderState):
            continue
        if state.slot is Slot.CARD:
            return state
        if invited is (state.slot is Slot.NO_READER):
            invited = not invited
            give_up_at = time.monotonic() + (CARD_S if invited else READER_S)
            if invited:
                _say(LAY_CARD)


def _replay(path: Path) -> Report:
    """The report of a trace that is read once more. Raises ConfigError where it is none."""
    try:
        with path.open("rb") as file:
            replay = Replay(file.read(MAX_TRACE + 1))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    return replayed(replay)


def _access(options: argparse.Namespace) -> Access:
    """Raises CardError where what is given is no CAN, MRZ or QR, ConfigError where it cannot be read."""
    if options.can:
        try:
            return Access(Can(_secret(options.can, "CAN: ").strip()))
        except ValueError as error:
            raise ConfigError(f"--can: {error}") from error
    if options.mrz:
        mrz = parse_mrz("".join(_secret(options.mrz, "MRZ: ", MRZ_LETTERS).split()))
        return Access(MrzKey.of(mrz))
    try:
        qr = read_qr(_secret(options.qr, "QR: "))
    except QrError as error:
        fault = ReadingFault.QR_DAMAGED if error.kind is QrFault.DAMAGED else ReadingFault.QR_UNKNOWN
        raise CardError(fault, "QR") from error
    if not isinstance(qr, CccdQr):
        raise CardError(ReadingFault.QR_UNKNOWN, "QR: no identity card's")
    return Access(Can(qr.id_number[-6:]), qr)


def _secret(where: str, prompt: str, letters: Sequence[int] = ()) -> str:
    """The text at this path, of standard input, or asked for without being shown where that is a keyboard.

    From a keyboard it takes line after line until it has as many ``letters`` as one of these; one line without them.
    """
    if where == _STANDARD_INPUT and sys.stdin.isatty():
        text = getpass.getpass(prompt)
        while letters and len(text) < max(letters) and len(text) not in letters:
            text += getpass.getpass(prompt)
        return text
    try:
        if where == _STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_SECRET).decode("utf-8")
        with Path(where).open("rb") as file:
            return file.read(MAX_SECRET).decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CardError(ReadingFault.QR_UNREADABLE, "no UTF-8") from error


def _keep(path: Path, data: bytes) -> None:
    """A new file that only its owner can read. Raises ConfigError where it cannot be made."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


def _say(sentences: tuple[str, str]) -> None:
    print(*sentences, sep="\n", file=sys.stderr)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="moiso-card",
        description="Read one card and print what came of it as JSON.",
        epilog="CAN, MRZ and QR are read from a file or, as '-', from standard input; they stand on no command line, "
        "since every user of the machine sees those. Ends with 0: read and believed, 1: read and not believed, "
        "2: not read.",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--reader", metavar="NAME", default="any", help="a part of the reader's name; any reader without it"
    )
    way.add_argument("--link", metavar="tcp:127.0.0.1:PORT", help="be the demo's reader at this port")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--can", metavar="FILE", help="open the chip with the CAN: the last six digits of the ID number")
    what.add_argument("--mrz", metavar="FILE", help="open the chip with the MRZ")
    what.add_argument("--qr", metavar="FILE", help="open the chip with the card's QR, and compare it")
    what.add_argument("--replay", metavar="FILE", type=Path, help="read no card but a trace")
    parser.add_argument("--csca", metavar="FOLDER", type=Path, help="certificates that may vouch for the signer")
    parser.add_argument("--show-personal", action="store_true", help="print what the card says of its holder, too")
    parser.add_argument("--portrait", metavar="FILE", type=Path, help="read the portrait, too, into this new file")
    parser.add_argument("--trace", metavar="FILE", type=Path, help="keep what was said, blanked, in this new file")
    return parser


if __name__ == "__main__":
    main()
