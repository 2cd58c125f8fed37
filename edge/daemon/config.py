"""Configuration: one TOML file a program, read into frozen structs; an unknown key is an error."""

import argparse
import os
import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from edge.daemon.identity import AUTHORITY, CERTIFICATE, CURRENT, KEY, TOKEN, About, NotEnrolled, Peer, about, current

T = TypeVar("T")
_HOST_PORT = r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}"
_MAYBE_HOST_PORT = rf"^({_HOST_PORT})?$"
HostPort = Annotated[str, Meta(pattern=rf"^{_HOST_PORT}$")]

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
    """Where the hub is and how this device proves who it is: ``identity``, the folder that ``moiso-enrol`` fills, or
    the other three by hand. ``standby_url`` is where another machine may take over."""

    url: str = ""
    ca: Path = Path()
    token_file: Path = Path()
    identity: Path | None = None
    standby_url: str = ""

    def __post_init__(self) -> None:
        by_hand = (bool(self.url), self.ca != Path(), self.token_file != Path())
        if self.identity is None:
            if not all(by_hand):
                raise ValueError("identity, or url, ca and token_file are expected")
            return
        if any(by_hand):
            raise ValueError("identity says what url, ca and token_file say: leave those out")
        told = _identity(self.identity, Peer.HUB)
        force_setattr(self, "url", told.url)
        force_setattr(self, "ca", self.identity / CURRENT / AUTHORITY)
        force_setattr(self, "token_file", self.identity / CURRENT / TOKEN)


class Broker(Section, frozen=True):
    """An MQTT broker, the authority that vouches for it, and this program's own certificate and key: ``identity``, the
    folder that ``moiso-enrol`` fills, or the other four by hand."""

    address: Annotated[str, Meta(pattern=_MAYBE_HOST_PORT)] = ""
    ca: Path = Path()
    certificate: Path = Path()
    key: Path = Path()
    identity: Path | None = None

    def __post_init__(self) -> None:
        by_hand = (bool(self.address), *(path != Path() for path in (self.ca, self.certificate, self.key)))
        if self.identity is None:
            if not all(by_hand):
                raise ValueError("identity, or address, ca, certificate and key are expected")
            return
        if any(by_hand):
            raise ValueError("identity says what address, ca, certificate and key say: leave those out")
        told = _identity(self.identity, Peer.CLOUD)
        force_setattr(self, "address", told.broker)
        for name, file in (("ca", AUTHORITY), ("certificate", CERTIFICATE), ("key", KEY)):
            force_setattr(self, name, self.identity / CURRENT / file)

    @property
    def host_port(self) -> tuple[str, int]:
        """The address in its two parts."""
        host, _, port = self.address.rpartition(":")
        return host.strip("[]"), int(port)


def _identity(folder: Path, peer: Peer) -> About:
    """Raises ValueError where the folder holds no identity that this peer gave."""
    try:
        told = about(current(folder))
    except NotEnrolled as error:
        raise ValueError(str(error)) from error
    if told.peer is not peer:
        raise ValueError(f"{folder}: an identity for the {told.peer.value}, and not for the {peer.value}")
    return told


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
    """The one line of a secret file, without its line end. Raises ConfigError where it is missing or empty.

    Where the file is closed to this program, its copy is taken that systemd made of it (systemd.exec(5),
    ``LoadCredential=secrets:FOLDER``: "secrets_" and the file's name): secrets can belong to root then.
    """
    try:
        secret = _secret_text(path).strip()
    except OSError as error:
        raise ConfigError(f"{path}: the secret cannot be read ({error.strerror}); provision the site again") from error
    if not secret:
        raise ConfigError(f"{path}: the secret file is empty; provision the site again")
    return secret


def _secret_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except PermissionError:
        given = os.environ.get("CREDENTIALS_DIRECTORY")
        if not given:
            raise
        return Path(given, f"secrets_{path.name}").read_text(encoding="utf-8")
