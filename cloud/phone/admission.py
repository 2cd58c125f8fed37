"""What a site may say of its tickets: a report that fits the contract to the letter, and nothing beside it."""

from zoneinfo import ZoneInfo

import msgspec

from cloud.admission import NotAdmitted, Reason
from edge.contracts.phone import MOST_BYTES, VERSION, PhoneReport
from edge.contracts.ticket import State

_report = msgspec.json.Decoder(PhoneReport)
# A ticket that was merged is told of as the one that it was merged into.
_TOLD = frozenset(State) - {State.MERGED}


def admit(payload: bytes) -> PhoneReport:
    """The report that this message carries. Raises NotAdmitted, with the reason and never what was sent."""
    if len(payload) > MOST_BYTES:
        raise NotAdmitted(Reason.TOO_LARGE)
    try:
        report = _report.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAdmitted(Reason.UNREADABLE) from None
    if report.version != VERSION:
        raise NotAdmitted(Reason.VERSION)
    try:
        ZoneInfo(report.time_zone)
    except (ValueError, KeyError, OSError):
        raise NotAdmitted(Reason.TIME_ZONE) from None
    for ticket in report.tickets:
        if ticket.state not in _TOLD or ticket.service >= len(report.services):
            raise NotAdmitted(Reason.UNREADABLE)
        if any(place >= len(report.counters) for place in ticket.counters):
            raise NotAdmitted(Reason.UNREADABLE)
    return report
