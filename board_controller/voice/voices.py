"""Which voice speaks, and how loudly. Pure."""

from collections.abc import Sequence

from edge.contracts.hall import Loudness, Voice

DEFAULT_VOICE = Voice("1", "")


def voice_for(voices: Sequence[Voice], zones: Sequence[str]) -> Voice:
    """The voice of the first of these zones that has one, else that of no zone, else the product's own."""
    for zone in zones:
        for voice in voices:
            if zone in voice.zones:
                return voice
    return next((voice for voice in voices if not voice.zones), DEFAULT_VOICE)


def percent_at(loudness: Sequence[Loudness], time: str) -> int:
    """How loud it is at this local time of day (``HH:MM``); before the day's first step the last one holds still.

    >>> steps = (Loudness("06:00", 100), Loudness("20:00", 30))
    >>> [percent_at(steps, time) for time in ("05:59", "06:00", "23:00")], percent_at((), "12:00")
    ([30, 100, 30], 100)
    """
    if not loudness:
        return 100
    steps = sorted(loudness, key=lambda step: step.since)
    return next((step.percent for step in reversed(steps) if step.since <= time), steps[-1].percent)
