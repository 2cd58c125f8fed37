"""VietQR: the text of the QR with which a Vietnamese banking app transfers an amount to an account. Pure.

Sources: EMVCo, QR Code Specification for Payment Systems, Merchant-Presented Mode 1.1 (objects of an ID, a length and a
value, each of two digits but the value; 4.7 for the CRC); NAPAS, QR switching specification, IBFT service 1.5.2 (the
object 38 with its QRIBFTTA, transfer to an account), as public programs implement it.
"""

import re

from msgspec import Struct

from edge.contracts.payment import ACCOUNT, BANK, Payment

LEAST, MOST = 1_000, 500_000_000  # VND; above this a transfer within seconds is not to be had
_PURPOSE = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z ]{0,23}[0-9A-Za-z])?")
_TYPED = re.compile(r"[0-9]{1,12}|[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3}){0,2}")

_FORMAT, _DYNAMIC, _SERVICE = "01", "12", "QRIBFTTA"
_NAPAS, _VND, _COUNTRY = "A000000727", "704", "VN"
_CRC = "6304"  # its ID and its length, over which it is computed too


class Transfer(Struct, frozen=True):
    """What a code asks for: ``amount`` in VND to an account; ``purpose`` is what both sides' bank statements say."""

    bank: str
    account: str
    amount: int
    purpose: str


def vietqr(to: Payment, amount: int, purpose: str) -> str:
    """The text of a dynamic VietQR, valid for one amount.

    Raises ValueError where the account has not the form that banks know, the amount is not a whole number from LEAST to
    MOST, or the purpose is not 1 to 25 ASCII letters, digits and spaces.
    """
    if not BANK.fullmatch(to.bank) or not ACCOUNT.fullmatch(to.account):
        raise ValueError("no account of a bank")
    if not LEAST <= amount <= MOST:
        raise ValueError("the amount is out of bounds")
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError("the purpose is no text for a bank")
    beneficiary = _object("00", to.bank) + _object("01", to.account)
    receiver = _object("00", _NAPAS) + _object("01", beneficiary) + _object("02", _SERVICE)
    text = "".join(
        (
            _object("00", _FORMAT),
            _object("01", _DYNAMIC),
            _object("38", receiver),
            _object("53", _VND),
            _object("54", str(amount)),
            _object("58", _COUNTRY),
            _object("62", _object("08", purpose)),
            _CRC,
        )
    )
    return f"{text}{crc16(text.encode('ascii')):04X}"


def read_vietqr(text: str) -> Transfer:
    """What a dynamic VietQR asks for. Raises ValueError where it is none, or its CRC is wrong."""
    if not text.isascii() or text[-8:-4] != _CRC or text[-4:] != f"{crc16(text[:-4].encode()):04X}":
        raise ValueError("no CRC that fits")
    outer = _objects(text[:-8])
    receiver, more = _objects(outer.get("38", "")), _objects(outer.get("62", ""))
    beneficiary = _objects(receiver.get("01", ""))
    fixed = [*(outer.get(tag) for tag in ("00", "01", "53", "58")), receiver.get("00"), receiver.get("02")]
    if fixed != [_FORMAT, _DYNAMIC, _VND, _COUNTRY, _NAPAS, _SERVICE]:
        raise ValueError("no transfer to an account")
    try:
        return Transfer(beneficiary["00"], beneficiary["01"], int(outer["54"]), more["08"])
    except KeyError as missing:
        raise ValueError(f"the object {missing} is missing") from None


def read_amount(typed: str) -> int:
    """The amount in VND that a cashier typed, with its thousands apart or not. Raises ValueError.

    A dong has no parts: 150,5 or 1.000,50 is a slip of the finger, and not read as something else.

    >>> read_amount("150.000"), read_amount("150,000"), read_amount("1 250 000"), read_amount("20000")
    (150000, 150000, 1250000, 20000)
    """
    text = typed.strip().replace("\N{NO-BREAK SPACE}", " ")
    if not _TYPED.fullmatch(text):
        raise ValueError("not a whole number")
    amount = int(re.sub(r"[., ]", "", text))
    if not LEAST <= amount <= MOST:
        raise ValueError("the amount is out of bounds")
    return amount


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF, nothing mirrored. Source: EMVCo, as above.

    >>> f"{crc16(b'123456789'):04X}"
    '29B1'
    """
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return crc


def _object(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"


def _objects(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while text:
        head, rest = text[:4], text[4:]
        if not re.fullmatch("[0-9]{4}", head) or len(rest) < int(head[2:]) or head[:2] in found:
            raise ValueError("not a row of objects")
        found[head[:2]], text = rest[: int(head[2:])], rest[int(head[2:]) :]
    return found
