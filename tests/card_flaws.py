"""What the kiosk must find out about each flaw that a simulated card can have."""

from edge.contracts.reading import ReadingFault
from edge.devices.sim.card.faults import Flaw

FAULT_OF = {
    Flaw.PULLED: ReadingFault.CARD_REMOVED,
    Flaw.MUTE: ReadingFault.NO_ANSWER,
    Flaw.INTEGRITY: ReadingFault.INTEGRITY_LOST,
    Flaw.NOT_EMRTD: ReadingFault.NOT_EMRTD,
    Flaw.WRONG_CAN: ReadingFault.WRONG_ACCESS_KEY,
    Flaw.OTHER_PERSON: ReadingFault.QR_DISAGREES,
    Flaw.ACCESS_REFUSED: ReadingFault.ACCESS_REFUSED,
    Flaw.MALFORMED: ReadingFault.MALFORMED,
    Flaw.HASH: ReadingFault.HASH_MISMATCH,
    Flaw.SIGNATURE: ReadingFault.SIGNATURE_INVALID,
    Flaw.SIGNER_UNKNOWN: ReadingFault.SIGNER_UNKNOWN,
    Flaw.SIGNER_EXPIRED: ReadingFault.SIGNER_EXPIRED,
    Flaw.CLONED: ReadingFault.CLONED,
}
