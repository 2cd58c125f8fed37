"""What is said for a call, for changes of room and by the clock, in Vietnamese and in English. Pure."""

import re
import unicodedata
from collections.abc import Callable

from board_controller.signage import Announcement, Move, Notice
from board_controller.voice.calls import Moves, Said

_VI_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_EN_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Letters as an announcer says them; D as in "vitamin D", so that it is not heard as "dê", a goat.
_VI_LETTERS = {
    "A": "A", "B": "bê", "C": "xê", "D": "đê", "Đ": "đờ", "E": "e", "F": "ép", "G": "giê", "H": "hát", "I": "i",
    "J": "gi", "K": "ca", "L": "e-lờ", "M": "em-mờ", "N": "en-nờ", "O": "o", "P": "pê", "Q": "quy", "R": "e-rờ",
    "S": "ét-sì", "T": "tê", "U": "u", "V": "vê", "W": "vê kép", "X": "ích-xì", "Y": "i-dài", "Z": "dét",
}  # fmt: skip
_CODE = re.compile(r"\d+|[^\W\d_]+", re.UNICODE)


def sentence(said: Said, language: str) -> str:
    """What is said in ``vi`` or ``en``; NFC, and free of the engine's own notation. Empty where a notice has no text.

    Digits of a ticket and of a room are read one by one, a counter's number as a number. Changes of room are read
    by where to go.
    Raises KeyError on a language that has no sentences.

    >>> sentence(Announcement("", "A047", 1, "101", ""), "vi")
    'Mời số A không bốn bảy, đến quầy một, phòng một không một'
    >>> sentence(Announcement("", "A047", 1, "101", ""), "en")
    'Number A, zero four seven, please go to counter one, room one zero one'
    >>> sentence(Moves((Move("", "A012", 3, "103"), Move("", "A015", 3, "103"))), "vi")
    'Thay đổi phòng. Số A không một hai, số A không một năm, mời sang phòng một không ba'
    """
    return _SENTENCES[language](said)


def _vietnamese(said: Said) -> str:
    match said:
        case Announcement():
            return _vi_call(said)
        case Moves(moves):
            told = [
                ", ".join([*(f"số {_vi_code(label)}" for label in labels), _vi_where(move)])
                for move, labels in _by_place(moves)
            ]
            return ". ".join(["Thay đổi phòng", *map(_capital, told)])
        case Notice():
            return _clean(said.text_vi)


def _english(said: Said) -> str:
    match said:
        case Announcement():
            return _en_call(said)
        case Moves(moves):
            told = [
                ", ".join([*(f"number {_en_code(label)}" for label in labels), _en_where(move)])
                for move, labels in _by_place(moves)
            ]
            return ". ".join(["Change of room", *map(_capital, told)])
        case Notice():
            return _clean(said.text_en)


def _by_place(moves: tuple[Move, ...]) -> list[tuple[Move, list[str]]]:
    """A move for each place to go to, in the order of the first, and the tickets that go there."""
    places: dict[tuple[int, str], tuple[Move, list[str]]] = {}
    for move in moves:
        places.setdefault((move.number, move.room), (move, []))[1].append(move.label)
    return [*places.values()]


def _vi_where(move: Move) -> str:
    room = _room(move.room)
    if not move.number:
        return "xin chờ, quầy nào trống trước sẽ gọi"
    if room:
        return f"mời sang phòng {_vi_code(room) if _is_code(room) else room}"
    return f"mời sang quầy {vi_number(move.number)}"


def _en_where(move: Move) -> str:
    room = _room(move.room)
    if not move.number:
        return "please wait, the first free counter will call you"
    if room:
        return f"please go to room {_en_code(room) if _is_code(room) else room}"
    return f"please go to counter {en_number(move.number)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _vi_call(said: Announcement) -> str:
    parts = [f"Mời số {_vi_code(said.label)}", f"đến quầy {vi_number(said.number)}"]
    room = _room(said.room)
    if room:
        parts.append(f"phòng {_vi_code(room) if _is_code(room) else room}")
    return ", ".join(parts)


def _en_call(said: Announcement) -> str:
    parts = [f"Number {_en_code(said.label)}", f"please go to counter {en_number(said.number)}"]
    room = _room(said.room)
    if room:
        parts.append(f"room {_en_code(room) if _is_code(room) else room}")
    return ", ".join(parts)


_SENTENCES: dict[str, Callable[[Said], str]] = {"vi": _vietnamese, "en": _english}


def vi_number(number: int) -> str:
    """A number as it is said; from 100 on digit by digit.

    >>> [vi_number(n) for n in (4, 10, 15, 21, 24, 25, 30)]
    ['bốn', 'mười', 'mười lăm', 'hai mươi mốt', 'hai mươi tư', 'hai mươi lăm', 'ba mươi']
    """
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _VI_DIGITS[ones]
    if tens > 9:
        return " ".join(_VI_DIGITS[int(digit)] for digit in str(number))
    head = "mười" if tens == 1 else f"{_VI_DIGITS[tens]} mươi"
    match ones:
        case 0:
            return head
        case 1 if tens > 1:
            return f"{head} mốt"
        case 4 if tens > 1:
            return f"{head} tư"
        case 5:
            return f"{head} lăm"
        case _:
            return f"{head} {_VI_DIGITS[ones]}"


def en_number(number: int) -> str:
    """A number as it is said; from 100 on digit by digit.

    >>> [en_number(n) for n in (4, 12, 20, 32)]
    ['four', 'twelve', 'twenty', 'thirty-two']
    """
    tens, ones = divmod(number, 10)
    match tens:
        case 0:
            return _EN_DIGITS[ones]
        case 1:
            return _EN_TEENS[ones]
        case _ if tens > 9:
            return " ".join(_EN_DIGITS[int(digit)] for digit in str(number))
        case _:
            return _EN_TENS[tens] + (f"-{_EN_DIGITS[ones]}" if ones else "")


def _clean(text: str) -> str:
    """The text as the engine may have it: NFC, no ``[[phonemes]]``, no leading dash, which would be an option."""
    plain = unicodedata.normalize("NFC", text).replace("[[", " ").replace("]]", " ")
    return re.sub(r"\s+", " ", plain).strip(" -–—")


def _room(text: str) -> str:
    return re.sub(r"^(P\.|phòng )\s*", "", _clean(text), flags=re.IGNORECASE)


def _is_code(room: str) -> bool:
    return any(character.isdecimal() for character in room) and len(room) <= 6


def _vi_code(text: str) -> str:
    characters = "".join(_CODE.findall(_clean(text).upper()))
    return " ".join(_VI_DIGITS[int(c)] if c.isdecimal() else _VI_LETTERS.get(c, c) for c in characters)


def _en_code(text: str) -> str:
    groups = []
    for token in _CODE.findall(_clean(text).upper()):
        # a comma after a letter: without it espeak-ng reads "A zero" as the article
        groups.append(" ".join(_EN_DIGITS[int(c)] if c.isdecimal() else c for c in token))
    return ", ".join(groups)
