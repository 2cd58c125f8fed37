"""What a kiosk's camera took of people who have no number yet: in memory, for a few minutes."""

from collections.abc import Callable
from typing import NamedTuple

from edge.contracts.face import FaceCapture, Purpose
from edge.face.likeness import unpack_template

LIFE_MS = 10 * 60_000  # an officer comes within this to look at a contest
JPEG_STARTS = b"\xff\xd8\xff"
MOST = 200  # of a hall at its fullest; each is 41 kB at most


def check_capture(capture: FaceCapture, keep_days: int) -> None:
    """Raises ValueError where it holds what was not agreed to, where the person was told of fewer days than it will be
    kept (``keep_days``), or where it is no JPEG or no template."""
    purposes = capture.consent.purposes
    if capture.consent.keep_days < keep_days:
        raise ValueError("kept for longer than was agreed to")
    if capture.portrait and Purpose.PORTRAIT not in purposes:
        raise ValueError("a portrait that nobody agreed to")
    if capture.template and Purpose.ONE_NUMBER not in purposes:
        raise ValueError("a template that nobody agreed to")
    if capture.portrait and not capture.portrait.startswith(JPEG_STARTS):
        raise ValueError("the portrait is no JPEG")
    if capture.template:
        unpack_template(capture.template)


class Captured(NamedTuple):
    """A capture, the device that sent it, and when."""

    device: str
    at_ms: int
    capture: FaceCapture


class Captures:
    """Those that no ticket has taken, by id; ``clock_ms`` is one that never runs backwards, ``keep_days`` how long
    they will be kept beyond their day."""

    def __init__(self, clock_ms: Callable[[], int], keep_days: int = 0) -> None:
        self._clock_ms = clock_ms
        self.keep_days = keep_days
        self._kept: dict[str, Captured] = {}

    def add(self, device: str, capture: FaceCapture) -> bool:
        """Keep it, the oldest giving way; False where another device has sent one under the same id."""
        self.forget_old()
        known = self._kept.get(capture.id)
        if known is not None and known.device != device:
            return False
        while len(self._kept) >= MOST and known is None:
            del self._kept[next(iter(self._kept))]
        self._kept[capture.id] = Captured(device, self._clock_ms(), capture)
        return True

    def get(self, face: str) -> Captured | None:
        """The capture with this id, while it is kept."""
        self.forget_old()
        return self._kept.get(face)

    def with_portrait(self) -> frozenset[str]:
        """Those that hold a picture."""
        self.forget_old()
        return frozenset(face for face, captured in self._kept.items() if captured.capture.portrait)

    def drop(self, face: str) -> None:
        """Forget it; nothing where it is not kept."""
        self._kept.pop(face, None)

    def forget_old(self) -> None:
        """Forget those whose time is up."""
        oldest_ms = self._clock_ms() - LIFE_MS
        for face in [face for face, captured in self._kept.items() if captured.at_ms < oldest_ms]:
            del self._kept[face]
