"""What an installation consists of: each step says what is to be, and applied twice does nothing more."""

from typing import NamedTuple


class InstallPackages(NamedTuple):
    """Have apt install these."""

    names: tuple[str, ...]


class MakeUsers(NamedTuple):
    """Have systemd-sysusers read its files: accounts and groups."""

    names: tuple[str, ...]


class MakeFolder(NamedTuple):
    """Make a folder, or give it its owner and mode."""

    target: str
    mode: int
    owner: str
    group: str


class WriteFile(NamedTuple):
    """Write a file of root's, or give it its mode; readable for ``group`` as far as the mode says."""

    target: str
    content: bytes
    mode: int
    group: str = "root"


class MakeSecret(NamedTuple):
    """Write 32 random bytes that nobody but root can read, and units get by LoadCredential."""

    target: str


class BuildVenv(NamedTuple):
    """Build the programs' environment beside the one in force, and put it in force by one rename."""

    digest: str


class SystemSite(NamedTuple):
    """Let the environment see Debian's Python packages, or not: lgpio and picamera2 exist nowhere else."""

    on: bool


class Link(NamedTuple):
    """Make a symbolic link."""

    target: str
    to: str


class Reload(NamedTuple):
    """Have systemd and udev read what has changed."""

    udev: bool


class Enable(NamedTuple):
    """Have these units start with the machine."""

    names: tuple[str, ...]


class NoDesktop(NamedTuple):
    """Start without a desktop: the page has the display to itself."""


class MakeAuthority(NamedTuple):
    """Make the site's authority and the hub's first certificate."""


class MakeAdministrator(NamedTuple):
    """Write the first officer's account with a password made by chance, and tell it once."""

    name: str


class MakeCloudKeys(NamedTuple):
    """Make the broker's authority, its certificates and its configuration."""

    name: str


class WritePolicies(NamedTuple):
    """Have moiso-screen write Chromium's policies."""


class Mark(NamedTuple):
    """Note what this machine is."""

    role: str


class Start(NamedTuple):
    """Start these units, those that run already anew."""

    names: tuple[str, ...]


Step = (
    InstallPackages
    | MakeUsers
    | MakeFolder
    | WriteFile
    | MakeSecret
    | BuildVenv
    | SystemSite
    | Link
    | Reload
    | Enable
    | NoDesktop
    | MakeAuthority
    | MakeAdministrator
    | MakeCloudKeys
    | WritePolicies
    | Mark
    | Start
)
