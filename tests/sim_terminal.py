"""A rough terminal for the simulated card's own tests: enough to get in and to look around.

It stands on the card's own ciphers, so it proves nothing of them: the standards' worked examples do that.
"""

import os
from typing import Literal

from edge.devices.sim.card import crypto, points
from edge.devices.sim.card.access import BY_CAN
from edge.devices.sim.card.applet import Chip
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import oid_value, read_all, tlv
from edge.devices.sim.card.points import Curve

SELECT_APPLICATION = bytes.fromhex("00A4040C07A0000002471001")


def ask(chip: Chip, command: str) -> str:
    """The answer to a command, both in hex."""
    return chip.process(bytes.fromhex(command)).hex().upper()


class Refused(Exception):
    """The chip answered with this status word."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer[-2:].hex().upper())
        self.sw = int.from_bytes(answer[-2:], "big")


class WrongMac(Exception):
    """The MAC of an answer is not the session's."""


class Keys:
    """The terminal's end of a session."""

    def __init__(self, suite: Suite, secret: bytes, counter: int = 0) -> None:
        self.suite = suite
        self.enciphering = crypto.derive(suite, secret, 1)
        self.signing = crypto.derive(suite, secret, 2)
        self.counter = counter

    def _count(self) -> tuple[bytes, bytes]:
        self.counter += 1
        ssc = self.counter.to_bytes(self.suite.block, "big")
        des = self.suite is Suite.DES3
        return ssc, bytes(8) if des else crypto.encipher(self.suite, self.enciphering, bytes(16), ssc)

    def _sign(self, message: bytes) -> bytes:
        padded = message if self.suite is Suite.DES3 else crypto.pad(message, self.suite.block)
        return crypto.mac(self.suite, self.signing, padded)

    def protect(self, header: bytes, data: bytes = b"", le: bytes = b"", *, extended: bool = False) -> bytes:
        """The protected command."""
        ssc, iv = self._count()
        body = b""
        if data:
            cryptogram = crypto.encipher(self.suite, self.enciphering, iv, crypto.pad(data, self.suite.block))
            body += tlv(0x87, b"\x01", cryptogram)
        if le:
            body += tlv(0x97, le)
        return self._signed(header, body, ssc, extended=extended)

    def sign(self, header: bytes, body: bytes) -> bytes:
        """A command with any data objects, whose MAC is right."""
        return self._signed(header, body, self._count()[0])

    def _signed(self, header: bytes, body: bytes, ssc: bytes, *, extended: bool = False) -> bytes:
        header = bytes((header[0] | 0x0C,)) + header[1:]
        body += tlv(0x8E, self._sign(ssc + crypto.pad(header, self.suite.block) + body))
        if extended:
            return header + b"\x00" + len(body).to_bytes(2, "big") + body + b"\x00\x00"
        return header + bytes((len(body),)) + body + b"\x00"

    def open(self, answer: bytes) -> tuple[bytes, int]:
        """Data and status word of a protected answer; raises WrongMac."""
        ssc, iv = self._count()
        body = answer[:-2]
        objects = dict(read_all(body))
        assert body[-10:-8] == b"\x8e\x08", f"not protected: {answer[-2:].hex()}"
        if self._sign(ssc + body[:-10]) != objects[0x8E]:
            raise WrongMac
        assert objects[0x99] == answer[-2:]
        data = b""
        if 0x87 in objects:
            data = crypto.unpad(crypto.decipher(self.suite, self.enciphering, iv, objects[0x87][1:]))
        return data, int.from_bytes(answer[-2:], "big")


class Terminal:
    """What a reader would do with a chip, step by step: Refused where the chip says no in the clear."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.keys: Keys | None = None

    def plain(self, command: bytes) -> bytes:
        """The data of an answer without protection."""
        answer = self.chip.process(command)
        if answer[-2:] != b"\x90\x00":
            raise Refused(answer)
        return answer[:-2]

    def send(self, header: str, data: bytes = b"", le: bytes = b"", *, extended: bool = False) -> tuple[bytes, int]:
        """Data and status word of an answer under the session."""
        assert self.keys is not None
        answer = self.chip.process(self.keys.protect(bytes.fromhex(header), data, le, extended=extended))
        if len(answer) == 2:
            raise Refused(answer)
        return self.keys.open(answer)

    def pace(self, secret: str | bytes, kind: int = BY_CAN) -> None:
        """Open the chip, and select the application."""
        suite, curve = self.chip.contents.suite, self.chip.contents.curve
        protocol = oid_value(f"0.4.0.127.0.7.2.2.4.2.{suite.value}")
        choice = tlv(0x80, protocol) + tlv(0x83, bytes((kind,)))
        self.plain(b"\x00\x22\xc1\xa4" + bytes((len(choice),)) + choice)
        key = crypto.derive(suite, secret.encode() if isinstance(secret, str) else secret, 3)
        nonce = crypto.decipher(suite, key, bytes(suite.block), self.step(0x10, b"", 0x80))
        mine, public = new_key(curve, curve.base)
        chips = points.decode(curve, self.step(0x10, tlv(0x81, public), 0x82))
        shared = points.multiply(curve, mine, chips)
        base = points.add(curve, points.multiply(curve, int.from_bytes(nonce, "big"), curve.base), shared)
        mine, public = new_key(curve, base)
        chip_public = self.step(0x10, tlv(0x83, public), 0x84)
        secret_point = points.multiply(curve, mine, points.decode(curve, chip_public))
        keys = Keys(suite, secret_point[0].to_bytes(curve.size, "big"))

        def token(point: bytes) -> bytes:
            return crypto.mac(suite, keys.signing, tlv(0x7F49, tlv(0x06, protocol), tlv(0x86, point)))

        assert self.step(0x00, tlv(0x85, token(chip_public)), 0x86) == token(public)
        self.keys = keys
        assert self.send("00A4040C", SELECT_APPLICATION[5:]) == (b"", 0x9000)

    def step(self, cla: int, data: bytes, expected: int) -> bytes:
        """One GENERAL AUTHENTICATE: the value of the one data object that comes back."""
        body = tlv(0x7C, data)
        ((tag, inside),) = read_all(self.plain(bytes((cla, 0x86, 0, 0, len(body))) + body + b"\x00"))
        assert tag == 0x7C
        ((tag, value),) = read_all(inside)
        assert tag == expected
        return value

    def basic_access(self, number: str, birth: str, expiry: str) -> None:
        """Open the chip by BAC."""
        self.plain(SELECT_APPLICATION)
        seed = crypto.mrz_seed(number, birth, expiry)[:16]
        enciphering, signing = crypto.derive(Suite.DES3, seed, 1), crypto.derive(Suite.DES3, seed, 2)
        challenge = self.plain(bytes.fromhex("0084000008"))
        own, secret = os.urandom(8), os.urandom(16)
        sent = crypto.encipher(Suite.DES3, enciphering, bytes(8), own + challenge + secret)
        sent += crypto.mac(Suite.DES3, signing, sent)
        answer = self.plain(bytes.fromhex("0082000028") + sent + b"\x28")
        assert crypto.mac(Suite.DES3, signing, answer[:32]) == answer[32:]
        plain = crypto.decipher(Suite.DES3, enciphering, bytes(8), answer[:32])
        assert plain[:16] == challenge + own
        agreed = bytes(one ^ other for one, other in zip(secret, plain[16:], strict=True))
        self.keys = Keys(Suite.DES3, agreed, int.from_bytes(challenge[4:] + own[4:], "big"))

    def read(self, fid: int) -> bytes:
        """A whole file, by its short identifier and then by offset, 200 bytes at a time."""
        data, sw = self.send(f"00B0{0x80 | fid & 0x1F:02X}00", le=b"\xc8")
        while sw == 0x9000 and len(data) % 200 == 0:
            more, sw = self.send(f"00B0{len(data):04X}", le=b"\xc8")
            data += more
        if sw not in (0x9000, 0x6282, 0x6B00):
            raise Refused(sw.to_bytes(2, "big"))
        return data

    def authenticate_chip(self, public: bytes, *, way: Literal["AT", "KAT"] = "AT") -> None:
        """Chip Authentication with this key from DG14; the new session is only proved by what follows."""
        key = self.chip.contents.chip_key
        assert key is not None
        mine, own = new_key(key.curve, key.curve.base)
        if way == "KAT":
            assert self.send("002241A6", tlv(0x91, own)) == (b"", 0x9000)
        else:
            assert self.send("002241A4", tlv(0x80, key.protocol)) == (b"", 0x9000)
            assert self.send("00860000", tlv(0x7C, tlv(0x80, own)), b"\x00") == (b"\x7c\x00", 0x9000)
        shared = points.multiply(key.curve, mine, points.decode(key.curve, public))
        self.keys = Keys(key.suite, shared[0].to_bytes(key.curve.size, "big"))


def new_key(curve: Curve, base: points.Point) -> tuple[int, bytes]:
    """A private key and its public point, over this base."""
    private = points.new_scalar(curve, os.urandom)
    return private, points.encode(curve, points.multiply(curve, private, base))
