"""moiso-restore: an empty machine becomes the site's hub, from a backup or from the standby's copy, to the last entry.

It says exactly what came back and what cannot, and never puts an older journal in the place of a newer one.
"""

import argparse
import asyncio
import json
import os
import pwd
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.contracts.copy import Span
from edge.daemon.config import ConfigError, Hub, Listen, load
from edge.daemon.copy_client import CopyClient
from edge.daemon.durable import sync_folder, write_durably
from edge.daemon.hub_client import HubRejected, HubUnreachable
from edge.follower.archive import (
    BackupError,
    bring_media,
    found_in,
    identity_of,
    mark_restored,
    restored_before,
    unpack,
)
from edge.follower.copy import FILE, CopyError, Diverged
from edge.follower.following import Following
from edge.follower.promotion import HERE, SITE_SECRET, NotPromotable, Promoted, config_text, promote
from edge.hub.enrolment.authority import OWN
from edge.hub.succession.belongings import CONFIG
from edge.hub.succession.rows import JournalRows

REPORT = "restore-report.json"
DEFAULT_ADDRESS = "0.0.0.0:8443"
AUTHORITY = "enrolment.folder"  # as the copied hub.toml names the authority's folder; the hub renews what is in it,
AUTHORITY_HERE = "tls"  # so it belongs to the hub's data, where moiso-enrol makes it, too
FOR_ITS_GROUP = 0o640


class RestoreError(Exception):
    """Nothing was restored; the text says why."""


class Report(Struct, frozen=True):
    """What came back. Times are milliseconds since 1970 UTC; ``took_s`` is how long it took."""

    source: str
    generation: int
    entries: int
    last_entry_ms: int
    day: str
    last_label: str
    last_issued_ms: int
    tickets_today: int
    still_in_the_hall: int
    files: tuple[str, ...]
    media: int
    missing: tuple[str, ...]
    took_s: float


class ListensOnly(Struct, frozen=True):
    """The one thing of a ``hub.toml`` that stays this machine's own."""

    listen: tuple[Listen, ...] = ()


def restore_backup(folder: Path, key_file: Path, staging: Path, *, again: bool = False) -> Path:
    """Unpack the newest backup that can be opened; where it lies. Raises RestoreError, unless ``again`` also where a
    hub was made from it already: the two would give the same numbers.
    """
    found = found_in(folder) if folder.is_dir() else []
    if not found:
        raise RestoreError(f"{folder} holds no backup (moiso-….tar.gz.age)")
    try:
        identity = identity_of(key_file.read_text(encoding="utf-8"))
    except (BackupError, OSError) as error:
        raise RestoreError(f"{key_file}: {error}") from error
    newest = max(found, key=lambda one: one.at)
    problems = []
    for one in [one for one in found if one.site == newest.site]:
        try:
            unpack(one.path, identity, staging)
        except BackupError as error:
            problems.append(str(error))
            shutil.rmtree(staging, ignore_errors=True)
            continue
        before = restored_before(one.path)
        if before and not again:
            raise RestoreError(
                f"{one.path.name} was restored at {before} already, and that hub and this one would give the same"
                " numbers. Take a newer backup or the standby's copy. Where that hub gave no number since, or is gone"
                " for good and nobody holds its papers any more, add --again"
            )
        bring_media(folder, identity, staging / "hub/media")
        for problem in problems:
            print(f"moiso-restore: passed over: {problem}", file=sys.stderr)
        return one.path
    raise RestoreError("; ".join(problems))


def restore_copy(url: str, ca: Path, code_file: Path, staging: Path) -> str:
    """Take the standby's copy, whole. Raises RestoreError."""

    async def fetch() -> None:
        client = CopyClient(Hub(url, ca, code_file))
        following = Following(client, staging)
        try:
            await following.fetch_all()
        finally:
            await following.stop()
            await client.close()

    try:
        asyncio.run(fetch())
    except HubRejected as error:
        raise RestoreError(f"{url} turns this machine away ({error}): is the code right, and not too old?") from error
    except (HubUnreachable, Diverged, CopyError, ValueError, OSError) as error:
        raise RestoreError(f"{url} does not give its copy: {error}") from error
    return url


def install(
    source: str, staging: Path, data: Path, config_folder: Path, listens: tuple[Listen, ...], began_s: float
) -> Report:
    """Make what lies in ``staging`` the hub of this machine. Raises RestoreError before anything here has changed."""
    refuse_older(staging / "hub", data)
    listens = listens or _listens_here(config_folder) or _own_certificate(staging, data)
    if not listens:
        raise RestoreError("where is the hub to answer? Give --address, --certificate and --key")
    try:
        promoted = promote(staging / "hub", staging / "config", "moiso-restore", restored=True)
    except NotPromotable as error:
        raise RestoreError(str(error)) from error
    _set_aside(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    config_folder.mkdir(parents=True, exist_ok=True)
    copied = (staging / "config" / CONFIG).read_text(encoding="utf-8")
    text = config_text(copied.replace(json.dumps(AUTHORITY), json.dumps(str(data / AUTHORITY_HERE))), data, listens)
    names = []
    for path in sorted((staging / "config").rglob("*")):
        if path.is_file() and path.name not in (CONFIG, HERE):
            name = path.relative_to(staging / "config")
            if name.parts[0] == AUTHORITY:
                _put(data / AUTHORITY_HERE / name.name, path.read_bytes(), 0o600)
            else:
                _put(config_folder / name, path.read_bytes(), FOR_ITS_GROUP)
            names += [str(name)] if str(name) != SITE_SECRET else []
    if (config_folder / CONFIG).exists():
        (config_folder / CONFIG).replace(config_folder / f"{CONFIG}.before")
    write_durably(config_folder / CONFIG, text.encode(), FOR_ITS_GROUP)
    media = _move_data(staging / "hub", data)
    databases = [path.name for path in sorted(data.glob("*.db")) if path.name != FILE]
    report = _report(source, promoted, (*names, *databases), media, time.monotonic() - began_s)
    write_durably(data / REPORT, msgspec.json.format(msgspec.json.encode(report)))
    return report


def refuse_older(new: Path, data: Path) -> None:
    """Raise RestoreError where the machine has a journal that is not the beginning of the new one."""
    if not (data / FILE).exists():
        return
    try:
        with closing(JournalRows(data / FILE)) as here, closing(JournalRows(new / FILE)) as there:
            seq, epochs = here.seq(), here.epochs()
            if seq > there.seq():
                raise RestoreError(
                    f"{data / FILE} is newer ({seq} entries) than what would be restored ({there.seq()}): nothing was"
                    " changed. Move it away yourself if it is to be given up"
                )
            mine = [Span(one.first, one.epoch) for one in epochs if one.first <= seq]
            theirs = [Span(one.first, one.epoch) for one in there.epochs() if one.first <= seq]
            same = mine == theirs and (not seq or here.digest(0, seq) == there.digest(0, seq))
    except sqlite3.Error as error:
        raise RestoreError(
            f"{data / FILE} cannot be read ({error}): move it away yourself, nothing was changed"
        ) from None
    if seq and not same:
        raise RestoreError(f"{data / FILE} is another journal: nothing was changed. Move it away yourself")


def _set_aside(data: Path) -> None:
    if data.is_dir() and any(data.iterdir()):
        kept = data.with_name(f"{data.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        kept.mkdir(mode=0o700)
        for path in list(data.iterdir()):
            path.replace(kept / path.name)


def _move_data(staging: Path, data: Path) -> int:
    """Bring everything into place, the journal last: without it the hub would begin a new one, and does not start."""
    media = data / "media"
    media.mkdir(mode=0o700, exist_ok=True)
    count = 0
    for path in (staging / "media").iterdir() if (staging / "media").is_dir() else ():
        if len(path.name) == 64:
            shutil.move(path, media / path.name)
            count += 1
    for path in sorted(staging.iterdir(), key=lambda path: path.name == FILE):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(0o600)
            path.replace(data / path.name)
    sync_folder(data)
    return count


def _note_on_stick(archive: Path) -> None:
    try:
        mark_restored(archive, f"{datetime.now().astimezone():%Y-%m-%d %H:%M %z}")
    except OSError as error:
        print(
            f"moiso-restore: {archive.parent} cannot be written ({error.strerror}): nothing will warn of a second"
            " restore from this backup",
            file=sys.stderr,
        )


def _put(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    write_durably(path, content, mode)


def _listens_here(config_folder: Path) -> tuple[Listen, ...]:
    """Where the hub of this machine's own hub.toml listens; none where there is no such file."""
    path = config_folder / CONFIG
    if not path.exists():
        return ()
    return load(path, ListensOnly).listen


def _own_certificate(staging: Path, data: Path) -> tuple[Listen, ...]:
    """The hub's own certificate, where its authority was copied with it: it is renewed for this machine's names."""
    if not (staging / "config" / AUTHORITY / OWN).exists():
        return ()
    pem = data / AUTHORITY_HERE / OWN
    return (Listen(DEFAULT_ADDRESS, pem, pem),)


def _report(source: str, promoted: Promoted, files: tuple[str, ...], media: int, took_s: float) -> Report:
    missing = [
        "who holds which number today (that key never leaves a hub): until tomorrow somebody may take a second one",
        "portraits and face templates of today",
        "officers' sessions: everybody logs in again",
    ]
    if promoted.unreserved:
        missing.append(f"numbers for today of: {', '.join(promoted.unreserved)}")
    standing = promoted.standing
    return Report(
        source=source,
        generation=promoted.generation,
        entries=standing.seq,
        last_entry_ms=standing.at_ms,
        day=standing.day,
        last_label=standing.last_label,
        last_issued_ms=standing.last_issued_ms,
        tickets_today=standing.tickets,
        still_in_the_hall=standing.live,
        files=files,
        media=media,
        missing=tuple(missing),
        took_s=round(took_s, 1),
    )


def told(report: Report) -> str:
    """The report in words."""

    def when(at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000).strftime("%Y-%m-%d %H:%M:%S") if at_ms else "-"

    lines = [
        f"restored from {report.source} in {report.took_s} s",
        f"  {report.entries} entries, the last of {when(report.last_entry_ms)}",
        f"  business day {report.day}: {report.tickets_today} numbers, {report.still_in_the_hall} people still there",
        f"  last number {report.last_label or '-'}, given at {when(report.last_issued_ms)}",
        f"  {len(report.files)} files, {report.media} pictures, clips and sounds",
        f"  this hub is generation {report.generation}",
        *(f"  NOT restored: {what}" for what in report.missing),
        "check: whoever holds a paper with a later number than the last one above takes a new one",
    ]
    return "\n".join(lines)


def give_to(owner: str, data: Path, config_folder: Path, files: tuple[str, ...]) -> None:
    """Let the hub's user own its data and read its configuration, which stays root's: as on an installed machine.

    Only root can do it, and needs to. What else lies in ``config_folder`` is nobody's business here.
    """
    try:
        user = pwd.getpwnam(owner)
    except KeyError:
        print(f"moiso-restore: there is no user {owner}: install moiso's hub, then chown {data} to it", file=sys.stderr)
        return
    for path in (data, *data.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    for name in (CONFIG, SITE_SECRET, *files):
        path = config_folder / name
        while path != config_folder and path.exists():
            os.chown(path, 0, user.pw_gid, follow_symlinks=False)
            path.chmod(0o750 if path.is_dir() else FOR_ITS_GROUP)
            path = path.parent


def main() -> None:
    """Restore as the options say."""
    parser = argparse.ArgumentParser(prog="moiso-restore", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--backup", type=Path, metavar="FOLDER", help="where the backups are, such as a USB stick")
    source.add_argument("--standby", metavar="URL", help="the site's standby")
    parser.add_argument("--backup-key", type=Path, metavar="FILE", help="the private key of the backups")
    parser.add_argument("--again", action="store_true", help="although a hub was made from this backup already")
    parser.add_argument("--code", metavar="CODE", help="the code from the standby's page")
    parser.add_argument("--ca", type=Path, help="the site's authority, for --standby")
    parser.add_argument("--data", type=Path, default=Path("/var/lib/moiso-hub"))
    parser.add_argument("--config-folder", type=Path, default=Path("/etc/moiso"))
    parser.add_argument("--address", help="where the hub is to answer, HOST:PORT; by default as hub.toml here says")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path, metavar="FILE", help="the certificate's private key")
    parser.add_argument("--owner", default="moiso-hub")
    given = parser.parse_args()
    began_s = time.monotonic()
    listens = (Listen(given.address, given.certificate, given.key),) if given.address else ()
    given.data.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=given.data.parent, prefix=".restore-") as name:
            staging = Path(name) / "staging"
            if given.backup:
                if not given.backup_key:
                    parser.error("--backup needs --backup-key")
                archive = restore_backup(given.backup, given.backup_key, staging, again=given.again)
                named = archive.name
            else:
                if not given.code or not given.ca:
                    parser.error("--standby needs --code and --ca")
                code_file = Path(name) / "code"
                write_durably(code_file, given.code.strip().encode())
                named = restore_copy(given.standby, given.ca, code_file, staging)
            report = install(named, staging, given.data, given.config_folder, listens, began_s)
        if given.backup:
            _note_on_stick(archive)
        if os.geteuid() == 0 and given.owner:
            give_to(given.owner, given.data, given.config_folder, report.files)
    except (RestoreError, ConfigError, OSError) as error:
        print(f"moiso-restore: {error}", file=sys.stderr)
        sys.exit(1)
    print(told(report))


if __name__ == "__main__":
    main()
