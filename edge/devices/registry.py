"""The drivers by the names that stand in kiosk.toml, and the way from a configuration to a device."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from edge.daemon.config import ConfigError, Section
from edge.devices.links import Flow, check_link

if TYPE_CHECKING:
    from edge.devices.camera import Camera, CameraState
    from edge.devices.card_reader import CardReader, ReaderState
    from edge.devices.printer import EscposPrinter
    from edge.devices.scanner import LineScanner, Scan

# name → module:class, imported when used: a kiosk without a printer needs none of its libraries.
SCANNERS = {"serial-line": "edge.devices.scanner:LineScanner"}
PRINTERS = {"escpos": "edge.devices.printer:EscposPrinter"}
CARD_READERS = {"pcsc": "edge.devices.pcsc:PcscReaders", "vpcd": "edge.devices.vpcd:VpcdReader"}
CAMERAS = {  # imported by the process that holds the camera
    "picamera2": "edge.devices.cameras.pi:PiCamera",
    "v4l2": "edge.devices.cameras.v4l2:V4l2Camera",
    "pictures": "edge.devices.sim.camera:open_pictures",
}
CAMERA_LINKS = {
    "picamera2": (r"[0-9]", "the camera's number, 0 to 9"),
    "v4l2": (r"[0-9]{1,2}|/dev/\S+", "the number N of /dev/videoN, or a path such as /dev/v4l/by-id/..."),
    "pictures": (r"/.+", "the full path of a folder of pictures, or of a video"),
}

LinkName = Annotated[str, Meta(min_length=1, max_length=200)]
Baud = Annotated[int, Meta(ge=300, le=4_000_000)]


class ScannerConfig(Section, frozen=True):
    """``[scanner]``: ``link`` is a device path, any pyserial URL or ``tcp:HOST:PORT``."""

    driver: str
    link: LinkName
    baud: Baud = 9600


class PrinterConfig(Section, frozen=True):
    """``[printer]``: ``link`` as for the scanner, or ``usb:PATH``; ``width_dots`` is 576 for 80 mm paper, 384 for 58.

    ``flow`` is how a printer at a serial line says that its buffer is full.
    """

    driver: str
    link: LinkName
    baud: Baud = 115_200
    width_dots: Annotated[int, Meta(ge=384, le=832, multiple_of=8)] = 576
    flow: Flow = "none"


class CardReaderConfig(Section, frozen=True):
    """``[card_reader]``: ``link`` of driver ``pcsc`` is a part of the reader's name, or ``any``; of the demo's ``vpcd``
    it is ``tcp:127.0.0.1:PORT``. ``csca`` is the folder of the certificates that this site trusts as issuers.
    """

    driver: str
    link: LinkName = "any"
    csca: Path | None = None


class CameraConfig(Section, frozen=True):
    """``[camera]``: ``link`` of ``picamera2`` is the camera's number; of ``v4l2`` it is the number of /dev/videoN, or a
    path; of the demo's ``pictures`` it is a folder of pictures or a video.
    """

    driver: str
    link: LinkName = "0"


def open_scanner(
    config: ScannerConfig, on_scan: "Callable[[Scan], None]", on_presence: Callable[[bool], None]
) -> "LineScanner":
    """The configured scanner, not started yet; both callbacks run in its own thread.

    Raises ConfigError on a driver that is not in ``SCANNERS`` and on a malformed link.
    """
    driver = _driver("scanner", SCANNERS, config)
    scanner: LineScanner = driver(config.link, config.baud, on_scan, on_presence)
    return scanner


def open_printer(config: PrinterConfig) -> "EscposPrinter":
    """The configured printer; nothing is connected before the first slip or status.

    Raises ConfigError on a driver that is not in ``PRINTERS`` and on a malformed link.
    """
    driver = _driver("printer", PRINTERS, config)
    printer: EscposPrinter = driver(config.link, config.baud, config.width_dots, config.flow)
    return printer


def open_card_reader(config: CardReaderConfig, on_change: "Callable[[ReaderState], None]") -> "CardReader":
    """The configured card reader, not started yet; the callback runs in its own thread.

    Raises ConfigError on a driver that is not in ``CARD_READERS`` and on a malformed link.
    """
    from edge.devices.card_reader import CardReader

    driver = _named("card_reader", CARD_READERS, config.driver)
    try:
        return CardReader(driver(config.link), on_change)
    except ValueError as error:
        raise ConfigError(f"[card_reader] link: {error}") from error


def open_camera(config: CameraConfig, on_change: "Callable[[CameraState], None]") -> "Camera":
    """The configured camera, not started yet; the callback runs in its own thread.

    Raises ConfigError on a driver that is not in ``CAMERAS`` and on a link that is none for it.
    """
    from edge.devices.camera import Camera

    driver = _found("camera", CAMERAS, config.driver)
    pattern, expected = CAMERA_LINKS[config.driver]
    if not re.fullmatch(pattern, config.link):
        raise ConfigError(f"[camera] link: {config.link!r}: expected {expected}")
    return Camera(driver, config.link, on_change)


def _driver(section: str, table: dict[str, str], config: ScannerConfig | PrinterConfig) -> Any:
    driver = _named(section, table, config.driver)
    try:
        check_link(config.link)
    except ValueError as error:
        raise ConfigError(f"[{section}] link: {error}") from error
    return driver


def _named(section: str, table: dict[str, str], name: str) -> Any:
    module, _, driver = _found(section, table, name).partition(":")
    return getattr(import_module(module), driver)


def _found(section: str, table: dict[str, str], name: str) -> str:
    if name not in table:
        known = ", ".join(table)
        raise ConfigError(f"[{section}] driver: no driver is called {name!r}; expected one of: {known}")
    return table[name]
