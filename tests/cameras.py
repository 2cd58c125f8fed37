"""Cameras with their real processes, for tests: what they show, what they tell, and what is left of them."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from edge.devices.camera import Camera, CameraState, Patience
from edge.devices.cameras.frames import Picture
from edge.devices.registry import CAMERAS
from tests.waiting import until

RED, BLUE, GREEN = (200, 30, 40), (20, 60, 220), (30, 180, 60)
WAIT_S = 15.0
UP, ABSENT, BUSY, STUCK = CameraState.UP, CameraState.ABSENT, CameraState.BUSY, CameraState.STUCK
# A test waits for no retry; only a capture that hangs is waited for.
SOON = Patience(first_s=20, next_s=2, retry_s=0.05, retry_most_s=0.2)


def plain(colour: tuple[int, int, int], width: int = 1280, height: int = 960) -> Picture:
    return np.full((height, width, 3), colour, np.uint8)


def png(picture: Picture) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def shows(picture: Picture | None, colour: tuple[int, int, int], within: int = 8) -> bool:
    """Whether the picture is there, and has this colour all over."""
    return picture is not None and bool((np.abs(picture.astype(int) - colour) <= within).all())


def processes(of: int | None = None) -> list[int]:
    """The capturing processes that this one, or another, has started and that have not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes()
            if int(parent) == (of or os.getpid()) and state != "Z" and b"edge.devices.cameras.child" in command:
                found.append(int(folder.name))
    return found


def tries(count: int) -> None:
    """Wait until so many processes have been started, one after another."""
    tried: set[int] = set()

    def enough() -> bool:
        now = processes()
        assert len(now) <= 1
        tried.update(now)
        return len(tried) >= count

    until(enough, what=f"attempt {count}")


class Post:
    """A camera and what it told."""

    def __init__(self, driver: str, link: object, patience: Patience = SOON) -> None:
        self.told: list[CameraState] = []
        self.camera = Camera(CAMERAS[driver], str(link), self.told.append, patience)

    def seen(self, colour: tuple[int, int, int]) -> Picture:
        """The first picture of this colour all over."""
        (picture,) = until(lambda: [p for p in (self.camera.watch(1),) if p is not None and shows(p, colour)])
        return picture

    def is_told(self, *states: CameraState) -> None:
        """Wait for these, in this order and no others."""
        until(lambda: len(self.told) >= len(states), what=f"{states}")
        assert tuple(self.told) == states


@contextlib.contextmanager
def posts() -> "Iterator[Callable[..., Post]]":
    """Starts posts; at the end all are stopped, and no process may be left."""
    started: list[Post] = []

    def start(driver: str, link: object, patience: Patience = SOON) -> Post:
        started.append(Post(driver, link, patience))
        started[-1].camera.start()
        return started[-1]

    try:
        yield start
    finally:
        for one in started:
            one.camera.stop()
    assert processes() == []
