"""Certificates of a site and of the broker: a small authority for each, and what it issues.

The extensions are those that OpenSSL's strict check asks for, on in Python 3.13: key identifiers in both ends, critical
basicConstraints and keyUsage, the name in subjectAltName. Source: RFC 5280, 4.2.1; RFC 9525 for names of services.
"""

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
LEAF_DAYS = 397
BACKDATED = timedelta(days=1)  # a Raspberry Pi wakes up with the time of its last shutdown


def create_authority(crt: Path, key: Path, name: str) -> None:
    """Write a new authority: its certificate, and its private key that only the owner can read.

    Raises FileExistsError where the key is already there: a new key would cut every device off.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    certificate = (
        _builder(subject, subject, private.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(private, hashes.SHA256())
    )
    _write_key(key, private)
    crt.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def issue(
    ca_crt: Path,
    ca_key: Path,
    *,
    crt: Path,
    key: Path,
    common_name: str,
    hosts: Sequence[str] = (),
    client: bool = False,
) -> None:
    """Write a new key and a certificate over it: a client's where ``client``, else a server's for ``hosts``.

    ``hosts`` are DNS names or IP addresses; a server needs at least one, for nothing checks the common name any more.
    Raises ValueError where a server has none, and FileExistsError where the key is already there.
    """
    if not client and not hosts:
        raise ValueError("a server's certificate needs the hosts that it is for")
    authority = x509.load_pem_x509_certificate(ca_crt.read_bytes())
    authority_key = serialization.load_pem_private_key(ca_key.read_bytes(), None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{ca_key}: not a key that create_authority wrote")
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        _builder(subject, authority.subject, private.public_key(), LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
    certificate = builder.sign(authority_key, hashes.SHA256())
    _write_key(key, private)
    crt.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days) - timedelta(seconds=1))
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
