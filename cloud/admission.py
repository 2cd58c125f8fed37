"""What a site may put into the ledger: a batch that fits the contract, in sizes that a ledger can hold.

A message that does not is refused with a reason, never kept: what is not of the contract could be anybody's data,
and the site's journal has it.
"""

import re
from datetime import date
from enum import Enum
from zoneinfo import ZoneInfo

import msgspec

from edge.contracts.events import Batch, CatalogueAdopted, DayOpened, Entry, TicketIssued

VERSION = 1
MAX_PAYLOAD_BYTES = 1024 * 1024
MAX_ENTRIES = 1000
MAX_TEXT = 400
LATEST_MS = 4_102_444_800_000  # the year 2100

_batch = msgspec.json.Decoder(Batch)
_EPOCH = re.compile(r"[0-9a-f]{32}")
_SHORT = re.compile(r"[^\x00-\x1f\x7f]{1,64}")


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
    return batch


def _check(entry: Entry) -> None:
    if not 0 <= entry.at_ms < LATEST_MS:
        raise NotAdmitted(Reason.TIME)
    match entry.event:
        case DayOpened(day=day):
            try:
                written = date.fromisoformat(day).isoformat()
            except ValueError:
                raise NotAdmitted(Reason.DAY) from None
            if written != day:  # 3.11 reads more forms than the one
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
        case _:
            pass  # these name a ticket that was issued, or nothing that becomes a key
