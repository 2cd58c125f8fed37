"""What ``/health`` says of this board controller's devices."""

from msgspec import Struct


class LedBoardHealth(Struct, frozen=True):
    """One LED board: ``state`` is unknown, sent (it does not answer), showing, silent or refusing."""

    link: str
    address: int
    state: str


class Health(Struct, frozen=True):
    """All of them; ``hub_lost_since_ms`` is 0 while the hub is heard.

    ``media_missing`` names the media that are not here yet, ``media_fault`` says why they cannot come, ``unplayable``
    names those that a TV could not play.
    """

    hub_lost_since_ms: int
    led_boards: list[LedBoardHealth]
    speaker_faults: list[str]
    stuck_buttons: list[str]
    bouncing_buttons: list[str]
    screens: int
    media_missing: list[str]
    media_fault: str
    unplayable: list[str]
