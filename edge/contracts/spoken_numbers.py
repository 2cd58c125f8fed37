"""Numbers and codes as people say them, word by word, in Vietnamese by region and in English. Pure.

A ticket such as A007 is said letter by letter, and its digits either one by one or as a number.
"""

import re
import unicodedata

from edge.contracts.hall import Language, Region

VI_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
EN_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Letters as an announcer says them; D as in "vitamin D", so that it is not heard as "dê", a goat.
VI_LETTERS = {
    "A": "A", "B": "bê", "C": "xê", "D": "đê", "Đ": "đờ", "E": "e", "F": "ép", "G": "giê", "H": "hát", "I": "i",
    "J": "gi", "K": "ca", "L": "e-lờ", "M": "em-mờ", "N": "en-nờ", "O": "o", "P": "pê", "Q": "quy", "R": "e-rờ",
    "S": "ét-sì", "T": "tê", "U": "u", "V": "vê", "W": "vê kép", "X": "ích-xì", "Y": "i-dài", "Z": "dét",
}  # fmt: skip
HIGHEST = 9_999
_CODE = re.compile(r"\d+|[^\W\d_]+", re.UNICODE)


def number_words(number: int, language: Language, region: Region = "north") -> tuple[str, ...]:
    """A number from 0 to 9,999 as a number; a higher one digit by digit.

    >>> " ".join(number_words(21, "vi")), " ".join(number_words(24, "vi")), " ".join(number_words(15, "vi"))
    ('hai mươi mốt', 'hai mươi tư', 'mười lăm')
    >>> " ".join(number_words(107, "vi")), " ".join(number_words(107, "vi", "south"))
    ('một trăm linh bảy', 'một trăm lẻ bảy')
    >>> " ".join(number_words(2040, "vi")), " ".join(number_words(2040, "vi", "south"))
    ('hai nghìn không trăm bốn mươi', 'hai ngàn không trăm bốn mươi')
    >>> " ".join(number_words(107, "en")), " ".join(number_words(32, "en"))
    ('one hundred and seven', 'thirty-two')
    """
    if number > HIGHEST:
        return digit_words(str(number), language)
    return _vietnamese(number, region) if language == "vi" else _english(number)


def digit_words(digits: str, language: Language) -> tuple[str, ...]:
    """Digits one by one.

    >>> digit_words("007", "vi")
    ('không', 'không', 'bảy')
    """
    words = VI_DIGITS if language == "vi" else EN_DIGITS
    return tuple(words[int(digit)] for digit in digits)


def code_words(
    code: str, language: Language, region: Region = "north", *, digits: bool = True
) -> tuple[tuple[str, ...], ...]:
    """A code such as A007 or P.12B: a group of words for each run of letters or of digits.

    >>> code_words("A007", "vi"), code_words("A007", "vi", digits=False)
    ((('A',), ('không', 'không', 'bảy')), (('A',), ('bảy',)))
    >>> code_words("Đ12", "en")
    (('D',), ('one', 'two'))
    """
    groups = []
    for run in _CODE.findall(unicodedata.normalize("NFC", code).upper()):
        if run.isdecimal():
            groups.append(digit_words(run, language) if digits else number_words(int(run), language, region))
        elif language == "vi":
            groups.append(tuple(VI_LETTERS.get(letter, letter) for letter in run))
        else:
            groups.append(tuple(run.replace("Đ", "D")))
    return tuple(groups)


def words_of_numbers(language: Language, region: Region, highest: int) -> tuple[str, ...]:
    """Every word that the numbers from 0 to ``highest`` need, each once, in the order in which they come up.

    >>> words_of_numbers("vi", "north", 21)[-4:]
    ('mười', 'lăm', 'mươi', 'mốt')
    """
    needed: dict[str, None] = {}
    for number in range(min(highest, HIGHEST) + 1):
        needed.update(dict.fromkeys(number_words(number, language, region)))
    return tuple(needed)


def _vietnamese(number: int, region: Region) -> tuple[str, ...]:
    thousands, rest = divmod(number, 1000)
    words: tuple[str, ...] = ()
    if thousands:
        words = (VI_DIGITS[thousands], "nghìn" if region == "north" else "ngàn")
        if not rest:
            return words
    hundreds, rest = divmod(rest, 100)
    if hundreds or thousands:
        words += (VI_DIGITS[hundreds], "trăm")
        if not rest:
            return words
        if rest < 10:
            return (*words, "linh" if region == "north" else "lẻ", VI_DIGITS[rest])
    return words + _vi_tens(rest)


def _vi_tens(number: int) -> tuple[str, ...]:
    tens, ones = divmod(number, 10)
    if not tens:
        return (VI_DIGITS[ones],)
    head = ("mười",) if tens == 1 else (VI_DIGITS[tens], "mươi")
    match ones:
        case 0:
            return head
        case 1 if tens > 1:
            return (*head, "mốt")
        case 4 if tens > 1:
            return (*head, "tư")
        case 5:
            return (*head, "lăm")
        case _:
            return (*head, VI_DIGITS[ones])


def _english(number: int) -> tuple[str, ...]:
    thousands, rest = divmod(number, 1000)
    words: tuple[str, ...] = (EN_DIGITS[thousands], "thousand") if thousands else ()
    hundreds, rest = divmod(rest, 100)
    if hundreds:
        words += (EN_DIGITS[hundreds], "hundred")
    if words and not rest:
        return words
    return (*words, "and", _en_tens(rest)) if words else (_en_tens(rest),)


def _en_tens(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return EN_DIGITS[ones]
    if tens == 1:
        return _EN_TEENS[ones]
    return _EN_TENS[tens] + (f"-{EN_DIGITS[ones]}" if ones else "")
