"""A site's configuration from the Department: signed versions go down, one answer comes up. Pure.

The cloud sends a version again until the site has answered it, and the site says how it stands when it connects, when
something changes and every few minutes: nothing is retained by the broker. Bodies and answers are an allow-list; of
what was refused nothing travels but a code.
"""

import hashlib
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.contracts.catalogue import Catalogue

MOST_BODY = 256 * 1024  # bytes
MOST_MESSAGE = 384 * 1024  # the body in base64, and what stands around it
MOST_ANSWER = 16 * 1024
MOST_KIOSKS = 100
MOST_VERSION = 2**53 - 1
REPEAT_S = 300.0  # a site says at least so often how it stands
_DOMAIN = "MoiSo remote configuration 1"
_NAME = "(?!.*[0-9]{9})[A-Za-z0-9][A-Za-z0-9._-]{0,39}"  # as edge.contracts.fleet has it

KioskName = Annotated[str, Meta(pattern=rf"^{_NAME}\Z")]
KioskNames = Annotated[tuple[KioskName, ...], Meta(max_length=MOST_KIOSKS)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Version = Annotated[int, Meta(ge=1, le=MOST_VERSION)]
VersionOrNone = Annotated[int, Meta(ge=0, le=MOST_VERSION)]


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """What the Department wants of a site; the body of a version.

    ``settings`` is the document that the site's administrator publishes, whose ``version`` is not looked at; None
    leaves the settings to what they are. ``kiosks_out`` give no numbers, by their names in ``devices.toml``.
    """

    settings: Catalogue | None = None
    kiosks_out: KioskNames = ()


class SignedConfiguration(Struct, frozen=True, forbid_unknown_fields=True):
    """One version for one site; ``body`` is the JSON of :class:`Wanted`, which travels in base64, and ``signature`` is
    Ed25519 over :func:`signed_text`."""

    site: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
    version: Version
    sha256: Sha256
    body: bytes
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]

    def __repr__(self) -> str:
        return f"SignedConfiguration(site={self.site!r}, version={self.version}, …)"


class Result(Enum):
    """What became of a version; NONE: the site was never sent one."""

    NONE = "none"
    APPLIED = "applied"
    REJECTED = "rejected"


class Reason(Enum):
    """Why a version was not applied. The first seven say that the message is none to decide upon, and it changes
    nothing; with the others the version has had its answer, and it takes a newer one to try again."""

    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    OTHER_SITE = "other-site"
    DIGEST = "digest"
    SIGNATURE = "signature"
    OLD_VERSION = "old-version"
    SAME_VERSION = "same-version"  # another body under a version that was decided upon
    BODY = "body"
    SETTINGS = "settings"
    MEDIA = "media"  # files that the site has not
    KIOSK = "kiosk"  # no such kiosk
    PEOPLE_WAIT = "people-wait"  # for a service that it takes away

    @property
    def strange(self) -> bool:
        """Whether it says that somebody sent what the Department did not mean for this site now."""
        return self in _STRANGE


_STRANGE = frozenset(tuple(Reason)[:7])


class Answer(Struct, frozen=True, omit_defaults=True):
    """How a site stands: to ``version`` and ``sha256`` it answers ``result``, with a ``reason`` where it rejected them.

    ``running_version`` is the last one applied (0: none), ``running_sha256`` its body's where the site still works by
    it, and otherwise another, since the site's administrator changed something: that is drift. ``kiosks`` are those
    that the site has, ``kiosks_out`` those that the Department took out of service.
    """

    version: VersionOrNone = 0
    sha256: Sha256 | None = None
    result: Result = Result.NONE
    reason: Reason | None = None
    running_version: VersionOrNone = 0
    running_sha256: Sha256 | None = None
    kiosks: KioskNames = ()
    kiosks_out: KioskNames = ()


class NotAConfiguration(Exception):
    """The message carries no version to decide upon, or a body that is none; the text is a code."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


_message = msgspec.json.Decoder(SignedConfiguration)
_wanted = msgspec.json.Decoder(Wanted)
_answer = msgspec.json.Decoder(Answer)


def digest(body: bytes) -> str:
    """The SHA-256 of a body, as 64 hex digits."""
    return hashlib.sha256(body).hexdigest()


def signed_text(site: str, version: int, sha256: str) -> bytes:
    """What is signed: no other text of ours begins so, and none of the parts can hold a line's end.

    >>> signed_text("mau-01", 7, "ab")
    b'MoiSo remote configuration 1\\nmau-01\\n7\\nab\\n'
    """
    return f"{_DOMAIN}\n{site}\n{version}\n{sha256}\n".encode("ascii")


def read_message(payload: bytes) -> SignedConfiguration:
    """The version that a message carries; its signature is not looked at. Raises NotAConfiguration."""
    if len(payload) > MOST_MESSAGE:
        raise NotAConfiguration(Reason.TOO_LARGE)
    try:
        message = _message.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAConfiguration(Reason.UNREADABLE) from None
    if len(message.body) > MOST_BODY:
        raise NotAConfiguration(Reason.TOO_LARGE)
    return message


def read_body(body: bytes) -> Wanted:
    """What a body wants; that the settings are sound is for the site to say. Raises NotAConfiguration."""
    try:
        wanted = _wanted.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAConfiguration(Reason.BODY) from None
    if len(set(wanted.kiosks_out)) < len(wanted.kiosks_out):
        raise NotAConfiguration(Reason.BODY)
    return wanted


def read_answer(payload: bytes) -> Answer:
    """What a site answers. Raises ValueError where it is no answer; never with what was sent.

    A newer site's fields are passed over, a reason of its own is none of ours.
    """
    if len(payload) > MOST_ANSWER:
        raise ValueError("longer than an answer")
    try:
        return _answer.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("not an answer") from None
