"""What a machine proves itself with, kept in a folder so that a power cut leaves the old or the new, whole.

``FOLDER/current`` is a link to the generation in force, a folder of its own with the files below. A renewal writes the
next generation beside it, and one rename puts that in force; until it is used, the one before goes on to be good.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.daemon.durable import sync_folder, write_durably

TOKEN, KEY, CERTIFICATE, AUTHORITY, ABOUT = "token", "key.pem", "certificate.pem", "ca.crt", "about.json"
CURRENT = "current"
MAX_ABOUT_BYTES = 4096
_GENERATION = re.compile(r"[1-9][0-9]{0,8}")


class Peer(Enum):
    """Who gave it: the site's hub to a device, or the cloud to a hub."""

    HUB = "hub"
    CLOUD = "cloud"


class About(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose identity it is, and where to use and renew it.

    ``url`` is that of the hub or of the dashboard; ``broker`` is the HOST:PORT at which a hub's certificate is good;
    ``hosts`` are the names that the certificate is asked for; ``ca``: the file of the only authority that may vouch
    for a dashboard, "" for this machine's own store.
    """

    peer: Peer
    name: str
    role: str
    url: str
    broker: str = ""
    hosts: tuple[str, ...] = ()
    ca: str = ""


class NotEnrolled(Exception):
    """There is no identity in this folder, or none that can be read."""


_about = msgspec.json.Decoder(About)


def current(folder: Path) -> Path:
    """The generation in force. Raises NotEnrolled where there is none."""
    try:
        named = os.readlink(folder / CURRENT)
    except OSError:
        raise NotEnrolled(f"{folder}: no identity yet; enrol this machine with moiso-enrol") from None
    if not _GENERATION.fullmatch(named):
        raise NotEnrolled(f"{folder / CURRENT}: leads elsewhere; enrol this machine again with moiso-enrol")
    return folder / named


def about(generation: Path) -> About:
    """What a generation is for. Raises NotEnrolled where it does not say."""
    try:
        with (generation / ABOUT).open("rb") as file:
            return _about.decode(file.read(MAX_ABOUT_BYTES))
    except (OSError, ValueError) as error:  # msgspec's own are ValueErrors
        raise NotEnrolled(f"{generation / ABOUT}: cannot be read; enrol this machine again with moiso-enrol") from error


def prepare(folder: Path, told: About, files: Mapping[str, bytes]) -> Path:
    """Write a generation that is not in force yet, down to the disk, and return its folder."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for unfinished in folder.glob("*.part"):
        shutil.rmtree(unfinished)
    number = max((int(path.name) for path in _generations(folder)), default=0) + 1
    part = folder / f"{number}.part"
    part.mkdir(mode=0o700)
    for name, data in {**files, ABOUT: msgspec.json.encode(told)}.items():
        _write(part / name, data)
    sync_folder(part)
    made = folder / str(number)
    part.rename(made)
    sync_folder(folder)
    return made


def put(generation: Path, name: str, data: bytes) -> None:
    """Add one file to a generation, whole or not at all."""
    write_durably(generation / name, data)


def tell(generation: Path, told: About) -> None:
    """Say anew what a generation is for."""
    put(generation, ABOUT, msgspec.json.encode(told))


def prepared(folder: Path) -> Path | None:
    """The newest generation that was prepared after the one in force, and is not in force."""
    try:
        since = int(current(folder).name)
    except NotEnrolled:
        since = 0
    later = [path for path in _generations(folder) if int(path.name) > since]
    return max(later, key=lambda path: int(path.name), default=None)


def switch(folder: Path, generation: Path) -> None:
    """Put this generation in force."""
    part = folder / f"{CURRENT}.new"
    part.unlink(missing_ok=True)
    part.symlink_to(generation.name)
    part.rename(folder / CURRENT)
    sync_folder(folder)


def drop(generation: Path) -> None:
    """Delete a generation that was prepared and is not wanted."""
    shutil.rmtree(generation)


def tidy(folder: Path) -> None:
    """Delete every generation but the one in force."""
    kept = current(folder)
    for path in _generations(folder):
        if path != kept:
            shutil.rmtree(path)
    for unfinished in folder.glob("*.part"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _generations(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        return [path for path in folder.iterdir() if _GENERATION.fullmatch(path.name) and path.is_dir()]
    return []


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
