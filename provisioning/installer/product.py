"""What is installed: this source tree or package, and what of it these roles want on a machine."""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from string import Template
from typing import NamedTuple

from provisioning.installer import roles as table
from provisioning.installer import wheel
from provisioning.installer.facts import MARKERS, RELEASES, SHARE, Seen
from provisioning.installer.lock import asked_for, closure, read_lock, written
from provisioning.installer.roles import CONFIG, SECRETS, SITE_TARGET, UNITS, Role
from provisioning.installer.steps import MakeFolder

PARTS = ("__init__.py", "install", "installer", "files", "update")
# What of a source tree the installer reads: all that a machine keeps of it.
TREE = ("pyproject.toml", "requirements", "systemd", *(f"provisioning/{part}" for part in PARTS))


class Product(NamedTuple):
    """A source tree, or what a package unpacks: its folder, its own wheel, and what of the lock these roles need.

    ``digest`` names the environment that these make with this Python.
    """

    source: Path
    wheel: Path
    requirements: str
    models: str
    digest: str


class WantedFile(NamedTuple):
    """A file of the product as it should lie on the machine."""

    target: str
    content: bytes
    mode: int

    @property
    def seen(self) -> Seen:
        """How it looks there."""
        return Seen(False, self.mode, "root", "root", hashlib.sha256(self.content).hexdigest())


class Answers(NamedTuple):
    """What a technician said, "" for nothing. ``own`` is this machine's name; ``administrator`` logs in first."""

    site: str = ""
    hub: str = ""
    name: str = ""
    hosts: tuple[str, ...] = ()
    administrator: str = "quantri"
    own: str = "moiso"


class Wanted(NamedTuple):
    """Everything that these roles want on a machine."""

    roles: tuple[Role, ...]
    packages: tuple[str, ...]
    users: tuple[str, ...]
    files: tuple[WantedFile, ...]
    folders: tuple[MakeFolder, ...]
    links: Mapping[str, str]
    enable: tuple[str, ...]
    configs: Mapping[str, bytes]
    answers: Mapping[str, str]
    administrator: str
    system_site: bool


def product(source: Path, roles: Sequence[Role], python: str, work: Path | None = None) -> Product:
    """This source tree for these roles. ``work`` is where its wheel is packed if the tree has none."""
    ready = sorted((source / "wheels").glob("moiso-*.whl")) if (source / "wheels").is_dir() else []
    own = ready[-1] if ready else wheel.build(source, work or Path(tempfile.mkdtemp(prefix="moiso-")))
    lock = read_lock((source / "requirements/runtime.txt").read_text(encoding="utf-8"))
    pyproject = (source / "pyproject.toml").read_text(encoding="utf-8")
    roots: set[str] = set()
    for role in roles:
        roots |= (asked_for(pyproject, role.extras) | {*role.more}) - {*role.without}
    requirements = written(closure(lock, roots))
    has_models = any(role.models for role in roles)
    models = (source / "requirements/models.txt").read_text(encoding="utf-8") if has_models else ""
    told = "\n".join((python, requirements, models, wheel.content_digest(own)))
    return Product(source, own, requirements, models, hashlib.sha256(told.encode()).hexdigest()[:20])


def units_of(source: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    """The names of this tree's units that these patterns name."""
    names = (path.name for path in sorted((source / "systemd").iterdir()))
    return tuple(name for name in names if any(fnmatch(name, pattern) for pattern in patterns))


def _units(source: Path, patterns: Sequence[str]) -> list[WantedFile]:
    names = units_of(source, patterns)
    return [WantedFile(f"{UNITS}/{name}", _read(source, f"systemd/{name}"), 0o644) for name in names]


def files_of(source: Path, role: Role) -> tuple[WantedFile, ...]:
    """A role's own files: units, accounts, folders, rules."""
    files = [_file(source, file) for file in role.files]
    files += _units(source, role.units)
    files.append(WantedFile(f"/usr/lib/sysusers.d/moiso-{role.name}.conf", sysusers(role).encode(), 0o644))
    files.append(WantedFile(f"/usr/lib/tmpfiles.d/moiso-{role.name}.conf", tmpfiles(role).encode(), 0o644))
    return tuple(files)


def common_files(source: Path, *, on_site: bool) -> tuple[WantedFile, ...]:
    """What every machine has, and every machine of a facility."""
    names = (*table.EVERYWHERE, *(table.ON_SITE if on_site else ()))
    return (*(_file(source, file) for file in names), *_units(source, table.EVERYWHERE_UNITS))


def _file(source: Path, file: table.File) -> WantedFile:
    return WantedFile(file.target, _read(source, f"provisioning/files/{file.source}"), file.mode)


def _read(source: Path, name: str) -> bytes:
    return (source / name).read_bytes()


def sysusers(role: Role) -> str:
    """A sysusers.d(5) file: the groups that its units name, then its accounts."""
    lines = [f"g {group} -" for group in role.groups]
    lines += [
        f'u {user.name} - "MoiSo {role.name}" {user.state if user.keeps else "/nonexistent"}' for user in role.users
    ]
    return "\n".join(lines) + "\n"


def folders_of(role: Role) -> tuple[MakeFolder, ...]:
    """The folders of a role, with owner and mode."""
    folders = [MakeFolder(CONFIG, 0o755, "root", "root"), MakeFolder(SECRETS, 0o755, "root", "root")]
    folders.append(MakeFolder(role.secrets, 0o700, "root", "root"))
    for user in role.users:
        if user.keeps:
            folders.append(MakeFolder(user.state, user.mode, user.name, user.group or user.name))
    return tuple(folders)


def tmpfiles(role: Role) -> str:
    """A tmpfiles.d(5) file: the same folders, for a machine whose root is made anew at each start."""
    return "".join(f"d {one.target} {one.mode:04o} {one.owner} {one.group} -\n" for one in folders_of(role))


def wanted(
    source: Path,
    roles: Sequence[Role],
    answers: Answers,
    *,
    available: frozenset[str],
    raspberry_pi: bool,
    apt: bool,
) -> Wanted:
    """Everything that these roles want. ``available``: what apt knows; ``apt``: whether it may be asked to install."""
    on_site = any(role.on_site for role in roles)
    packages: list[str] = list(table.PACKAGES)
    packages += table.ON_SITE_PACKAGES if on_site else ()
    for role in roles:
        packages += [name for name in role.packages if name != "chromium"]
        packages += [name for name in role.pi_packages if raspberry_pi and name in available]
    kiosk = any(role.name == "kiosk" for role in roles)
    # Raspberry Pi OS Bookworm's own browser has another name than Debian's.
    browser = "chromium-browser" if kiosk and raspberry_pi and "chromium-browser" in available else "chromium"
    packages += [browser] if kiosk else []
    files = {file.target: file for file in common_files(source, on_site=on_site)}
    folders: dict[str, MakeFolder] = {}
    for role in roles:
        files |= {file.target: file for file in files_of(source, role)}
        folders |= {folder.target: folder for folder in folders_of(role)}
    said = {
        "site": answers.site,
        "hub": answers.hub.rstrip("/"),
        "name": answers.name,
        "own": answers.own,
        "hosts": ", ".join(f'"{host}"' for host in answers.hosts),
        "chromium": f"/usr/bin/{browser}",
    }
    return Wanted(
        roles=tuple(roles),
        packages=tuple(dict.fromkeys(packages)) if apt else (),
        users=tuple(user.name for role in roles for user in role.users),
        files=tuple(files.values()),
        folders=tuple(folders.values()),
        links=links_of(source),
        enable=_enabled(source, roles),
        configs=_configs(source, roles, said),
        answers=said,
        administrator=answers.administrator,
        system_site=raspberry_pi and any(role.pi_packages for role in roles),
    )


def _configs(source: Path, roles: Sequence[Role], said: Mapping[str, str]) -> dict[str, bytes]:
    found = {}
    for role in roles:
        for config in role.configs:
            text = _read(source, f"provisioning/files/config/{config.name}").decode()
            words = {**said, "name": said["name"] or said["own"]} if role.on_site else said
            found[config.name] = Template(text).substitute(words).encode()
    return found


def _enabled(source: Path, roles: Sequence[Role]) -> tuple[str, ...]:
    """The units that start by themselves; those whose file this tree has."""
    names = [SITE_TARGET, *(["tmp.mount"] if any(role.on_site for role in roles) else [])]
    names += [name for name in table.EVERYWHERE_ENABLE if name in units_of(source, table.EVERYWHERE_UNITS)]
    for role in roles:
        have = units_of(source, (*role.units, *table.EVERYWHERE_UNITS))
        names += [name for name in role.enable if re.sub(r"@[^.]+", "@", name) in have]
    return tuple(dict.fromkeys(names))


def links_of(source: Path) -> dict[str, str]:
    """The links of every machine: the commands, and the units that are enabled whether anybody enables them or not."""
    links = {f"/usr/bin/{name}": f"/opt/moiso/bin/{name}" for name in commands(source)}
    links["/usr/bin/moiso-install"] = installer_link(source)
    links |= {
        f"{UNITS}/multi-user.target.wants/{name}": f"../{name}" for name in units_of(source, table.WANTED_AT_BOOT)
    }
    return links


def installer_link(source: Path) -> str:
    """Where ``moiso-install`` leads: to the release in force (provisioning/update), or to what was installed first."""
    if source.parent.name == Path(RELEASES).name:
        return f"/{RELEASES}/current/provisioning/install"
    return f"../{SHARE.removeprefix('usr/')}/provisioning/install"


def commands(source: Path) -> tuple[str, ...]:
    """The commands that people type; those that this tree has."""
    pyproject = (source / "pyproject.toml").read_text(encoding="utf-8")
    return tuple(name for name in table.COMMANDS if f"\n{name} = " in pyproject)


def marker(role: str) -> str:
    """The file that says that this machine has a role."""
    return f"/{MARKERS}/{role}"
