"""The releases on this machine: folders, links and two small files, each changed by one rename.

    /opt/moiso.releases/0.2.0/     a release's tree, complete since it bears this name
                        0.2.0/environment   which environment of /opt/moiso.d it runs in
                        0.3.0.part/    being unpacked, or being deleted
                        current        -> 0.2.0
                        fallback       -> 0.1.0: where the way back leads
                        pending.json   an update that was begun and neither confirmed nor taken back
                        history.json   what was, and what is never to be again
    /opt/moiso                     -> moiso.d/DIGEST: what the programs run in

The standard library alone: this runs when nothing else does.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FORWARD, BACK = "forward", "back"
PART = ".part"
ENVIRONMENT = "environment"
COMPLETE = "complete"
STAGING = ".staging"  # beside an environment that is being built
MAX_FAILED = 16
MAX_SEEN = 16
_VERSION = re.compile(r"(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}")
_DIGEST = re.compile(r"[0-9a-zA-Z_.-]{1,64}")


class StoreError(Exception):
    """What lies there is not what belongs there."""


class Busy(Exception):
    """Another update is at work on this machine."""


class Pending(NamedTuple):
    """An update under way: from which release to which, and by what it is judged.

    ``units`` ran before and must run again; ``sound`` are the checks of moiso-doctor that were not red before.
    ``attempts`` counts starts of the machine, and of the updater, that met it unfinished.
    """

    to: str
    before: str
    earlier: str  # what ``fallback`` led to until now, "" for nothing
    phase: str
    attempts: int
    units: tuple[str, ...]
    sound: tuple[str, ...]
    within_s: int
    steady_s: int
    keys: tuple[str, ...] = ()


class History(NamedTuple):
    """``highest``: nothing older, and not itself again, is taken from outside. ``failed``: taken back, so never tried
    again by itself. ``seen``: when each version was first seen, in seconds since 1970. ``serial``: of the newest index.
    ``outcome`` of ``version`` at ``at`` is what a person is told."""

    highest: str = ""
    failed: tuple[str, ...] = ()
    seen: tuple[tuple[str, int], ...] = ()
    serial: int = 0
    outcome: str = ""
    version: str = ""
    at: int = 0


class Store:
    """The releases below ``root``, which is "/" but in tests."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root
        self.folder = root / "opt/moiso.releases"
        self.environments = root / "opt/moiso.d"
        self.link = root / "opt/moiso"
        self.installer = root / "usr/bin/moiso-install"
        self.units = root / "usr/lib/systemd/system"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else updates this machine for as long as the block lasts. Raises Busy."""
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        at = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(at, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            yield
        finally:
            os.close(at)

    def release(self, version: str) -> Path:
        """The folder of a release."""
        return self.folder / version

    def current(self) -> str:
        """The release in force, "" for none."""
        return self._led("current")

    def fallback(self) -> str:
        """The release before it, "" for none."""
        return self._led("fallback")

    def environment(self) -> str:
        """The environment that the programs run in, "" for none."""
        return Path(link_target(self.link)).name

    def environment_of(self, version: str) -> str:
        """The environment of a release, "" where it has none yet."""
        try:
            digest = (self.release(version) / ENVIRONMENT).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return digest if _DIGEST.fullmatch(digest) else ""

    def is_complete(self, version: str) -> bool:
        """Whether it can be put in force."""
        digest = self.environment_of(version) if _VERSION.fullmatch(version) else ""
        return bool(digest) and (self.environments / digest / COMPLETE).is_file()

    def versions(self) -> list[str]:
        """Every release that is unpacked."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if _VERSION.fullmatch(path.name))

    def set_current(self, version: str) -> None:
        """Lead ``current`` to a release."""
        link(self.folder / "current", version)

    def set_fallback(self, version: str) -> None:
        """Lead ``fallback`` to a release; "" for nowhere."""
        if version:
            link(self.folder / "fallback", version)
        else:
            (self.folder / "fallback").unlink(missing_ok=True)

    def put_in_force(self, version: str) -> None:
        """Have the programs run, from their next start on, in the environment of a release. Raises StoreError."""
        if not self.is_complete(version):
            raise StoreError(f"{version} is not complete")
        link(self.link, f"{self.environments.name}/{self.environment_of(version)}")

    def set_environment(self, version: str, digest: str) -> None:
        """Note the environment of a release."""
        write(self.release(version) / ENVIRONMENT, f"{digest}\n".encode())

    def pending(self) -> Pending | None:
        """The update under way, None for none. Raises StoreError where it cannot be read."""
        told = self._read("pending.json")
        if told is None:
            return None
        try:
            pending = Pending(**{**told, **{name: tuple(told[name]) for name in ("units", "sound", "keys")}})
        except (TypeError, KeyError) as error:
            raise StoreError("pending.json cannot be read") from error
        versions = (pending.to, pending.before, *([pending.earlier] if pending.earlier else []))
        if not all(isinstance(one, str) and _VERSION.fullmatch(one) for one in versions):
            raise StoreError("pending.json names no releases")
        return pending

    def set_pending(self, pending: Pending) -> None:
        """Note an update under way."""
        write(self.folder / "pending.json", json.dumps(pending._asdict()).encode())

    def clear_pending(self) -> None:
        """Note that there is none: what was begun is over."""
        (self.folder / "pending.json").unlink(missing_ok=True)
        sync_folder(self.folder)

    def history(self) -> History:
        """What was; nothing where nothing can be read."""
        try:
            told = self._read("history.json") or {}
            seen = tuple((str(version), int(at)) for version, at in told.pop("seen", ()))
            return History(**{**told, "failed": tuple(told.get("failed", ())), "seen": seen})
        except (StoreError, TypeError, ValueError):
            return History()

    def set_history(self, history: History) -> None:
        """Note it, as short as it may be."""
        short = history._replace(failed=history.failed[-MAX_FAILED:], seen=history.seen[-MAX_SEEN:])
        write(self.folder / "history.json", json.dumps(short._asdict()).encode())

    def tidy(self) -> None:
        """Delete what was never completed."""
        for path in self.folder.glob(f"*{PART}"):
            _delete(path)
        for mark in self.environments.glob(f"*{STAGING}"):
            environment = mark.with_name(mark.name.removesuffix(STAGING))
            if not (environment / COMPLETE).is_file():
                _delete(environment)
            mark.unlink()

    def prune(self, keep: tuple[str, ...]) -> None:
        """Delete the releases that are not kept, and the environments that only they ran in."""
        self.tidy()
        kept = {self.environment_of(version) for version in keep if version} | {self.environment()}
        for version in self.versions():
            if version in keep:
                continue
            digest = self.environment_of(version)
            part = self.folder / f"{version}{PART}"
            self.release(version).rename(part)
            if digest and digest not in kept:
                (self.environments / digest / COMPLETE).unlink(missing_ok=True)
                _delete(self.environments / digest)
            _delete(part)

    def _led(self, name: str) -> str:
        version = link_target(self.folder / name)
        return version if _VERSION.fullmatch(version) else ""

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            told = json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StoreError(f"{name} cannot be read") from error
        if not isinstance(told, dict):
            raise StoreError(f"{name} cannot be read")
        return told


def link_target(path: Path) -> str:
    """Where a symbolic link leads, "" for none."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def link(path: Path, to: str) -> None:
    """Make a symbolic link, or lead it elsewhere, by one rename; it is on the disk when this returns."""
    if link_target(path) == to:
        return
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(to)
    new.replace(path)
    sync_folder(path.parent)


def write(path: Path, content: bytes) -> None:
    """Put a file in its place, whole and on the disk when this returns, or leave what was there."""
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in this folder on the disk."""
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(at)
    finally:
        os.close(at)


def sync_tree(folder: Path) -> None:
    """Have everything below this folder on the disk."""
    for here, _, names in os.walk(folder):
        for name in names:
            if not Path(here, name).is_symlink():
                at = os.open(Path(here, name), os.O_RDONLY)
                os.fsync(at)
                os.close(at)
        sync_folder(Path(here))


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
