"""How a terminal shows the chip that it knows what is printed on the card: BAC and PACE, seen from the chip.

Source: ICAO Doc 9303-11, 4.3 (BAC), 4.4 (PACE, ECDH with generic mapping).
"""

import hmac
from collections.abc import Callable, Mapping

from edge.devices.sim.card import crypto, points
from edge.devices.sim.card.apdu import Command, Refusal, Sw
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import DerError, oid_value, read_all, tlv
from edge.devices.sim.card.messaging import Channel
from edge.devices.sim.card.points import Curve, Point, PointError

Random = Callable[[int], bytes]

PACE_ECDH_GM = "0.4.0.127.0.7.2.2.4.2"
BY_MRZ, BY_CAN = 1, 2
CHAINED = 0x10


class Pace:
    """One run of PACE: MSE:Set AT, then four times GENERAL AUTHENTICATE, in this order."""

    def __init__(self, suite: Suite, curve: Curve, secrets: Mapping[int, bytes], random: Random) -> None:
        self._suite = suite
        self._curve = curve
        self._secrets = secrets
        self._random = random
        self._protocol = oid_value(f"{PACE_ECDH_GM}.{suite.value}")
        self._key = b""
        self._steps = iter((self._send_nonce, self._map, self._agree, self._confirm))
        self._base: Point = curve.base
        self._nonce = 0
        self._chip_point = self._terminal_point = b""
        self.channel: Channel | None = None

    def set_at(self, data: bytes) -> None:
        """Take the terminal's choice of protocol and password.

        Raises Refusal: 6A80 where the chip does not know the protocol, 6A88 the password or the curve.
        """
        choice = template(data)
        if choice.get(0x80) != self._protocol or not choice.keys() <= {0x80, 0x83, 0x84}:
            raise Refusal(Sw.WRONG_DATA)
        here = bytes((self._curve.parameter_id,))
        secret = self._secrets.get(int.from_bytes(choice.get(0x83, b""), "big"))
        if secret is None or choice.get(0x84, here) != here:
            raise Refusal(Sw.NO_SUCH_REFERENCE)
        self._key = crypto.derive(self._suite, secret, 3)

    def general_authenticate(self, command: Command) -> bytes:
        """The next step's answer. Raises Refusal; then this run is over. After the last step there is a channel."""
        step = next(self._steps)
        last = step == self._confirm
        if last == bool(command.cla & CHAINED):
            raise Refusal(Sw.LAST_OF_CHAIN_EXPECTED if last else Sw.WRONG_DATA)
        return tlv(0x7C, step(dynamic_data(command.data)))

    def _send_nonce(self, sent: Mapping[int, bytes]) -> bytes:
        if sent:
            raise Refusal(Sw.WRONG_DATA)
        nonce = self._random(self._suite.nonce_bytes)
        self._nonce = int.from_bytes(nonce, "big")
        return tlv(0x80, crypto.encipher(self._suite, self._key, bytes(self._suite.block), nonce))

    def _map(self, sent: Mapping[int, bytes]) -> bytes:
        """The new base point: nonce · G + H, where H is a first anonymous key agreement (9303-11, 4.4.3.3.1)."""
        terminal = self._point(sent, 0x81)
        private = points.new_scalar(self._curve, self._random)
        public = points.multiply(self._curve, private, self._curve.base)
        try:
            shared = points.multiply(self._curve, private, terminal)
            self._base = points.add(self._curve, points.multiply(self._curve, self._nonce, self._curve.base), shared)
        except PointError:
            raise Refusal(Sw.NOT_AUTHENTICATED) from None
        return tlv(0x82, points.encode(self._curve, public))

    def _agree(self, sent: Mapping[int, bytes]) -> bytes:
        terminal = self._point(sent, 0x83)
        private = points.new_scalar(self._curve, self._random)
        public = points.multiply(self._curve, private, self._base)
        if terminal == public:
            raise Refusal(Sw.NOT_AUTHENTICATED)
        shared = points.multiply(self._curve, private, terminal)
        self._chip_point = points.encode(self._curve, public)
        self._terminal_point = points.encode(self._curve, terminal)
        self._agreed = Channel(self._suite, shared[0].to_bytes(self._curve.size, "big"))
        return tlv(0x84, self._chip_point)

    def _confirm(self, sent: Mapping[int, bytes]) -> bytes:
        if sent.keys() != {0x85}:
            raise Refusal(Sw.WRONG_DATA)
        if not hmac.compare_digest(sent[0x85], self._token(self._chip_point)):
            raise Refusal(Sw.NOT_AUTHENTICATED)
        self.channel = self._agreed
        return tlv(0x86, self._token(self._terminal_point))

    def _token(self, point: bytes) -> bytes:
        """The MAC over the other side's public key (9303-11, 4.4.3.4)."""
        return self._agreed.mac(tlv(0x7F49, tlv(0x06, self._protocol), tlv(0x86, point)))

    def _point(self, sent: Mapping[int, bytes], tag: int) -> Point:
        if sent.keys() != {tag}:
            raise Refusal(Sw.WRONG_DATA)
        try:
            return points.decode(self._curve, sent[tag])
        except PointError:
            raise Refusal(Sw.WRONG_DATA) from None


class BasicAccess:
    """One run of BAC: GET CHALLENGE, then EXTERNAL AUTHENTICATE, always with 3DES."""

    def __init__(self, seed: bytes, random: Random) -> None:
        self._enciphering = crypto.derive(Suite.DES3, seed, 1)
        self._signing = crypto.derive(Suite.DES3, seed, 2)
        self._random = random
        self.challenge = random(8)

    def authenticate(self, data: bytes) -> tuple[bytes, Channel]:
        """The chip's answer, and the session that begins after it.

        Raises Refusal 6700 where it is not 40 bytes, 6300 where the terminal does not know the MRZ.
        """
        if len(data) != 40:
            raise Refusal(Sw.WRONG_LENGTH)
        cryptogram, code = data[:32], data[32:]
        plain = crypto.decipher(Suite.DES3, self._enciphering, bytes(8), cryptogram)
        terminal, repeated, terminal_key = plain[:8], plain[8:16], plain[16:]
        right = hmac.compare_digest(crypto.mac(Suite.DES3, self._signing, cryptogram), code)
        if not right or not hmac.compare_digest(repeated, self.challenge):
            raise Refusal(Sw.NOT_AUTHENTICATED)
        chip_key = self._random(16)
        answer = crypto.encipher(Suite.DES3, self._enciphering, bytes(8), self.challenge + terminal + chip_key)
        secret = bytes(one ^ other for one, other in zip(terminal_key, chip_key, strict=True))
        counter = int.from_bytes(self.challenge[4:] + terminal[4:], "big")
        return answer + crypto.mac(Suite.DES3, self._signing, answer), Channel(Suite.DES3, secret, counter)


def dynamic_data(data: bytes) -> dict[int, bytes]:
    """What is inside the one template 7C. Raises Refusal 6A80."""
    outer = template(data)
    if outer.keys() != {0x7C}:
        raise Refusal(Sw.WRONG_DATA)
    return template(outer[0x7C])


def template(data: bytes) -> dict[int, bytes]:
    """Data objects by their tag, each once. Raises Refusal 6A80."""
    try:
        found = read_all(data)
    except DerError:
        raise Refusal(Sw.WRONG_DATA) from None
    if len(dict(found)) != len(found):
        raise Refusal(Sw.WRONG_DATA)
    return dict(found)
