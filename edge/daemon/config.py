"""Configuration: one TOML file a program, read into frozen structs; an unknown key is an error."""

import argparse
import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

T = TypeVar("T")
HostPort = Annotated[str, Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$")]

EX_CONFIG = 78  # sysexits.h: systemd units set RestartPreventExitStatus to it


class ConfigError(Exception):
    """The program cannot start as configured; the text names file, key and what is expected."""


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """The base of every configuration struct: frozen, and an unknown key is an error."""


class Listen(Section, frozen=True):
    """An address to serve pages at. Anything but loopback needs a certificate and its key."""

    address: HostPort
    certificate: Path | None = None
    key: Path | None = None


class Hub(Section, frozen=True):
    """Where the hub is and how this device proves who it is."""

    url: str
    ca: Path
    token_file: Path


class Broker(Section, frozen=True):
    """An MQTT broker, the authority that vouches for it, and this program's own certificate and key."""

    address: HostPort
    ca: Path
    certificate: Path
    key: Path

    @property
    def host_port(self) -> tuple[str, int]:
        """The address in its two parts."""
        host, _, port = self.address.rpartition(":")
        return host.strip("[]"), int(port)


def config_path(program: str) -> Path:
    """The file named by ``--config``; ``/etc/moiso/<program>.toml`` where the option is absent."""
    parser = argparse.ArgumentParser(prog=f"moiso-{program}")
    parser.add_argument("--config", type=Path, default=Path(f"/etc/moiso/{program}.toml"))
    config: Path = parser.parse_args().config
    return config


def load(path: Path, shape: type[T]) -> T:
    """Read a TOML file into ``shape``; relative paths in it are taken from the file's own folder.

    Raises ConfigError where the file is missing, is not TOML, or does not fit the shape.
    """

    def decode(target: type, value: object) -> object:
        if target is Path and isinstance(value, str):
            return path.parent / value
        raise NotImplementedError(target)

    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw, shape, dec_hook=decode)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); say where it is with --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}; see docs/configure.md") from error


def read_secret(path: Path) -> str:
    """The one line of a secret file, without its line end. Raises ConfigError where it is missing or empty."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{path}: the secret cannot be read ({error.strerror}); provision the site again") from error
    if not secret:
        raise ConfigError(f"{path}: the secret file is empty; provision the site again")
    return secret
