"""What the portal answers, read without trusting it; pure.

Source: annex 03 of official letter 1923/BHXH-CNTT (20 June 2024), as gathered in the project's facts; the form of
``expires_in`` and the answers that come with HTTP 4xx as public integrations show them.
"""

import re
from datetime import UTC, date, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from edge.contracts.eligibility import Eligibility, Outcome, outcome_of

T = TypeVar("T")

LONGEST_S = 3600.0  # a token is taken anew after an hour, whatever is said of it
UNSTATED_S = 600.0
EARLY_S = 60.0
# 401 is published; 403 and 501 are what public integrations have met with a token that is over
TOKEN_REFUSED = frozenset({"401", "403", "501"})
INSURED = frozenset({Outcome.VALID, Outcome.NEW_CARD, Outcome.FORCES_CARD})

_CARD = re.compile(r"[A-Z]{2}[0-9A-Z]{13}|[0-9]{10}")
_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_FACILITY = re.compile(r"[0-9A-Z]{5}")
_CODE = re.compile(r"[0-9]{3}")


class AnswerError(Exception):
    """The portal has a fault, or this is no answer of the annex. The text never holds what was answered."""


class LoginRefused(Exception):
    """The portal does not accept the site's account; the text is its code."""


class Token(Struct, frozen=True):
    """What a login gives: two secrets, and how many seconds they are good for."""

    access_token: str
    id_token: str
    good_for_s: float

    def __repr__(self) -> str:
        return "Token(…)"


class _Key(Struct, frozen=True):
    access_token: str
    id_token: str
    expires_in: str | float | None = None

    def __repr__(self) -> str:
        return "_Key(…)"


class _Login(Struct, frozen=True, rename={"code": "maKetQua", "key": "APIKey"}):
    code: str = ""
    key: _Key | None = None


class _Card(
    Struct,
    frozen=True,
    rename={
        "code": "maKetQua",
        "number": "maThe",
        "valid_from": "gtTheTu",
        "valid_to": "gtTheDen",
        "facility": "maDKBD",
        "new_number": "maTheMoi",
        "new_valid_from": "gtTheTuMoi",
        "new_valid_to": "gtTheDenMoi",
    },
):
    # name, birth date, sex, address and visits to other hospitals are answered too: they are passed over, not read
    code: str
    number: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    facility: str | None = None
    new_number: str | None = None
    new_valid_from: str | None = None
    new_valid_to: str | None = None

    def __repr__(self) -> str:
        return "_Card(…)"


def read_login(status: int, body: bytes, now: datetime) -> Token:
    """The token of a login's answer; ``now`` is the hub's time, with its zone.

    Raises LoginRefused where the account is not accepted, and AnswerError on anything else that is no token.
    """
    if status in (401, 403):
        raise LoginRefused(str(status))
    if status != 200 and not 400 <= status < 500:
        raise AnswerError(f"HTTP {status}")
    login = _decoded(body, _Login)
    if login.code == "200" and login.key is not None and login.key.access_token and status == 200:
        return Token(login.key.access_token, login.key.id_token, _good_for_s(login.key.expires_in, now))
    if re.fullmatch("4[0-9]{2}", login.code):
        raise LoginRefused(login.code)
    raise AnswerError("no token")


def read_eligibility(status: int, body: bytes) -> Eligibility:
    """What a look-up's answer says. A code that is not published is ``Outcome.UNKNOWN``.

    Raises AnswerError where it is none of the portal's answers.
    """
    if status in (401, 403):
        return Eligibility(Outcome.NOT_AUTHORISED, str(status))
    if status != 200 and not 400 <= status < 500:
        raise AnswerError(f"HTTP {status}")
    card = _decoded(body, _Card)
    outcome = outcome_of(card.code)
    if status != 200 and outcome in INSURED:
        raise AnswerError(f"HTTP {status} with a good card")
    return Eligibility(
        outcome,
        card.code if _CODE.fullmatch(card.code) else "",
        card_number=_if(_CARD, card.number),
        valid_from=_date(card.valid_from),
        valid_to=_date(card.valid_to),
        facility=_if(_FACILITY, card.facility),
        new_card_number=_if(_CARD, card.new_number),
        new_valid_from=_date(card.new_valid_from),
        new_valid_to=_date(card.new_valid_to),
    )


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError):  # ValueError: msgspec's own, and text that is no UTF-8
        raise AnswerError("no JSON of the annex") from None  # its text could repeat what was answered


def _good_for_s(expires_in: str | float | None, now: datetime) -> float:
    """``expires_in`` is the time of the end in UTC, whatever its name says, or a number of seconds."""
    left_s = UNSTATED_S
    if isinstance(expires_in, str):
        try:
            end = datetime.fromisoformat(expires_in)
            left_s = ((end if end.tzinfo else end.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, OverflowError):
            pass
    elif expires_in is not None:
        left_s = expires_in
    return max(0.0, min(left_s, LONGEST_S) - EARLY_S)


def _if(pattern: re.Pattern[str], text: str | None) -> str:
    return text if text and pattern.fullmatch(text) else ""


def _date(text: str | None) -> str:
    found = _DATE.fullmatch(text or "")
    if not found:
        return ""
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    except ValueError:
        return ""
