"""What a reader and a chip said to each other, with everything personal blanked: to look at, and to read once more.

Commands and answers are those inside secure messaging. Kept are commands, status words, tags, lengths, object
identifiers, EF.CardAccess, EF.COM, and in the SOD the signer's name and certificate, which are the state's. The MRZ is
a specimen's. All else is zeros: texts, images, dates, hashes, signatures, public keys, and what the protocols exchange
that open the chip and prove it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import EXTENDED, SHORT, Command, Response
from edge.emrtd.errors import CardError, TlvError
from edge.emrtd.lds import File
from edge.emrtd.reader import Reading, read_files
from edge.emrtd.tlv import read_all, read_header

MAX_TRACE = 16_000_000  # bytes

# Nobody's: check digits are right.
_SPECIMEN = b"IDVNM0990000176001099000017<<79902015M3902013VNM<<<<<<<<<<<4NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"

_SELECT, _READ_BINARY, _SET_AT = 0xA4, 0xB0, (0x22, 0xA4)
_BY_NAME = 0x04
_NO_FILE = 0
_INTEGER, _OCTETS, _NULL, _OID = 0x02, 0x04, 0x05, 0x06
_CONSTRUCTED = 0x20
_DYNAMIC = b"\x7c"
_MRZ = (0x61, 0x5F1F)
# From the outermost tag of the SOD inward: CMS SignedData (RFC 5652, 5.1).
_SIGNED_DATA = (0x77, 0x30, 0xA0, 0x30)
_CONTENT = (*_SIGNED_DATA, 0x30, 0xA0, _OCTETS)
_CERTIFICATES = (*_SIGNED_DATA, 0xA0)
_KEPT: dict[File | None, tuple[int, ...]] = {
    File.COM: (0x5F01, 0x5F36, 0x5C),
    File.SOD: (_INTEGER, _NULL, _OID, 0x0C, 0x13, 0x16, 0x80),
}

Hex = Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{2})*$", max_length=140_000)]


class Header(Struct, frozen=True, tag="moiso-card-trace-1"):
    """The first line of a trace: on which reader it was made."""

    reader: str
    contactless: bool


class Exchange(Struct, frozen=True, tag="exchange"):
    """One command and its answer in hex, the status word on its own."""

    command: Hex
    data: Hex
    sw: Annotated[str, Meta(pattern=r"^[0-9a-f]{4}$")]


class Recorder:
    """Takes down what ``tap`` is told; nothing of it can be had but blanked."""

    def __init__(self) -> None:
        self._said: list[tuple[Command, Response]] = []

    def tap(self, command: Command, response: Response) -> None:
        """One command and its answer, as they are without secure messaging."""
        self._said.append((command, response))

    def lines(self, header: Header) -> bytes:
        """The trace so far, as lines of JSON."""
        files = {sfi: blanked(_file(sfi), bytes(data)) for sfi, data in self._files().items()}
        exchanges = (
            Exchange(
                _blanked_command(command).encode().hex(),
                _answer(response, place, files).hex(),
                f"{response.sw:04x}",
            )
            for command, response, place in self._placed()
        )
        return b"".join(msgspec.json.encode(line) + b"\n" for line in (header, *exchanges))

    def __repr__(self) -> str:
        return f"Recorder({len(self._said)} commands)"

    def _placed(self) -> Iterator[tuple[Command, Response, "_Place | None"]]:
        """Each exchange, and of which file it read from where; None where it read none."""
        selected = _NO_FILE
        for command, response in self._said:
            place = None
            if command.ins == _SELECT:
                selected = _NO_FILE if command.p1 == _BY_NAME or not command.data else command.data[-1]
            elif command.ins == _READ_BINARY:
                offset = command.p1 << 8 | command.p2
                if command.p1 & 0x80:
                    selected, offset = command.p1 & 0x1F, command.p2
                place = _Place(selected, offset)
            yield command, response, place

    def _files(self) -> dict[int, bytearray]:
        files: dict[int, bytearray] = {}
        for _, response, place in self._placed():
            if place is not None:
                data = files.setdefault(place.sfi, bytearray())
                data.extend(bytes(max(0, place.offset - len(data))))
                data[place.offset : place.offset + len(response.data)] = response.data
        return files


class Replay:
    """A card that answers as the trace says, each command as often as it was sent."""

    def __init__(self, lines: bytes) -> None:
        """Raises ValueError where these are not the lines of a trace."""
        if len(lines) > MAX_TRACE:
            raise ValueError("too large for a trace")
        first, *rest = lines.splitlines() or [b""]
        try:
            self.header = msgspec.json.decode(first, type=Header)
            exchanges = [msgspec.json.decode(line, type=Exchange) for line in rest]
        except msgspec.DecodeError as error:
            raise ValueError(f"no trace of a card: {error}") from error
        self._commands = [bytes.fromhex(exchange.command) for exchange in exchanges]
        self._answers: dict[str, deque[bytes]] = {}
        for exchange in exchanges:
            self._answers.setdefault(exchange.command, deque()).append(bytes.fromhex(exchange.data + exchange.sw))

    def transmit(self, command: bytes) -> bytes:
        """The answer. Raises CardError (NO_ANSWER) on a command that was not sent, or not so often."""
        answers = self._answers.get(command.hex())
        if not answers:
            raise CardError(ReadingFault.NO_ANSWER, f"not in the trace: {command[:4].hex()}")
        return answers.popleft()

    def reading(self) -> Reading[Mapping[File, bytes]]:
        """Reads the files of the trace as they were read then, with the chip open and nothing of it proven."""
        reads = [command for command in self._commands if command[1] == _READ_BINARY and command[2] & 0x80]
        files = [_file(command[2] & 0x1F) for command in reads]
        sizes = [_expected(command) for command, file in zip(reads, files, strict=True) if file is File.SOD]
        wanted = tuple(file for file in files if file and file not in (File.CARD_ACCESS, File.SOD, File.DG1))
        return (yield from read_files(wanted, sizes[-1] if sizes else SHORT))


def blanked(file: File | None, data: bytes) -> bytes:
    """A file as long as this one with the same structure, and nothing personal in it.

    What is cut off, or is not TLV from end to end, is zeros behind its first tag and length. None: a file nobody knows.
    """
    if file is File.CARD_ACCESS:
        return data
    try:
        tag, length, start = read_header(data)
    except TlvError:
        return bytes(len(data))
    end = start + length
    if len(data) < end:
        return data[:start] + bytes(len(data) - start)
    return data[:start] + _blanked(data[start:end], (tag,), _KEPT.get(file, ())) + bytes(len(data) - end)


class _Place(Struct, frozen=True):
    sfi: int
    offset: int


def _file(sfi: int) -> File | None:
    return next((file for file in File if file.sfi == sfi), None)


def _answer(response: Response, place: _Place | None, files: dict[int, bytes]) -> bytes:
    if place is None:
        return _structure(response.data)
    return files[place.sfi][place.offset : place.offset + len(response.data)]


def _expected(command: bytes) -> int:
    """Le of a READ BINARY, short or extended."""
    return int.from_bytes(command[4:]) or (SHORT if len(command) == 5 else EXTENDED)


def _blanked_command(command: Command) -> Command:
    if command.ins == _SELECT or (command.ins, command.p2) == _SET_AT:
        return command
    return msgspec.structs.replace(command, data=_structure(command.data))


def _structure(data: bytes) -> bytes:
    """What a protocol sends, without its values; the lengths of its parts where it is dynamic authentication data."""
    return _blanked(data, (), ()) if data.startswith(_DYNAMIC) else bytes(len(data))


def _blanked(data: bytes, path: tuple[int, ...], kept: Iterable[int]) -> bytes:
    """These data objects, which stand inside those of ``path``; zeros where they are none."""
    try:
        objects = read_all(data)
    except TlvError:
        return bytes(len(data))
    parts = []
    at = 0
    for number, each in enumerate(objects):
        parts.append(data[at : at + each.size - len(each.value)])
        at += each.size
        inside = (*path, each.tag)
        small = each.tag == _INTEGER and len(each.value) == 1 and number == 0
        if inside == _CERTIFICATES or each.tag == _OID or each.tag in kept or small:
            parts.append(each.value)
        elif inside == _CONTENT or _constructed(each.tag):
            parts.append(_blanked(each.value, inside, kept))
        elif inside == _MRZ:
            parts.append(_SPECIMEN if len(each.value) == len(_SPECIMEN) else bytes(len(each.value)))
        else:
            parts.append(bytes(len(each.value)))
    return b"".join(parts)


def _constructed(tag: int) -> bool:
    return bool((tag >> 8 or tag) & _CONSTRUCTED)
