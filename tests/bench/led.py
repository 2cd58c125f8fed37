"""How long a picture takes from ``show`` until the board has it, with each driver over a pseudo-terminal."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from board_controller.boards import open_line
from board_controller.boards.rows import Health, Row
from board_controller.sim.led_board import SimLedBoard
from tests.led_ends import AlphaSign, ModbusUnits
from tests.led_lines import Cable, boards
from tests.waiting import until

PICTURES = 20
PAUSE_S = 0.8  # a sign has been read back by then, and nobody presses faster


def measure(driver: str, link: Path | str, shown: Callable[[], str], **options: Any) -> str:
    """Median and worst milliseconds of ``PICTURES`` new pictures, until ``shown`` says the text."""
    line = open_line(boards(driver, link, **options))
    line.start()
    took_ms = []
    try:
        until(lambda: line.health()[1] in (Health.SHOWING, Health.SENT))
        for number in range(PICTURES):
            time.sleep(PAUSE_S)
            text = f"A{number:03d}"
            begun_s = time.perf_counter()
            line.show(1, (Row(text),))
            while text not in shown():
                time.sleep(0.0005)
            took_ms.append((time.perf_counter() - begun_s) * 1000)
    finally:
        line.close()
    return f"{statistics.median(took_ms):.1f} ms, worst {max(took_ms):.1f}"


def figures() -> Iterator[tuple[str, str]]:
    """Each driver, and from ``show`` to the board. The line itself adds its own time: 1.04 ms a byte at 9600 baud."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = SimLedBoard(folder / "own")
        yield (
            "LED picture, show to board: moiso-line",
            measure("moiso-line", folder / "own", lambda: "".join(row.text for row in own.rows)),
        )
        own.close()
        cable = Cable(folder / "near", folder / "far")
        serial = ModbusUnits(folder / "far")
        yield "LED picture, show to board: modbus-rtu", measure("modbus-rtu", folder / "near", serial.shown)
        serial.close()
        cable.close()
        tcp = ModbusUnits()
        yield (
            "LED picture, show to board: modbus-tcp",
            measure("modbus-tcp", f"socket://127.0.0.1:{tcp.port}", tcp.shown),
        )
        tcp.close()
        sign = AlphaSign(folder / "sign")
        yield "LED picture, show to board: alpha", measure("alpha", folder / "sign", lambda: sign.text, answers=False)
        yield "LED picture, show to board: alpha, read back", measure("alpha", folder / "sign", lambda: sign.text)
        sign.close()
