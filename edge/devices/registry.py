"""The drivers by the names that stand in kiosk.toml, and the way from a configuration to a device."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from edge.daemon.config import ConfigError, Section
from edge.devices.links import check_link

if TYPE_CHECKING:
    from edge.devices.printer import EscposPrinter
    from edge.devices.scanner import LineScanner, Scan

# name → module:class, imported when used: a kiosk without a printer needs none of its libraries.
SCANNERS = {"serial-line": "edge.devices.scanner:LineScanner"}
PRINTERS = {"escpos": "edge.devices.printer:EscposPrinter"}

LinkName = Annotated[str, Meta(min_length=1, max_length=200)]
Baud = Annotated[int, Meta(ge=300, le=4_000_000)]


class ScannerConfig(Section, frozen=True):
    """``[scanner]``: ``link`` is a device path, any pyserial URL or ``tcp:HOST:PORT``."""

    driver: str
    link: LinkName
    baud: Baud = 9600


class PrinterConfig(Section, frozen=True):
    """``[printer]``: ``link`` as for the scanner; ``width_dots`` is 576 for 80 mm paper and 384 for 58 mm."""

    driver: str
    link: LinkName
    baud: Baud = 115_200
    width_dots: Annotated[int, Meta(ge=384, le=832, multiple_of=8)] = 576


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
    printer: EscposPrinter = driver(config.link, config.baud, config.width_dots)
    return printer


def _driver(section: str, table: dict[str, str], config: ScannerConfig | PrinterConfig) -> Any:
    if config.driver not in table:
        known = ", ".join(table)
        raise ConfigError(f"[{section}] driver: no driver is called {config.driver!r}; expected one of: {known}")
    try:
        check_link(config.link)
    except ValueError as error:
        raise ConfigError(f"[{section}] link: {error}") from error
    module, _, driver = table[config.driver].partition(":")
    return getattr(import_module(module), driver)
