"""Elliptic curves in Jacobian coordinates: what PACE's generic mapping needs and `cryptography` does not offer.

(X, Y, Z) stands for the point (X/Z², Y/Z³); Z = 0 is the point at infinity. Source: the formulas of the
Explicit-Formulas Database for short Weierstrass curves (dbl-2007-bl, add-2007-bl); curves: RFC 5639, SEC 2.
"""

from collections.abc import Callable
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

Point: TypeAlias = tuple[int, int]
_Jacobian: TypeAlias = tuple[int, int, int]

_INFINITY: _Jacobian = (1, 1, 0)


class PointError(Exception):
    """This is no point of the curve, or the point at infinity."""


class Curve(Struct, frozen=True):
    """y² = x³ + ax + b over the integers modulo p; ``parameter_id`` as in ICAO Doc 9303-11, table 12."""

    name: str
    parameter_id: int
    oid: str
    p: int
    a: int
    b: int
    base: Point
    order: int
    library: type[ec.EllipticCurve]

    @property
    def size(self) -> int:
        """Bytes of one coordinate."""
        return (self.p.bit_length() + 7) // 8


def _curve(name: str, parameter_id: int, oid: str, library: type[ec.EllipticCurve], *numbers: str) -> Curve:
    p, a, b, x, y, order = (int(number.replace(" ", ""), 16) for number in numbers)
    return Curve(name, parameter_id, oid, p, a, b, (x, y), order, library)


P256 = _curve(
    "secp256r1", 12, "1.2.840.10045.3.1.7", ec.SECP256R1,
    "ffffffff00000001 0000000000000000 00000000ffffffff ffffffffffffffff",
    "ffffffff00000001 0000000000000000 00000000ffffffff fffffffffffffffc",
    "5ac635d8aa3a93e7 b3ebbd55769886bc 651d06b0cc53b0f6 3bce3c3e27d2604b",
    "6b17d1f2e12c4247 f8bce6e563a440f2 77037d812deb33a0 f4a13945d898c296",
    "4fe342e2fe1a7f9b 8ee7eb4a7c0f9e16 2bce33576b315ece cbb6406837bf51f5",
    "ffffffff00000000 ffffffffffffffff bce6faada7179e84 f3b9cac2fc632551",
)  # fmt: skip
BRAINPOOL_P256 = _curve(
    "brainpoolP256r1", 13, "1.3.36.3.3.2.8.1.1.7", ec.BrainpoolP256R1,
    "a9fb57dba1eea9bc 3e660a909d838d72 6e3bf623d5262028 2013481d1f6e5377",
    "7d5a0975fc2c3057 eef67530417affe7 fb8055c126dc5c6c e94a4b44f330b5d9",
    "26dc5c6ce94a4b44 f330b5d9bbd77cbf 958416295cf7e1ce 6bccdc18ff8c07b6",
    "8bd2aeb9cb7e57cb 2c4b482ffc81b7af b9de27e1e3bd23c2 3a4453bd9ace3262",
    "547ef835c3dac4fd 97f8461a14611dc9 c27745132ded8e54 5c1d54c72f046997",
    "a9fb57dba1eea9bc 3e660a909d838d71 8c397aa3b561a6f7 901e0e82974856a7",
)  # fmt: skip
P384 = _curve(
    "secp384r1", 15, "1.3.132.0.34", ec.SECP384R1,
    "ffffffffffffffff ffffffffffffffff ffffffffffffffff fffffffffffffffe ffffffff00000000 00000000ffffffff",
    "ffffffffffffffff ffffffffffffffff ffffffffffffffff fffffffffffffffe ffffffff00000000 00000000fffffffc",
    "b3312fa7e23ee7e4 988e056be3f82d19 181d9c6efe814112 0314088f5013875a c656398d8a2ed19d 2a85c8edd3ec2aef",
    "aa87ca22be8b0537 8eb1c71ef320ad74 6e1d3b628ba79b98 59f741e082542a38 5502f25dbf55296c 3a545e3872760ab7",
    "3617de4a96262c6f 5d9e98bf9292dc29 f8f41dbd289a147c e9da3113b5f0b8c0 0a60b1ce1d7e819d 7a431d7c90ea0e5f",
    "ffffffffffffffff ffffffffffffffff ffffffffffffffff c7634d81f4372ddf 581a0db248b0a77a ecec196accc52973",
)  # fmt: skip
BRAINPOOL_P384 = _curve(
    "brainpoolP384r1", 16, "1.3.36.3.3.2.8.1.1.11", ec.BrainpoolP384R1,
    "8cb91e82a3386d28 0f5d6f7e50e641df 152f7109ed5456b4 12b1da197fb71123 acd3a729901d1a71 874700133107ec53",
    "7bc382c63d8c150c 3c72080ace05afa0 c2bea28e4fb22787 139165efba91f90f 8aa5814a503ad4eb 04a8c7dd22ce2826",
    "04a8c7dd22ce2826 8b39b55416f0447c 2fb77de107dcd2a6 2e880ea53eeb62d5 7cb4390295dbc994 3ab78696fa504c11",
    "1d1c64f068cf45ff a2a63a81b7c13f6b 8847a3e77ef14fe3 db7fcafe0cbd10e8 e826e03436d646aa ef87b2e247d4af1e",
    "8abe1d7520f9c2a4 5cb1eb8e95cfd552 62b70b29feec5864 e19c054ff9912928 0e4646217791811 142820341263c5315",
    "8cb91e82a3386d28 0f5d6f7e50e641df 152f7109ed5456b3 1f166e6cac0425a7 cf3ab6af6b7fc310 3b883202e9046565",
)  # fmt: skip
BRAINPOOL_P512 = _curve(
    "brainpoolP512r1", 17, "1.3.36.3.3.2.8.1.1.13", ec.BrainpoolP512R1,
    "aadd9db8dbe9c48b 3fd4e6ae33c9fc07 cb308db3b3c9d20e d6639cca70330871"
    "7d4d9b009bc66842 aecda12ae6a380e6 2881ff2f2d82c685 28aa6056583a48f3",
    "7830a3318b603b89 e2327145ac234cc5 94cbdd8d3df91610 a83441caea9863bc"
    "2ded5d5aa8253aa1 0a2ef1c98b9ac8b5 7f1117a72bf2c7b9 e7c1ac4d77fc94ca",
    "3df91610a83441ca ea9863bc2ded5d5a a8253aa10a2ef1c9 8b9ac8b57f1117a7"
    "2bf2c7b9e7c1ac4d 77fc94cadc083e67 984050b75ebae5dd 2809bd638016f723",
    "81aee4bdd82ed964 5a21322e9c4c6a93 85ed9f70b5d916c1 b43b62eef4d0098e"
    "ff3b1f78e2d0d48d 50d1687b93b97d5f 7c6d5047406a5e68 8b352209bcb9f822",
    "7dde385d566332ec c0eabfa9cf7822fd f209f70024a57b1a a000c55b881f8111"
    "b2dcde494a5f485e 5bca4bd88a2763ae d1ca2b2fa8f05406 78cd1e0f3ad80892",
    "aadd9db8dbe9c48b 3fd4e6ae33c9fc07 cb308db3b3c9d20e d6639cca70330870"
    "553e5c414ca92619 418661197fac1047 1db1d381085ddadd b58796829ca90069",
)  # fmt: skip

CURVES = (P256, BRAINPOOL_P256, P384, BRAINPOOL_P384, BRAINPOOL_P512)


def multiply(curve: Curve, factor: int, point: Point) -> Point:
    """``factor`` times the point, four bits at a time. Raises PointError where that is the point at infinity."""
    table = [_INFINITY, (*point, 1)]
    for _ in range(14):
        table.append(_add(curve, table[-1], table[1]))
    total = _INFINITY
    for shift in range((factor.bit_length() + 3) // 4 * 4 - 4, -4, -4):
        for _ in range(4):
            total = _double(curve, total)
        total = _add(curve, total, table[factor >> shift & 0xF])
    return _affine(curve, total)


def add(curve: Curve, one: Point, other: Point) -> Point:
    """The sum of two points. Raises PointError where that is the point at infinity."""
    return _affine(curve, _add(curve, (*one, 1), (*other, 1)))


def encode(curve: Curve, point: Point) -> bytes:
    """04 ‖ x ‖ y, uncompressed (TR-03111, 3.2.1)."""
    return b"\x04" + b"".join(number.to_bytes(curve.size, "big") for number in point)


def decode(curve: Curve, data: bytes) -> Point:
    """The point of an uncompressed encoding. Raises PointError where it is none of the curve."""
    if len(data) != 1 + 2 * curve.size or data[0] != 4:
        raise PointError("no uncompressed point of this curve")
    x, y = int.from_bytes(data[1 : 1 + curve.size], "big"), int.from_bytes(data[1 + curve.size :], "big")
    if x >= curve.p or y >= curve.p or (y * y - (x * x + curve.a) * x - curve.b) % curve.p:
        raise PointError("not on the curve")
    return x, y


def new_scalar(curve: Curve, random: Callable[[int], bytes]) -> int:
    """A private key: random numbers are drawn until one is below the order."""
    while True:
        number = int.from_bytes(random(curve.size), "big")
        if 0 < number < curve.order:
            return number


def _double(curve: Curve, point: _Jacobian) -> _Jacobian:
    x, y, z = point
    p = curve.p
    if not z or not y:
        return _INFINITY
    yy = y * y % p
    s = 4 * x * yy % p
    zz = z * z % p
    m = (3 * x * x + curve.a * zz * zz) % p
    x2 = (m * m - 2 * s) % p
    return x2, (m * (s - x2) - 8 * yy * yy) % p, 2 * y * z % p


def _add(curve: Curve, one: _Jacobian, other: _Jacobian) -> _Jacobian:
    if not one[2]:
        return other
    if not other[2]:
        return one
    p = curve.p
    x1, y1, z1 = one
    x2, y2, z2 = other
    zz1, zz2 = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * zz2 % p, x2 * zz1 % p
    s1, s2 = y1 * z2 * zz2 % p, y2 * z1 * zz1 % p
    h, r = (u2 - u1) % p, (s2 - s1) % p
    if not h:
        return _INFINITY if r else _double(curve, one)
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, z1 * z2 * h % p


def _affine(curve: Curve, point: _Jacobian) -> Point:
    x, y, z = point
    if not z:
        raise PointError("the point at infinity")
    inverse = pow(z, -1, curve.p)
    square = inverse * inverse % curve.p
    return x * square % curve.p, y * square * inverse % curve.p
