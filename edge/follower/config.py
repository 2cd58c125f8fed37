"""``follower.toml`` and ``backup.toml``."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edge.daemon.config import ConfigError, Hub, Listen, Section, load
from edge.kiosk.pin import is_hash

Url = Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=200)]
Recipient = Annotated[str, Meta(pattern=r"^age1[0-9a-z]{10,120}$")]


class FollowerConfig(Section, frozen=True):
    """``data`` keeps the copy; ``url`` is where devices and officers reach this machine once it is the hub, and
    ``listen`` where it answers, before and after; ``pin_argon2`` is what ``moiso-pin`` prints."""

    data: Path
    url: Url
    listen: tuple[Listen, ...]
    hub: Hub
    pin_argon2: Annotated[str, Meta(max_length=200)]


class BackupConfig(Section, frozen=True):
    """What is backed up: the copy of a standby, or where there is none the hub; into ``folder``, readable only for
    whoever has the private key of ``recipient``. ``hourly`` backups are kept, and the last one of ``daily`` days."""

    folder: Path
    recipient: Recipient
    follower: Path | None = None
    hub: Path | None = None
    hourly: Annotated[int, Meta(ge=1, le=1000)] = 24
    daily: Annotated[int, Meta(ge=1, le=400)] = 30


def load_follower(path: Path) -> FollowerConfig:
    """Read follower.toml. Raises ConfigError naming file, key and what is expected."""
    config = load(path, FollowerConfig)
    if not config.listen:
        raise ConfigError(f"{path}: listen: at least one [[listen]] with an address is expected")
    if not is_hash(config.pin_argon2):
        raise ConfigError(f"{path}: pin_argon2: no hash of a PIN; expected the line that moiso-pin prints")
    return config


def load_backup(path: Path) -> BackupConfig:
    """Read backup.toml. Raises ConfigError naming file, key and what is expected."""
    config = load(path, BackupConfig)
    if (config.follower is None) == (config.hub is None):
        raise ConfigError(f"{path}: either follower or hub is expected, the file that says where the data is")
    return config
