"""Backups as files: a gzipped tar, encrypted by age so that this machine cannot read its own.

A folder (a USB stick) holds ``moiso-SITE-YYYYMMDDTHHMMSSZ-SEQ.tar.gz.age`` and, in ``media/``, each picture, clip and
sound once, encrypted likewise. Source of the format: C2SP age-encryption.org/v1; ``age -d`` reads it too.
"""

import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
import pyrage
from msgspec import Struct
from pyrage import x25519

from edge.daemon.durable import sync_folder

MANIFEST = "manifest.json"
MEDIA = "media"
SUFFIX = ".tar.gz.age"
MOST_BYTES = 8 << 30  # of what an archive unpacks to
LEAST_FREE_BYTES = 50_000_000
_NAME = re.compile(r"moiso-(?P<site>[a-z0-9-]{1,40})-(?P<at>\d{8}T\d{6}Z)-(?P<seq>\d{1,15})\.tar\.gz\.age")
_MEMBER = re.compile(r"(hub|config)/[a-z0-9][a-z0-9._-]{0,79}(/[a-z0-9][a-z0-9._-]{0,79})?")


class BackupError(Exception):
    """The backup cannot be made, or read; the text says why."""


class Manifest(Struct, frozen=True):
    """What an archive holds: ``files`` is name → SHA-256, ``seq`` the last entry of its journal."""

    version: int
    site: str
    made_at: str
    seq: int
    epoch: str
    generation: int
    day: str
    last_label: str
    files: dict[str, str]


class Found(NamedTuple):
    """A backup in a folder."""

    path: Path
    site: str
    at: datetime
    seq: int


_manifest = msgspec.json.Decoder(Manifest)


def recipient_of(text: str) -> x25519.Recipient:
    """The public key. Raises BackupError."""
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise BackupError(f"recipient: {error}; expected the public key that moiso-backup --new-key prints") from error


def identity_of(text: str) -> x25519.Identity:
    """The private key, in the one line of a file that is no comment. Raises BackupError without repeating it."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        (line,) = lines
        return x25519.Identity.from_str(line.upper())
    except (ValueError, pyrage.IdentityError):
        raise BackupError("this is no private key of a backup (AGE-SECRET-KEY-1…)") from None


def name_of(manifest: Manifest) -> str:
    """The file's name."""
    return f"moiso-{manifest.site}-{manifest.made_at}-{manifest.seq}{SUFFIX}"


def found_in(folder: Path) -> list[Found]:
    """The backups in a folder, the newest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        named = _NAME.fullmatch(path.name)
        if named:
            at = datetime.strptime(named["at"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            found.append(Found(path, named["site"], at, int(named["seq"])))
    return sorted(found, key=lambda one: (one.at, one.seq), reverse=True)


def write(folder: Path, manifest: Manifest, files: dict[str, Path], recipient: x25519.Recipient) -> Path:
    """Write an archive of these files, whole and on the disk when this returns. Raises BackupError and OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    size = sum(path.stat().st_size for path in files.values())
    if shutil.disk_usage(folder).free < size + LEAST_FREE_BYTES:
        raise BackupError(f"{folder} has too little room: {size // 1_000_000 + 50} MB are needed")
    part = folder / f".part-{name_of(manifest)}"
    with tempfile.TemporaryFile(dir=next(iter(files.values())).parent) as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as tar:
            _add(tar, MANIFEST, msgspec.json.encode(manifest))
            for name, path in sorted(files.items()):
                tar.add(path, name, filter=_plain)
        packed.seek(0)
        _encrypt(packed, part, recipient)
    final = folder / name_of(manifest)
    part.replace(final)
    sync_folder(folder)
    return final


def keep_media(folder: Path, media: Iterable[Path], recipient: x25519.Recipient) -> int:
    """Put each of these files into the folder's ``media``, once; how many were new. Raises OSError and BackupError."""
    target = folder / MEDIA
    target.mkdir(parents=True, exist_ok=True)
    new = 0
    for path in media:
        final = target / f"{path.name}.age"
        if final.exists():
            continue
        if shutil.disk_usage(folder).free < path.stat().st_size + LEAST_FREE_BYTES:
            raise BackupError(f"{folder} has too little room for pictures, clips and sounds")
        part = target / f".part-{path.name}"
        with path.open("rb") as file:
            _encrypt(file, part, recipient)
        part.replace(final)
        new += 1
    sync_folder(target)
    return new


def mark_restored(archive: Path, when: str) -> None:
    """Note beside an archive that a hub was made from it. Raises OSError."""
    with _mark(archive).open("a", encoding="ascii") as file:
        file.write(f"{when}\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(archive.parent)


def restored_before(archive: Path) -> str:
    """When a hub was made from it last, as ``mark_restored`` was told; empty where none was. Raises OSError."""
    mark = _mark(archive)
    return mark.read_text(encoding="ascii", errors="replace").strip().rpartition("\n")[2] if mark.exists() else ""


def rotate(folder: Path, hourly: int, daily: int) -> list[Path]:
    """Delete what is neither among the newest ``hourly`` nor the last one of its day, of the last ``daily`` days; the
    files that went. Parts of broken-off backups go too."""
    found = found_in(folder)
    keep = {one.path for one in found[:hourly]}
    days: dict[str, Path] = {}
    for one in found:
        days.setdefault(one.at.date().isoformat(), one.path)
    keep |= {days[day] for day in sorted(days, reverse=True)[:daily]}
    gone = [one.path for one in found if one.path not in keep] + list(folder.glob(".part-*"))
    gone += [mark for mark in map(_mark, gone) if mark.exists()]
    for path in gone:
        path.unlink()
    return gone


def _mark(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.restored")


def unpack(archive: Path, identity: x25519.Identity, target: Path) -> Manifest:
    """Decrypt an archive into an empty folder and check every file of it. Raises BackupError where it is not whole, not
    of this key, or holds what no backup of ours holds."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=target) as packed:
        try:
            with archive.open("rb") as file:
                pyrage.decrypt_io(file, packed, [identity])
        except (pyrage.DecryptError, OSError) as error:
            raise BackupError(f"{archive.name} cannot be opened: damaged, or made for another key ({error})") from error
        packed.seek(0)
        try:
            with tarfile.open(fileobj=packed, mode="r:gz") as tar:
                manifest = _unpacked(tar, target)
        except (tarfile.TarError, EOFError, OSError, msgspec.DecodeError) as error:
            raise BackupError(f"{archive.name} is damaged ({type(error).__name__})") from error
    if manifest.version != 1:
        raise BackupError(f"{archive.name} was made by a later version of this program")
    for name, sha256 in manifest.files.items():
        path = target / name
        if not path.is_file() or _sha256(path) != sha256:
            raise BackupError(f"{archive.name}: {name} is missing or damaged")
    return manifest


def bring_media(folder: Path, identity: x25519.Identity, target: Path) -> tuple[int, int]:
    """Decrypt the folder's media into ``target``; how many came, and how many were damaged."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    came = damaged = 0
    for path in sorted((folder / MEDIA).glob("*.age")) if (folder / MEDIA).is_dir() else ():
        sha256 = path.name.removesuffix(".age")
        part = target / f".part-{sha256}"
        try:
            with path.open("rb") as file, part.open("wb") as out:
                pyrage.decrypt_io(file, out, [identity])
        except (pyrage.DecryptError, OSError):
            part.unlink(missing_ok=True)
            damaged += 1
            continue
        if re.fullmatch(r"[0-9a-f]{64}", sha256) and _sha256(part) == sha256:
            part.replace(target / sha256)
            came += 1
        else:
            part.unlink()
            damaged += 1
    return came, damaged


def _unpacked(tar: tarfile.TarFile, target: Path) -> Manifest:
    manifest: Manifest | None = None
    left = MOST_BYTES
    for member in tar:
        left -= member.size
        if not member.isreg() or left < 0:
            raise tarfile.TarError("what no backup holds")
        content = tar.extractfile(member)
        assert content is not None  # noqa: S101 - a regular file has content
        if member.name == MANIFEST:
            manifest = _manifest.decode(content.read(1 << 20))
            continue
        if not _MEMBER.fullmatch(member.name):
            raise tarfile.TarError("a name that no backup holds")
        path = target / member.name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(content, file)
    if manifest is None:
        raise tarfile.TarError("no manifest")
    return manifest


def sha256_of(files: dict[str, Path]) -> dict[str, str]:
    """Name → SHA-256."""
    return {name: _sha256(path) for name, path in files.items()}


def _encrypt(source: IO[bytes], part: Path, to: x25519.Recipient) -> None:
    with part.open("wb") as file:
        pyrage.encrypt_io(source, file, [to])
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = 0o600
    tar.addfile(info, io.BytesIO(content))


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
