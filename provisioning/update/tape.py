"""The bundle's outside: a tar file that holds regular files and nothing else, with headers that leave no choice.

Each header can be computed from the name, the length and whether the file is executable; a reader compares it byte for
byte instead of interpreting it, so links, devices, sparse files, owners and whatever else a tar may hold
cannot occur. GNU tar reads it. Source: POSIX.1-2017, pax, "ustar Interchange Format"; for names of more than 100
characters, as wheels have, GNU tar's manual, "Basic Tar Format" (typeflag L before the file).
"""

from typing import BinaryIO

BLOCK = 512
END = bytes(2 * BLOCK)
_NAME = 100
_SIZE = slice(124, 136)


class TapeError(Exception):
    """It is no such file, or it is cut off."""


def header(name: str, size: int, *, executable: bool = False) -> bytes:
    """What stands before a file: 512 bytes, and before them 1,024 more where the name has over 100 characters."""
    encoded = name.encode("ascii")
    if size >= 8**11:
        raise ValueError(f"{name}: does not fit into a header")
    mode = b"0000755\0" if executable else b"0000644\0"
    block = _block(encoded[:_NAME], mode, size, b"0")
    if len(encoded) <= _NAME:
        return block
    told = encoded + b"\0"
    return _block(b"././@LongLink", b"0000644\0", len(told), b"L") + told + padding(len(told)) + block


def _block(name: bytes, mode: bytes, size: int, kind: bytes) -> bytes:
    before = name.ljust(_NAME, b"\0") + mode + b"0000000\0" * 2
    before += b"%011o\0" % size + b"%011o\0" % 0
    after = kind + bytes(100) + b"ustar\x0000" + b"root".ljust(32, b"\0") * 2 + b"0000000\0" * 2
    after = after.ljust(BLOCK - 156, b"\0")
    total = sum(before) + 8 * ord(" ") + sum(after)
    return before + b"%06o\0 " % total + after


def padding(size: int) -> bytes:
    """What fills the last block of a file."""
    return bytes(-size % BLOCK)


def read_exactly(tape: BinaryIO, size: int) -> bytes:
    """So many bytes. Raises TapeError where there are fewer."""
    data = tape.read(size)
    if len(data) != size:
        raise TapeError("it is cut off")
    return data


def expect(tape: BinaryIO, wanted: bytes) -> None:
    """Read what must stand here. Raises TapeError where something else does."""
    if read_exactly(tape, len(wanted)) != wanted:
        raise TapeError("it is not written as a bundle is")


def read_first(tape: BinaryIO, name: str, limit: int) -> bytes:
    """The first file, which must have this name and at most so many bytes. Raises TapeError."""
    found = read_exactly(tape, BLOCK)
    digits = found[_SIZE][:11]
    if not digits.isdigit() or any(digit in b"89" for digit in digits):
        raise TapeError("it is not written as a bundle is")
    size = int(digits, 8)
    if size > limit:
        raise TapeError("its manifest is too long")
    if found != header(name, size):
        raise TapeError("it is not written as a bundle is")
    data = read_exactly(tape, size)
    expect(tape, padding(size))
    return data


def expect_end(tape: BinaryIO) -> None:
    """Read the end. Raises TapeError where something follows."""
    expect(tape, END)
    if tape.read(1):
        raise TapeError("something follows its end")
