"""The ciphers of a chip's channel: two-key Triple DES with the retail MAC, and AES with CMAC."""

import hmac
from enum import Enum
from hashlib import sha1, sha256

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, CipherAlgorithm, modes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

ENCRYPTION, AUTHENTICATION, PASSWORD = 1, 2, 3  # counters of the key derivation function
MAC_SIZE = 8


class Cipher(Enum):
    """One of the four, weakest first. The value is the last byte of the object identifiers that ask for it."""

    DES3 = 1
    AES128 = 2
    AES192 = 3
    AES256 = 4

    @property
    def block_size(self) -> int:
        return 8 if self is Cipher.DES3 else 16

    @property
    def key_size(self) -> int:
        """Bytes of a key; the two keys of Triple DES together."""
        return {Cipher.AES192: 24, Cipher.AES256: 32}.get(self, 16)

    def derive_key(self, secret: bytes, counter: int) -> bytes:
        """The key for the purpose that ``counter`` stands for. Source: ICAO Doc 9303-11, 9.7.1.

        >>> Cipher.DES3.derive_key(bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE"), ENCRYPTION).hex()
        'ab94fdecf2674fdfb9b391f85d7f76f2'
        """
        hashed = secret + counter.to_bytes(4)
        if self.key_size > 16:
            return sha256(hashed).digest()[: self.key_size]
        key = sha1(hashed, usedforsecurity=False).digest()[:16]
        return _with_odd_parity(key) if self is Cipher.DES3 else key

    def encrypt(self, key: bytes, data: bytes, iv: bytes = b"") -> bytes:
        """Whole blocks, in CBC mode from ``iv``, or from zeros. No padding is added."""
        encryptor = BlockCipher(self._algorithm(key), modes.CBC(iv or bytes(self.block_size))).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def decrypt(self, key: bytes, data: bytes, iv: bytes = b"") -> bytes:
        """Whole blocks, in CBC mode from ``iv``, or from zeros. Padding is left where it is."""
        decryptor = BlockCipher(self._algorithm(key), modes.CBC(iv or bytes(self.block_size))).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Eight bytes: with Triple DES the retail MAC, which pads the data first; with AES the beginning of the CMAC.

        Source: ISO/IEC 9797-1, algorithm 3 with padding method 2; NIST SP 800-38B; ICAO Doc 9303-11, 9.8.6.
        """
        if self is not Cipher.DES3:
            cmac = CMAC(AES(key))
            cmac.update(data)
            return cmac.finalize()[:MAC_SIZE]
        padded = self.pad(data)
        single = BlockCipher(TripleDES(key[:8] * 3), modes.CBC(bytes(8))).encryptor()
        chained = single.update(padded[:-8])[-8:] or bytes(8)
        return self.encrypt(key, padded[-8:], chained)

    def confirms(self, key: bytes, data: bytes, mac: bytes) -> bool:
        """Whether these bytes, all of them, are the MAC of the data."""
        return hmac.compare_digest(self.mac(key, data), mac)

    def pad(self, data: bytes) -> bytes:
        """The data, 80 and zeros, to whole blocks. Source: ISO/IEC 9797-1, padding method 2."""
        return data + b"\x80" + bytes(-(len(data) + 1) % self.block_size)

    def unpad(self, padded: bytes) -> bytes:
        """The data of padded blocks. Raises ValueError where the end is no padding, or longer than a block."""
        data = padded.rstrip(b"\0")
        if data[-1:] != b"\x80" or len(padded) - len(data) >= self.block_size:
            raise ValueError("no padding")
        return data[:-1]

    def _algorithm(self, key: bytes) -> BlockCipherAlgorithm | CipherAlgorithm:
        if len(key) != self.key_size:
            raise ValueError(f"a key of {len(key)} bytes")
        return TripleDES(key + key[:8]) if self is Cipher.DES3 else AES(key)


def _with_odd_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE | (byte.bit_count() & 1 ^ (byte & 1) ^ 1) for byte in key)
