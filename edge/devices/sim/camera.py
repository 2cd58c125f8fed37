"""The far end of a camera's cable: a person whose picture lies in a folder stands before it, or a video goes round."""

import contextlib
import os
import time
from pathlib import Path

import cv2
import numpy as np

from edge.devices.cameras.driver import CameraAway, CameraDriver
from edge.devices.cameras.frames import MOST_PIXELS, Fault, Picture
from edge.devices.cameras.scaling import WATCH_HEIGHT, WATCH_WIDTH, for_watching
from edge.face.picture import MOST_BYTES, PictureError, decode

KINDS = (".jpg", ".jpeg", ".png")
GREY = 128

Seen = tuple[int, str, int, int]  # when it was changed, name, inode, size


def show(folder: Path, image: bytes) -> None:
    """Put a person before the camera, by a JPEG or PNG of them; whoever stood there is gone."""
    fresh, person = folder / ".coming", folder / "person.jpg"
    fresh.write_bytes(image)
    fresh.replace(person)
    _clear(folder, keep=person)


def leave(folder: Path) -> None:
    """Nobody stands before the camera any more."""
    _clear(folder)


def _clear(folder: Path, keep: Path | None = None) -> None:
    for path in folder.iterdir():
        if path.suffix.lower() in KINDS and path != keep:
            path.unlink()


def open_pictures(link: str) -> CameraDriver:
    """See ``edge.devices.cameras.driver``; ``link`` is the full path of a folder of pictures, or of a video."""
    path = Path(link)
    if path.is_dir():
        return PicturesCamera(path)
    if path.exists():
        return VideoCamera(path)
    raise CameraAway(Fault.ABSENT, f"{link}: no such folder or file")


class PicturesCamera:
    """Sees the newest picture in a folder, and a grey wall where there is none.

    A file that is no picture, or not yet a whole one, leaves what was seen before. A pipe that nobody writes to, with
    the name of a picture, blocks as a camera does that hangs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: Seen | None = None
        self._picture = _nobody()

    def watch(self) -> Picture:
        """See ``edge.devices.cameras.driver``."""
        return for_watching(self.still())

    def still(self) -> Picture:
        """See ``edge.devices.cameras.driver``."""
        newest = self._newest()
        if newest is None:
            self._seen, self._picture = None, _nobody()
        elif newest != self._seen:
            with contextlib.suppress(PictureError, OSError):
                self._picture = self._decoded(newest)
                self._seen = newest
        return self._picture

    def _newest(self) -> Seen | None:
        try:
            entries = [entry for entry in os.scandir(self._folder) if entry.name.lower().endswith(KINDS)]
            files = []
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # it was taken away meanwhile
                    status = entry.stat()
                    files.append((status.st_mtime_ns, entry.name, status.st_ino, status.st_size))
        except OSError as error:
            raise CameraAway(Fault.ABSENT, f"{self._folder}: {error.strerror}") from error
        return max((file for file in files if not file[1].startswith(".")), default=None)

    def _decoded(self, file: Seen) -> Picture:
        _, name, _, size = file
        if size > MOST_BYTES:
            raise PictureError("too large")
        return decode((self._folder / name).read_bytes())


class VideoCamera:
    """Sees a video at its own speed, from the beginning again when it is over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def watch(self) -> Picture:
        """See ``edge.devices.cameras.driver``."""
        return for_watching(self.still())

    def still(self) -> Picture:
        """See ``edge.devices.cameras.driver``."""
        due = int((time.monotonic() - self._since_s) * self._rate)
        while True:
            if not self._video.grab():
                if self._at < 0:
                    raise CameraAway(Fault.ABSENT, f"{self._path}: a video without a picture")
                self._open()
                due = 0
                continue
            self._at += 1
            if self._at >= due:
                break
        done, picture = self._video.retrieve()
        if not done or picture.shape[0] * picture.shape[1] > MOST_PIXELS:
            raise CameraAway(Fault.ABSENT, f"{self._path}: a picture that cannot be read")
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)

    def _open(self) -> None:
        self._video = cv2.VideoCapture(str(self._path))
        if not self._video.isOpened():
            raise CameraAway(Fault.ABSENT, f"{self._path}: no video that OpenCV opens")
        self._rate = min(max(self._video.get(cv2.CAP_PROP_FPS), 1.0), 60.0)
        self._since_s = time.monotonic()
        self._at = -1


def _nobody() -> Picture:
    return np.full((WATCH_HEIGHT, WATCH_WIDTH, 3), GREY, np.uint8)
