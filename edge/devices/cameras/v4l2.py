"""A USB camera under Linux (Video4Linux 2), by way of OpenCV."""

import errno
import fcntl
import os
import sys
import time

import cv2
import numpy as np

from edge.devices.cameras.driver import CameraAway
from edge.devices.cameras.frames import Fault, Picture
from edge.devices.cameras.scaling import for_watching

SIZE = (1920, 1080)  # asked for; the camera gives the nearest that it has
BUFFERS = 4  # pictures that the kernel keeps for whoever is late: OpenCV's own default
WAITED_S = 0.005  # a picture that was waited for so long is no kept one

_QUERYCAP = 0x80685600  # VIDIOC_QUERYCAP of linux/videodev2.h: struct v4l2_capability has 104 bytes
_DEVICE_CAPS = slice(88, 92)
_VIDEO_CAPTURE = 1


class V4l2Camera:
    """See ``edge.devices.cameras.driver``; ``link`` is the number N of /dev/videoN, or a path below /dev."""

    def __init__(self, link: str) -> None:
        self._path = link if link.startswith("/") else f"/dev/video{link}"
        _check(self._path)
        self._capture = cv2.VideoCapture(self._path, cv2.CAP_V4L2)
        # MJPG first: without it USB 2 carries a picture of this size five times a second or less.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, SIZE[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, SIZE[1])
        if not self._capture.isOpened():
            raise CameraAway(Fault.BUSY, f"{self._path}: another program has it")

    def watch(self) -> Picture:
        """See ``edge.devices.cameras.driver``; what the kernel kept since the last call is passed over."""
        for _ in range(BUFFERS + 1):
            since_s = time.monotonic()
            self._grab()
            if time.monotonic() - since_s > WAITED_S:
                break
        return for_watching(self._retrieved())

    def still(self) -> Picture:
        """See ``edge.devices.cameras.driver``: as many pictures as may lie in the kernel are passed over first."""
        for _ in range(BUFFERS + 1):
            self._grab()
        return self._retrieved()

    def _grab(self) -> None:
        if not self._capture.grab():
            raise self._lost()

    def _retrieved(self) -> Picture:
        done, picture = self._capture.retrieve()
        if not done:
            raise self._lost()
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)

    def _lost(self) -> CameraAway:
        if os.path.exists(self._path):
            return CameraAway(Fault.STUCK, f"{self._path}: it gives no picture")
        return CameraAway(Fault.ABSENT, f"{self._path}: pulled out")


def _check(path: str) -> None:
    """Nothing, where the path is a camera that may be opened; OpenCV itself does not tell the reasons apart."""
    capability = bytearray(104)
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(device, _QUERYCAP, capability)
        finally:
            os.close(device)
    except OSError as error:
        fault = Fault.BUSY if error.errno == errno.EBUSY else Fault.ABSENT
        raise CameraAway(fault, f"{path}: {error.strerror}") from error
    if not int.from_bytes(capability[_DEVICE_CAPS], sys.byteorder) & _VIDEO_CAPTURE:
        raise CameraAway(Fault.ABSENT, f"{path}: gives no pictures; a camera has several of these, try another")
