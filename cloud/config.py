"""``cloud.toml``, which moiso-ingest and moiso-cloud share."""

from enum import Enum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from cloud.fleet.notice_settings import Notice
from cloud.indicators import TARGETS, Key
from cloud.influx import Influx
from cloud.mail import Mail
from cloud.map import Place
from cloud.roles import EVERYWHERE, Province, Role, fits
from edge.daemon.config import Broker, HostPort, Section

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Web(Section, frozen=True):
    """Where the dashboard answers: loopback only, as TLS is the reverse proxy's; and the key that signs cookies.

    ``public_url`` is what people open it by, which messages link to.
    """

    listen: HostPort
    session_key_file: Path
    public_url: Annotated[str, Meta(pattern=r"^(https://[^\s?#]+[^\s?#/])?$", max_length=200)] = ""


class Totp(Enum):
    """Whether administrators and technicians must have a second factor, or may."""

    REQUIRED = "required"
    OFFERED = "offered"


class Accounts(Section, frozen=True):
    """How people log in with a password."""

    totp: Totp = Totp.REQUIRED


class Oidc(Section, frozen=True):
    """A province's own identity provider (OpenID Connect); ``claim`` is what ``[[oidc_role]]`` goes by."""

    issuer: str
    client_id: str
    client_secret_file: Path
    claim: str = "groups"
    name: str = "Tài khoản của tỉnh"
    name_en: str = "Province account"

    def __post_init__(self) -> None:
        address = urlsplit(self.issuer)
        if not (address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)):
            raise ValueError("issuer: an https:// address is expected")


class OidcRole(Section, frozen=True):
    """Who has ``value`` among the claim's values logs in as this. The first that fits counts; no other gets in."""

    value: str
    role: Role
    province: str = EVERYWHERE.id
    site: str = ""


class Target(Section, frozen=True):
    """What the Department aims at with one indicator: a share from 0 to 1, minutes, a score from 1 to 5."""

    indicator: Key
    aim: Annotated[float, Meta(ge=0, le=1000)]


class Enrolment(Section, frozen=True):
    """``[enrolment]``: the socket of moiso-issuer, the broker's authority, and where sites reach the broker."""

    socket: Path
    ca: Path
    broker: HostPort


class Cloud(Section, frozen=True):
    """The whole file. ``data`` is the folder of the ledger and the accounts."""

    data: Path
    web: Web
    broker: Broker
    accounts: Accounts = Accounts()
    province: tuple[Province, ...] = (EVERYWHERE,)
    oidc: Oidc | None = None
    oidc_role: tuple[OidcRole, ...] = ()
    place: tuple[Place, ...] = ()
    outline: Path | None = None
    mail: Mail | None = None
    fleet: Broker | None = None
    notice: tuple[Notice, ...] = ()
    influx: Influx | None = None
    enrolment: Enrolment | None = None
    target: tuple[Target, ...] = tuple(Target(key, aim) for key, aim in TARGETS.items())

    @property
    def aims(self) -> dict[Key, float]:
        """What ``[[target]]`` says, by indicator."""
        return {target.indicator: target.aim for target in self.target}

    def __post_init__(self) -> None:
        ids = [province.id for province in self.province]
        if not ids or "" in ids or len(set(ids)) < len(ids):
            raise ValueError("province: each needs an id of its own")
        for entry in self.oidc_role:
            if entry.province not in ids:
                raise ValueError(f"oidc_role: there is no province {entry.province!r}")
            if not fits(entry.role, entry.site):
                raise ValueError(f"oidc_role: the role {entry.role.value!r} does not fit site = {entry.site!r}")
