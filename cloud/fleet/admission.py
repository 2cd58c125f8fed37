"""What a site may say of its devices: a report that fits the contract, with codes that are known here. Pure."""

import msgspec
from msgspec.structs import replace

from cloud.admission import NotAdmitted, Reason
from edge.contracts import health
from edge.contracts.fleet import MOST_BYTES, UNKNOWN, VERSION, FleetDevice, FleetPart, FleetReport

_report = msgspec.json.Decoder(FleetReport)
_SUBJECTS = frozenset(subject.value for subject in health.Subject)
_REASONS = frozenset(reason.value for reason in health.Reason)


def admit(payload: bytes) -> FleetReport:
    """The report that this message carries. Raises NotAdmitted, with the reason and never what was sent.

    A code of a hub that is newer becomes UNKNOWN, and fields that are not of the contract are left out: nothing else
    than what the contract allows goes on from here.
    """
    if len(payload) > MOST_BYTES:
        raise NotAdmitted(Reason.TOO_LARGE)
    try:
        report = _report.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAdmitted(Reason.UNREADABLE) from None
    if report.version != VERSION:
        raise NotAdmitted(Reason.VERSION)
    if len({device.name for device in report.devices}) < len(report.devices):
        raise NotAdmitted(Reason.UNREADABLE)
    return replace(report, devices=tuple(_known(device) for device in report.devices))


def _known(device: FleetDevice) -> FleetDevice:
    return replace(device, parts=tuple(_known_part(part) for part in device.parts))


def _known_part(part: FleetPart) -> FleetPart:
    subject = part.subject if part.subject in _SUBJECTS else UNKNOWN
    reason = part.reason if not part.reason or part.reason in _REASONS else UNKNOWN
    return replace(part, subject=subject, reason=reason)
