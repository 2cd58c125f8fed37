"""What the process that holds the camera and the kiosk send each other: pictures as raw RGB, and requests for stills.

Pure: bytes in, frames out.
"""

import struct
from enum import Enum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # [height, width, 3], RGB

MAGIC = b"MSCF"
HEADER = struct.Struct(">4sBIHHI")  # magic, kind, number, width, height, how many bytes follow
MOST_PIXELS = 20_000_000
MOST_TEXT = 200  # bytes
REQUEST = struct.Struct(">I")

_WATCH, _STILL, _FAULT = 1, 2, 3


class FrameError(Exception):
    """What came is no frame: bytes are lost, changed, or more than any camera sends."""


class Fault(Enum):
    """Why there are no pictures; the value stands on the wire."""

    ABSENT = 1
    BUSY = 2
    STUCK = 3


class Shot(Struct, frozen=True):
    """One picture. ``number`` of a still is that of the request which it answers; watching is counted from 1."""

    still: bool
    number: int
    picture: Picture

    def __repr__(self) -> str:
        height, width = self.picture.shape[:2]
        return f"Shot({'still' if self.still else 'watch'} {self.number}, {width}x{height})"


class Lost(Struct, frozen=True):
    """The camera gives no pictures; the process ends after it. ``why`` is for the log."""

    fault: Fault
    why: str


Frame = Shot | Lost


def pack_shot(still: bool, number: int, picture: Picture) -> tuple[bytes, memoryview]:
    """The frame of one picture in two pieces, header and pixels. Raises FrameError on more than ``MOST_PIXELS``."""
    height, width, depth = picture.shape
    if depth != 3 or picture.dtype != np.uint8 or not 0 < width * height <= MOST_PIXELS or max(width, height) > 0xFFFF:
        raise FrameError(f"no picture that can be sent: {picture.shape}")
    kind = _STILL if still else _WATCH
    return (
        HEADER.pack(MAGIC, kind, number, width, height, width * height * 3),
        np.ascontiguousarray(picture).reshape(-1).data,
    )


def pack_lost(lost: Lost) -> bytes:
    """The frame of a fault; a long ``why`` is cut."""
    text = lost.why.encode()[:MOST_TEXT].decode(errors="ignore").encode()
    return HEADER.pack(MAGIC, _FAULT, lost.fault.value, 0, 0, len(text)) + text


class Frames:
    """The frames in a stream of bytes, however it is cut into pieces. Useless once it has raised FrameError."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete. Raises FrameError as soon as a header is none."""
        self._bytes += data
        frames = []
        while len(self._bytes) >= HEADER.size:
            kind, number, width, height, size = _checked(self._bytes)
            end = HEADER.size + size
            if len(self._bytes) < end:
                break
            frames.append(_frame(kind, number, width, height, self._bytes[HEADER.size : end]))
            del self._bytes[:end]
        return frames

    def end(self) -> None:
        """Nothing follows. Raises FrameError where the last frame is not whole."""
        if self._bytes:
            raise FrameError(f"cut off after {len(self._bytes)} bytes")


def _checked(data: bytearray) -> tuple[int, int, int, int, int]:
    magic, kind, number, width, height, size = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise FrameError("no header where one should be")
    match kind:
        case 1 | 2:
            if not 0 < width * height <= MOST_PIXELS or size != width * height * 3:
                raise FrameError(f"{size} bytes for {width}x{height}")
        case 3:
            if size > MOST_TEXT or width or height:
                raise FrameError(f"a fault of {size} bytes")
        case _:
            raise FrameError(f"kind {kind}")
    return kind, number, width, height, size


def _frame(kind: int, number: int, width: int, height: int, payload: bytearray) -> Frame:
    if kind == _FAULT:
        try:
            return Lost(Fault(number), payload.decode())
        except ValueError as error:  # a UnicodeDecodeError too
            raise FrameError("a fault that is none") from error
    return Shot(kind == _STILL, number, np.frombuffer(payload, np.uint8).reshape(height, width, 3))
