"""How this board controller's devices are: what ``/health`` says of them, and what the hub is told."""

from collections.abc import Iterable

from msgspec import Struct

from edge.contracts.health import MAX_DETAIL, Part, Reason, Subject, part
from edge.daemon.media import NO_ROOM

# "unknown", "sent" and "showing" are well, as far as can be known.
_LED = {"silent": Reason.NO_ANSWER, "refusing": Reason.REFUSING}


class LedBoardHealth(Struct, frozen=True):
    """One LED board: ``state`` is unknown, sent (it does not answer), showing, silent or refusing.

    ``counters`` are those that it shows.
    """

    link: str
    address: int
    state: str
    counters: tuple[str, ...] = ()


class SpeakerHealth(Struct, frozen=True):
    """One loudspeaker: where it is heard (none: everywhere), and why the last call was not (empty: it was)."""

    zones: tuple[str, ...]
    fault: str


class Health(Struct, frozen=True):
    """All of them; ``hub_lost_since_ms`` is 0 while the hub is heard.

    ``media_missing`` names the media that are not here yet, ``media_fault`` says why they cannot come, ``unplayable``
    names those that a TV could not play. ``buttons`` is how many there are.
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
    speakers: list[SpeakerHealth] = []
    buttons: int = 0


def board_parts(health: Health) -> tuple[Part, ...]:
    """Each part of this board controller; what it does not have is left out.

    A medium that is still on its way is no fault. A LED board is named by the counters that it shows, a loudspeaker by
    its zones, a button as the log names it (``q1/next``).
    """
    parts = [
        *(part(Subject.LED_BOARD, _LED.get(led.state), _listed(led.counters)) for led in health.led_boards),
        *(
            part(Subject.SPEAKER, Reason.SILENT if speaker.fault else None, _listed(speaker.zones))
            for speaker in health.speakers
        ),
        *(part(Subject.BUTTONS, Reason.HELD, name) for name in health.stuck_buttons),
        *(part(Subject.BUTTONS, Reason.BOUNCING, name) for name in health.bouncing_buttons),
    ]
    if health.buttons and not health.stuck_buttons and not health.bouncing_buttons:
        parts.append(part(Subject.BUTTONS, detail=str(health.buttons)))
    parts.append(part(Subject.TV, Reason.UNPLAYABLE if health.unplayable else None, str(health.screens)))
    parts.append(_media(health))
    parts.append(part(Subject.HUB_LINK, Reason.HUB_AWAY if health.hub_lost_since_ms else None))
    return tuple(parts)


def _media(health: Health) -> Part:
    if not health.media_fault:
        return part(Subject.MEDIA)
    reason = Reason.NO_ROOM if health.media_fault == NO_ROOM else Reason.MISSING
    return part(Subject.MEDIA, reason, str(len(health.media_missing)))


def _listed(names: Iterable[str]) -> str:
    """As many of them as fit into a detail.

    >>> _listed(["q1", "q2"]), len(_listed(["a" * 40, "b" * 40])) == 40
    ('q1,q2', True)
    """
    fitting = ""
    for name in names:
        longer = f"{fitting},{name}" if fitting else name
        if len(longer) > MAX_DETAIL:
            break
        fitting = longer
    return fitting
