"""What opens a chip: the six digits printed on its face, or three fields of its MRZ."""

import re
from hashlib import sha1

from msgspec import Struct

from edge.emrtd.mrz import Mrz, MrzError, check_digit


class Can(Struct, frozen=True):
    """The card access number: six digits. On a CCCD they are the last six of the ID number. Raises ValueError."""

    digits: str

    def __post_init__(self) -> None:
        if re.fullmatch(r"[0-9]{6}", self.digits) is None:
            raise ValueError("a CAN has six digits")

    @property
    def pace_reference(self) -> int:
        return 2

    def pace_secret(self) -> bytes:
        """What PACE derives its first key from: the digits themselves. Source: ICAO Doc 9303-11, 9.7.3."""
        return self.digits.encode("ascii")

    def __repr__(self) -> str:
        return "Can(…)"


class MrzKey(Struct, frozen=True):
    """The fields of an MRZ that open its chip: document number without fillers, birth and expiry as printed, YYMMDD.

    Raises MrzError where they cannot be those of an MRZ.
    """

    document_number: str
    birth: str
    expiry: str

    def __post_init__(self) -> None:
        # Of the 22 characters for it on TD1 one is the check digit.
        if re.fullmatch(r"[0-9A-Z](?:[0-9A-Z<]{0,20}[0-9A-Z])?", self.document_number) is None:
            raise MrzError("document number")
        if any(re.fullmatch(r"[0-9<]{6}", field) is None for field in (self.birth, self.expiry)):
            raise MrzError("dates")

    @classmethod
    def of(cls, mrz: Mrz) -> "MrzKey":
        return cls(mrz.document_number, mrz.birth, mrz.expiry)

    @property
    def pace_reference(self) -> int:
        return 1

    def information(self) -> str:
        """The "MRZ information": the three fields, each with its check digit. Source: ICAO Doc 9303-11, 4.3.2 and D.2.

        >>> MrzKey("L898902C", "690806", "940623").information()
        'L898902C<369080619406236'
        """
        number = self.document_number.ljust(9, "<")
        return "".join(field + check_digit(field) for field in (number, self.birth, self.expiry))

    def pace_secret(self) -> bytes:
        """What PACE derives its first key from: all 20 bytes of the hash. Source: ICAO Doc 9303-11, 9.7.3."""
        return sha1(self.information().encode("ascii"), usedforsecurity=False).digest()

    def seed(self) -> bytes:
        """K_seed, from which Basic Access Control derives its keys, 16 bytes. Source: ICAO Doc 9303-11, 4.3.2."""
        return self.pace_secret()[:16]

    def __repr__(self) -> str:
        return "MrzKey(…)"
