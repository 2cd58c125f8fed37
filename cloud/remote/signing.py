"""The Department's signature under a configuration: Ed25519, with a key that only moiso-remote reads.

``python -m cloud.remote.signing --new remote.key --public remote.pem`` makes a pair; every site gets the public one.
"""

import argparse
import os
import sys
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.contracts.remote import SignedConfiguration, digest, signed_text
from edge.daemon.config import ConfigError

_encode = msgspec.json.Encoder().encode


def signed(key: Ed25519PrivateKey, site: str, version: int, body: bytes) -> bytes:
    """The message that carries this version to this site."""
    sha256 = digest(body)
    signature = key.sign(signed_text(site, version, sha256))
    return _encode(SignedConfiguration(site, version, sha256, body, signature))


def new_pair(private: Path, public: Path) -> None:
    """Make a key: the private one into a file for its owner alone. Raises FileExistsError where either file exists."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(private, pem, 0o600)
    _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises ConfigError where there is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:  # TypeError: it has a password
        raise ConfigError(f"signing_key_file: {path} cannot be read ({type(error).__name__}); see --new") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"signing_key_file: {path}: an Ed25519 key in PEM is expected")
    return key


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def main() -> None:
    """Make a pair of keys."""
    parser = argparse.ArgumentParser(prog="python -m cloud.remote.signing", description="Make a signing key.")
    parser.add_argument("--new", type=Path, required=True, metavar="KEY", help="the private key, for moiso-remote")
    parser.add_argument("--public", type=Path, required=True, metavar="PEM", help="the public key, for every site")
    asked = parser.parse_args()
    try:
        new_pair(asked.new, asked.public)
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
