"""LED boards: the drivers by name, and what they show."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from board_controller.boards.led_board import LedLine

DRIVERS = {
    "moiso-line": "board_controller.boards.led_board:LedLine",
}


def driver(name: str) -> "type[LedLine]":
    """The driver of this name, imported now. Raises KeyError where there is none."""
    module, _, attribute = DRIVERS[name].partition(":")
    found: type[LedLine] = getattr(import_module(module), attribute)
    return found
