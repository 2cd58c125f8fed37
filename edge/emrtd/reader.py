"""Reading a chip: a generator that yields what to send and is sent what the chip answered.

The same code runs over PC/SC, over the simulated card, and over a recorded trace.
"""

from collections.abc import Callable, Generator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.active_auth import authenticate_actively
from edge.emrtd.apdu import (
    MAX_OFFSET,
    SHORT,
    Command,
    Response,
    Steps,
    read_binary,
    read_binary_far,
    read_binary_sfi,
    select_application,
    select_file,
)
from edge.emrtd.bac import basic_access
from edge.emrtd.chip_auth import authenticate_chip
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File, parse_dg1, parse_dg14, parse_dg15
from edge.emrtd.pace import choose, pace
from edge.emrtd.passive_auth import read_sod
from edge.emrtd.secure_messaging import SecureChannel
from edge.emrtd.security_infos import SecurityInfos, parse_security_infos
from edge.emrtd.tlv import read_header, read_only

T = TypeVar("T")

SIZES = (2048, 1024, SHORT, 160)  # bytes asked for at once, largest first; SHORT less what secure messaging takes
MAX_FILE = 65_536  # bytes, tag and length included
MAX_CARD_ACCESS = 4096  # it comes before the chip has shown anything
MAX_APDUS = 1024  # a chip that answers byte by byte is given up

END_OF_FILE = 0x6282
MISSING = (0x6A82, 0x6A83, 0x6A88)
REFUSED = (0x6982, 0x6985, 0x6986)
TOO_LONG = (0x6700, 0x6F00)  # "wrong length", and what chips say that trip over a long answer


class Step(Enum):
    """What is being done with the chip, in this order."""

    ACCESS = "access"
    SIGNATURE = "signature"
    HOLDER = "holder"
    CHIP = "chip"
    DETAILS = "details"
    PORTRAIT = "portrait"


STEP_OF = {File.SOD: Step.SIGNATURE, File.DG1: Step.HOLDER, File.DG14: Step.CHIP, File.DG15: Step.CHIP}
# About how long each takes, so that a bar moves evenly: bytes at the sizes of a CCCD.
WEIGHT = {
    Step.ACCESS: 900,
    Step.SIGNATURE: 1900,
    Step.HOLDER: 100,
    Step.CHIP: 700,
    Step.DETAILS: 500,
    Step.PORTRAIT: 23_000,
}


class AccessProtocol(Enum):
    """How the chip was opened."""

    PACE_CAN = "pace-can"
    PACE_MRZ = "pace-mrz"
    BAC = "bac"


class ChipProof(Enum):
    """What showed that the chip is no copy; a chip that fails is a CardError, never one of these."""

    CHIP_AUTHENTICATION = "chip-authentication"
    ACTIVE_AUTHENTICATION = "active-authentication"
    NOT_OFFERED = "not-offered"


class Progress(Struct, frozen=True):
    """How far the reading is: ``share`` of it is done, 0 to 1, and ``step`` is being worked on."""

    step: Step
    share: float


class Plan(Struct, frozen=True):
    """What to read of a chip, and how to open it.

    ``access`` are keys, tried in this order; ``id_number`` is what the chip must say (empty: anything), so that a
    wrong card is noticed before more of it is read; ``wanted`` are the data groups beside DG1 in the order of reading,
    left out where the chip has none; ``largest_read`` is how many bytes are asked for at once at first.
    """

    access: tuple[Can | MrzKey, ...]
    id_number: str = ""
    wanted: tuple[File, ...] = (File.DG13,)
    prove_chip: bool = True
    largest_read: int = SIZES[0]

    def __repr__(self) -> str:
        return f"Plan(wanted={[file.name for file in self.wanted]}, largest_read={self.largest_read})"


class ChipContents(Struct, frozen=True):
    """What was read. ``largest_read`` is the size that this chip and reader could do, for the next reading."""

    files: Mapping[File, bytes]
    access: AccessProtocol
    chip: ChipProof
    largest_read: int
    apdus: int

    def __repr__(self) -> str:
        sizes = {file.name: len(data) for file, data in self.files.items()}
        return f"ChipContents({self.access.value}, {self.chip.value}, {sizes})"


Tap = Callable[[Command, Response], None]
Reading = Generator[bytes | Progress, bytes, T]


def read_chip(
    plan: Plan, random: Callable[[int], bytes], tap: Tap = lambda _command, _response: None
) -> Reading[ChipContents]:
    """Open the chip, read it, and have it prove that it is no copy.

    Yields command APDUs, to be sent the chip's answers, and Progress, whose answer is ignored. ``random(n)`` gives n
    random bytes; ``tap`` is told each command and answer as they are without secure messaging.

    Files come in the order SOD, DG1, then the chip's proof, then ``plan.wanted``; only what the SOD names is asked for,
    and nothing is read twice. Raises CardError; whether what was read is signed is for ``passive_auth.verify``.
    Source: ICAO Doc 9303-10, 3; 9303-11, 4.
    """
    talk = _Talk(tap)
    work = _Work(plan, talk, random)
    sizes = [plan.largest_read, *(size for size in SIZES if size < plan.largest_read)]
    for size in sizes:
        try:
            if talk.channel is None:
                yield work.progress(Step.ACCESS)
                yield from work.open()
            yield from work.read(size)
        except _TooLong:
            work.close()  # a chip that refuses a length ends the session
            continue
        return ChipContents(MappingProxyType(work.files), work.opened_by, work.proof, size, talk.apdus)
    raise CardError(ReadingFault.NO_ANSWER, "reading: no length is answered")


def read_files(wanted: tuple[File, ...], size: int) -> Reading[Mapping[File, bytes]]:
    """Read SOD, DG1 and these files, ``size`` bytes at a time, of a chip that needs no key: of one in a trace.

    Yields and raises as :func:`read_chip`.
    """
    work = _Work(Plan(access=(), wanted=wanted, prove_chip=False), _Talk(lambda _command, _response: None), bytes)
    yield from work.read(size)
    return MappingProxyType(work.files)


class _TooLong(Exception):
    """The chip, or the reader, cannot do an answer of this length."""


class _Talk:
    """The conversation: commands go out protected where a channel is open."""

    def __init__(self, tap: Tap) -> None:
        self.channel: SecureChannel | None = None
        self.unproven = False  # the channel stands on a key that the chip has not yet shown to have
        self.apdus = 0
        self._tap = tap

    def send(self, command: Command) -> Generator[bytes, bytes, Response]:
        """What the chip answers to this command, without secure messaging."""
        if self.apdus >= MAX_APDUS:
            raise CardError(ReadingFault.MALFORMED, "reading: too many answers")
        self.apdus += 1
        protected = command if self.channel is None else self.channel.protect(command)
        response = Response.decode((yield protected.encode()))
        if self.channel is not None:
            response = self._unprotected(response, self.channel, command.ne >= SIZES[-1])
        self._tap(command, response)
        return response

    def run(self, steps: Steps[T]) -> Generator[bytes, bytes, T]:
        """Carry a protocol out, command by command."""
        try:
            command = next(steps)
            while True:
                command = steps.send((yield from self.send(command)))
        except StopIteration as end:
            result: T = end.value
            return result

    def _unprotected(self, response: Response, channel: SecureChannel, may_shrink: bool) -> Response:
        if may_shrink and not response.data and response.sw in TOO_LONG:
            raise _TooLong
        try:
            plain = channel.unprotect(response)
        except CardError as error:
            if self.unproven and error.fault is ReadingFault.INTEGRITY_LOST:
                raise CardError(ReadingFault.CLONED, "chip authentication: no answer under the new keys") from error
            raise
        if may_shrink and plain.sw in TOO_LONG:
            raise _TooLong
        self.unproven = False
        return plain


class _Work:
    """One chip being read: what is open, read and proven so far."""

    def __init__(self, plan: Plan, talk: _Talk, random: Callable[[int], bytes]) -> None:
        self.files: dict[File, bytes] = {}
        self.opened_by = AccessProtocol.BAC
        self.proof = ChipProof.NOT_OFFERED
        self._proven = not plan.prove_chip
        self._plan = plan
        self._talk = talk
        self._random = random
        self._offers: SecurityInfos | None = None
        self._asked = False

    def progress(self, step: Step, share: float = 0.0) -> Progress:
        """``share`` of this step is done, and all before it."""
        steps = [Step.ACCESS, Step.SIGNATURE, Step.HOLDER, *([Step.CHIP] if self._plan.prove_chip else [])]
        steps += [_step_of(file) for file in self._plan.wanted]
        before = sum(WEIGHT[other] for other in steps[: steps.index(step)])
        return Progress(step, (before + share * WEIGHT[step]) / sum(WEIGHT[each] for each in steps))

    def close(self) -> None:
        """Forget the session, and a proof that was still to come in it."""
        if self._talk.unproven:
            self._proven, self._talk.unproven = False, False
        self._talk.channel = None

    def open(self) -> Generator[bytes, bytes, None]:
        """Open the chip with the first key that does, and choose its application."""
        if not self._asked:
            self._offers = yield from self._card_access()
            self._asked = True
        fault = CardError(ReadingFault.ACCESS_REFUSED, "access: no key fits what the chip offers")
        for key in self._plan.access:
            try:
                yield from self._open_with(key)
            except CardError as error:
                if error.fault is not ReadingFault.WRONG_ACCESS_KEY:
                    raise
                fault = error
            else:
                if self._talk.channel is not None:
                    return
        raise fault

    def read(self, size: int) -> Reading[None]:
        """Read what the plan wants and is not there yet, ``size`` bytes at a time."""
        yield from self._file(File.SOD, size)
        signed = read_sod(self.files[File.SOD]).hashes
        yield from self._file(File.DG1, size)
        self._compare()
        if not self._proven:
            yield from self._prove(signed, size)
            self._proven = True
        for file in self._plan.wanted:
            if file.number in signed:
                yield from self._file(file, size)
        if self._talk.unproven:  # nothing was left to read, so ask for something, to hear the chip under its new keys
            yield from self._talk.send(read_binary_sfi(File.DG1.sfi, 1))

    def _card_access(self) -> Generator[bytes, bytes, SecurityInfos | None]:
        """EF.CardAccess; None where the chip has none, and so no PACE."""
        response = yield from self._talk.send(read_binary_sfi(File.CARD_ACCESS.sfi, SHORT))
        if not response.data:
            selected = yield from self._talk.send(select_file(File.CARD_ACCESS.fid))
            if not selected.ok:
                return None
            response = yield from self._talk.send(read_binary(0, SHORT))
            if not response.data:
                return None
        data, total = bytearray(response.data), _total(File.CARD_ACCESS, response.data)
        while len(data) < total:
            response = yield from self._talk.send(read_binary(len(data), SHORT))
            data += _more(File.CARD_ACCESS, response)
        return parse_security_infos(bytes(data[:total]))

    def _open_with(self, key: Can | MrzKey) -> Generator[bytes, bytes, None]:
        if self._offers is not None and self._offers.pace:
            self._talk.channel = yield from self._talk.run(pace(choose(self._offers.pace), key, self._random))
            self.opened_by = AccessProtocol.PACE_CAN if isinstance(key, Can) else AccessProtocol.PACE_MRZ
            yield from self._application()
        else:
            yield from self._application()
            if isinstance(key, MrzKey):
                self._talk.channel = yield from self._talk.run(basic_access(key, self._random))
                self.opened_by = AccessProtocol.BAC

    def _application(self) -> Generator[bytes, bytes, None]:
        response = yield from self._talk.send(select_application())
        if not response.ok:
            fault = (
                ReadingFault.NOT_EMRTD
                if response.sw in MISSING or self._offers is None
                else ReadingFault.ACCESS_REFUSED
            )
            raise CardError(fault, f"application: {response.sw:04X}")

    def _file(self, file: File, size: int) -> Reading[None]:
        if file in self.files:
            return
        step = _step_of(file)
        yield self.progress(step)
        if size <= SHORT and self._talk.channel is not None:
            size = min(size, self._talk.channel.max_payload(SHORT))
        response = yield from self._talk.send(read_binary_sfi(file.sfi, size))
        data = bytearray(_more(file, response))
        total = _total(file, data)
        while len(data) < total:
            yield self.progress(step, len(data) / total)
            data += yield from self._more_at(file, len(data), min(size, total - len(data)))
        self.files[file] = bytes(data[:total])

    def _more_at(self, file: File, offset: int, ne: int) -> Generator[bytes, bytes, bytes]:
        if offset <= MAX_OFFSET:
            return _more(file, (yield from self._talk.send(read_binary(offset, ne))))
        response = yield from self._talk.send(read_binary_far(offset, ne))
        return read_only(_more(file, response), 0x53)

    def _compare(self) -> None:
        mrz = parse_dg1(self.files[File.DG1])
        if self._plan.id_number and mrz.id_number != self._plan.id_number:
            raise CardError(ReadingFault.QR_DISAGREES, "DG1: another ID number")

    def _prove(self, signed: Mapping[int, bytes], size: int) -> Reading[None]:
        infos = None
        if File.DG14.number in signed:
            yield from self._file(File.DG14, size)
            infos = parse_security_infos(parse_dg14(self.files[File.DG14]))
        if infos is not None and infos.chip_authentication:
            self._talk.channel = yield from self._talk.run(authenticate_chip(infos, self._random))
            self._talk.unproven = True
            self.proof = ChipProof.CHIP_AUTHENTICATION
        elif File.DG15.number in signed:
            yield from self._file(File.DG15, size)
            key = parse_dg15(self.files[File.DG15])
            algorithm = infos.active_authentication if infos is not None else ""
            yield from self._talk.run(authenticate_actively(key, algorithm, self._random(8)))
            self.proof = ChipProof.ACTIVE_AUTHENTICATION


def _step_of(file: File) -> Step:
    return STEP_OF.get(file, Step.PORTRAIT if file is File.DG2 else Step.DETAILS)


def _total(file: File, data: bytes | bytearray) -> int:
    """How long the file is, from its first bytes."""
    tag, length, start = read_header(bytes(data[:8]))
    if file.tag and tag != file.tag:
        raise CardError(ReadingFault.MALFORMED, f"{file.name}: begins with {tag:02X}")
    if start + length > (MAX_CARD_ACCESS if file is File.CARD_ACCESS else MAX_FILE):
        raise CardError(ReadingFault.MALFORMED, f"{file.name}: too large")
    return start + length


def _more(file: File, response: Response) -> bytes:
    """The bytes of a file that an answer brings: at least one."""
    if response.sw in REFUSED or response.sw in MISSING:
        raise CardError(ReadingFault.ACCESS_REFUSED, f"{file.name}: {response.sw:04X}")
    if not (response.ok or response.sw == END_OF_FILE) or not response.data:
        raise CardError(ReadingFault.MALFORMED, f"{file.name}: {response.sw:04X} with {len(response.data)} bytes")
    return response.data
