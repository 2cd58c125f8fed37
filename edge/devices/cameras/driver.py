"""What a camera's driver is, in the process that holds the camera."""

from typing import Protocol

from edge.devices.cameras.frames import Fault, Picture


class CameraAway(Exception):
    """The camera cannot be had, or gives no pictures any more."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(why)
        self.fault = fault
        self.why = why


class CameraDriver(Protocol):
    """An open camera. To open one is to call the driver with its link; that raises CameraAway too.

    Any of this may block for ever: the kiosk then kills the process. Nothing is closed: the process ends instead.
    """

    def watch(self) -> Picture:
        """What the camera sees now, about 320x240 to 640x480. Raises CameraAway."""

    def still(self) -> Picture:
        """A picture in full size whose exposure begins after this call. Raises CameraAway."""
