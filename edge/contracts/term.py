"""Which machine is the site's hub: the terms of office, and the claim that says who took over from whom.

There is one hub at a time. Where a standby takes over (or a machine is set up from a backup), it begins the next
generation. Every answer of such a hub bears its claim; devices keep the highest they have seen, refuse an older hub,
and show the claim to every hub that they speak to, so that an old one learns that its time is over.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

TERM_HEADER = "Moiso-Term"
OUT_OF_OFFICE = "Moiso-Out-Of-Office"  # with an answer of a hub that stepped down
BLOCK_PREFIX = "hub."  # the leases under such a name belong to a hub to be, and no device may bear one
RESTORED = "hub.restored"
MOST_HEADER = 1200


class Term(Struct, frozen=True):
    """Whose time it is. ``generation`` counts the hubs of a journal from 0; ``block`` names the leases that this hub
    gives its numbers from, and is empty where it gives the usual ones; ``alive`` are the generations before it that may
    still be giving numbers: nobody knows that they have stopped."""

    generation: int = 0
    block: str = ""
    alive: tuple[int, ...] = ()


class Claim(Struct, frozen=True):
    """The word of a hub that it is the hub of this generation; ``url`` is where it is, empty where it does not know.

    ``mac`` is made under a key that the hubs of a site hand on: no device can make one.
    """

    generation: Annotated[int, Meta(ge=0, le=10**6)] = 0
    epoch: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?\Z")] = ""
    url: Annotated[str, Meta(max_length=200, pattern=r"^(https?://[^\s]+)?\Z")] = ""
    mac: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


FIRST = Claim()  # of every hub that took over from none
_claim = msgspec.json.Decoder(Claim)


def claimed(key: bytes, generation: int, epoch: str, url: str) -> Claim:
    """The claim of this generation, made under the site's key."""
    return Claim(generation, epoch, url, _mac(key, generation, epoch, url))


def is_genuine(key: bytes, claim: Claim) -> bool:
    """Whether a hub of this site made this claim."""
    return hmac.compare_digest(claim.mac, _mac(key, claim.generation, claim.epoch, claim.url))


def as_header(claim: Claim) -> str:
    """The claim as the header carries it.

    >>> from_header(as_header(FIRST)) == FIRST
    True
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(claim)).decode()


def from_header(value: str) -> Claim:
    """The claim of a header. Raises ValueError where it is none."""
    if len(value) > MOST_HEADER:
        raise ValueError("a claim is shorter")
    try:
        return _claim.decode(base64.b64decode(value, altchars=b"-_", validate=True))
    except (binascii.Error, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueError("no claim") from error


def block_of(generation: int) -> str:
    """The name of the leases from which a standby gives numbers once it is the hub of this generation.

    >>> block_of(1)
    'hub.1'
    """
    return f"{BLOCK_PREFIX}{generation}"


def _mac(key: bytes, generation: int, epoch: str, url: str) -> str:
    return hmac.new(key, f"moiso term {generation} {epoch} {url}".encode(), hashlib.sha256).hexdigest()
