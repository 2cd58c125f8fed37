"""The files of the chip, except the one that signs them all.

Source: ICAO Doc 9303-10, 4 (files) and Doc 9303-11, 9.2 (SecurityInfos); ISO/IEC 19794-5 (face); for DG13 what public
readers of the Vietnamese CCCD expect, DataGroup13 of a Swift reader above all.
"""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.devices.sim.card.access import PACE_ECDH_GM
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import bits, integer, octets, oid, printable, sequence, set_of, tlv, utf8
from edge.devices.sim.card.points import Curve, encode
from edge.devices.sim.card.proofs import CA_ECDH

COM, SOD = 0x011E, 0x011D
DG1, DG2, DG3, DG11, DG13, DG14, DG15 = (0x0100 | number for number in (1, 2, 3, 11, 13, 14, 15))
TAGS = {DG1: 0x61, DG2: 0x75, DG3: 0x63, DG11: 0x6B, DG13: 0x6D, DG14: 0x6E, DG15: 0x6F, COM: 0x60, SOD: 0x77}

_TERMINAL_AUTHENTICATION = "0.4.0.127.0.7.2.2.2"
_PK_ECDH = "0.4.0.127.0.7.2.2.1.2"
_ACTIVE_AUTHENTICATION = "2.23.136.1.1.5"
_ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"
_EC_PUBLIC_KEY = "1.2.840.10045.2.1"
_PRIME_FIELD = "1.2.840.10045.1.1"
_UTF8_FORM = "1.0.10646.1.0.8"

PUBLIC_FIELDS = frozenset((1, 3, 11, 15, 16))  # of DG13, the ones seen as PrintableString


def com(files: Iterable[int]) -> bytes:
    """EF.COM: LDS 1.7, Unicode 4.0.0, and the tags of these files."""
    tags = bytes(TAGS[fid] for fid in files)
    return tlv(TAGS[COM], tlv(0x5F01, b"0107"), tlv(0x5F36, b"040000"), tlv(0x5C, tags))


def dg1(mrz: str) -> bytes:
    """DG1: the MRZ without line ends."""
    return tlv(TAGS[DG1], tlv(0x5F1F, mrz.encode("ascii")))


def dg2(image: bytes, size: tuple[int, int]) -> bytes:
    """DG2 with one face, JPEG or JPEG 2000 by its first bytes; ``size`` in dots."""
    jpeg = image.startswith(b"\xff\xd8")
    information = bytes((1, 0 if jpeg else 1)) + b"".join(side.to_bytes(2, "big") for side in size)
    information += bytes((1, 2, 0, 0, 0, 0))  # sRGB, a digital still camera, of no known make and quality
    features = bytes(2 + 1 + 1 + 1 + 3 + 2 + 3 + 3)  # no feature points; sex, eyes, hair, expression, pose: not said
    face = (4 + len(features) + len(information) + len(image)).to_bytes(4, "big") + features + information + image
    record = b"FAC\x00010\x00" + (14 + len(face)).to_bytes(4, "big") + b"\x00\x01" + face
    header = tlv(0xA1, tlv(0x80, b"\x01\x01"), tlv(0x81, b"\x02"), tlv(0x87, b"\x01\x01"), tlv(0x88, b"\x00\x08"))
    return tlv(TAGS[DG2], tlv(0x7F61, tlv(0x02, b"\x01"), tlv(0x7F60, header, tlv(0x5F2E, record))))


def dg3() -> bytes:
    """DG3 without any fingerprint; the chip shows it to nobody."""
    return tlv(TAGS[DG3], tlv(0x7F61, tlv(0x02, b"\x00")))


def dg13(fields: Iterable[tuple[int, tuple[str, ...]]]) -> bytes:
    """DG13: numbered fields of text.

    Parents (13) and spouses (14) stand one by one in a SEQUENCE of their own, and there may be none.
    """
    items = []
    for number, texts in fields:
        form = printable if number in PUBLIC_FIELDS else utf8
        values = [sequence(form(text)) if number in (13, 14) else form(text) for text in texts]
        items.append(sequence(integer(number), *values))
    return tlv(TAGS[DG13], sequence(integer(1), oid(_UTF8_FORM), tlv(0x31, *items)))  # in the order of the numbers


def card_access(suite: Suite, curve: Curve, chip_suite: Suite | None) -> bytes:
    """EF.CardAccess: PACE, and what else is announced before the chip is open."""
    return set_of(_pace_info(suite, curve), _terminal_info(), *_chip_infos(chip_suite))


def dg14(
    pace: tuple[Suite, Curve] | None, chip: tuple[Suite, Curve, ec.EllipticCurvePublicKey] | None, signs_ecdsa: bool
) -> bytes:
    """DG14: the same SecurityInfos once more, signed now, and the key of Chip Authentication.

    That key comes with explicit parameters, as TR-03110 asks. ``signs_ecdsa``: Active Authentication is by ECDSA.
    """
    infos = [_terminal_info()]
    if pace is not None:
        infos.append(_pace_info(*pace))
    if chip is not None:
        suite, curve, public = chip
        infos += _chip_infos(suite)
        infos.append(sequence(oid(_PK_ECDH), public_key(public, curve, explicit=True)))
    if signs_ecdsa:
        infos.append(sequence(oid(_ACTIVE_AUTHENTICATION), integer(1), oid(_ECDSA_PLAIN_SHA256)))
    return tlv(TAGS[DG14], set_of(*infos))


def dg15(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    """DG15: the key of Active Authentication."""
    return tlv(TAGS[DG15], public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def public_key(public: ec.EllipticCurvePublicKey, curve: Curve, *, explicit: bool) -> bytes:
    """SubjectPublicKeyInfo on a named curve, or with all of its parameters (RFC 3279, 2.3.5)."""
    numbers = public.public_numbers()
    parameters = _explicit(curve) if explicit else oid(curve.oid)
    return sequence(sequence(oid(_EC_PUBLIC_KEY), parameters), bits(encode(curve, (numbers.x, numbers.y))))


def _explicit(curve: Curve) -> bytes:
    a, b = (number.to_bytes(curve.size, "big") for number in (curve.a, curve.b))
    return sequence(
        integer(1),
        sequence(oid(_PRIME_FIELD), integer(curve.p)),
        sequence(octets(a), octets(b)),
        octets(encode(curve, curve.base)),
        integer(curve.order),
        integer(1),
    )


def _pace_info(suite: Suite, curve: Curve) -> bytes:
    return sequence(oid(f"{PACE_ECDH_GM}.{suite.value}"), integer(2), integer(curve.parameter_id))


def _chip_infos(suite: Suite | None) -> list[bytes]:
    return [] if suite is None else [sequence(oid(f"{CA_ECDH}.{suite.value}"), integer(1))]


def _terminal_info() -> bytes:
    return sequence(oid(_TERMINAL_AUTHENTICATION), integer(1))
