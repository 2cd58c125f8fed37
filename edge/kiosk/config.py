"""``kiosk.toml``: where the kiosk serves its page, how it reaches the hub, and its devices."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edge.contracts.message import Name
from edge.daemon.config import ConfigError, HostPort, Hub, Section, load
from edge.devices.registry import CameraConfig, CardReaderConfig, PrinterConfig, ScannerConfig
from edge.kiosk.pin import is_hash


class FaceConfig(Section, frozen=True):
    """``[face]``: ``pack`` is the folder of the model pack that compares faces; without it pictures are taken only."""

    pack: Path | None = None


class SpeakerConfig(Section, frozen=True):
    """``[speaker]``: ``player`` is a program and its arguments that plays the WAV on its standard input."""

    player: Annotated[tuple[str, ...], Meta(min_length=1)]


PinHash = Annotated[str, Meta(max_length=200)]


class KioskConfig(Section, frozen=True):
    """``name`` is this device's name in the hub's devices.toml; ``lookup_url`` + ticket id is the QR on the slip;
    ``data`` is where the kiosk keeps the numbers that it may give without the hub; a kiosk without ``card_reader``
    reads QR codes only, and one without ``camera`` asks nobody for a picture.
    Without ``speaker`` nobody is guided by voice; what was said is kept in ``data``.
    ``staff_pin_argon2`` is what ``moiso-pin`` prints; without it there are no staff's screens."""

    name: Name
    listen: HostPort
    data: Path
    lookup_url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=200)]
    hub: Hub
    scanner: ScannerConfig
    printer: PrinterConfig
    card_reader: CardReaderConfig | None = None
    camera: CameraConfig | None = None
    face: FaceConfig = FaceConfig()
    speaker: SpeakerConfig | None = None
    staff_pin_argon2: PinHash = ""


def load_config(path: Path) -> KioskConfig:
    """Read kiosk.toml. Raises ConfigError naming file, key and what is expected."""
    config = load(path, KioskConfig)
    host = config.listen.rpartition(":")[0].strip("[]")
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigError(
            f"{path}: listen is {config.listen!r}; the kiosk's page belongs to the kiosk's own screen only: "
            "a loopback address such as 127.0.0.1:8081 is expected"
        )
    if config.staff_pin_argon2 and not is_hash(config.staff_pin_argon2):
        raise ConfigError(f"{path}: staff_pin_argon2: no hash of a PIN; expected the line that moiso-pin prints")
    return config
