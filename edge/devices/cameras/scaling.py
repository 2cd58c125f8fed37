"""A camera's picture in the size for watching."""

import cv2
import numpy as np

from edge.devices.cameras.frames import Picture

WATCH_WIDTH, WATCH_HEIGHT = 640, 480


def for_watching(picture: Picture) -> Picture:
    """The picture, made smaller where it does not fit into 640x480; its proportions stay."""
    height, width = picture.shape[:2]
    scale = min(1.0, WATCH_WIDTH / width, WATCH_HEIGHT / height)
    if scale == 1.0:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
