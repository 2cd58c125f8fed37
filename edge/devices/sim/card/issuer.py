"""A made-up country signing authority (CSCA), its document signers, and the SOD that they sign.

Every certificate says of itself that it is a simulation. Source: ICAO Doc 9303-12, 7 (certificates), Doc 9303-10,
4.6.2 (SOD); RFC 5280, RFC 5652. Written by hand, since `cryptography` writes no explicit curve parameters.
"""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from msgspec import Struct

from edge.devices.sim.card.der import (
    bits,
    integer,
    octets,
    oid,
    printable,
    read_all,
    sequence,
    set_of,
    tlv,
    utf8,
)
from edge.devices.sim.card.lds import SOD, TAGS, public_key
from edge.devices.sim.card.points import P384, Curve

NAME = "CSCA MO PHONG"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (f"1.2.840.113549.1.9.{arc}" for arc in (3, 4, 5))
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256, _ECDSA_SHA384, _ECDSA_SHA512 = (f"1.2.840.10045.4.3.{arc}" for arc in (2, 3, 4))
_CA_YEARS, _SIGNER_YEARS = 15, 11
_SERIAL_BYTES = 9
_NOTICE = "Chu ky mo phong, khong co gia tri phap ly. A simulated signer, of no legal value."
_NOTICE_BYTES = 500  # it makes the SOD as long as a real one: about 1,904 bytes


class Signer(Struct, frozen=True):
    """A document signer: its key and its certificate."""

    private: ec.EllipticCurvePrivateKey
    certificate: bytes

    def __repr__(self) -> str:
        return f"Signer({self.private.curve.name})"

    def sign(self, hashes_of_files: Mapping[int, bytes], today: date) -> bytes:
        """EF.SOD over these SHA-256 hashes, by number of the data group."""
        listed = (sequence(integer(number), octets(digest)) for number, digest in sorted(hashes_of_files.items()))
        algorithm = sequence(oid(_SHA256), tlv(0x05))
        content = sequence(integer(0), algorithm, sequence(*listed))
        attributes = (
            sequence(oid(_CONTENT_TYPE), set_of(oid(_LDS_SECURITY_OBJECT))),
            sequence(oid(_SIGNING_TIME), set_of(_time(today))),
            sequence(oid(_MESSAGE_DIGEST), set_of(octets(hashlib.sha256(content).digest()))),
        )
        signature = self.private.sign(set_of(*attributes), ec.ECDSA(hashes.SHA256()))
        serial, issuer = _serial_and_issuer(self.certificate)
        signer_info = sequence(
            integer(1),
            sequence(issuer, serial),
            algorithm,
            tlv(0xA0, *sorted(attributes)),
            sequence(oid(_ECDSA_SHA256)),
            octets(signature),
        )
        signed = sequence(
            integer(3),
            set_of(algorithm),
            sequence(oid(_LDS_SECURITY_OBJECT), tlv(0xA0, octets(content))),
            tlv(0xA0, self.certificate),
            set_of(signer_info),
        )
        return tlv(TAGS[SOD], sequence(oid(_SIGNED_DATA), tlv(0xA0, signed)))


class Issuer(Struct, frozen=True):
    """A CSCA: ``certificate`` (DER, self-signed) is what an operator's folder of trusted ones would hold."""

    private: ec.EllipticCurvePrivateKey
    certificate: bytes

    def __repr__(self) -> str:
        return f"Issuer({self.private.curve.name})"

    @classmethod
    def create(cls, today: date, curve: Curve = P384, *, explicit: bool = False) -> "Issuer":
        """A new one, valid from a year before today; ``explicit`` writes its curve out with all parameters."""
        private = ec.generate_private_key(curve.library())
        since = _shifted(today, -1)
        extensions = (
            _extension("2.5.29.19", sequence(tlv(0x01, b"\xff"), integer(0)), critical=True),
            _extension("2.5.29.15", bits(b"\x06", unused=1), critical=True),  # signs certificates and lists
            *_names_and_keys(_key_id(private), _key_id(private)),
        )
        until = _shifted(today, _CA_YEARS)
        subject = _name(NAME)
        body = _body(subject, subject, since, until, public_key(private.public_key(), curve, explicit=explicit))
        return cls(private, _signed(private, body, extensions))

    @classmethod
    def restore(cls, private_key: bytes, certificate: bytes) -> "Issuer":
        """The one whose ``private_key`` and ``certificate`` were kept. Raises ValueError where it is no such key."""
        private = load_der_private_key(private_key, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("not an EC key")
        return cls(private, certificate)

    @property
    def private_key(self) -> bytes:
        """Its private key, to be kept: PKCS #8, DER, in the clear."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def new_signer(self, today: date, curve: Curve, *, explicit: bool = False, expired: bool = False) -> Signer:
        """A document signer; ``expired`` makes one whose certificate ran out a year ago."""
        private = ec.generate_private_key(curve.library())
        since = _shifted(today, -_SIGNER_YEARS - 1 if expired else -1)
        until = _shifted(today, -1 if expired else _SIGNER_YEARS - 1)
        extensions = (
            _extension("2.5.29.15", bits(b"\x80", unused=7), critical=True),  # signs documents
            _extension("2.23.136.1.1.6.2", sequence(integer(0), tlv(0x31, printable("ID")))),
            _extension("2.16.840.1.113730.1.13", tlv(0x16, _NOTICE.ljust(_NOTICE_BYTES).encode())),
            *_names_and_keys(_key_id(private), _key_id(self.private)),
        )
        public = public_key(private.public_key(), curve, explicit=explicit)
        body = _body(_name(NAME), _name("DS MO PHONG"), since, until, public)
        return Signer(private, _signed(self.private, body, extensions))


def _signed(private: ec.EllipticCurvePrivateKey, body: tuple[bytes, ...], extensions: tuple[bytes, ...]) -> bytes:
    bits_of_curve = private.curve.key_size
    algorithm, digest = (
        (_ECDSA_SHA256, hashes.SHA256())
        if bits_of_curve <= 256
        else (_ECDSA_SHA384, hashes.SHA384())
        if bits_of_curve <= 384
        else (_ECDSA_SHA512, hashes.SHA512())
    )
    identifier = sequence(oid(algorithm))
    version, serial, *rest = body
    content = sequence(version, serial, identifier, *rest, tlv(0xA3, sequence(*extensions)))
    return sequence(content, identifier, bits(private.sign(content, ec.ECDSA(digest))))


def _body(issuer: bytes, subject: bytes, since: date, until: date, public: bytes) -> tuple[bytes, ...]:
    serial = int.from_bytes(os.urandom(_SERIAL_BYTES), "big") | 1
    return tlv(0xA0, integer(2)), integer(serial), issuer, sequence(_time(since), _time(until)), subject, public


def _names_and_keys(own_key: bytes, issuer_key: bytes) -> tuple[bytes, ...]:
    """The extensions that any certificate of 9303-12 carries."""
    contact = sequence(tlv(0x81, b"csca@mo-phong.invalid"), tlv(0xA4, _name("VNM", with_country=False)))
    lists = b"http://csca.mo-phong.invalid/danh-sach-thu-hoi/VNM.crl"
    return (
        _extension("2.5.29.14", octets(own_key)),
        _extension("2.5.29.35", sequence(tlv(0x80, issuer_key))),
        _extension("2.5.29.17", contact),
        _extension("2.5.29.18", contact),
        _extension("2.5.29.31", sequence(sequence(tlv(0xA0, tlv(0xA0, tlv(0x86, lists)))))),
    )


def _extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    return sequence(oid(identifier), tlv(0x01, b"\xff") if critical else b"", octets(value))


def _name(common: str, *, with_country: bool = True) -> bytes:
    if not with_country:
        return sequence(set_of(sequence(oid("2.5.4.7"), printable(common))))
    parts = (("2.5.4.6", printable("VN")), ("2.5.4.10", utf8("Mô phỏng, không có giá trị")), ("2.5.4.3", utf8(common)))
    return sequence(*(set_of(sequence(oid(identifier), text)) for identifier, text in parts))


def _key_id(private: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = private.public_key().public_numbers()
    size = (private.curve.key_size + 7) // 8
    point = b"\x04" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
    return hashlib.sha1(point).digest()  # noqa: S324 (RFC 5280, 4.2.1.2: a name, not a proof)


def _time(day: date) -> bytes:
    """UTCTime up to 2049, GeneralizedTime after it (RFC 5280, 4.1.2.5)."""
    at = datetime.combine(day, time(), UTC)
    if day.year < 2050:
        return tlv(0x17, f"{at:%y%m%d%H%M%SZ}".encode())
    return tlv(0x18, f"{at:%Y%m%d%H%M%SZ}".encode())


def _shifted(day: date, years: int) -> date:
    return date(day.year + years, day.month, min(day.day, 28))


def _serial_and_issuer(certificate: bytes) -> tuple[bytes, bytes]:
    (_, whole), *_ = read_all(certificate)
    (_, content), *_ = read_all(whole)
    _, (serial_tag, serial), _, (issuer_tag, issuer), *_ = read_all(content)
    return tlv(serial_tag, serial), tlv(issuer_tag, issuer)
