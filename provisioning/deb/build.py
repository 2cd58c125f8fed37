"""Builds the packages: ``python3 -m provisioning.deb.build --wheels FOLDER --into FOLDER``, with dpkg-deb alone.

``moiso-common`` holds the installer and the wheels that most roles need, ``moiso-site`` what each machine of a facility
has, and each role's package its units and rules. dpkg writes those files; the maintainer scripts call the same plan as
``provisioning/install`` for the rest: accounts, folders, environment, first configuration, units. Nothing is built or
downloaded on the site's machine. Source: Debian Policy Manual 4.7, chapters 5 (control), 6 (maintainer scripts).
"""

import argparse
import gzip
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from provisioning.installer import roles as table
from provisioning.installer.lock import BUILT, asked_for, closure, normal, read_lock
from provisioning.installer.product import TREE, WantedFile, common_files, files_of, marker
from provisioning.installer.removal import removal
from provisioning.installer.roles import ROLES, Role
from provisioning.installer.wheel import build as wheel_of_product

SOURCE = Path(__file__).resolve().parents[2]
SHARE = "usr/share/moiso"
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
NEVER = {"brotlicffi", "colorama"}  # of the lock, for other systems and Pythons alone
WEIGHTY = ("kiosk",)  # whose own wheels no other machine has to download

COMMON_TEXT = "the programs of a site and the way they are installed"
SITE_TEXT = "what every machine of a facility has: hardware watchdog, time, temporary files in memory"
TEXTS = {
    "hub": "the queue's hub, the only writer of a site's truth",
    "kiosk": "the self-service kiosk and its screen",
    "board": "call buttons, LED boards, TVs and loudspeakers",
    "standby": "a machine that follows the hub and can take over",
    "cloud": "the Health Department's dashboard, ingest and reports",
}


class Package(NamedTuple):
    """A package about to be built; ``scripts`` are its maintainer scripts by name."""

    name: str
    architecture: str
    depends: tuple[str, ...]
    recommends: tuple[str, ...]
    text: str
    files: tuple[WantedFile, ...]
    wheels: tuple[Path, ...] = ()
    built: str = ""
    scripts: tuple[tuple[str, str], ...] = ()


def packages(source: Path, wheels: Path, version: str, python: str, architecture: str) -> tuple[Package, ...]:
    """Every package of this tree for one Python ("3.11") and processor ("amd64")."""
    own, heavy = _shared_out(source, wheels, python, architecture)
    major, minor = (int(part) for part in python.split("."))
    interpreter = f"python3 (>= {python}), python3 (<< {major}.{minor + 1})"
    common = Package(
        "moiso-common",
        architecture,
        (interpreter, *(name for name in table.PACKAGES if name != "python3")),
        (),
        COMMON_TEXT,
        common_files(source, on_site=False),
        own,
        (wheels / BUILT).read_text(encoding="utf-8") if (wheels / BUILT).exists() else "",
    )
    beside = {file.target for file in common.files}
    site = Package(
        "moiso-site",
        "all",
        (f"moiso-common (= {version})", *table.ON_SITE_PACKAGES),
        (),
        SITE_TEXT,
        tuple(file for file in common_files(source, on_site=True) if file.target not in beside),
    )
    made = [common, site]
    for role in ROLES.values():
        files = (*files_of(source, role), WantedFile(marker(role.name), b"", 0o644))
        shared = {file.target for package in made for file in package.files}
        doubles = tuple(file for file in files if file.target in shared)
        if doubles:
            raise ValueError(f"{role.name}: {doubles[0].target} is in another package too")
        needs = [f"{'moiso-site' if role.on_site else 'moiso-common'} (= {version})"]
        needs += ["chromium | chromium-browser" if name == "chromium" else name for name in role.packages]
        made.append(
            Package(
                f"moiso-{role.name}",
                architecture if role.name in WEIGHTY else "all",
                tuple(needs),
                role.pi_packages,
                TEXTS[role.name],
                files,
                heavy if role.name in WEIGHTY else (),
                scripts=_scripts(source, role),
            )
        )
    return tuple(made)


def _shared_out(
    source: Path, wheels: Path, python: str, architecture: str
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Of the wheels for this Python and processor: those of most roles, and those of the weighty ones alone.

    Raises ValueError where one of the lock has no wheel.
    """
    lock = read_lock((source / "requirements/runtime.txt").read_text(encoding="utf-8"))
    pyproject = (source / "pyproject.toml").read_text(encoding="utf-8")
    roots: set[str] = set()
    for role in ROLES.values():
        if role.name not in WEIGHTY:
            roots |= (asked_for(pyproject, role.extras) | {*role.more}) - {*role.without}
    wanted = {one.name for one in closure(lock, roots)}
    fitting = [path for path in sorted(wheels.glob("*.whl")) if fits(path.name, python, architecture)]
    found = {normal(path.name.split("-")[0]) for path in fitting}
    absent = sorted({one.name for one in lock} - found - NEVER)
    if absent:
        raise ValueError(f"{wheels}: no wheel for {', '.join(absent)}; run provisioning/deb/wheels there")
    own = [path for path in fitting if normal(path.name.split("-")[0]) in wanted]
    heavy = [path for path in fitting if path not in own]
    return tuple(own), tuple(heavy)


def fits(wheel: str, python: str, architecture: str) -> bool:
    """Whether a wheel runs on this Python and processor, by its name.

    >>> fits("msgspec-0.22.0-cp311-cp311-manylinux_2_28_x86_64.whl", "3.13", "amd64")
    False
    """
    *_, interpreter, abi, platform = wheel.removesuffix(".whl").split("-")
    digits = python.replace(".", "")
    newest = int(digits[1:])
    good = any(
        tag in ("py3", f"cp{digits}", f"py{digits}")
        or (abi == "abi3" and (found := re.fullmatch(r"cp3(\d+)", tag)) is not None and int(found[1]) <= newest)
        for tag in interpreter.split(".")
    )
    return good and (platform == "any" or ARCHITECTURES[architecture] in platform)


def _scripts(source: Path, role: Role) -> tuple[tuple[str, str], ...]:
    """The maintainer scripts of a role: dpkg has written the files, the plan does the rest."""
    gone = removal(source, [role], [])
    data = " ".join(gone.data)
    users = " ".join(gone.users)
    after = f"""#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
moiso-install --no-apt {role.name}
"""
    before_removal = f"""#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
moiso-install --uninstall {role.name}
"""
    after_removal = f"""#!/bin/sh
set -e
[ "$1" = purge ] || exit 0
rm -rf {data}
for user in {users}; do userdel "$user" 2>/dev/null || true; done
rmdir /etc/moiso/secrets /etc/moiso 2>/dev/null || true
"""
    return (("postinst", after), ("prerm", before_removal), ("postrm", after_removal))


def control(package: Package, version: str, size_kib: int) -> str:
    """The control file. Source: deb-control(5)."""
    lines = [
        f"Package: {package.name}",
        f"Version: {version}",
        f"Architecture: {package.architecture}",
        "Maintainer: MoiSo <root@localhost>",
        f"Installed-Size: {size_kib}",
        f"Depends: {', '.join(package.depends)}",
    ]
    lines += [f"Recommends: {', '.join(package.recommends)}"] if package.recommends else []
    lines += ["Section: misc", "Priority: optional", f"Description: {package.text}"]
    lines += [" Queue, self-service kiosk and call boards for a public hospital."]
    return "\n".join(lines) + "\n"


def build(package: Package, source: Path, version: str, into: Path) -> Path:
    """Build one package and return its path."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / package.name
        for file in package.files:
            _put(root / file.target.lstrip("/"), file.content, file.mode)
        for wheel in package.wheels:
            target = root / SHARE / "wheels" / wheel.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(wheel, target)
        if package.name == "moiso-common":
            wheel_of_product(source, root / SHARE / "wheels")
            (root / SHARE / "wheels" / BUILT).write_text(package.built, encoding="utf-8")
            _put_tree(source, root / SHARE)
            _link(root / "usr/bin/moiso-install", "../share/moiso/provisioning/install")
        _document(root / "usr/share/doc" / package.name, package, version)
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        _put(root / "DEBIAN/control", control(package, version, size // 1024 + 1).encode(), 0o644)
        for name, text in package.scripts:
            _put(root / "DEBIAN" / name, text.encode(), 0o755)
        for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        into.mkdir(parents=True, exist_ok=True)
        made = into / f"{package.name}_{version}_{package.architecture}.deb"
        # Wheels are packed already: a low level loses nothing and saves a Pi the time.
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(made)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return made


def _put(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def _link(path: Path, to: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


def _put_tree(source: Path, into: Path) -> None:
    """What the installer reads of the source tree."""
    for name in TREE:
        found = source / name
        for path in [found] if found.is_file() else sorted(found.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                _put(into / path.relative_to(source), path.read_bytes(), mode)


def _document(folder: Path, package: Package, version: str) -> None:
    told = f"{package.name} ({version}) stable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n"
    told += " -- MoiSo <root@localhost>  Thu, 01 Jan 2026 00:00:00 +0000\n"
    _put(folder / "changelog.gz", gzip.compress(told.encode(), 9, mtime=0), 0o644)
    licences = "Copyright: the authors of MoiSo.\nThe wheels in /usr/share/moiso/wheels carry their own licences.\n"
    _put(folder / "copyright", licences.encode(), 0o644)


def main(arguments: Sequence[str] = ()) -> None:
    """Build them all and print where they are."""
    parser = argparse.ArgumentParser(prog="python3 -m provisioning.deb.build")
    parser.add_argument("--wheels", type=Path, required=True, help="what provisioning/deb/wheels has filled")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="3.11 or 3.13")
    parser.add_argument("--architecture", default="", choices=("", *ARCHITECTURES))
    parser.add_argument("--version", default="", help="of the packages; else pyproject.toml's")
    given = parser.parse_args(arguments or None)
    told = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))
    release = {"3.11": "deb12", "3.13": "deb13"}.get(given.python, f"py{given.python}")
    version = given.version or f"{told['project']['version']}+{release}"
    architecture = given.architecture or _output("dpkg", "--print-architecture")
    for package in packages(SOURCE, given.wheels, version, given.python, architecture):
        print(build(package, SOURCE, version, given.into))


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def names(made: Iterable[Package]) -> tuple[str, ...]:
    """The names of these packages."""
    return tuple(package.name for package in made)


if __name__ == "__main__":
    main()
