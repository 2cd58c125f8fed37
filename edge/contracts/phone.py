"""What a hub tells the cloud for the telephones of those who wait: how it stands with each ticket, and nothing else.

This is an allow-list: whose a ticket is, what they came with and why they go first stand nowhere here, and the cloud
refuses every further field. A ticket goes by the SHA-256 of its id; the id itself is in the link on the paper alone.
"""

import hashlib
from base64 import urlsafe_b64encode
from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.catalogue import LAST_NUMBER, MAX_COUNTERS, MAX_SERVICES
from edge.contracts.ticket import State

VERSION = 1
MOST_TICKETS = 2500  # in one message; a facility where more wait at once is none that we know
MOST_BYTES = 512 * 1024
AT_LEAST_EVERY_S = 60.0  # a hub says so often how everything stands, changed or not
MOST_NAME, MOST_ROOM, MOST_PLACES = 80, 40, 8

LIVE = frozenset({State.WAITING, State.CALLED, State.PARKED})

Moment = Annotated[int, Meta(ge=0, lt=4_102_444_800_000)]  # milliseconds since 1970 UTC, before the year 2100
Label = Annotated[str, Meta(pattern=r"^[A-Z]{1,2}[0-9]{3,4}$")]
LabelOrNone = Annotated[str, Meta(pattern=r"^([A-Z]{1,2}[0-9]{3,4})?$")]
Name = Annotated[str, Meta(max_length=MOST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
Room = Annotated[str, Meta(max_length=MOST_ROOM, pattern=r"^[^\x00-\x1f\x7f]*$")]
Index = Annotated[int, Meta(ge=0, lt=MAX_COUNTERS)]


class PhoneTicket(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One ticket: ``key`` is :func:`key_of` its id, ``label`` what stands on this person's paper, ``into`` the label
    of the ticket that a family is served with (empty: its own).

    ``service`` is a place in the report's ``services`` (-1: the catalogue does not know it any more), ``counters`` are
    places in its ``counters``: where to go, or the first of many. ``ahead`` people are called before. ``low_ms`` and
    ``high_ms`` are when it is expected to be called (0: nobody can say), ``called_ms`` when it was called last,
    ``back_until_ms`` how long somebody who missed the call may come back (0: not at all).
    """

    key: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
    label: Label
    into: LabelOrNone
    state: State
    service: Annotated[int, Meta(ge=-1, lt=MAX_SERVICES)]
    counters: Annotated[tuple[Index, ...], Meta(max_length=MOST_PLACES)]
    ahead: Annotated[int, Meta(ge=0, le=LAST_NUMBER)] = 0
    low_ms: Moment = 0
    high_ms: Moment = 0
    called_ms: Moment = 0
    back_until_ms: Moment = 0


class PhoneReport(Struct, frozen=True, forbid_unknown_fields=True):
    """What changed since the last report, or the ``whole`` picture: then a ticket that is not in it is not in any line.

    ``until_ms`` is the end of the business day, after which nobody shows its tickets. ``services`` are (Vietnamese,
    English), ``counters`` (number, room).
    """

    version: int
    whole: bool
    at_ms: Moment
    until_ms: Moment
    facility: Name
    facility_en: Name
    time_zone: Annotated[str, Meta(max_length=64)]
    services: Annotated[tuple[tuple[Name, Name], ...], Meta(max_length=MAX_SERVICES)]
    counters: Annotated[tuple[tuple[int, Room], ...], Meta(max_length=MAX_COUNTERS)]
    tickets: Annotated[tuple[PhoneTicket, ...], Meta(max_length=MOST_TICKETS)]


def key_of(ticket_id: str) -> str:
    """What the cloud knows a ticket by: the SHA-256 of its id (128 random bits as 32 hex digits), in base64url.

    >>> key_of("0123456789abcdef0123456789abcdef")
    'PrG9Q5lH63YpmOVmzMLgmceREYsvQFecxPfaK1Bht_k'
    """
    return urlsafe_b64encode(hashlib.sha256(ticket_id.encode()).digest()).decode().rstrip("=")
