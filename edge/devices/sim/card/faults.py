"""What can be wrong with a card, or happen to it: one switch for each."""

from enum import Enum


class Flaw(Enum):
    """What this card has. Those that happen do so at a certain command, counted from 1 since the last reset."""

    WRONG_CAN = "wrong-can"  # it opens with another number than its ID number's end
    NOT_EMRTD = "not-emrtd"  # a bank card
    ACCESS_REFUSED = "access-refused"  # it opens, and refuses every file
    HASH = "hash"  # DG1 is not the one that was signed
    SIGNATURE = "signature"  # the signature of the SOD is damaged
    SIGNER_UNKNOWN = "signer-unknown"  # signed under another CSCA, of the same name
    SIGNER_EXPIRED = "signer-expired"  # the signer's certificate has run out
    CLONED = "cloned"  # copied files, without the private keys
    OTHER_PERSON = "other-person"  # it opens as expected, and tells of somebody else
    MALFORMED = "malformed"  # DG13 ends in the middle, and was signed like that
    INTEGRITY = "integrity"  # it happens: the MAC of one protected answer, that command's or the next, is damaged
    MUTE = "mute"  # it happens: no answer to that command nor to any later one
    PULLED = "pulled"  # it happens: the card is taken away as that command arrives


class CardMute(Exception):
    """The card does not answer."""


class CardPulled(Exception):
    """The card is no longer there."""
