"""The Department's configuration of this site: each signed version is checked, applied or rejected, and answered (D4).

It is applied as the administrator's own publishing is, by a command to the inbox, so that journal, audit log and list
of versions tell of it. What was decided stands in ``remote.db``: an older version, and another under a number that was
used, change nothing. A power cut at any moment leaves either the version before or this one, and it is applied once.
"""

import asyncio
import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec.structs import replace

from edge.contracts import topics
from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import AdoptCatalogue, Refused, Reply
from edge.contracts.fleet import sayable_name
from edge.contracts.payment import Payment
from edge.contracts.refusals import Refusal
from edge.contracts.remote import (
    REPEAT_S,
    Answer,
    NotAConfiguration,
    Reason,
    Result,
    SignedConfiguration,
    Wanted,
    digest,
    read_body,
    read_message,
    signed_text,
)
from edge.daemon.config import ConfigError
from edge.hub.audit import DONE, AuditLine
from edge.hub.catalogue.drafts import Drafts
from edge.hub.config import Device
from edge.hub.deeds import REFUSED, Deed
from edge.hub.forecast import Forecast
from edge.hub.inbox import Inbox, Overloaded
from edge.hub.journal import Journal, JournalError
from edge.hub.media import MediaStore
from edge.hub.remote_record import Decided, Pending, Record, Running
from edge.hub.uplink import Uplink
from edge.queueing.catalogue import faults

log = logging.getLogger(__name__)

SENDER = "Sở Y tế"  # who published, in the audit log and the list of versions
LOOK_S = 0.5
WAITING = 4  # messages; what is lost is sent again
ATTEMPTS = 5  # where an administrator publishes at the same moment

_PEM_END = b"-----END PUBLIC KEY-----"
# With every other refusal, as of a hub whose clock is not believed yet, the version is sent again and decided then.
_FINAL = {Refusal.CATALOGUE_WRONG: Reason.SETTINGS, Refusal.PEOPLE_WAIT: Reason.PEOPLE_WAIT}
_encode = msgspec.json.Encoder().encode
_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class NotYet(Exception):
    """This version cannot be decided upon now."""


class RemoteConfiguration:
    """Hears the Department by the site's uplink and does what it wants, one version after the other."""

    def __init__(
        self,
        keys: Sequence[Ed25519PublicKey],
        site: str,
        record: Record,
        *,
        uplink: Uplink,
        inbox: Inbox,
        journal: Journal,
        drafts: Drafts,
        media: MediaStore,
        devices: Callable[[], Sequence[Device]],
        forecast: Forecast,
    ) -> None:
        self._keys = tuple(keys)
        self._site = site
        self._record = record
        self._uplink = uplink
        self._inbox = inbox
        self._journal = journal
        self._drafts = drafts
        self._media = media
        self._forecast = forecast
        self._devices = devices
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._owed: Answer | None = None  # to what came down last, until it is told
        self._complained: Answer | None = None
        self._told: Answer | None = None
        self._told_at, self._joins = -inf, -1
        self._stood: tuple[Catalogue, tuple[str, ...], Answer] | None = None
        uplink.listen(topics.configuration(site), self.hear)
        self._put_out()

    def hear(self, payload: bytes) -> None:
        """This came down."""
        if not self._arrived.full():
            self._arrived.put_nowait(payload)

    async def run(self) -> None:
        """Take versions and tell how the site stands, for ever."""
        try:
            await self.recover()
        except sqlite3.Error as error:
            log.error("remote.db takes nothing, numbers go on: %s", error)
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    payload = await self._arrived.get()
            except TimeoutError:
                pass
            else:
                self._owed = await self.take(payload)
            self._tell()

    @property
    def _kiosks(self) -> dict[str, str]:
        """The site's kiosks as the cloud may name them, each with its own name."""
        names = [(sayable_name(device.name, place), device) for place, device in enumerate(self._devices(), start=1)]
        return {name: device.name for name, device in names if device.role == "kiosk"}

    @property
    def standing(self) -> Answer:
        """How the site stands: what it says when it is not asked."""
        in_force = self._inbox.queue.catalogue
        kiosks = tuple(self._kiosks)
        if self._stood is None or self._stood[0] is not in_force or self._stood[1] != kiosks:
            self._stood = (in_force, kiosks, _standing(self._record, in_force, kiosks))
        return self._stood[2]

    async def take(self, payload: bytes) -> Answer:
        """Do what the message wants, where it is the Department's next version for this site; the answer to it."""
        version, sha256 = 0, None
        try:
            message = read_message(payload)
            version, sha256 = message.version, message.sha256
            self._check(message)
        except NotAConfiguration as refused:
            answer = replace(
                self.standing, version=version, sha256=sha256, result=Result.REJECTED, reason=refused.reason
            )
            await self._complain(answer, refused.reason)
            return answer
        if version != self._record.decided.version:  # otherwise the answer did not arrive
            try:
                await self._decide(message)
            except NotYet:
                log.warning("configuration %d cannot be decided upon yet; it is taken when it is sent again", version)
            except sqlite3.Error as error:
                log.error("remote.db takes nothing, numbers go on: %s", error)
        return self.standing

    def _check(self, message: SignedConfiguration) -> None:
        """Raise NotAConfiguration where this is no version of the Department's for this site that may be next."""
        if message.site != self._site:
            raise NotAConfiguration(Reason.OTHER_SITE)
        if digest(message.body) != message.sha256:
            raise NotAConfiguration(Reason.DIGEST)
        text = signed_text(self._site, message.version, message.sha256)
        if not any(_is_signed(key, message.signature, text) for key in self._keys):
            raise NotAConfiguration(Reason.SIGNATURE)
        decided = self._record.decided
        if message.version < decided.version:
            raise NotAConfiguration(Reason.OLD_VERSION)
        if message.version == decided.version and message.sha256 != decided.sha256:
            raise NotAConfiguration(Reason.SAME_VERSION)

    async def _complain(self, answer: Answer, reason: Reason) -> None:
        """Say so in the log and the audit log, once for each such message in a row."""
        if answer == self._complained:
            return
        self._complained = answer
        log.error("a message that would configure this site is refused: %s", reason.value)
        await self._note(Deed.CONFIGURE, f"{answer.version}: {reason.value}", REFUSED)

    async def _decide(self, message: SignedConfiguration) -> None:
        """Apply the version or reject it, and keep which. Raises NotYet."""
        reason: Reason | None = None
        wanted = Wanted()
        try:
            wanted = read_body(message.body)
            reason = self._fault(wanted) or await self._adopt(message, wanted.settings)
        except NotAConfiguration as refused:
            reason = refused.reason
        await self._keep(message.version, message.sha256, wanted, reason)

    def _fault(self, wanted: Wanted) -> Reason | None:
        """Why this cannot be applied, as the administrator's page would say too; None where it can."""
        if any(kiosk not in self._kiosks for kiosk in wanted.kiosks_out):
            return Reason.KIOSK
        if wanted.settings is None:
            return None
        if next(faults(wanted.settings), None) is not None:
            return Reason.SETTINGS
        if any(self._media.path(medium.sha256) is None for medium in wanted.settings.media):
            return Reason.MEDIA
        return None

    async def _adopt(self, message: SignedConfiguration, settings: Catalogue | None) -> Reason | None:
        """Make these settings the next edition; the reason where the hub does not take them. Raises NotYet."""
        for _ in range(ATTEMPTS):
            in_force = self._inbox.queue.catalogue
            # Where patients' money goes is never said from afar.
            settings = replace(settings, payment=in_force.payment) if settings else None
            if settings is None or _same(settings, in_force):
                return None
            base = in_force.version
            pending = Pending(message.version, message.sha256, base, message.body)
            await self._inbox.on_disk(self._record.begin, pending)
            if base == 0:
                self._drafts.keep_beginning(in_force)
            command = AdoptCatalogue(_command_id(self._site, message, base), base, settings)
            try:
                reply = _reply.decode(await self._inbox.handle(SENDER, command, audited=True))
            except (Overloaded, JournalError):
                raise NotYet from None
            if not isinstance(reply, Refused):
                self._drafts.keep_note(base + 1, _note_of(message.version))
                return None
            if reply.reason in _FINAL:
                return _FINAL[reply.reason]
            if reply.reason is not Refusal.CATALOGUE_CHANGED:
                raise NotYet
        raise NotYet

    async def _keep(self, version: int, sha256: str, wanted: Wanted, reason: Reason | None) -> None:
        """The version has its answer."""
        decided = Decided(version, sha256, reason)
        before = self._record.running
        running = before
        if reason is None:
            settings = wanted.settings if wanted.settings is not None else before.settings
            running = Running(version, sha256, settings, wanted.kiosks_out)
        await self._inbox.on_disk(self._record.finish, decided, running)
        self._stood = None
        self._complained = None
        if reason is not None:
            log.warning("configuration %d is rejected: %s", version, reason.value)
            await self._note(Deed.CONFIGURE, f"{version}: {reason.value}", REFUSED)
            return
        log.info("configuration %d is applied", version)
        await self._note(Deed.CONFIGURE, str(version), DONE)
        if running.kiosks_out != before.kiosks_out:
            await self._note(Deed.PUT_OUT, ", ".join(running.kiosks_out), DONE)
        self._put_out()

    async def recover(self) -> None:
        """A version may have become an edition just before the power went; then all that it lacks is its answer."""
        pending = self._record.pending
        if pending is None:
            return
        try:
            wanted = read_body(pending.body)
        except NotAConfiguration:  # an older program is back, which does not know what the newer one took
            wanted = Wanted()
        editions = await self._inbox.on_disk(self._journal.editions)
        ours = [edition for edition in editions if (edition.version, edition.officer) == (pending.base + 1, SENDER)]
        if wanted.settings is not None and any(_same(wanted.settings, edition.catalogue) for edition in ours):
            self._drafts.keep_note(pending.base + 1, _note_of(pending.version))
            await self._keep(pending.version, pending.sha256, wanted, None)
        else:
            await self._inbox.on_disk(self._record.give_up)

    def _put_out(self) -> None:
        names = self._record.running.kiosks_out
        self._forecast.put_out(tuple(self._kiosks[name] for name in names if name in self._kiosks))

    async def _note(self, deed: Deed, subject: str, outcome: str) -> None:
        line = AuditLine(self._inbox.now_ms, SENDER, deed.value, subject, outcome)
        try:
            await self._inbox.on_disk(self._journal.note, line)
        except JournalError as error:
            log.error("the audit log takes no line: %s", error)

    def _tell(self) -> None:
        if not self._uplink.ready:
            return
        answer, now = self._owed or self.standing, time.monotonic()
        known = answer == self._told and self._uplink.joins == self._joins and now - self._told_at < REPEAT_S
        if known and self._owed is None:
            return
        if self._uplink.tell(topics.answer(self._site), _encode(answer)):
            self._told, self._told_at, self._joins = answer, now, self._uplink.joins
            self._owed = None


def public_keys(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """The keys in a PEM file, of which each signs for the Department. Raises ConfigError where there is none."""
    try:
        pem = path.read_bytes()
        keys = [load_pem_public_key(part + _PEM_END) for part in pem.split(_PEM_END)[:-1]]
    except (OSError, ValueError) as error:
        raise ConfigError(f"remote.public_key_file: {path} cannot be read ({error})") from error
    if not keys or not all(isinstance(key, Ed25519PublicKey) for key in keys):
        raise ConfigError(f"remote.public_key_file: {path}: Ed25519 public keys in PEM are expected")
    return tuple(key for key in keys if isinstance(key, Ed25519PublicKey))


def _standing(record: Record, in_force: Catalogue, kiosks: tuple[str, ...]) -> Answer:
    decided, running = record.decided, record.running
    drifted = running.settings is not None and not _same(running.settings, in_force)
    result = Result.REJECTED if decided.reason else Result.APPLIED if decided.version else Result.NONE
    untouched = running.version and not drifted
    return Answer(
        version=decided.version,
        sha256=decided.sha256 or None,
        result=result,
        reason=decided.reason,
        running_version=running.version,
        running_sha256=running.sha256
        if untouched
        else digest(_encode(replace(in_force, version=0, payment=Payment()))),
        kiosks=kiosks,
        kiosks_out=running.kiosks_out,
    )


def _same(settings: Catalogue, in_force: Catalogue) -> bool:
    """Whether these are the same but for the number of the edition, and for the account that only the site sets."""
    return replace(settings, version=0, payment=in_force.payment) == replace(in_force, version=0)


def _is_signed(key: Ed25519PublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _command_id(site: str, message: SignedConfiguration, base: int) -> str:
    """The same for the same attempt, so that the inbox carries it out once."""
    text = f"{site}\n{message.version}\n{message.sha256}\n{base}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _note_of(version: int) -> str:
    return f"Cấu hình số {version} của Sở Y tế"
