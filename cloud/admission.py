"""What a site may put into the ledger: a batch that fits the contract, in sizes that a ledger can hold.

A message that does not is refused with a reason, never kept: what is not of the contract could be anybody's data,
and the site's journal has it.
"""

import re
from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from cloud import allowed
from cloud.allowed import BY_OFFICERS, LATEST_MS
from edge.contracts.events import ActionUndone, Batch, CatalogueAdopted, DayOpened, Entry, Event, TicketIssued

VERSION = 1
MAX_PAYLOAD_BYTES = 1024 * 1024
MAX_ENTRIES = 1000
MAX_TEXT = 400

_batch = msgspec.json.Decoder(Batch)
_EPOCH = re.compile(r"[0-9a-f]{32}")
_SHORT = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_SOMEBODYS_NUMBER = re.compile(r"[0-9]{9}")
_HEX = re.compile(r"[0-9a-f]{32}")
HIDDEN = "hidden"


class Reason(Enum):
    """Why a batch was not taken."""

    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    VERSION = "version"
    EPOCH = "epoch"
    NO_ENTRIES = "no-entries"
    NOT_CONSECUTIVE = "not-consecutive"
    TIME = "time"
    DAY = "day"
    TIME_ZONE = "time-zone"
    TEXT = "text"
    GAP = "gap"
    NEWER = "newer"
    FORBIDDEN = "forbidden"
    REVOKED = "revoked"
    FAULT = "fault"


class NotAdmitted(Exception):
    """The site sent what the ledger does not take; the text is the reason and never what was sent."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def admit(payload: bytes) -> Batch:
    """The batch that this message carries. Raises NotAdmitted."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise NotAdmitted(Reason.TOO_LARGE)
    try:
        batch = _batch.decode(payload)
    except msgspec.ValidationError as error:
        raise NotAdmitted(Reason.NEWER if _is_newer(str(error)) else Reason.UNREADABLE) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAdmitted(Reason.UNREADABLE) from None
    if batch.version != VERSION:
        raise NotAdmitted(Reason.VERSION)
    if not _EPOCH.fullmatch(batch.epoch):
        raise NotAdmitted(Reason.EPOCH)
    if not batch.entries:
        raise NotAdmitted(Reason.NO_ENTRIES)
    if len(batch.entries) > MAX_ENTRIES:
        raise NotAdmitted(Reason.TOO_LARGE)
    first = batch.entries[0].seq
    if not 1 <= first < 2**62:
        raise NotAdmitted(Reason.NOT_CONSECUTIVE)
    for seq, entry in enumerate(batch.entries, first):
        if entry.seq != seq:
            raise NotAdmitted(Reason.NOT_CONSECUTIVE)
        _check(entry)
    try:
        allowed.check(payload)
    except msgspec.ValidationError:
        raise NotAdmitted(Reason.FORBIDDEN) from None
    return replace(batch, entries=hidden) if (hidden := _without_numbers(batch.entries)) else batch


def _is_newer(error: str) -> bool:
    """Whether a hub newer than this program wrote it: an event, or a word of an enumeration, that is not known here.

    Only the end of the message is of msgspec's own making; before it stands what was sent.
    """
    what, _, where = error.rpartition(" - at `$")
    return where.endswith(".event.type`") or (".event." in where and what.startswith("Invalid enum value "))


def _without_numbers(entries: Sequence[Entry]) -> tuple[Entry, ...] | None:
    """The entries with what officers call themselves hidden where it could be a telephone's or a citizen's number.

    None where there is nothing to hide. An officer's name is no reason to stop a site: its journal cannot be changed.
    """
    told = {
        place: names
        for place, entry in enumerate(entries)
        if (names := [name for name in _NAMED.get(type(entry.event), ()) if _is_number(getattr(entry.event, name))])
    }
    if not told:
        return None
    hidden = list(entries)
    for place, names in told.items():
        event: Event = replace(entries[place].event, **dict.fromkeys(names, HIDDEN))
        hidden[place] = replace(entries[place], event=event)
    return tuple(hidden)


def _is_number(name: str) -> bool:
    return bool(_SOMEBODYS_NUMBER.search(name)) and not _HEX.fullmatch(name)


_NAMED = {
    kind: names
    for kind in get_args(Event)
    if (names := tuple(field.name for field in msgspec.structs.fields(kind) if field.name in BY_OFFICERS))
}


def _check(entry: Entry) -> None:
    if not 0 <= entry.at_ms < LATEST_MS:
        raise NotAdmitted(Reason.TIME)
    match entry.event:
        case DayOpened(day=day):
            try:
                written = date.fromisoformat(day).isoformat()
            except ValueError:
                raise NotAdmitted(Reason.DAY) from None
            if written != day or not "2000" <= day < "2100":  # 3.11 reads more forms than the one
                raise NotAdmitted(Reason.DAY)
        case CatalogueAdopted(catalogue=catalogue):
            facility = catalogue.facility
            if not facility.name or max(len(facility.name), len(facility.name_en)) > MAX_TEXT:
                raise NotAdmitted(Reason.TEXT)
            try:
                ZoneInfo(facility.time_zone)
            except (ValueError, KeyError, OSError):
                raise NotAdmitted(Reason.TIME_ZONE) from None
        case TicketIssued(ticket=ticket, service=service):
            if not (_SHORT.fullmatch(ticket) and _SHORT.fullmatch(service)):
                raise NotAdmitted(Reason.TEXT)
        case ActionUndone(tickets=tickets, undone=undone):
            if undone and len(undone) != len(tickets):
                raise NotAdmitted(Reason.FORBIDDEN)
        case _:
            pass  # these name a ticket that was issued, or nothing that becomes a key
