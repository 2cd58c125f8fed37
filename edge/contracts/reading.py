"""What came of reading a document: told to the hub without saying whose it was, and counted for D1."""

from enum import Enum


class ReadingFault(Enum):
    """Why a document was not read, or is not believed. Each has its own sentence at the kiosk."""

    NO_READER = "no-reader"  # none is plugged in
    CARD_REMOVED = "card-removed"  # pulled away while it was being read
    NO_ANSWER = "no-answer"  # the card or the reader fell silent, or the radio link is too poor
    NOT_EMRTD = "not-emrtd"  # a bank card, a transport card
    WRONG_ACCESS_KEY = "wrong-access-key"  # CAN or MRZ do not open this chip: another card than the QR's
    ACCESS_REFUSED = "access-refused"  # the chip is open and still refuses the file
    INTEGRITY_LOST = "integrity-lost"  # a protected answer's MAC is wrong, missing, or from another session
    MALFORMED = "malformed"  # a file or an answer is not what the standard says
    HASH_MISMATCH = "hash-mismatch"  # a file is not the one that was signed
    SIGNATURE_INVALID = "signature-invalid"
    SIGNER_UNKNOWN = "signer-unknown"  # no CSCA of the operator's folder vouches for the signer
    SIGNER_EXPIRED = "signer-expired"
    CLONED = "cloned"  # chip or active authentication failed: a copy
    QR_DISAGREES = "qr-disagrees"  # the chip and the QR tell of different people or cards
    QR_UNREADABLE = "qr-unreadable"
    QR_DAMAGED = "qr-damaged"
    QR_UNKNOWN = "qr-unknown"  # a web address, or the code of no document that we know
