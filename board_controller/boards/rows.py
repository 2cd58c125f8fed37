"""What every driver of LED boards is told: rows of text, and what it can say of a board. Pure."""

import unicodedata
from enum import Enum

from msgspec import Struct


class Row(Struct, frozen=True):
    """One row of a board: its text, and whether it blinks."""

    text: str
    blink: bool = False


class Health(Enum):
    """What is known of a board."""

    UNKNOWN = "unknown"
    SENT = "sent"  # its picture went out, and nobody can say more: the board does not answer, or has not yet
    SHOWING = "showing"
    SILENT = "silent"
    REFUSING = "refusing"


def plain(text: str) -> str:
    """The text in the letters of ASCII, for boards that have no others; what has no such letter becomes ``?``.

    >>> plain("Đ047 Quầy 3")
    'D047 Quay 3'
    """
    bare = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in letters)
