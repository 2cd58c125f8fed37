"""The four cipher suites of a chip, their keys, and how a password becomes one.

Source: ICAO Doc 9303-11, 9.7 and 9.8.
"""

import hashlib
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

MAC_BYTES = 8


class Suite(Enum):
    """A block cipher with its MAC; the value is the last arc of the suite's object identifiers in PACE and CA."""

    DES3 = 1
    AES128 = 2
    AES192 = 3
    AES256 = 4

    @property
    def block(self) -> int:
        """Bytes of one block, and of the send sequence counter."""
        return 8 if self is Suite.DES3 else 16

    @property
    def key_bytes(self) -> int:
        """Bytes of one key."""
        return {Suite.DES3: 16, Suite.AES128: 16, Suite.AES192: 24, Suite.AES256: 32}[self]

    @property
    def nonce_bytes(self) -> int:
        """Bytes of PACE's nonce: whole blocks, at least as long as the key (9303-11, 4.4.3.3)."""
        return 32 if self in (Suite.AES192, Suite.AES256) else 16


def derive(suite: Suite, secret: bytes, counter: int) -> bytes:
    """The key of this secret: 1 to encipher, 2 for the MAC, 3 from a password (9303-11, 9.7.1)."""
    long = suite in (Suite.AES192, Suite.AES256)
    digest = (hashlib.sha256 if long else hashlib.sha1)(secret + counter.to_bytes(4, "big")).digest()
    key = digest[: suite.key_bytes]
    return _with_parity(key) if suite is Suite.DES3 else key


def mrz_seed(document_number: str, birth: str, expiry: str) -> bytes:
    """SHA-1 of the number and the two dates with their check digits, as both BAC and PACE take it from the MRZ.

    ``birth`` and ``expiry`` are YYMMDD; the first 16 bytes are BAC's seed (9303-11, 9.7.3 and 9.7.4).
    """
    number = document_number.ljust(9, "<")
    text = "".join(part + check_digit(part) for part in (number, birth, expiry))
    return hashlib.sha1(text.encode()).digest()  # noqa: S324 (the standard asks for it)


def check_digit(field: str) -> str:
    """The check digit of an MRZ field: weights 7, 3, 1 (9303-3, 4.9)."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return str(sum((7, 3, 1)[at % 3] * max(alphabet.find(letter), 0) for at, letter in enumerate(field)) % 10)


def encipher(suite: Suite, key: bytes, iv: bytes, data: bytes) -> bytes:
    """CBC over whole blocks."""
    return _run(suite, key, iv, data, decipher=False)


def decipher(suite: Suite, key: bytes, iv: bytes, data: bytes) -> bytes:
    """CBC over whole blocks, backwards."""
    return _run(suite, key, iv, data, decipher=True)


def mac(suite: Suite, key: bytes, data: bytes) -> bytes:
    """Eight bytes: CMAC, or the retail MAC (ISO/IEC 9797-1, algorithm 3, padding method 2) over DES.

    The data comes unpadded.
    """
    if suite is not Suite.DES3:
        code = CMAC(AES(key))
        code.update(data)
        return code.finalize()[:MAC_BYTES]
    padded = pad(data, 8)
    first, last = padded[:-8], padded[-8:]
    single = key[:8] * 3  # three times the same key is single DES
    chained = _run(suite, single, bytes(8), first, decipher=False)[-8:] if first else bytes(8)
    return _run(suite, key, chained, last, decipher=False)


def pad(data: bytes, block: int) -> bytes:
    """80 00 … up to whole blocks (ISO/IEC 7816-4)."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """Without the padding; raises ValueError where there is none."""
    plain = data.rstrip(b"\x00")
    if not plain.endswith(b"\x80"):
        raise ValueError("no padding")
    return plain[:-1]


def _run(suite: Suite, key: bytes, iv: bytes, data: bytes, *, decipher: bool) -> bytes:
    algorithm = TripleDES(key if len(key) == 24 else key + key[:8]) if suite is Suite.DES3 else AES(key)
    cipher = Cipher(algorithm, modes.CBC(iv))
    run = cipher.decryptor() if decipher else cipher.encryptor()
    return run.update(data) + run.finalize()


def _with_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE | (byte >> 1).bit_count() & 1 ^ 1 for byte in key)
