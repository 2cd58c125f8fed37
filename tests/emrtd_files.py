"""Made-up files of chips, certificates and SODs, in DER written by hand. All people and states are fictitious."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import strategies as st
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File
from edge.emrtd.tlv import Tlv, read_all, write

MRZ_TD1 = "IDVNM0990000176001099000017<<79902015M3902013VNM<<<<<<<<<<<4NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(64))
JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(range(64))
TODAY = date(2030, 1, 1)

VIETNAMESE = {
    1: "001099000017",
    2: "Nguyễn Văn Mẫu",
    3: "01/02/1999",
    4: "Nam",
    5: "Việt Nam",
    6: "Kinh",
    7: "Không",
    8: "Xã Giả, Hà Nội",
    9: "Số 1 phố Giả, Hà Nội",
    10: "Nốt ruồi C:1cm trên sau cánh mũi",
    11: "10/05/2021",
    12: "01/02/2039",
    15: "012345678",
    16: "00112233445566AA",
}


def fault_of(parse: Callable[[bytes], object], data: bytes) -> ReadingFault | None:
    """Why these bytes are refused; None where they are not. Any exception but CardError leaves."""
    try:
        parse(data)
    except CardError as error:
        return error.fault
    return None


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The bytes with a few of them changed, left out or put in, here and there."""
    changed = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(changed)))
        stop = draw(st.integers(at, min(len(changed), at + 4)))
        changed[at:stop] = draw(st.binary(max_size=4))
    return bytes(changed)


def der(tag: int, *parts: bytes) -> bytes:
    """One object of BER-TLV; the tag in one or two bytes."""
    value = b"".join(parts)
    size = len(value)
    length = bytes([size]) if size < 0x80 else bytes([0x81, size]) if size < 0x100 else b"\x82" + size.to_bytes(2)
    return tag.to_bytes(1 + (tag > 0xFF)) + length + value


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    encoded = b""
    for number in (40 * first + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        encoded += bytes(reversed(digits))
    return der(0x06, encoded)


def integer(number: int) -> bytes:
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def text(words: str) -> bytes:
    """UTF8String, or PrintableString where a CCCD has one."""
    return der(0x13 if words.isascii() and words[:1].isdigit() else 0x0C, words.encode())


def field(number: int, *values: bytes) -> bytes:
    return der(0x30, integer(number), *values)


def dg13(*fields: bytes) -> bytes:
    return der(0x6D, der(0x30, integer(1), oid("1.0.10646.1.0.8"), der(0x31, *fields)))


def dg1(mrz: str = MRZ_TD1) -> bytes:
    return der(0x61, der(0x5F1F, mrz.encode()))


def facial_record(image: bytes, points: int = 0) -> bytes:
    block = bytes(14) + bytes(8 * points) + b"\x01\x00" + bytes(10) + image
    block = (len(block) + 6).to_bytes(4) + points.to_bytes(2) + block
    return b"FAC\x00010\x00" + (len(block) + 14).to_bytes(4) + b"\x00\x01" + block


def dg2(*records: bytes, tag: int = 0x5F2E) -> bytes:
    header = der(0xA1, der(0x80, b"\x01\x01"), der(0x87, b"\x01\x01"), der(0x88, b"\x00\x08"))
    groups = [der(0x7F60, header, der(tag, record)) for record in records]
    return der(0x75, der(0x7F61, integer(len(records)), *groups))


FILES: Mapping[File, bytes] = MappingProxyType(
    {
        File.DG1: dg1(),
        File.DG2: dg2(facial_record(JPEG)),
        File.DG13: dg13(*(field(number, text(words)) for number, words in VIETNAMESE.items())),
    }
)

HASHES: dict[str, tuple[hashes.HashAlgorithm, str]] = {
    "sha1": (hashes.SHA1(), "1.3.14.3.2.26"),  # noqa: S303 - on old chips
    "sha224": (hashes.SHA224(), "2.16.840.1.101.3.4.2.4"),
    "sha256": (hashes.SHA256(), "2.16.840.1.101.3.4.2.1"),
    "sha384": (hashes.SHA384(), "2.16.840.1.101.3.4.2.2"),
    "sha512": (hashes.SHA512(), "2.16.840.1.101.3.4.2.3"),
}


def digest(name: str, data: bytes) -> bytes:
    made = hashes.Hash(HASHES[name][0])
    made.update(data)
    return made.finalize()


def hash_identifier(name: str) -> bytes:
    return der(0x30, oid(HASHES[name][1]), b"\x05\x00")


class Key(Struct, frozen=True):
    """A private key and the way that its owner signs: ``scheme`` is rsa, pss or ecdsa.

    ``spki`` is what stands for it in a certificate. ``salt`` (bytes) is of pss; with -1 its parameters are left out,
    which stands for SHA-1 and 20. ``bare`` names no hash in a signature: "rsaEncryption".
    """

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    scheme: str
    hash: str
    spki: bytes
    salt: int = 32
    bare: bool = False

    RSA: ClassVar = {"sha1": 5, "sha224": 14, "sha256": 11, "sha384": 12, "sha512": 13}
    ECDSA: ClassVar = {"sha1": "1", "sha224": "3.1", "sha256": "3.2", "sha384": "3.3", "sha512": "3.4"}

    def identifier(self) -> bytes:
        if self.scheme == "rsa":
            return der(0x30, oid(f"1.2.840.113549.1.1.{1 if self.bare else self.RSA[self.hash]}"), b"\x05\x00")
        if self.scheme == "ecdsa":
            return der(0x30, oid(f"1.2.840.10045.4.{self.ECDSA[self.hash]}"))
        if self.salt == -1:
            return der(0x30, oid("1.2.840.113549.1.1.10"), der(0x30))
        mask = der(0x30, oid("1.2.840.113549.1.1.8"), hash_identifier(self.hash))
        parameters = (der(0xA0, hash_identifier(self.hash)), der(0xA1, mask), der(0xA2, integer(self.salt)))
        return der(0x30, oid("1.2.840.113549.1.1.10"), der(0x30, *parameters))

    def sign(self, data: bytes) -> bytes:
        algorithm = HASHES[self.hash][0]
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(algorithm))
        if self.scheme == "rsa":
            return self.private.sign(data, padding.PKCS1v15(), algorithm)
        return self.private.sign(
            data, padding.PSS(padding.MGF1(algorithm), 20 if self.salt == -1 else self.salt), algorithm
        )


def spki_of(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def explicit_spki(private: ec.EllipticCurvePrivateKey, numbers: str, cofactor: bool = True) -> bytes:
    """The public key with the curve's numbers (p, a, b, x, y, n in hexadecimal) instead of its name."""
    p, a, b, x, y, n = (bytes.fromhex(number) for number in numbers.split())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    curve = der(
        0x30,
        integer(1),
        der(0x30, oid("1.2.840.10045.1.1"), integer(int.from_bytes(p))),
        der(0x30, der(0x04, a), der(0x04, b)),
        der(0x04, b"\x04", x, y),
        integer(int.from_bytes(n)),
        integer(1) if cofactor else b"",
    )
    return der(0x30, der(0x30, oid("1.2.840.10045.2.1"), curve), der(0x03, b"\0", point))


# RFC 5639, 3.4.
BRAINPOOL_P256R1 = """
    A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377
    7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9
    26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6
    8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262
    547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997
    A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7
"""


@lru_cache(maxsize=32)
def rsa_key(scheme: str = "rsa", hash_: str = "sha256", owner: str = "signer") -> Key:
    """An RSA key; each owner has one."""
    private = _rsa_private(owner)
    return Key(private, scheme, hash_, spki_of(private))


@lru_cache(maxsize=8)
def _rsa_private(_owner: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def ec_key(curve: ec.EllipticCurve, hash_: str = "sha256") -> Key:
    private = ec.generate_private_key(curve)
    return Key(private, "ecdsa", hash_, spki_of(private))


def explicit_key(cofactor: bool = True) -> Key:
    """A key on brainpoolP256r1 that does not say the curve's name."""
    private = ec.generate_private_key(ec.BrainpoolP256R1())
    return Key(private, "ecdsa", "sha256", explicit_spki(private, BRAINPOOL_P256R1, cofactor))


def name(common: str, country: str = "UT", tag: int = 0x0C) -> bytes:
    """A distinguished name; ``tag`` is the type of the common name's string."""
    return der(
        0x30,
        der(0x31, der(0x30, oid("2.5.4.6"), der(0x13, country.encode()))),
        der(0x31, der(0x30, oid("2.5.4.3"), der(tag, common.encode()))),
    )


def extension(dotted: str, value: bytes) -> bytes:
    return der(0x30, oid(dotted), der(0x04, value))


def key_usage(bits: int) -> bytes:
    return extension("2.5.29.15", der(0x03, bytes([0, bits])))


DIGITAL_SIGNATURE, CERTIFICATE_SIGNATURE = 0x80, 0x04
NO_CA = extension("2.5.29.19", der(0x30))
CA = extension("2.5.29.19", der(0x30, der(0x01, b"\xff")))


def key_identifier(value: bytes) -> bytes:
    return extension("2.5.29.14", der(0x04, value))


def authority_key_identifier(value: bytes) -> bytes:
    return extension("2.5.29.35", der(0x30, der(0x80, value)))


class Certified(Struct, frozen=True):
    """A certificate to be made, or an authority's that can make others."""

    key: Key
    subject: bytes
    serial: int = 7
    extensions: tuple[bytes, ...] = ()
    first_day: str = "200101"
    last_day: str = "400101"

    def by(self, issuer: "Certified") -> bytes:
        """The certificate, as ``issuer`` signs it."""
        validity = der(0x30, *(der(0x17, f"{day}000000Z".encode()) for day in (self.first_day, self.last_day)))
        body = der(
            0x30,
            der(0xA0, integer(2)),
            integer(self.serial),
            issuer.key.identifier(),
            issuer.subject,
            validity,
            self.subject,
            self.key.spki,
            der(0xA3, der(0x30, *self.extensions)) if self.extensions else b"",
        )
        return der(0x30, body, issuer.key.identifier(), der(0x03, b"\0", issuer.key.sign(body)))

    def by_itself(self) -> bytes:
        return self.by(self)


class Sod(Struct, frozen=True):
    """An SOD to be made of these files, by ``signer`` (whose certificate is of ``authority``)."""

    signer: Certified
    authority: Certified
    files: Mapping[File, bytes] = FILES
    hash: str = "sha256"
    version: int = 0
    content_type: str = "2.23.136.1.1.1"
    by_key_identifier: bytes = b""
    certificate: bytes = b""
    no_attributes: bool = False
    attributes: tuple[bytes, ...] = ()
    unsigned_content: bytes = b""

    def content(self) -> bytes:
        """The LDS security object."""
        listed = [
            der(0x30, integer(file.number), der(0x04, digest(self.hash, data))) for file, data in self.files.items()
        ]
        versions = der(0x30, der(0x13, b"0108"), der(0x13, b"040000")) if self.version == 1 else b""
        return der(0x30, integer(self.version), hash_identifier(self.hash), der(0x30, *listed), versions)

    def signed_attributes(self) -> bytes:
        key = self.signer.key
        return b"".join(
            self.attributes
            or (
                der(0x30, oid("1.2.840.113549.1.9.3"), der(0x31, oid("2.23.136.1.1.1"))),
                der(0x30, oid("1.2.840.113549.1.9.5"), der(0x31, der(0x17, b"210510080000Z"))),
                der(0x30, oid("1.2.840.113549.1.9.4"), der(0x31, der(0x04, digest(key.hash, self.content())))),
            )
        )

    def made(self) -> bytes:
        key, attributes = self.signer.key, self.signed_attributes()
        signer = der(
            0x30,
            integer(3 if self.by_key_identifier else 1),
            der(0x80, self.by_key_identifier)
            if self.by_key_identifier
            else der(0x30, self.authority.subject, integer(self.signer.serial)),
            hash_identifier(key.hash),
            b"" if self.no_attributes else der(0xA0, attributes),
            key.identifier(),
            der(0x04, key.sign(der(0x31, attributes))),
        )
        signed_data = der(
            0x30,
            integer(3),
            der(0x31, hash_identifier(key.hash)),
            der(0x30, oid(self.content_type), der(0xA0, der(0x04, self.unsigned_content or self.content()))),
            der(0xA0, self.certificate or self.signer.by(self.authority)),
            der(0x31, signer),
        )
        return der(0x77, der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, signed_data)))


@lru_cache(maxsize=1)
def authority() -> Certified:
    """A fictitious state's CSCA."""
    return Certified(
        ec_key(ec.SECP384R1(), "sha384"),
        name("CSCA Utopia"),
        1,
        (CA, key_usage(CERTIFICATE_SIGNATURE), key_identifier(b"csca 1")),
    )


def signer(key: Key) -> Certified:
    """Its document signer with this key."""
    extensions = (key_usage(DIGITAL_SIGNATURE), authority_key_identifier(b"csca 1"), key_identifier(b"signer 7"))
    return Certified(key, name("Document Signer 7"), 7, extensions)


def sod(key: Key) -> Sod:
    return Sod(signer(key), authority())


def rebuilt(encoded: bytes, path: tuple[int, ...], change: Callable[[Tlv], bytes]) -> bytes:
    """The objects side by side in these bytes, with the one at this path replaced by what ``change`` makes of it."""
    first, *rest = path
    objects = read_all(encoded)
    return b"".join(
        write(each.tag, each.value)
        if at != first
        else write(each.tag, rebuilt(each.value, tuple(rest), change))
        if rest
        else change(each)
        for at, each in enumerate(objects)
    )


# Paths in an SOD, for ``rebuilt``.
SIGNED_DATA = (0, 0, 1, 0)
CONTENT = (*SIGNED_DATA, 2)
SIGNER = (*SIGNED_DATA, 4, 0)
