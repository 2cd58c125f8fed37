"""What a person before the camera can do, so that the picture becomes good. Words only: it loads no models."""

from enum import Enum


class Hint(Enum):
    """What is wrong, the first thing first; the kiosk has the words. The last two are the kiosk's own."""

    NOBODY = "nobody"
    SEVERAL = "several"
    CLOSER = "closer"
    STEP_BACK = "step-back"
    CENTRE = "centre"
    STRAIGHTEN = "straighten"
    LOOK_AHEAD = "look-ahead"
    DARK = "dark"
    BRIGHT = "bright"
    BACKLIT = "backlit"
    GLASSES = "glasses"
    MASK = "mask"
    BLURRED = "blurred"
    IN_PERSON = "in-person"  # it looked like a photograph or a screen
    STAY = "stay"  # nothing is wrong
