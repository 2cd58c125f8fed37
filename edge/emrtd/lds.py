"""The logical data structure: which files a chip has, and what is in those that this project reads."""

import re
import unicodedata
from enum import Enum

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.mrz import Mrz, parse_mrz
from edge.emrtd.tlv import Tlv, read_all, read_only, value_of

MAX_NAME = 100  # characters
MAX_TEXT = 400

_FACE_HEADER = 14  # "FAC\0", version, length of the record, number of images
_FACE_BLOCK = 20  # facial information: begins with the block's length and the number of feature points
_FEATURE_POINT = 8
_IMAGE_BLOCK = 12


class File(Enum):
    """An elementary file. Source: ICAO Doc 9303-10, 3.9 to 3.11 and 4.

    >>> File.DG13.number, File.DG13.fid, File.DG13.sfi, File.DG13.tag, File.SOD.number
    (13, 269, 13, 109, 0)
    """

    COM = (0x011E, 0x1E, 0x60)
    SOD = (0x011D, 0x1D, 0x77)
    DG1 = (0x0101, 0x01, 0x61)
    DG2 = (0x0102, 0x02, 0x75)
    DG3 = (0x0103, 0x03, 0x63)
    DG11 = (0x010B, 0x0B, 0x6B)
    DG13 = (0x010D, 0x0D, 0x6D)
    DG14 = (0x010E, 0x0E, 0x6E)
    DG15 = (0x010F, 0x0F, 0x6F)
    CARD_ACCESS = (0x011C, 0x1C, 0x31)

    def __init__(self, fid: int, sfi: int, tag: int) -> None:
        self.fid = fid
        self.sfi = sfi
        self.tag = tag

    @property
    def number(self) -> int:
        """The data group's number, 1 to 16; 0 for a file that is none."""
        return self.sfi if self.sfi <= 16 else 0


class Com(Struct, frozen=True):
    """EF.COM: versions as the chip writes them ("0107", "040000"), and the tags of the data groups that it has."""

    lds_version: str
    unicode_version: str
    tags: tuple[int, ...]


class ImageFormat(Enum):
    """How a portrait is compressed."""

    JPEG = "jpeg"
    JPEG2000 = "jp2"


_MAGIC = {
    b"\xff\xd8\xff": ImageFormat.JPEG,
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": ImageFormat.JPEG2000,
    b"\xff\x4f\xff\x51": ImageFormat.JPEG2000,  # the bare codestream
}


class Portrait(Struct, frozen=True):
    """The holder's face, compressed as the chip holds it."""

    format: ImageFormat
    image: bytes

    def __repr__(self) -> str:
        return f"Portrait({self.format.value}, {len(self.image)} bytes)"


class Dg11(Struct, frozen=True):
    """Additional details of the holder; a field that the chip leaves out is empty. Text is NFC.

    ``primary`` and ``secondary`` are the parts of the full name as the state writes it; ``birth`` is ``YYYY-MM-DD``,
    or shorter where the chip does not say all; the lines of a place or an address are joined by commas.
    """

    primary: str = ""
    secondary: str = ""
    personal_number: str = ""
    birth: str = ""
    place_of_birth: str = ""
    address: str = ""

    def __repr__(self) -> str:
        return "Dg11(…)"


def parse_com(data: bytes) -> Com:
    """What EF.COM says. Raises CardError (MALFORMED). Source: ICAO Doc 9303-10, 4.6.1."""
    objects = _content(data, File.COM)
    versions = [value_of(objects, tag) for tag in (0x5F01, 0x5F36)]
    if re.fullmatch(rb"[0-9]{4}", versions[0]) is None or re.fullmatch(rb"[0-9]{6}", versions[1]) is None:
        raise CardError(ReadingFault.MALFORMED, "COM: versions")
    return Com(versions[0].decode("ascii"), versions[1].decode("ascii"), tuple(value_of(objects, 0x5C)))


def parse_dg1(data: bytes) -> Mrz:
    """The machine readable zone. Raises CardError (MALFORMED), MrzError where a check digit is wrong.

    Source: ICAO Doc 9303-10, 4.7.1.
    """
    return parse_mrz(value_of(_content(data, File.DG1), 0x5F1F).decode("latin-1"))


def parse_dg2(data: bytes) -> Portrait:
    """The first facial image. Its format is told by its first bytes: what its header says of it is often wrong.

    Raises CardError (MALFORMED) where there is none, or in no such format. Only records of ISO/IEC 19794-5:2005 are
    read, not yet those of ISO/IEC 39794-5. Source: ICAO Doc 9303-10, 4.7.2; ISO/IEC 19794-5, 5.4 to 5.8.
    """
    template = value_of(read_all(value_of(_content(data, File.DG2), 0x7F61)), 0x7F60)
    for block in read_all(template):
        if block.tag in (0x5F2E, 0x7F2E):
            return _portrait(block.value)
    raise CardError(ReadingFault.MALFORMED, "DG2: no biometric data")


def parse_dg11(data: bytes) -> Dg11:
    """The additional details. Raises CardError (MALFORMED). Source: ICAO Doc 9303-10, 4.7.11."""
    found = {each.tag: each.value for each in reversed(_content(data, File.DG11))}
    primary, _, secondary = read_text(found.get(0x5F0E, b""), MAX_NAME, "DG11").partition("<<")
    return Dg11(
        primary=" ".join(primary.replace("<", " ").split()),
        secondary=" ".join(secondary.replace("<", " ").split()),
        personal_number=read_text(found.get(0x5F10, b""), MAX_NAME, "DG11"),
        birth=_birth(found.get(0x5F2B, b"")),
        place_of_birth=_lines(found.get(0x5F11, b"")),
        address=_lines(found.get(0x5F42, b"")),
    )


def parse_dg14(data: bytes) -> bytes:
    """The SecurityInfos of the chip, encoded, for `security_infos`. Raises CardError (MALFORMED).

    Source: ICAO Doc 9303-10, 4.7.14; 9303-11, 9.2.
    """
    return _encoded(data, File.DG14, 0x31)


def parse_dg15(data: bytes) -> bytes:
    """The public key of active authentication: a SubjectPublicKeyInfo, encoded. Raises CardError (MALFORMED).

    Source: ICAO Doc 9303-10, 4.7.15.
    """
    return _encoded(data, File.DG15, 0x30)


def read_text(value: bytes, longest: int, where: str) -> str:
    """Text in UTF-8, as NFC and without blanks around it.

    Raises CardError (MALFORMED, at ``where``) where it is no such text, has control characters, or more than
    ``longest`` characters.
    """
    # A letter takes four bytes at most, and in decomposed text brings two marks of two bytes.
    if len(value) > 8 * longest:
        raise CardError(ReadingFault.MALFORMED, f"{where}: a text too long")
    try:
        text = unicodedata.normalize("NFC", value.decode("utf-8")).strip(" ")
    except UnicodeDecodeError:
        # Without its cause, which holds what was read.
        raise CardError(ReadingFault.MALFORMED, f"{where}: no text") from None
    if len(text) > longest:
        raise CardError(ReadingFault.MALFORMED, f"{where}: a text too long")
    if "\ufffd" in text or any(unicodedata.category(letter) == "Cc" for letter in text):
        raise CardError(ReadingFault.MALFORMED, f"{where}: control characters in a text")
    return text


def _content(data: bytes, file: File) -> tuple[Tlv, ...]:
    return read_all(read_only(data, file.tag))


def _encoded(data: bytes, file: File, tag: int) -> bytes:
    """What the file holds: one object with this tag, encoded."""
    content = read_only(data, file.tag)
    read_only(content, tag)
    return content


def _portrait(record: bytes) -> Portrait:
    if record[:4] != b"FAC\0":
        raise CardError(ReadingFault.MALFORMED, "DG2: no facial record")
    block = record[_FACE_HEADER:]
    length, points = int.from_bytes(block[:4]), int.from_bytes(block[4:6])
    start = _FACE_BLOCK + _FEATURE_POINT * points + _IMAGE_BLOCK
    if length > len(block):
        raise CardError(ReadingFault.MALFORMED, "DG2: an image that does not fit its record")
    image = block[start:length]
    for magic, format_ in _MAGIC.items():
        if image.startswith(magic):
            return Portrait(format_, image)
    raise CardError(ReadingFault.MALFORMED, "DG2: an image in another format")


def _lines(value: bytes) -> str:
    return ", ".join(line.strip() for line in read_text(value, MAX_TEXT, "DG11").split("<") if line.strip())


def _birth(value: bytes) -> str:
    # Eight digits, on older chips packed two to a byte; zeros stand for what is not known.
    digits = value.hex() if len(value) == 4 else value.decode("latin-1")
    if not digits:
        return ""
    if re.fullmatch(r"[0-9]{4}(?:0[0-9]|1[0-2])(?:[0-2][0-9]|3[01])", digits) is None:
        raise CardError(ReadingFault.MALFORMED, "DG11: date of birth")
    year, month, day = digits[:4], digits[4:6], digits[6:]
    if month == "00":
        return "" if year == "0000" else year
    return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"
