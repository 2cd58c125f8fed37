"""Elliptic curves: the standardized ones, the little arithmetic that PACE needs, and keys as chips hold them."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.tlv import Tlv, read_all, read_only, value_of, write

EC_PUBLIC_KEY = bytes.fromhex("2A8648CE3D0201")
PRIME_FIELD = bytes.fromhex("2A8648CE3D0101")

_INTEGER, _BITS, _OCTETS, _OID, _SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30

Triple = tuple[int, int, int]  # projective coordinates; z is 0 at infinity


class UnknownCurve(CardError):
    """A key on a curve that is none of those here."""

    def __init__(self) -> None:
        super().__init__(ReadingFault.MALFORMED, "curve: none of those that are known")


class Point(Struct, frozen=True):
    """A point of a curve, never the one at infinity."""

    x: int
    y: int

    def __repr__(self) -> str:
        return "Point(…)"


class Curve(Struct, frozen=True):
    """y² = x³ + ax + b over the field of p, with generator g of prime order n and cofactor 1.

    ``parameter_id`` is its number among the standardized domain parameters, ``oid`` the bytes of its object identifier.
    """

    name: str
    parameter_id: int
    oid: bytes
    p: int
    a: int
    b: int
    g: Point
    n: int
    openssl: type[ec.EllipticCurve]

    @property
    def size(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8

    @property
    def order_size(self) -> int:
        """Bytes of a private key, and of each half of a signature."""
        return (self.n.bit_length() + 7) // 8

    def draw_key(self, random: Callable[[int], bytes]) -> int:
        """A private key, 1 to n - 1, each as likely, from the first of ``random``'s bytes that make one.

        Raises ValueError where they never do, so where they are not random.
        """
        for _ in range(128):
            key = int.from_bytes(random(self.order_size)) & ((1 << self.n.bit_length()) - 1)
            if 1 <= key < self.n:
                return key
        raise ValueError("no private key in 128 draws")

    def public(self, key: int) -> Point:
        """The point that belongs to this private key."""
        numbers = ec.derive_private_key(key, self.openssl()).public_key().public_numbers()
        return Point(numbers.x, numbers.y)

    def agree(self, key: int, other: Point) -> bytes:
        """The secret shared with the holder of the other key: the x-coordinate of ``key`` times their point.

        The same for any generator of the curve. ``other`` must be of ``decode``. Source: BSI TR-03111, 4.3.1.
        """
        theirs = ec.EllipticCurvePublicNumbers(other.x, other.y, self.openssl()).public_key()
        return ec.derive_private_key(key, self.openssl()).exchange(ec.ECDH(), theirs)

    def encode(self, point: Point) -> bytes:
        """The point, uncompressed. Source: BSI TR-03111, 3.2.1."""
        return b"\x04" + point.x.to_bytes(self.size) + point.y.to_bytes(self.size)

    def decode(self, encoded: bytes) -> Point:
        """The point in these bytes. Raises CardError (MALFORMED) where it is compressed, or not on this curve.

        With cofactor 1 every point but infinity, which has no such encoding, is of order n.
        Source: BSI TR-03111, 3.2.1; ICAO Doc 9303-11, 4.4 (public keys must be validated).
        """
        if len(encoded) != 1 + 2 * self.size or encoded[0] != 0x04:
            raise CardError(ReadingFault.MALFORMED, "curve: not an uncompressed point")
        x, y = int.from_bytes(encoded[1 : 1 + self.size]), int.from_bytes(encoded[1 + self.size :])
        if x >= self.p or y >= self.p or (y * y - (x * x + self.a) * x - self.b) % self.p:
            raise CardError(ReadingFault.MALFORMED, "curve: a point that is not on it")
        return Point(x, y)

    def add(self, one: Point, other: Point) -> Point:
        """The sum. Raises CardError (MALFORMED) where it is infinity."""
        return self._affine(self._sum((one.x, one.y, 1), (other.x, other.y, 1)))

    def multiply(self, factor: int, point: Point) -> Point:
        """``factor`` times the point. Raises CardError (MALFORMED) where that is infinity.

        Takes longer for some factors than for others: only for keys that are used once.
        """
        total, base = (0, 1, 0), (point.x, point.y, 1)
        multiples = [total]
        for _ in range(15):
            multiples.append(self._sum(multiples[-1], base))
        digits = f"{factor % self.n:x}"
        for digit in digits:
            for _ in range(4):
                total = self._sum(total, total)
            total = self._sum(total, multiples[int(digit, 16)])
        return self._affine(total)

    def _sum(self, one: Triple, other: Triple) -> Triple:
        """The sum in projective coordinates, by formulas that hold for any two points of a curve of odd order.

        Source: Renes, Costello, Batina, "Complete addition formulas for prime order elliptic curves", 2016, section 3.
        """
        (x1, y1, z1), (x2, y2, z2), p, a = one, other, self.p, self.a
        xx, yy, zz = x1 * x2 % p, y1 * y2 % p, z1 * z2 % p
        xy = ((x1 + y1) * (x2 + y2) - xx - yy) % p
        xz = ((x1 + z1) * (x2 + z2) - xx - zz) % p
        yz = ((y1 + z1) * (y2 + z2) - yy - zz) % p
        aside = (a * xz + 3 * self.b * zz) % p
        minus, plus = yy - aside, yy + aside
        mixed = (a * (xx - a * zz) + 3 * self.b * xz) % p
        slope = (3 * xx + a * zz) % p
        return (xy * minus - yz * mixed) % p, (plus * minus + slope * mixed) % p, (yz * plus + xy * slope) % p

    def _affine(self, triple: Triple) -> Point:
        x, y, z = triple
        if z == 0:
            raise CardError(ReadingFault.MALFORMED, "curve: the point at infinity")
        inverse = pow(z, -1, self.p)
        return Point(x * inverse % self.p, y * inverse % self.p)

    def __repr__(self) -> str:
        return f"Curve({self.name})"


class EcPublicKey(Struct, frozen=True):
    """A chip's key on one of the curves."""

    curve: Curve
    point: Point


def named_curve(parameters: Tlv) -> Curve:
    """The curve of an EC key's parameters: its name, or all its numbers (which `cryptography` would refuse).

    Raises UnknownCurve on numbers that are none of the curves here, so that none of a chip's own making is used, and
    CardError (MALFORMED).
    Source: RFC 5480, 2.1.1; BSI TR-03111, 5.1.1 (explicit parameters).
    """
    if parameters.tag == _OID:
        for curve in CURVES.values():
            if parameters.value == curve.oid:
                return curve
        raise UnknownCurve
    if parameters.tag != _SEQUENCE:
        raise CardError(ReadingFault.MALFORMED, "curve: neither a name nor numbers")
    numbers = read_all(parameters.value)
    if [each.tag for each in numbers[:5]] != [_INTEGER, _SEQUENCE, _SEQUENCE, _OCTETS, _INTEGER]:
        raise CardError(ReadingFault.MALFORMED, "curve: numbers in another order")
    field, coefficients = read_all(numbers[1].value), read_all(numbers[2].value)
    if value_of(field, _OID) != PRIME_FIELD or [each.tag for each in coefficients[:2]] != [_OCTETS, _OCTETS]:
        raise CardError(ReadingFault.MALFORMED, "curve: not over a prime field")
    p, n = int.from_bytes(value_of(field, _INTEGER)), int.from_bytes(numbers[4].value)
    a, b = (int.from_bytes(each.value) for each in coefficients[:2])
    for curve in CURVES.values():
        if (p, a, b, n) == (curve.p, curve.a, curve.b, curve.n) and _is_generator(curve, numbers[3].value):
            return curve
    raise UnknownCurve


def parse_ec_public_key(spki: bytes) -> EcPublicKey:
    """The key in a SubjectPublicKeyInfo. Raises CardError (MALFORMED) where it is not on a curve that is known."""
    _, parameters, encoded = _key_parts(spki)
    curve = named_curve(parameters)
    return EcPublicKey(curve, curve.decode(encoded))


def with_named_curve(spki: bytes) -> bytes:
    """The SubjectPublicKeyInfo with its curve by name, whichever way it had it. Raises CardError (MALFORMED)."""
    algorithm, parameters, encoded = _key_parts(spki)
    curve = named_curve(parameters)
    body = write(_SEQUENCE, algorithm + write(_OID, curve.oid)) + write(_BITS, b"\0" + encoded)
    return write(_SEQUENCE, body)


def _key_parts(spki: bytes) -> tuple[bytes, Tlv, bytes]:
    """Of an EC key: the algorithm's encoded identifier, its parameters, and the encoded point."""
    parts = read_all(read_only(spki, _SEQUENCE))
    if [part.tag for part in parts] != [_SEQUENCE, _BITS]:
        raise CardError(ReadingFault.MALFORMED, "public key: no SubjectPublicKeyInfo")
    algorithm = read_all(parts[0].value)
    if len(algorithm) != 2 or (algorithm[0].tag, algorithm[0].value) != (_OID, EC_PUBLIC_KEY):
        raise CardError(ReadingFault.MALFORMED, "public key: not on an elliptic curve")
    if parts[1].value[:1] != b"\0":
        raise CardError(ReadingFault.MALFORMED, "public key: not whole bytes")
    return write(_OID, EC_PUBLIC_KEY), algorithm[1], parts[1].value[1:]


def _is_generator(curve: Curve, encoded: bytes) -> bool:
    x = curve.g.x.to_bytes(curve.size)
    return encoded in (curve.encode(curve.g), bytes([2 + (curve.g.y & 1)]) + x)


def _curve(name: str, parameter_id: int, oid: str, openssl: type[ec.EllipticCurve], numbers: str) -> Curve:
    """``numbers``: p, a, b, the coordinates of g, and n, in hexadecimal."""
    p, a, b, x, y, n = (int(number, 16) for number in numbers.split())
    return Curve(name, parameter_id, bytes.fromhex(oid), p, a, b, Point(x, y), n, openssl)


# Curves by the numbers of ICAO Doc 9303-11, 9.5.1: P-… are NIST's (FIPS 186-4, D.1.2), brainpool those of RFC 5639, 3.
# Left out: those of 192 bits (8, 9), and brainpoolP224r1 and P320r1 (11, 14), which `cryptography` lacks.
CURVES = {
    curve.parameter_id: curve
    for curve in (
        _curve(
            "P-224",
            10,
            "2b81040021",
            ec.SECP224R1,
            """
            ffffffffffffffffffffffffffffffff000000000000000000000001
            fffffffffffffffffffffffffffffffefffffffffffffffffffffffe
            b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4
            b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21
            bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34
            ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d
            """,
        ),
        _curve(
            "P-256",
            12,
            "2a8648ce3d030107",
            ec.SECP256R1,
            """
            ffffffff00000001000000000000000000000000ffffffffffffffffffffffff
            ffffffff00000001000000000000000000000000fffffffffffffffffffffffc
            5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
            6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
            4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5
            ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
            """,
        ),
        _curve(
            "brainpoolP256r1",
            13,
            "2b2403030208010107",
            ec.BrainpoolP256R1,
            """
            a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377
            7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9
            26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6
            8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262
            547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997
            a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7
            """,
        ),
        _curve(
            "P-384",
            15,
            "2b81040022",
            ec.SECP384R1,
            """
            fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff
            fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc
            b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef
            aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7
            3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f
            ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
            """,
        ),
        _curve(
            "brainpoolP384r1",
            16,
            "2b240303020801010b",
            ec.BrainpoolP384R1,
            """
            8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53
            7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826
            04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11
            1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e
            8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315
            8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565
            """,
        ),
        _curve(
            "brainpoolP512r1",
            17,
            "2b240303020801010d",
            ec.BrainpoolP512R1,
            "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330871"
            "7d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3 "
            "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc"
            "2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca "
            "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a7"
            "2bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723 "
            "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098e"
            "ff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822 "
            "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111"
            "b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892 "
            "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870"
            "553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069 ",
        ),
        _curve(
            "P-521",
            18,
            "2b81040023",
            ec.SECP521R1,
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff "
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc "
            "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109"
            "e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00 "
            "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d"
            "baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66 "
            "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e66"
            "2c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650 "
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409 ",
        ),
    )
}
