"""How a fee was paid, and the account that a facility is paid into without cash (D7)."""

import re
from enum import Enum

from msgspec import Struct

BANK = re.compile(r"[0-9]{6}")  # the bank's BIN at NAPAS
ACCOUNT = re.compile(r"[0-9A-Za-z]{6,19}")


class PaymentMeans(Enum):
    """What was paid with; how much, and by whom, stands nowhere."""

    CASH = "cash"
    QR = "qr"
    CARD = "card"


class Payment(Struct, frozen=True, forbid_unknown_fields=True):
    """The account that receives transfers: ``bank`` is the BIN of its bank, ``name`` whose it is, as the bank has it.

    All empty: transfers are not asked for.
    """

    bank: str = ""
    account: str = ""
    name: str = ""

    @property
    def is_given(self) -> bool:
        """Whether there is an account to ask transfers for."""
        return bool(self.bank and self.account)
