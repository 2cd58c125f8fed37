"""What is on this machine: read, never changed. ``root`` is where it lies, "/" but in tests."""

import grp
import hashlib
import os
import pwd
import stat
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

MARKERS = "usr/lib/moiso/roles"  # one empty file a role: what this machine is
VENV = "opt/moiso"
VENVS = "opt/moiso.d"
RELEASES = "opt/moiso.releases"  # of provisioning/update
SHARE = "usr/share/moiso"  # the tree that a machine was installed from


class Seen(NamedTuple):
    """A file or folder: its kind, permission bits, owner and group by name, and for a file the digest of its bytes."""

    folder: bool
    mode: int
    owner: str
    group: str
    sha256: str = ""


class Facts(NamedTuple):
    """Of everything that a plan may want: what is there."""

    roles: frozenset[str]
    packages: frozenset[str]
    users: frozenset[str]
    seen: Mapping[str, Seen]
    links: Mapping[str, str]
    enabled: frozenset[str]
    venv: str  # the digest of the environment in force, "" for none
    system_site: bool
    booted: bool
    stale: bool  # systemd has not read what dpkg has written
    graphical: bool


def installed_roles(root: Path = Path("/")) -> frozenset[str]:
    """What this machine is."""
    folder = root / MARKERS
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def look(path: Path) -> Seen | None:
    """What lies there; None for nothing. A symbolic link is what it leads to."""
    try:
        status = path.stat()
    except OSError:
        return None
    folder = stat.S_ISDIR(status.st_mode)
    digest = "" if folder else hashlib.sha256(path.read_bytes()).hexdigest()
    return Seen(folder, stat.S_IMODE(status.st_mode), _user(status.st_uid), _group(status.st_gid), digest)


def packages_installed(names: Collection[str]) -> frozenset[str]:
    """Those of these Debian packages that are installed."""
    asked = ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *sorted(names)]
    told = subprocess.run(asked, capture_output=True, text=True).stdout
    return frozenset(line.split()[0] for line in told.splitlines() if line.endswith("install ok installed"))


def packages_available(names: Collection[str]) -> frozenset[str]:
    """Those of these that apt knows of. Only Raspberry Pi OS has them all."""
    if not names:
        return frozenset()
    told = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True).stdout
    return frozenset(names) & frozenset(told.split())


def units_enabled(names: Collection[str], root: Path = Path("/")) -> frozenset[str]:
    """Those of these units that start by themselves."""
    if not names:
        return frozenset()
    ordered = sorted(names)
    asked = ["systemctl", f"--root={root}", "is-enabled", *ordered]
    told = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()
    if len(told) != len(ordered):  # one that is not there says nothing, or not at the same place
        return frozenset(name for name in ordered if len(ordered) > 1 and units_enabled([name], root))
    return frozenset(name for name, state in zip(ordered, told, strict=True) if state == "enabled")


def is_packaged(root: Path = Path("/")) -> bool:
    """Whether dpkg has put the tree there."""
    return (root / "var/lib/dpkg/info/moiso-common.list").exists()


def is_raspberry_pi(root: Path = Path("/")) -> bool:
    """Whether the firmware says so."""
    try:
        return b"Raspberry Pi" in (root / "proc/device-tree/model").read_bytes()
    except OSError:
        return False


def is_booted(root: Path = Path("/")) -> bool:
    """Whether systemd runs this machine (sd_booted(3)): not in a chroot, nor while an image is made."""
    return (root / "run/systemd/system").is_dir()


def is_stale(names: Collection[str]) -> bool:
    """Whether systemd still goes by older files of these units; never where it does not run."""
    if not names:
        return False
    asked = ["systemctl", "show", "--property=NeedDaemonReload", "--value", *sorted(names)]
    return "yes" in subprocess.run(asked, capture_output=True, text=True).stdout.split()


def venv_digest(root: Path = Path("/")) -> str:
    """The environment in force."""
    try:
        named = os.readlink(root / VENV)
    except OSError:
        return ""
    return Path(named).name if (root / VENVS / Path(named).name / "complete").is_file() else ""


def sees_system_site(root: Path = Path("/")) -> bool:
    """Whether the environment in force takes packages of Debian too."""
    try:
        told = (root / VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    return "include-system-site-packages = true" in told


def link_target(path: Path) -> str:
    """Where a symbolic link leads, "" for none."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def users_known(root: Path = Path("/")) -> frozenset[str]:
    """Every account of this machine."""
    try:
        lines = (root / "etc/passwd").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(line.partition(":")[0] for line in lines)


def is_graphical(root: Path = Path("/")) -> bool:
    """Whether a desktop would start before the kiosk's page."""
    for place in ("etc/systemd/system/default.target", "usr/lib/systemd/system/default.target"):
        led = link_target(root / place)
        if led:
            return Path(led).name == "graphical.target"
    return False


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
