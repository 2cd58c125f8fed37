"""The operator's CSCA certificates: whom this site trusts to say who may sign documents."""

import base64
import binascii
import re
from pathlib import Path

from edge.daemon.config import ConfigError
from edge.emrtd.certificate import parse_certificate
from edge.emrtd.errors import CardError
from edge.emrtd.signature import load_public_key

SUFFIXES = (".cer", ".crt", ".der", ".pem")
MAX_FILE = 1_000_000  # bytes

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s(.+?)-----END CERTIFICATE-----", re.DOTALL)


def load_csca(folder: Path) -> tuple[bytes, ...]:
    """The certificates of this folder in DER, each once, in the order of its files' names; none where it is empty.

    Files are those that end in one of ``SUFFIXES``, in DER or PEM, where one PEM file may hold several. Raises
    ConfigError naming the folder where it cannot be read, or the file that holds anything but
    certificates with a usable key that may sign others: with one of another kind every card would be untrusted.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise ConfigError(f"{folder}: the folder of CSCA certificates cannot be read ({error.strerror})") from error
    found: dict[bytes, None] = {}
    for path in files:
        found |= dict.fromkeys(_certificates(path))
    return tuple(found)


def _certificates(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > MAX_FILE:
        raise ConfigError(f"{path}: too large; one or more CSCA certificates in DER or PEM are expected")
    try:
        encoded = [base64.b64decode(b"".join(text.split()), validate=True) for text in _PEM.findall(data)] or [data]
        certificates = [parse_certificate(each) for each in encoded]
        for certificate in certificates:
            load_public_key(certificate.key)
    except (CardError, binascii.Error) as error:
        raise ConfigError(f"{path}: no certificate; CSCA certificates in DER or PEM are expected") from error
    if not all(certificate.may_sign for certificate in certificates):
        raise ConfigError(f"{path}: holds a certificate that may not sign others; CSCA certificates are expected")
    return encoded
