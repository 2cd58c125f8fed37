"""``[[notice]]`` of ``cloud.toml``: who is told of alarms, of which, and how."""

import hashlib
import re
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from cloud.fleet.rules import Level
from cloud.mail import LOOPBACK
from cloud.roles import Province
from edge.daemon.config import ConfigError, Section, read_secret

MOST_NOTICES = 50
LEAST_SECRET_BYTES = 32
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
_URL = re.compile(r"[!-~]{1,2000}")  # what stands in a request's line: no space, no control character


class Least(Enum):
    """The slightest alarm that is told."""

    WARN = "warn"
    FAIL = "fail"

    @property
    def level(self) -> Level:
        """The same as a level of an alarm."""
        return Level[self.name]


class Notice(Section, frozen=True):
    """One recipient. Either ``mail``, an address, or ``webhook``, an https:// address with its ``secret_file``.

    Without ``sites`` it is told of the whole province, and of the centre itself. ``ca`` is a certificate to trust
    beside the system's. ``every_minutes`` is how far apart messages are at least.
    """

    province: str
    sites: tuple[str, ...] = ()
    least: Least = Least.WARN
    language: Literal["vi", "en"] = "vi"
    mail: str = ""
    webhook: str = ""
    secret_file: Path | None = None
    ca: Path | None = None
    every_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    reminder_hours: Annotated[int, Meta(ge=1, le=720)] | None = None

    def __post_init__(self) -> None:
        if bool(self.mail) == bool(self.webhook):
            raise ValueError("notice: either mail or webhook is expected")
        if self.mail and (self.secret_file or self.ca):
            raise ValueError("notice: secret_file and ca belong to a webhook")
        if self.webhook:
            if self.secret_file is None:
                raise ValueError("notice: a webhook needs its secret_file")
            if not _is_private(self.webhook):
                raise ValueError("notice: webhook: an https:// address is expected, without a name and password in it")

    def __repr__(self) -> str:
        return f"Notice({self.province!r})"


class Recipient(Struct, frozen=True):
    """A notice with what it needs: ``number`` is its place in cloud.toml from 1, which is how the log names it.

    ``key`` is what is remembered of it: a digest, so that no address is kept.
    """

    number: int
    notice: Notice
    province: Province
    key: str
    secret: bytes = b""

    def __repr__(self) -> str:
        return f"Recipient({self.number})"

    @property
    def every_ms(self) -> int:
        """How far apart messages are at least."""
        return self.notice.every_minutes * MINUTE_MS

    @property
    def reminder_ms(self) -> int | None:
        """How long after it was told an alarm is told again, where it is to be."""
        return None if self.notice.reminder_hours is None else self.notice.reminder_hours * HOUR_MS

    def wants(self, site: str) -> bool:
        """Whether it is told of this site's alarms ("": of the centre's own)."""
        if not site:
            return not self.notice.sites
        return self.province.has(site) and (not self.notice.sites or site in self.notice.sites)


def recipients(notices: Sequence[Notice], provinces: Sequence[Province], *, mail: bool) -> tuple[Recipient, ...]:
    """The recipients of these sections; ``mail``: there is a mail server.

    Raises ConfigError where one is of no province, names another's site, needs a mail server, or has no good secret.
    """
    if len(notices) > MOST_NOTICES:
        raise ConfigError(f"cloud.toml: more than {MOST_NOTICES} sections [[notice]]")
    known = {province.id: province for province in provinces}
    found = tuple(_checked(n, notice, known, mail=mail) for n, notice in enumerate(notices, 1))
    if len({one.key for one in found}) < len(found):
        raise ConfigError("cloud.toml: two sections [[notice]] have the same recipient, province and sites")
    return found


def recipients_of(notices: Sequence[Notice], province: Province) -> tuple[Recipient, ...]:
    """Those of one province, without their secrets and unchecked: for whoever shows them and sends nothing."""
    return tuple(_recipient(n, one, province) for n, one in enumerate(notices, 1) if one.province == province.id)


def _checked(number: int, notice: Notice, provinces: dict[str, Province], *, mail: bool) -> Recipient:
    where = f"cloud.toml: [[notice]] {number}"
    province = provinces.get(notice.province)
    if province is None:
        raise ConfigError(f"{where}: there is no province {notice.province!r}")
    for site in notice.sites:
        if not province.has(site):
            raise ConfigError(f"{where}: the province has no site {site!r}")
    if notice.mail and not mail:
        raise ConfigError(f"{where}: [mail] is missing: without a mail server no e-mail can be sent")
    if notice.ca is not None and not notice.ca.is_file():
        raise ConfigError(f"{notice.ca}: the certificate to trust for a webhook cannot be read")
    if notice.secret_file is None:
        return _recipient(number, notice, province)
    secret = read_secret(notice.secret_file).encode()
    if len(secret) < LEAST_SECRET_BYTES:
        raise ConfigError(f"{notice.secret_file}: at least {LEAST_SECRET_BYTES} bytes are expected")
    return _recipient(number, notice, province, secret)


def _recipient(number: int, notice: Notice, province: Province, secret: bytes = b"") -> Recipient:
    named = "\n".join((notice.province, *sorted(notice.sites), "", notice.least.value, notice.mail or notice.webhook))
    return Recipient(number, notice, province, hashlib.sha256(named.encode()).hexdigest(), secret)


def _is_private(url: str) -> bool:
    if not _URL.fullmatch(url):
        return False
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        return False
    if not address.hostname or "@" in address.netloc or address.fragment or port == 0:
        return False
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)
