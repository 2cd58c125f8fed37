"""The Raspberry Pi's camera at its ribbon cable, by way of picamera2, which comes from apt and from no index."""

import logging
from importlib import import_module
from typing import Any

import cv2
import numpy as np

from edge.devices.cameras.driver import CameraAway
from edge.devices.cameras.frames import Fault, Picture

STILL_SIZE = (2304, 1296)
WATCH_SIZE = (320, 240)
CAPTURE_S = 1.5  # for one picture; a camera that was pulled out gives none for ever


class PiCamera:
    """See ``edge.devices.cameras.driver``; ``link`` is the camera's number as ``rpicam-hello --list-cameras`` has it.

    Both streams run all the time, so that a still needs no change of the sensor's mode.
    """

    def __init__(self, link: str) -> None:
        try:
            picamera2 = import_module("picamera2").Picamera2
        except (ImportError, ValueError) as error:  # ValueError: apt's libraries were built for another numpy
            raise CameraAway(Fault.ABSENT, f"picamera2: {error}") from error
        logging.getLogger("picamera2").setLevel(logging.CRITICAL)  # it would tell a lost camera at every attempt
        number = int(link)
        if number >= len(picamera2.global_camera_info()):
            raise CameraAway(Fault.ABSENT, f"camera {number}: not found")
        try:
            self._camera: Any = picamera2(number)
            # picamera2 names formats from the last byte to the first: this one is red, green, blue in memory.
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": STILL_SIZE, "format": "BGR888"},
                    lores={"size": WATCH_SIZE, "format": "YUV420"},
                    controls={"FrameRate": 10},
                )
            )
            self._camera.start()
        except IndexError as error:
            raise CameraAway(Fault.ABSENT, f"camera {number}: not found") from error
        except RuntimeError as error:  # libcamera tells no reasons; another program is the usual one
            raise CameraAway(Fault.BUSY, f"camera {number}: {error}") from error

    def watch(self) -> Picture:
        """See ``edge.devices.cameras.driver``."""
        planes = self._captured("lores", flush=False)
        return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420)[:, : WATCH_SIZE[0]], np.uint8)  # rows are padded

    def still(self) -> Picture:
        """See ``edge.devices.cameras.driver``; picamera2 itself passes over what was exposed before."""
        return self._captured("main", flush=True)

    def _captured(self, stream: str, flush: bool) -> Picture:
        try:
            with self._camera.captured_request(wait=CAPTURE_S, flush=flush) as request:
                picture: Picture = request.make_array(stream)
        except TimeoutError as error:
            raise CameraAway(Fault.STUCK, f"no picture for {CAPTURE_S} s: is the cable in?") from error
        return picture
