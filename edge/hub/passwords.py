"""Which passwords and PINs are taken, and the words for why one is not; pure but for the making of new ones."""

import secrets
from enum import Enum
from itertools import pairwise

from edge.hub.words import N_

MIN_PASSWORD, MAX_PASSWORD = 10, 128
PIN_DIGITS = 6
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without look-alikes
# Short of ten letters nothing passes anyway: of the lists of leaked passwords only the longer ones matter, and ours.
_COMMON = """
0123456789 1234567890 0987654321 9876543210 1234567891 12345678910 123456789a a123456789 123456789q 1q2w3e4r5t
1qaz2wsx3edc qwertyuiop qwerty12345 qwerty123456 q1w2e3r4t5 asdfghjkl123 abcd123456 abc123456789 abcdefghij
password12 password123 password1234 passw0rd123 p@ssw0rd123 iloveyou123 welcome123 letmein1234 admin12345
administrator changeme123 superman123 football123 princess123 sunshine123 1111111111 0000000000 1122334455
matkhau123 matkhau1234 matkhau12345 matkhau@123 anhyeuem123 emyeuanh123 yeuanhnhieu saigon12345
hanoi12345 vietnam123 vietnam1234 vietnam2024 vietnam2025 vietnam2026 benhvien123 benhvien1234 benhvien@123
trungtamyte bacsi12345 yte1234567 moiso12345 quantri123 quantri1234 khongbiet123 conmemay123
"""


class Fault(Enum):
    """Why an account cannot be made or changed as asked."""

    NAME = "name"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    LAST_ADMINISTRATOR = "last-administrator"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    LIKE_NAME = "like-name"
    COMMON = "common"
    SAME_AS_BEFORE = "same-as-before"
    NOT_REPEATED = "not-repeated"
    PIN_SHAPE = "pin-shape"
    PIN_SIMPLE = "pin-simple"


WORDS: dict[Fault, str] = {
    Fault.NAME: N_("Tên gồm 1 đến 40 chữ cái thường không dấu, chữ số, dấu chấm, gạch nối; bắt đầu bằng chữ hoặc số."),
    Fault.TAKEN: N_("Tên này đã có tài khoản. Xin chọn tên khác."),
    Fault.UNKNOWN: N_("Không có tài khoản này nữa. Xin tải lại trang."),
    Fault.LAST_ADMINISTRATOR: N_("Đây là quản trị viên cuối cùng. Xin trao quyền quản trị cho người khác trước."),
    Fault.TOO_SHORT: N_("Mật khẩu cần ít nhất 10 ký tự. Một câu ngắn dễ nhớ là tốt nhất."),
    Fault.TOO_LONG: N_("Mật khẩu có nhiều nhất 128 ký tự."),
    Fault.LIKE_NAME: N_("Mật khẩu không được chứa tên đăng nhập."),
    Fault.COMMON: N_("Mật khẩu này quá nhiều người dùng nên dễ đoán. Xin chọn mật khẩu khác."),
    Fault.SAME_AS_BEFORE: N_("Mật khẩu mới phải khác mật khẩu đang dùng."),
    Fault.NOT_REPEATED: N_("Hai lần nhập không giống nhau. Xin nhập lại."),
    Fault.PIN_SHAPE: N_("PIN gồm đúng 6 chữ số."),
    Fault.PIN_SIMPLE: N_("PIN này dễ đoán. Xin tránh các chữ số giống nhau hoặc liên tiếp."),
}


class AccountRefused(Exception):
    """It is not done; ``fault`` says why, and WORDS says it in words."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def check_password(name: str, password: str) -> None:
    """Raise AccountRefused where this account may not have this password.

    Source: NIST SP 800-63B, 5.1.1.2: length and a list of the commonest, no rules of composition.
    """
    plain = password.casefold()
    if len(password) < MIN_PASSWORD:
        raise AccountRefused(Fault.TOO_SHORT)
    if len(password) > MAX_PASSWORD:
        raise AccountRefused(Fault.TOO_LONG)
    if len(name) >= 3 and name.casefold() in plain:
        raise AccountRefused(Fault.LIKE_NAME)
    if plain in _COMMON.split() or len(set(plain)) < 4:
        raise AccountRefused(Fault.COMMON)


def check_pin(pin: str) -> None:
    """Raise AccountRefused where this is no PIN, or one of those that anybody tries first.

    >>> check_pin("482913")
    """
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdecimal()):
        raise AccountRefused(Fault.PIN_SHAPE)
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if len(set(pin)) < 3 or steps in ({1}, {-1}):
        raise AccountRefused(Fault.PIN_SIMPLE)


def temporary_password() -> str:
    """A password for the first login only: 12 letters in three groups, 59 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
