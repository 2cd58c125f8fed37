"""X.509 certificates of document signers and of the country's signing authority (CSCA), as far as trust needs them."""

from datetime import date
from typing import Any

from asn1crypto import x509
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.signature import SignatureAlgorithm, read_algorithm, verifies
from edge.emrtd.tlv import read_all, read_one, read_only

MAX_CERTIFICATE = 8192  # bytes; real ones have 800 to 2500
_MAX_EXTENSIONS = 64
_MAX_NAME = 1024
_MAX_DEPTH = 16  # of objects in one another; real ones have 9

_BITS, _SEQUENCE = 0x03, 0x30
_CONSTRUCTED = 0x20
# What asn1crypto raises, all deep inside and as it happens, where bytes are not what it expects.
_ASN1_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


class Certificate(Struct, frozen=True):
    """What a certificate says.

    ``issuer`` and ``subject`` are names put so that equal ones compare equal however they are encoded (RFC 5280, 7.1).
    ``body`` is what was signed, as it came; ``key`` a SubjectPublicKeyInfo. An identifier that is left out is empty;
    ``may_sign`` (certificates) and ``may_sign_documents`` are what the extensions allow, true where they say nothing.
    """

    issuer: str
    subject: str
    serial: int
    first_day: date
    last_day: date
    key: bytes
    key_identifier: bytes
    authority_key_identifier: bytes
    may_sign: bool
    may_sign_documents: bool
    body: bytes
    algorithm: SignatureAlgorithm
    signature: bytes

    def valid_on(self, today: date) -> bool:
        """Whether ``today`` is within its validity, to the day, in UTC."""
        return self.first_day <= today <= self.last_day

    def issued(self, other: "Certificate") -> bool:
        """Whether this is the authority that issued the other.

        By name, key identifier where both have one, and signature; and where it may sign certificates at all.
        Source: ICAO Doc 9303-11, 5.1; 9303-12, 7.1.
        """
        if not self.may_sign or self.subject != other.issuer:
            return False
        identifiers = (self.key_identifier, other.authority_key_identifier)
        if all(identifiers) and identifiers[0] != identifiers[1]:
            return False
        return verifies(self.key, other.algorithm, other.body, other.signature)

    def __repr__(self) -> str:
        return f"Certificate({self.serial:x})"


def parse_certificate(encoded: bytes) -> Certificate:
    """The certificate in these DER bytes. Raises CardError (MALFORMED) on anything else, or more than 8 KiB.

    Its key is not looked at: one that cannot be used verifies nothing. Source: RFC 5280, 4; ICAO Doc 9303-12, 7.1.
    """
    if len(encoded) > MAX_CERTIFICATE:
        raise CardError(ReadingFault.MALFORMED, "certificate: too large")
    content = read_only(encoded, _SEQUENCE)
    parts = read_all(content)
    if [part.tag for part in parts] != [_SEQUENCE, _SEQUENCE, _BITS] or parts[2].value[:1] != b"\0":
        raise CardError(ReadingFault.MALFORMED, "certificate: no body, algorithm and signature")
    body, algorithm, signature = content[: read_one(content).size], read_algorithm(parts[1].value), parts[2].value[1:]
    _check_depth(body)
    try:
        fields = x509.TbsCertificate.load(body)
        extensions = _extensions(fields["extensions"])
        constraints, usage = extensions.get("basic_constraints"), extensions.get("key_usage")
        authority = extensions.get("authority_key_identifier") or {}
        return Certificate(
            issuer=_name(fields["issuer"]),
            subject=_name(fields["subject"]),
            serial=int(fields["serial_number"].native),
            first_day=_day(fields["validity"]["not_before"].native),
            last_day=_day(fields["validity"]["not_after"].native),
            key=fields["subject_public_key_info"].dump(),
            key_identifier=extensions.get("key_identifier") or b"",
            authority_key_identifier=authority.get("key_identifier") or b"",
            may_sign=(constraints is None or constraints["ca"]) and (usage is None or "key_cert_sign" in usage),
            may_sign_documents=usage is None or "digital_signature" in usage,
            body=body,
            algorithm=algorithm,
            signature=signature,
        )
    except _ASN1_ERRORS as error:
        raise CardError(ReadingFault.MALFORMED, "certificate") from error


def read_name(encoded: bytes) -> str:
    """A name (issuer or subject), put so that equal ones compare equal. Raises CardError (MALFORMED)."""
    _check_depth(encoded)
    try:
        return _name(x509.Name.load(encoded, strict=True))
    except _ASN1_ERRORS as error:
        raise CardError(ReadingFault.MALFORMED, "certificate: a name") from error


def _name(name: Any) -> str:
    if len(name.dump()) > _MAX_NAME:
        raise ValueError("a name too long")
    return str(name.hashable)


def _day(moment: Any) -> date:
    # Not moment.date(): asn1crypto has a datetime of its own for the year 0.
    return date(moment.year, moment.month, moment.day)


def _extensions(fields: Any) -> dict[str, Any]:
    """The extensions that trust needs, by name."""
    if not fields.contents:
        return {}
    if len(fields) > _MAX_EXTENSIONS:
        raise ValueError("too many extensions")
    found: dict[str, Any] = {}
    for extension in fields:
        name = extension["extn_id"].native
        if name in ("key_identifier", "authority_key_identifier", "basic_constraints", "key_usage"):
            if name in found:
                raise ValueError("an extension twice")
            _check_depth(extension["extn_value"].contents)
            found[name] = extension["extn_value"].parsed.native
    return found


def _check_depth(encoded: bytes, levels: int = _MAX_DEPTH) -> None:
    """Refuse what asn1crypto would call itself too often for."""
    if not levels:
        raise CardError(ReadingFault.MALFORMED, "certificate: too deep")
    for each in read_all(encoded):
        if (each.tag >> 8 or each.tag) & _CONSTRUCTED:
            _check_depth(each.value, levels - 1)
