"""``hub.toml`` and the files that it names."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from edge.contracts.catalogue import Catalogue
from edge.contracts.face import MAX_KEEP_DAYS
from edge.contracts.term import BLOCK_PREFIX
from edge.daemon.config import Broker, ConfigError, Listen, Section, load
from edge.hub.roles import Role
from edge.queueing.catalogue import check
from edge.queueing.catalogue_faults import CatalogueError

# The broker takes the site's id as its user name, and "ingest", "phone", "fleet" and "remote" are the cloud's own.
SiteId = Annotated[str, Meta(pattern="^(?!ingest|(phone|fleet|remote)$)[a-z0-9-]{1,40}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Insurance(Section, frozen=True):
    """The portal of Vietnam Social Security, this site's account there, and the officer in whose name it is asked."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    password_file: Path
    officer_name: Annotated[str, Meta(min_length=1, max_length=100)]
    officer_id_file: Path
    url: str = "https://egw.baohiemxahoi.gov.vn"
    ca: Path | None = None

    def __repr__(self) -> str:
        return "Insurance(…)"


class Faces(Section, frozen=True):
    """``[faces]``: how many nights portraits and templates outlive their day; 0: they end with it."""

    keep_days: Annotated[int, Meta(ge=0, le=MAX_KEEP_DAYS)] = 0


class Media(Section, frozen=True):
    """``[media]``: how many megabytes of uploaded pictures, clips and sounds the hub keeps in ``data``."""

    most_mb: Annotated[int, Meta(ge=10, le=1_000_000)] = 4096


class Phone(Section, frozen=True):
    """``[phone]``: where the cloud shows a ticket to whoever holds its paper, ``public_url`` + ``/t/`` + its id."""

    public_url: Annotated[str, Meta(pattern=r"^(https://[^\s?#/]+|http://127\.0\.0\.1:[0-9]+)$", max_length=150)]

    @property
    def lookup_url(self) -> str:
        """What a ticket's id is put behind."""
        return f"{self.public_url}/t/"


class Remote(Section, frozen=True):
    """``[remote]``: the Department may configure this site; the file has the public key that its versions are signed
    with, and while keys change the old one and the new one (Ed25519, PEM)."""

    public_key_file: Path


class Enrolment(Section, frozen=True):
    """``[enrolment]``: the folder of the site's authority, which ``moiso-enrol hub`` fills, and the names and addresses
    of the hub beyond those that it finds."""

    folder: Path
    hosts: tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...] = ()


class HubConfig(Section, frozen=True):
    """Everything that a hub can be told."""

    site: SiteId
    data: Path
    catalogue: Path
    site_secret_file: Path
    devices: Path
    officers: Path
    listen: tuple[Listen, ...]
    uplink: Broker | None = None
    phone: Phone | None = None
    remote: Remote | None = None
    insurance: Insurance | None = None
    faces: Faces = Faces()
    media: Media = Media()
    enrolment: Enrolment | None = None


class Device(Section, frozen=True):
    """A kiosk, a board or the standby that may talk to the hub; ``counters`` are those whose buttons a board carries,
    ``label`` is what staff call it, and a ``spare`` is not missed where it is silent."""

    name: str
    role: Literal["kiosk", "board", "standby"]
    token_sha256: Sha256
    counters: tuple[str, ...] = ()
    label: Annotated[str, Meta(max_length=40)] = ""
    spare: bool = False

    def __post_init__(self) -> None:
        if self.name.startswith(BLOCK_PREFIX):
            raise ValueError(f"name: {BLOCK_PREFIX}… belongs to hubs; another name is expected")


class Devices(Section, frozen=True):
    """``devices.toml``."""

    device: tuple[Device, ...] = ()


class OfficerAccount(Section, frozen=True):
    """An officer's account to begin with; only the argon2 hash of the password stands here."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    password_argon2: str
    role: Role = Role.ADMINISTRATOR


class Officers(Section, frozen=True):
    """``officers.toml``: who can log in when the hub starts for the first time; later it is not read any more."""

    officer: tuple[OfficerAccount, ...] = ()


def load_catalogue(path: Path) -> Catalogue:
    """Read and check a catalogue. Raises ConfigError where it cannot be worked by."""
    catalogue = load(path, Catalogue)
    try:
        check(catalogue)
    except CatalogueError as error:
        raise ConfigError(f"{path}: {error}") from error
    return catalogue
