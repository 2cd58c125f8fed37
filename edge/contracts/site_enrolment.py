"""How a site's hub gets its certificate for the broker from the cloud: with a code first, with the old one's key later.

The hub speaks HTTPS to the dashboard's public name; the code, or the signature, says whose request it is.
"""

import hashlib
from typing import Annotated

from msgspec import Meta, Struct

CODE_BYTES = 6  # six words: told by telephone, tried at most some thousand times before it ends
CODE_HOURS = 24
MAX_REQUEST_BYTES = 12 * 1024
ENROL_PATH, RENEW_PATH = "/enrol", "/enrol/renewal"

Pem = Annotated[str, Meta(max_length=4096)]
SiteId = Annotated[str, Meta(pattern=r"^(?!ingest)[a-z0-9-]{1,40}\Z")]


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """A site's hub asks for its first certificate; ``code`` is what somebody typed, ``csr`` is over its own new key."""

    site: SiteId
    code: Annotated[str, Meta(max_length=100)]
    csr: Pem


class Renew(Struct, frozen=True, forbid_unknown_fields=True):
    """The hub asks for the next one: ``certificate`` is the one in use, and ``signature`` of its key over
    :func:`renewal`, in hex."""

    certificate: Pem
    csr: Pem
    signature: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){8,100}\Z")]


class Given(Struct, frozen=True):
    """The certificate, the authority that signed it and the broker's certificate, and the broker's HOST:PORT."""

    certificate: Pem
    ca: Pem
    broker: Annotated[str, Meta(max_length=300)]


def renewal(csr: bytes, certificate: bytes) -> bytes:
    """What the key in use signs (both in DER): that the next certificate may be over the request's key."""
    made = hashlib.sha256(b"moiso site renewal 1")
    for part in (csr, certificate):
        made.update(len(part).to_bytes(4, "big") + part)
    return made.digest()
