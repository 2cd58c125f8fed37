"""LED boards: the drivers by name, and the options that each one takes beside those of every board."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from board_controller.boards.line import BoardLine
    from board_controller.config import LedBoard

DRIVERS = {
    "moiso-line": "board_controller.boards.led_board:LedLine",
    "modbus-rtu": "board_controller.boards.modbus_board:ModbusRtuLine",
    "modbus-tcp": "board_controller.boards.modbus_board:ModbusTcpLine",
    "alpha": "board_controller.boards.alpha_sign:AlphaLine",
    "ascii-template": "board_controller.boards.template_board:TemplateLine",
}
_MODBUS = frozenset({"register", "digits", "packing", "blinks"})
OPTIONS: dict[str, frozenset[str]] = {
    "moiso-line": frozenset(),
    "modbus-rtu": _MODBUS,
    "modbus-tcp": _MODBUS,
    "alpha": frozenset({"sign_type", "answers"}),
    "ascii-template": frozenset({"template", "check_from", "blinks"}),
}


def open_line(boards: "Sequence[LedBoard]") -> "BoardLine":
    """The line that these boards share, with their driver, which is imported now; it is served once it is started.

    Raises KeyError where no driver has this name.
    """
    module, _, attribute = DRIVERS[boards[0].driver].partition(":")
    line: type[BoardLine] = getattr(import_module(module), attribute)
    return line(boards)
