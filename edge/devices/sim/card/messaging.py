"""Secure messaging, seen from the chip. Source: ICAO Doc 9303-11, 9.8; ISO/IEC 7816-4, 10."""

import hmac

from edge.devices.sim.card import crypto
from edge.devices.sim.card.apdu import Command, LostSession, Sw
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import DerError, read_all, tlv

CLA = 0x0C
_CRYPTOGRAM, _CRYPTOGRAM_ODD, _LE, _STATUS, _MAC = 0x87, 0x85, 0x97, 0x99, 0x8E
_ANSWERED_WITHOUT_DATA = 4 + 2 + crypto.MAC_BYTES  # DO'99' and DO'8E'


class Channel:
    """The chip's end of a session: two keys and the counter, which goes up with every command and every answer."""

    def __init__(self, suite: Suite, secret: bytes, counter: int = 0) -> None:
        self.suite = suite
        self._enciphering = crypto.derive(suite, secret, 1)
        self._signing = crypto.derive(suite, secret, 2)
        self._counter = counter

    def __repr__(self) -> str:
        return f"Channel({self.suite.name})"

    def mac(self, data: bytes) -> bytes:
        """The MAC under the session's key without counter and padding, as PACE's tokens are made."""
        return crypto.mac(self.suite, self._signing, data)

    def open(self, command: Command) -> Command:
        """The command that is inside.

        Raises LostSession: 6987 where its MAC is missing, 6988 where that or a data object is wrong, 6700 where it
        leaves no room for an answer.
        """
        self._counter += 1
        objects = self._objects(command)
        code = objects.pop(_MAC)
        signed = crypto.pad(bytes((command.cla, command.ins, command.p1, command.p2)), self.suite.block)
        signed += b"".join(tlv(tag, value) for tag, value in objects.items())
        if not hmac.compare_digest(self._sign(signed), code):
            raise LostSession(Sw.SM_OBJECT_WRONG)
        if not command.ne:
            raise LostSession(Sw.WRONG_LENGTH)
        plain = b"".join(self._plain(tag, objects[tag]) for tag in (_CRYPTOGRAM, _CRYPTOGRAM_ODD) if tag in objects)
        le = objects.get(_LE)
        ne = 0 if le is None else int.from_bytes(le, "big") or 1 << 8 * len(le)
        return Command(command.cla, command.ins, command.p1, command.p2, plain, ne, command.extended)

    def seal(self, data: bytes, sw: int) -> bytes:
        """The protected answer: DO'87' where there are data, DO'99', DO'8E', and the status word once more outside."""
        self._counter += 1
        inside = b""
        if data:
            padded = crypto.pad(data, self.suite.block)
            inside = tlv(_CRYPTOGRAM, b"\x01", crypto.encipher(self.suite, self._enciphering, self._iv(), padded))
        inside += tlv(_STATUS, sw.to_bytes(2, "big"))
        return inside + tlv(_MAC, self._sign(inside)) + sw.to_bytes(2, "big")

    def room(self, most: int) -> int:
        """The most plain bytes that an answer of ``most`` bytes, its status word not counted, can carry."""
        left = most - _ANSWERED_WITHOUT_DATA - 1  # the tag of DO'87'
        value = max(min(limit, left - length) for length, limit in ((1, 0x7F), (2, 0xFF), (3, 0xFFFF)))
        return max((value - 1) // self.suite.block * self.suite.block - 1, 0)  # an indicator before, padding behind

    def _objects(self, command: Command) -> dict[int, bytes]:
        """The data objects in their order, each once; what no chip takes raises LostSession."""
        try:
            found = read_all(command.data)
        except DerError:
            raise LostSession(Sw.SM_OBJECT_WRONG) from None
        tags = [tag for tag, _ in found]
        if _MAC not in tags:
            raise LostSession(Sw.SM_OBJECT_MISSING)
        cryptogram = _CRYPTOGRAM_ODD if command.ins & 1 else _CRYPTOGRAM
        objects = dict(found)
        expected = [tag for tag in (cryptogram, _LE, _MAC) if tag in objects]
        if tags != expected or len(objects[_MAC]) != crypto.MAC_BYTES or len(objects.get(_LE, b"\x00")) not in (1, 2):
            raise LostSession(Sw.SM_OBJECT_WRONG)
        return objects

    def _plain(self, tag: int, value: bytes) -> bytes:
        if tag == _CRYPTOGRAM:
            if value[:1] != b"\x01":
                raise LostSession(Sw.SM_OBJECT_WRONG)
            value = value[1:]
        if not value or len(value) % self.suite.block:
            raise LostSession(Sw.SM_OBJECT_WRONG)
        try:
            return crypto.unpad(crypto.decipher(self.suite, self._enciphering, self._iv(), value))
        except ValueError:
            raise LostSession(Sw.SM_OBJECT_WRONG) from None

    def _iv(self) -> bytes:
        if self.suite is Suite.DES3:
            return bytes(8)
        return crypto.encipher(self.suite, self._enciphering, bytes(16), self._ssc())

    def _ssc(self) -> bytes:
        size = self.suite.block
        return (self._counter % (1 << 8 * size)).to_bytes(size, "big")

    def _sign(self, data: bytes) -> bytes:
        """The MAC of a message: the counter and the data, padded (9303-11, 9.8.6), which the retail MAC does itself."""
        message = self._ssc() + data
        return self.mac(message if self.suite is Suite.DES3 else crypto.pad(message, self.suite.block))
