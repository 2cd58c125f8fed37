"""moiso-backup: an encrypted copy of everything that a site's hub needs, into a folder such as a USB stick.

Only whoever has the private key, on paper or on a stick in a safe, can read it; the machine that makes it cannot.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from pyrage import x25519

from edge.daemon.config import EX_CONFIG, ConfigError, load, read_secret
from edge.daemon.durable import write_durably
from edge.follower.archive import (
    BackupError,
    Manifest,
    found_in,
    identity_of,
    keep_media,
    recipient_of,
    rotate,
    sha256_of,
    unpack,
    write,
)
from edge.follower.config import BackupConfig, load_backup, load_follower
from edge.follower.copy import FILE, is_hub
from edge.follower.following import BACKUP_STATUS
from edge.follower.promotion import queue_of
from edge.hub.config import HubConfig
from edge.hub.journal import Journal
from edge.hub.succession.belongings import DATABASES, Belongings, snapshot_of
from edge.hub.succession.fence import KEY_FILE, fence_key

EX_FAILED = 1


def back_up(config: BackupConfig, now: datetime) -> tuple[Path, Manifest]:
    """Make one backup and rotate the older ones; where it is, and what it holds.

    Raises BackupError, ConfigError and OSError.
    """
    recipient = recipient_of(config.recipient)
    data, files = _source(config)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=".backup-") as name:
        staging = Path(name)
        named = _staged(staging, data, files)
        manifest = _manifest(staging, named, now)
        path = write(config.folder, manifest, named, recipient)
    media = data / "media"
    if media.is_dir():
        keep_media(config.folder, sorted(p for p in media.iterdir() if len(p.name) == 64), recipient)
    rotate(config.folder, config.hourly, config.daily)
    status = {"at": manifest.made_at, "seq": manifest.seq, "file": path.name}
    write_durably(data.parent / BACKUP_STATUS, msgspec.json.encode(status))
    return path, manifest


def _source(config: BackupConfig) -> tuple[Path, dict[str, bytes]]:
    """The folder of the journal, and the configuration beside it."""
    if config.follower is not None:
        follower = load_follower(config.follower)
        folder, beside = follower.data / "hub", follower.data / "config"
        if not (folder / FILE).exists() or not (beside / "hub.toml").exists():
            raise BackupError("the standby has copied nothing yet")
        if not is_hub(folder):
            return folder, {
                str(path.relative_to(beside)): path.read_bytes() for path in beside.rglob("*") if path.is_file()
            }
        return folder, _belongings(load(beside / "hub-here.toml", HubConfig))
    assert config.hub is not None  # noqa: S101 - load_backup has seen to it
    hub = load(config.hub, HubConfig)
    if not (hub.data / FILE).exists():
        raise BackupError("this hub has no journal yet")
    return hub.data, _belongings(hub)


def _belongings(config: HubConfig) -> dict[str, bytes]:
    key = fence_key(config.data, read_secret(config.site_secret_file))
    found = Belongings(config, {KEY_FILE: key.hex().encode()}).read()
    return {name: content for name, content in found.items() if name not in DATABASES}


def _staged(staging: Path, data: Path, files: dict[str, bytes]) -> dict[str, Path]:
    """Everything of one moment, in a folder: name in the archive → file."""
    named = {f"hub/{FILE}": staging / "hub" / FILE}
    for name in files:
        named[f"config/{name}"] = staging / "config" / name
    for name in DATABASES:
        if (data / name).exists():
            named[f"hub/{name}"] = staging / "hub" / name
    for path in named.values():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"{(data / FILE).resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as live,
        closing(sqlite3.connect(staging / "hub" / FILE)) as copy,
    ):
        live.backup(copy)
        # The day's pseudonyms stay at the hub; replies mean nothing under another secret.
        copy.execute("DELETE FROM holdings")
        copy.execute("DELETE FROM replies")
        copy.commit()
        copy.execute("VACUUM")
        (sound,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise BackupError(f"the journal itself is damaged: {sound}")
    for name, content in files.items():
        named[f"config/{name}"].write_bytes(content)
    for name in DATABASES:
        if f"hub/{name}" in named:
            named[f"hub/{name}"].write_bytes(snapshot_of(data / name))
    return named


def _manifest(staging: Path, named: dict[str, Path], now: datetime) -> Manifest:
    journal = Journal(staging / "hub" / FILE)
    try:
        queue, label, _ = queue_of(journal, staging / "config/catalogue")
        epoch = journal.epoch
    finally:
        journal.close()
    site = load(staging / "config/hub.toml", SiteOnly).site
    at = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    files = sha256_of(named)
    return Manifest(1, site, at, queue.seq, epoch, queue.term.generation, queue.day, label, files)


class SiteOnly(msgspec.Struct, frozen=True):
    """The one thing of ``hub.toml`` that a backup is named after."""

    site: str


def verify(folder: Path, identity: x25519.Identity) -> list[str]:
    """Open every backup in a folder; a line for each."""
    lines = []
    for one in found_in(folder):
        with tempfile.TemporaryDirectory() as name:
            try:
                manifest = unpack(one.path, identity, Path(name) / "unpacked")
                lines.append(f"good  {one.path.name}: {manifest.seq} entries, last number {manifest.last_label or '-'}")
            except BackupError as error:
                lines.append(f"BAD   {error}")
    return lines


def main() -> None:
    """Make a backup, or what the options say."""
    parser = argparse.ArgumentParser(prog="moiso-backup", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/backup.toml"))
    parser.add_argument("--new-key", action="store_true", help="make a key pair; keep the private one on paper")
    parser.add_argument("--verify", type=Path, metavar="KEYFILE", help="open every backup with this private key")
    given = parser.parse_args()
    try:
        if given.new_key:
            identity = x25519.Identity.generate()
            print(f"# Private key: print it, lock it away, delete this text.\n{identity}\n")
            print(f'recipient = "{identity.to_public()}"')
            return
        config = load_backup(given.config)
        if given.verify:
            lines = verify(config.folder, identity_of(given.verify.read_text(encoding="utf-8")))
            print("\n".join(lines) or "no backup is there")
            sys.exit(EX_FAILED if not lines or any(line.startswith("BAD") for line in lines) else 0)
        began_s = time.monotonic()
        path, manifest = back_up(config, datetime.now(UTC))
        took_s = time.monotonic() - began_s
        print(f"{path}: {manifest.seq} entries up to number {manifest.last_label or '-'}, {took_s:.1f} s")
    except ConfigError as error:
        sys.exit(_said(error, EX_CONFIG))
    except (BackupError, OSError) as error:
        sys.exit(_said(error, EX_FAILED))


def _said(error: Exception, status: int) -> int:
    print(f"moiso-backup: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
