"""Elliptic curves, against OpenSSL and published values."""

from collections.abc import Callable
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.curves import (
    CURVES,
    Curve,
    EcPublicKey,
    Point,
    UnknownCurve,
    named_curve,
    parse_ec_public_key,
    with_named_curve,
)
from edge.emrtd.errors import CardError
from edge.emrtd.tlv import Tlv, read_all, read_only, write

EC_OID, FIELD_OID = bytes.fromhex("2A8648CE3D0201"), bytes.fromhex("2A8648CE3D0101")

each_curve = pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)


def integer(number: int) -> bytes:
    return write(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def explicit(
    curve: Curve, other: dict[str, int] | None = None, compressed: bool = False, cofactor: bool = True
) -> bytes:
    """The curve's parameters as numbers, with others in place of its own."""
    numbers = {"p": curve.p, "a": curve.a, "b": curve.b, "n": curve.n} | (other or {})
    x, y = curve.g.x.to_bytes(curve.size), curve.g.y.to_bytes(curve.size)
    base = bytes([2 + (curve.g.y & 1)]) + x if compressed else b"\x04" + x + y
    return write(
        0x30,
        integer(1)
        + write(0x30, write(0x06, FIELD_OID) + integer(numbers["p"]))
        + write(0x30, write(0x04, numbers["a"].to_bytes(curve.size)) + write(0x04, numbers["b"].to_bytes(curve.size)))
        + write(0x04, base)
        + integer(numbers["n"])
        + (integer(1) if cofactor else b""),
    )


def spki(parameters: bytes, point: bytes, algorithm: bytes = EC_OID) -> bytes:
    return write(0x30, write(0x30, write(0x06, algorithm) + parameters) + write(0x03, b"\0" + point))


def fault(of: Callable[[], object]) -> ReadingFault:
    with pytest.raises(CardError) as caught:
        of()
    return caught.value.fault


@each_curve
def test_the_numbers_of_a_curve_are_those_of_openssl(curve: Curve) -> None:
    key = ec.derive_private_key(1, curve.openssl()).public_key()
    assert (key.public_numbers().x, key.public_numbers().y) == (curve.g.x, curve.g.y)
    assert curve.decode(curve.encode(curve.g)) == curve.g
    # n times any point is infinity, and (n - 1) times it is its mirror image: so n is the order.
    assert curve.multiply(curve.n - 1, curve.g) == Point(curve.g.x, curve.p - curve.g.y)
    assert fault(lambda: curve.multiply(curve.n, curve.g)) is ReadingFault.MALFORMED
    named = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert parse_ec_public_key(named) == EcPublicKey(curve, curve.g)


@each_curve
@settings(max_examples=20)
@given(data=st.data())
def test_multiples_and_sums_are_those_of_openssl(curve: Curve, data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(1, curve.n - 1)) for _ in range(2))
    point, second = curve.public(one), curve.public(other)
    assert curve.multiply(one, curve.g) == point
    product = curve.multiply(other, point)
    assert product == curve.public(one * other % curve.n)
    assert curve.agree(other, point) == product.x.to_bytes(curve.size)
    if (one + other) % curve.n:
        assert curve.add(point, second) == curve.public((one + other) % curve.n)


@each_curve
def test_a_point_is_doubled_and_a_mirror_image_refused(curve: Curve) -> None:
    assert curve.add(curve.g, curve.g) == curve.public(2)
    assert fault(lambda: curve.add(curve.g, Point(curve.g.x, curve.p - curve.g.y))) is ReadingFault.MALFORMED


def test_the_agreement_of_rfc_7027_on_brainpoolp256r1() -> None:
    curve = CURVES[13]
    ours = 0x81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D
    theirs = Point(
        0x8D2D688C6CF93E1160AD04CC4429117DC2C41825E1E9FCA0ADDD34E6F1B39F7B,
        0x990C57520812BE512641E47034832106BC7D3E8DD0E4C7F1136D7006547CEC6A,
    )
    shared = Point(
        0x89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B,
        0x49C27868F4ECA2179BFD7D59B1E3BF34C1DBDE61AE12931648F43E59632504DE,
    )
    assert curve.public(0x55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3) == theirs
    assert curve.multiply(ours, theirs) == shared
    assert curve.agree(ours, theirs) == shared.x.to_bytes(32)


def test_a_shared_secret_keeps_its_leading_zeros() -> None:
    curve = CURVES[12]
    key = next(key for key in range(1, 2000) if curve.multiply(key, curve.public(2)).x >> 248 == 0)
    assert curve.agree(key, curve.public(2))[0] == 0
    assert len(curve.agree(key, curve.public(2))) == 32


@each_curve
@given(data=st.data())
def test_any_bytes_are_a_point_of_the_curve_or_malformed(curve: Curve, data: st.DataObject) -> None:
    size = 2 * curve.size
    encoded = data.draw(
        st.binary(max_size=140) | st.binary(min_size=size, max_size=size).map(lambda coordinates: b"\x04" + coordinates)
    )
    try:
        point = curve.decode(encoded)
    except CardError:
        return
    assert curve.encode(point) == encoded


@each_curve
def test_a_point_beside_the_curve_is_malformed(curve: Curve) -> None:
    good = curve.encode(curve.public(5))
    point = curve.public(5)
    x, y = point.x.to_bytes(curve.size), point.y.to_bytes(curve.size)
    bad = [
        b"",
        b"\0",  # infinity
        bytes([2 + (point.y & 1)]) + x,
        b"\x06" + x + y,  # hybrid
        good[:-1],
        good + b"\0",
        good[:1] + bytes(2 * curve.size),
        good[:-1] + bytes([good[-1] ^ 1]),
        b"\x04" + y + x,
        b"\x04" + curve.p.to_bytes(curve.size) + y,
    ]
    for encoded in bad:
        assert fault(partial(curve.decode, encoded)) is ReadingFault.MALFORMED


def test_coordinates_that_are_not_reduced_are_malformed() -> None:
    curve = CURVES[18]  # of 521 bits in 66 bytes, so that p more still fits
    x, y = ((number + curve.p).to_bytes(66) for number in (curve.g.x, curve.g.y))
    for encoded in (b"\x04" + x + curve.g.y.to_bytes(66), b"\x04" + curve.g.x.to_bytes(66) + y):
        assert fault(partial(curve.decode, encoded)) is ReadingFault.MALFORMED


@each_curve
def test_a_curve_by_its_numbers_is_the_curve_by_its_name(curve: Curve) -> None:
    point = curve.encode(curve.public(7))
    named = spki(write(0x06, curve.oid), point)
    for numbers in (explicit(curve), explicit(curve, compressed=True), explicit(curve, cofactor=False)):
        key = spki(numbers, point)
        assert parse_ec_public_key(key) == EcPublicKey(curve, curve.public(7))
        assert with_named_curve(key) == named
    assert with_named_curve(named) == named
    # OpenSSL reads what comes out, and writes the same.
    loaded = ec.EllipticCurvePublicKey.from_encoded_point(curve.openssl(), point)
    assert loaded.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == named


@pytest.mark.parametrize("changed", ["p", "a", "b", "n"])
def test_a_curve_of_other_numbers_is_unknown(changed: str) -> None:
    curve = CURVES[13]
    with pytest.raises(UnknownCurve):
        parse_ec_public_key(spki(explicit(curve, {changed: curve.p - 4}), curve.encode(curve.g)))


def test_a_curve_of_another_generator_is_unknown() -> None:
    curve = CURVES[13]
    other = explicit(curve).replace(curve.g.x.to_bytes(32), curve.public(2).x.to_bytes(32))
    assert other != explicit(curve)
    with pytest.raises(UnknownCurve):
        parse_ec_public_key(spki(other, curve.encode(curve.g)))


def test_a_curve_of_another_name_is_unknown() -> None:
    with pytest.raises(UnknownCurve):
        named_curve(Tlv(0x06, bytes.fromhex("2B8104000A"), 7))  # secp256k1


@pytest.mark.parametrize(
    "key",
    [
        b"",
        write(0x30, b""),
        spki(write(0x05, b""), CURVES[12].encode(CURVES[12].g)),
        spki(write(0x06, CURVES[12].oid), b"\x04" + bytes(64)),
        spki(write(0x06, CURVES[12].oid), b""),
        spki(write(0x06, CURVES[12].oid), CURVES[12].encode(CURVES[12].g)).replace(b"\x42\x00\x04", b"\x42\x01\x04"),
        spki(write(0x06, CURVES[13].oid), CURVES[12].encode(CURVES[12].g)),
        spki(write(0x06, CURVES[12].oid), CURVES[12].encode(CURVES[12].g), bytes.fromhex("2A864886F70D010101")),
        spki(write(0x30, integer(1)), CURVES[12].encode(CURVES[12].g)),
        spki(explicit(CURVES[12])[:-10], CURVES[12].encode(CURVES[12].g)),
        spki(write(0x06, CURVES[12].oid), CURVES[12].encode(CURVES[12].g)) + bytes(1),
        spki(write(0x06, CURVES[12].oid), bytes(4000)),
    ],
)
def test_a_key_of_another_form_is_malformed(key: bytes) -> None:
    assert fault(lambda: parse_ec_public_key(key)) is ReadingFault.MALFORMED


@given(data=st.data())
def test_a_key_of_which_any_part_is_changed_is_a_key_or_malformed(data: st.DataObject) -> None:
    curve = data.draw(st.sampled_from(list(CURVES.values())))
    key = bytearray(spki(explicit(curve), curve.encode(curve.g)))
    at = data.draw(st.integers(0, len(key) - 1))
    key[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = parse_ec_public_key(bytes(key))
    except CardError:
        return
    assert found.curve.decode(found.curve.encode(found.point)) == found.point


def test_a_private_key_is_the_first_draw_that_can_be_one() -> None:
    curve = CURVES[13]
    draws = iter([bytes(32), curve.n.to_bytes(32), b"\xff" * 32, (7).to_bytes(32)])
    assert curve.draw_key(lambda size: next(draws)[:size]) == 7
    assert CURVES[18].draw_key(lambda size: b"\xff\x01" + bytes(size - 3) + b"\x05") == (0x101 << 512) + 5


def test_bytes_that_are_not_random_make_no_key() -> None:
    with pytest.raises(ValueError, match="no private key"):
        CURVES[12].draw_key(bytes)


def test_a_repr_shows_no_point() -> None:
    shown = repr(EcPublicKey(CURVES[12], CURVES[12].g))
    assert str(CURVES[12].g.x) not in shown
    assert "P-256" in shown


def test_the_parts_of_a_named_key_are_read_back() -> None:
    parts = read_all(read_only(with_named_curve(spki(explicit(CURVES[17]), CURVES[17].encode(CURVES[17].g))), 0x30))
    assert [part.tag for part in parts] == [0x30, 0x03]
