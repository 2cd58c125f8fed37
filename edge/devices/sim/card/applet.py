"""The chip: commands in, answers out, and nothing else. Source: ISO/IEC 7816-4; ICAO Doc 9303-10, 3; 9303-11.

Where those leave a choice it does as the Vietnamese CCCD was seen to: no SELECT of the MF, DG3 locked, no DG11.
"""

import os
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from edge.devices.sim.card import access, messaging, proofs
from edge.devices.sim.card.access import BasicAccess, Pace, Random, dynamic_data, template
from edge.devices.sim.card.apdu import Command, LostSession, Refusal, Sw, read_command
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import tlv
from edge.devices.sim.card.faults import CardMute, CardPulled, Flaw
from edge.devices.sim.card.messaging import Channel
from edge.devices.sim.card.points import Curve
from edge.devices.sim.card.proofs import ActiveKey, ChipKey

APPLICATION = bytes.fromhex("A0000002471001")
ATR = bytes.fromhex("3B80800101")  # ISO 14443-4, type A, without historical bytes (PC/SC part 3, 3.1.3.2.3)
CARD_ACCESS = 0x011C
LOCKED = frozenset((0x0103,))  # DG3: there, and only for terminals that authenticate themselves
SHORT_ONLY = 256
_MOST_SENT = 65_533  # with its status word, what two bytes can count

Answer: TypeAlias = tuple[bytes, Sw]


class Contents(Struct, frozen=True, kw_only=True):
    """What was written into the chip: ``files`` by their identifier, the keys, and what it is able to do.

    ``secrets`` open it by PACE, under the number of their kind (1 MRZ, 2 CAN); ``seed`` by BAC. Either may be empty.
    ``most_bytes`` is the most that one READ BINARY gives; with 256 it knows short lengths alone.
    """

    files: Mapping[int, bytes]
    suite: Suite = Suite.AES128
    curve: Curve
    secrets: Mapping[int, bytes]
    seed: bytes = b""
    chip_key: ChipKey | None = None
    active_key: ActiveKey | None = None
    active_sha1: bool = False
    most_bytes: int = 32_000

    def __repr__(self) -> str:
        return f"Contents({len(self.files)} files)"


class _Session(Struct):
    """What the chip forgets without power: the protected session, and the run of steps that has begun."""

    channel: Channel | None = None
    next_channel: Channel | None = None  # takes over once the answer has gone out
    pace: Pace | None = None
    basic: BasicAccess | None = None
    agreeing: bool = False


class Chip:
    """A chip without power or antenna: ``process`` takes one command and gives its answer.

    ``flaw`` is what happens to it, at its ``at``-th command; ``random`` gives so many random bytes.
    """

    def __init__(self, contents: Contents, flaw: Flaw | None = None, at: int = 1, random: Random = os.urandom) -> None:
        self.contents = contents
        self.commands = 0
        self._flaw = flaw
        self._at = at
        self._random = random
        self._emrtd = flaw is not Flaw.NOT_EMRTD
        self.reset()

    def __repr__(self) -> str:
        return f"Chip({self.contents!r}, {self.commands} commands)"

    def reset(self) -> None:
        """Power off and on again: no session, no application, nothing selected, and the commands count from 1."""
        self.commands = 0
        self._damaged = False
        self._in_application = False
        self._selected: int | None = None
        self._session = _Session()

    def process(self, raw: bytes) -> bytes:
        """The answer to these bytes, data and status word; any bytes have one.

        Raises CardMute and CardPulled where that is what happens to this card.
        """
        self.commands += 1
        if self.commands >= self._at:
            if self._flaw is Flaw.MUTE:
                raise CardMute
            if self._flaw is Flaw.PULLED:
                raise CardPulled
        try:
            command = read_command(raw)
            if command.extended and self.contents.most_bytes <= SHORT_ONLY:
                raise LostSession(Sw.WRONG_LENGTH)
            if command.cla & ~access.CHAINED == messaging.CLA:
                return self._protected(command)
            self._session.channel = None
            if command.cla & ~access.CHAINED:
                raise Refusal(Sw.NO_SUCH_CLASS)
            data, sw = self._execute(command, min(command.ne, _MOST_SENT))
        except LostSession as lost:
            self._session = _Session()
            data, sw = b"", lost.sw
        except Refusal as refusal:
            data, sw = b"", refusal.sw
        return data + sw.to_bytes(2, "big")

    def _protected(self, command: Command) -> bytes:
        channel = self._session.channel
        if channel is None:
            raise Refusal(Sw.CONDITIONS)
        if command.cla & access.CHAINED:
            raise LostSession(Sw.CHAINING_NOT_SUPPORTED)
        inside = channel.open(command)
        try:
            data, sw = self._execute(inside, channel.room(min(command.ne, _MOST_SENT)))
        except LostSession:
            raise
        except Refusal as refusal:
            data, sw = b"", refusal.sw
        answer = channel.seal(data, sw)
        if self._session.next_channel is not None:
            self._session = _Session(self._session.next_channel)
        return self._damage(answer)

    def _damage(self, answer: bytes) -> bytes:
        if self._flaw is not Flaw.INTEGRITY or self._damaged or self.commands < self._at:
            return answer
        self._damaged = True
        return answer[:-3] + bytes((answer[-3] ^ 1,)) + answer[-2:]

    def _execute(self, command: Command, room: int) -> Answer:
        """What the command brings, where the answer may have ``room`` bytes of data.

        A run of steps ends with any command that is not its next one.
        """
        run, self._session = self._session, _Session(self._session.channel)
        protected = command.cla & messaging.CLA != 0
        if command.cla & access.CHAINED and command.ins != 0x86:
            raise Refusal(Sw.CHAINING_NOT_SUPPORTED)
        if not self._emrtd and command.ins not in (0xA4, 0xB0):
            raise Refusal(Sw.NO_SUCH_INSTRUCTION)
        match command.ins:
            case 0xA4:
                return self._select(command, protected)
            case 0xB0:
                return self._read_binary(command, protected, room)
            case 0xB1:
                return self._read_binary_far(command, protected, room)
            case 0x22:
                return self._manage_security_environment(command, protected)
            case 0x86 if protected:
                return self._authenticate_chip(command, run.agreeing)
            case 0x86:
                return self._authenticate_by_pace(command, run.pace)
            case 0x84:
                return self._get_challenge(command, protected)
            case 0x82:
                return self._external_authenticate(command, run.basic)
            case 0x88:
                return self._internal_authenticate(command, protected, room)
        raise Refusal(Sw.NO_SUCH_INSTRUCTION)

    def _select(self, command: Command, protected: bool) -> Answer:
        match command.p1, command.p2:
            case 0x04, 0x00 | 0x0C:
                if command.data != APPLICATION or not self._emrtd:
                    raise Refusal(Sw.NOT_FOUND)
                self._in_application, self._selected = True, None
            case 0x02, 0x0C:
                fid = int.from_bytes(command.data, "big")
                self._file(fid, protected)
                self._selected = fid
            case 0x00, _:
                raise Refusal(Sw.NO_SUCH_INSTRUCTION)
            case _:
                raise Refusal(Sw.WRONG_P1_P2)
        return b"", Sw.OK

    def _file(self, fid: int, protected: bool) -> bytes:
        """The file, where it is here and may be read now."""
        if self._in_application:
            if not protected or fid in LOCKED or self._flaw is Flaw.ACCESS_REFUSED:
                raise Refusal(Sw.SECURITY_STATUS)
        elif fid != CARD_ACCESS or not self._emrtd:
            raise Refusal(Sw.NOT_FOUND)
        if fid not in self.contents.files or (self._in_application and fid == CARD_ACCESS):
            raise Refusal(Sw.NOT_FOUND)
        return self.contents.files[fid]

    def _read_binary(self, command: Command, protected: bool, room: int) -> Answer:
        """A part of the selected file, or of the one that a short identifier names and thereby selects."""
        if command.p1 & 0x80:
            if command.p1 & 0x60:
                raise Refusal(Sw.WRONG_P1_P2)
            fid, offset = 0x0100 | command.p1 & 0x1F, command.p2
            content = self._file(fid, protected)
            self._selected = fid
        elif self._selected is None:
            raise Refusal(Sw.NO_FILE_SELECTED)
        else:
            content, offset = self._file(self._selected, protected), command.p1 << 8 | command.p2
        ne, most = command.ne, self.contents.most_bytes
        if not ne:
            raise Refusal(Sw.WRONG_LENGTH)
        if (ne > most and ne != 256) or (ne > room and ne not in (256, 65536)):
            raise LostSession(Sw.WRONG_LENGTH)
        if offset >= len(content):
            raise Refusal(Sw.OFFSET_OUTSIDE)
        part = content[offset : offset + min(ne, room, most)]
        whole = ne in (256, 65536) or len(part) == ne  # a Le of zeros takes what there is (7816-4, 11.2.3)
        return part, Sw.OK if whole else Sw.END_OF_FILE

    def _read_binary_far(self, command: Command, protected: bool, room: int) -> Answer:
        """A part of the selected file beyond what two bytes of parameters reach (9303-10, 3.6.3.2; 7816-4, 11.3.3)."""
        if self._selected is None:
            raise Refusal(Sw.NO_FILE_SELECTED)
        if (
            command.p1
            or command.p2
            or command.data[:1] != b"\x54"
            or command.data[1:2] != bytes([len(command.data) - 2])
        ):
            raise Refusal(Sw.WRONG_P1_P2)
        content, offset = self._file(self._selected, protected), int.from_bytes(command.data[2:], "big")
        if command.ne > self.contents.most_bytes or command.ne > room:
            raise LostSession(Sw.WRONG_LENGTH)
        if offset >= len(content):
            raise Refusal(Sw.OFFSET_OUTSIDE)
        header = 2 if command.ne <= 0x81 else 3 if command.ne <= 0x102 else 4
        return tlv(0x53, content[offset : offset + command.ne - header]), Sw.OK

    def _manage_security_environment(self, command: Command, protected: bool) -> Answer:
        purpose = command.p1 << 8 | command.p2
        if purpose == 0xC1A4 and not protected:
            pace = Pace(self.contents.suite, self.contents.curve, self.contents.secrets, self._random)
            pace.set_at(command.data)
            self._session.pace = pace
        elif purpose == 0x41A4 and protected:
            if template(command.data) != {0x80: self._chip_key().protocol}:
                raise Refusal(Sw.WRONG_DATA)
            self._session.agreeing = True
        elif purpose == 0x41A6 and protected:
            sent = template(command.data)
            if sent.keys() != {0x91} or self._chip_key().suite is not Suite.DES3:
                raise Refusal(Sw.WRONG_DATA)
            self._session.next_channel = self._chip_key().agree(sent[0x91])
        else:
            raise Refusal(Sw.CONDITIONS if purpose in (0xC1A4, 0x41A4, 0x41A6) else Sw.WRONG_P1_P2)
        return b"", Sw.OK

    def _chip_key(self) -> ChipKey:
        if self.contents.chip_key is None or not self._in_application:
            raise Refusal(Sw.NO_SUCH_REFERENCE)
        return self.contents.chip_key

    def _authenticate_by_pace(self, command: Command, pace: Pace | None) -> Answer:
        if pace is None:
            raise Refusal(Sw.CONDITIONS)
        answer = pace.general_authenticate(command)
        if pace.channel is None:
            self._session.pace = pace
        else:
            self._session.channel = pace.channel
        return answer, Sw.OK

    def _authenticate_chip(self, command: Command, agreeing: bool) -> Answer:
        if not agreeing:
            raise Refusal(Sw.CONDITIONS)
        sent = dynamic_data(command.data)
        if sent.keys() != {0x80}:
            raise Refusal(Sw.WRONG_DATA)
        self._session.next_channel = self._chip_key().agree(sent[0x80])
        return tlv(0x7C), Sw.OK

    def _get_challenge(self, command: Command, protected: bool) -> Answer:
        if protected or not self._in_application or not self.contents.seed:
            raise Refusal(Sw.CONDITIONS)
        if command.ne not in (8, 256):
            raise Refusal(Sw.WRONG_LENGTH)
        self._session.basic = BasicAccess(self.contents.seed, self._random)
        return self._session.basic.challenge, Sw.OK

    def _external_authenticate(self, command: Command, basic: BasicAccess | None) -> Answer:
        if basic is None:
            raise Refusal(Sw.CONDITIONS)
        answer, self._session.channel = basic.authenticate(command.data)
        return answer, Sw.OK

    def _internal_authenticate(self, command: Command, protected: bool, room: int) -> Answer:
        if not protected or not self._in_application:
            raise Refusal(Sw.SECURITY_STATUS)
        key = self.contents.active_key
        if key is None:
            raise Refusal(Sw.NO_SUCH_INSTRUCTION)
        if len(command.data) != proofs.CHALLENGE_BYTES:
            raise Refusal(Sw.WRONG_LENGTH)
        signature = proofs.sign_challenge(key, self.contents.active_sha1, command.data, self._random)
        if len(signature) > min(room, command.ne):
            raise Refusal(Sw.WRONG_LENGTH)
        return signature, Sw.OK
