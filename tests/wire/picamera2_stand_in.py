"""What the kiosk's driver uses of picamera2, for a machine without one: a test puts this file where the driver looks.

``$STAND_IN`` names a file that says how the camera is: ``well``, ``absent``, ``index`` (absent too, and known only when
it is opened), ``busy``, ``unplugged``: no capture comes to its end, ``deaf``: not even the time limit of one does, and
``slow``: still N is begun with the file ``began-N`` beside it, and comes when the test has made ``go-N``.
Source: picamera2.py of raspberrypi/picamera2: ``global_camera_info``, ``__init__``, ``capture_request``.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

# What stands before it, RGB: another colour after every flush.
RED, BLUE, GREEN = COLOURS = ((200, 30, 40), (20, 60, 220), (30, 180, 60))
PADDING = 64  # bytes at the end of a row of the small stream


def _says() -> str:
    return Path(os.environ["STAND_IN"]).read_text(encoding="ascii").strip()


class Picamera2:
    """The camera that the file speaks of."""

    def __init__(self, number: int) -> None:
        match _says():
            case "index":
                raise IndexError("list index out of range")
            case "busy":
                raise RuntimeError("Camera __init__ sequence did not complete.")
        assert number == 0
        self._streams: dict[str, Any] = {}
        self._started = False
        self._flushes = 0

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        """One entry a camera."""
        return [] if _says() == "absent" else [{"Model": "stand-in", "Num": 0}]

    def create_video_configuration(
        self, main: dict[str, Any], lores: dict[str, Any], controls: dict[str, Any]
    ) -> dict[str, Any]:
        """What ``configure`` takes."""
        assert controls == {"FrameRate": 10}
        return {"main": main, "lores": lores}

    def configure(self, configuration: dict[str, Any]) -> None:
        """Set the streams up; a Pi 4 makes the small one in YUV only."""
        assert configuration["lores"]["format"] == "YUV420"
        self._streams = configuration

    def start(self) -> None:
        """Begin to capture."""
        assert self._streams
        self._started = True

    @contextlib.contextmanager
    def captured_request(self, wait: float | None = None, flush: bool | None = None) -> Iterator["_Request"]:
        """The next picture; ``flush``: one exposed after this call. Raises TimeoutError after ``wait`` seconds."""
        assert self._started
        if (says := _says()) in ("unplugged", "deaf"):
            threading.Event().wait(wait if says == "unplugged" else None)
            raise TimeoutError
        time.sleep(0.1)  # of the frame rate
        if flush:
            self._flushes += 1
            if says == "slow":
                _wait_for_test(self._flushes)
        yield _Request(self._streams, COLOURS[self._flushes % len(COLOURS)])


def _wait_for_test(still: int) -> None:
    folder = Path(os.environ["STAND_IN"]).parent
    (folder / f"began-{still}").touch()
    while not (folder / f"go-{still}").exists():
        time.sleep(0.01)


class _Request:
    def __init__(self, streams: dict[str, Any], shown: tuple[int, int, int]) -> None:
        self._streams = streams
        self._shown = shown

    def make_array(self, name: str) -> Any:
        width, height = self._streams[name]["size"]
        red, green, blue = self._shown
        if self._streams[name]["format"] == "BGR888":  # named from the last byte to the first
            return np.full((height, width, 3), self._shown, np.uint8)
        # BT.601, the narrow range; planes of Y, U and V, and rows of the colours half as long
        y = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
        u = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
        v = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
        stride = width + PADDING
        planes = np.zeros((height * 3 // 2, stride), np.uint8)
        planes[:height] = round(y)
        planes[height : height * 5 // 4] = round(u)
        planes[height * 5 // 4 :] = round(v)
        return planes
