"""The chimes before a call (S4), made from sines."""

import math
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from edge.speech.levels import RATE_HZ, even_out, from_floats, turned_to


class Chime(Struct, frozen=True):
    """Tones that are struck one after another, ``gap_s`` apart, each ``tone_s`` long and dying away by ``decay_s``.

    ``partials`` are (ratio to the tone, amplitude).
    """

    tones_hz: tuple[float, ...]
    partials: tuple[tuple[float, float], ...]
    gap_s: float = 0.42
    tone_s: float = 1.1
    decay_s: float = 0.32
    attack_s: float = 0.008


_STRUCK = ((1.0, 1.0), (2.0, 0.28), (3.01, 0.12))
C5, E5, G5, A5, A4 = 523.25, 659.26, 783.99, 880.0, 440.0
CHIMES: Mapping[str, Chime] = {
    "two-tones": Chime((E5, C5), _STRUCK),  # a falling third, the doorbell's
    "three-tones": Chime((C5, E5, G5), _STRUCK, gap_s=0.3, tone_s=0.95),
    "bell": Chime((A5,), ((1.0, 1.0), (2.0, 0.6), (2.76, 0.35), (5.4, 0.15)), tone_s=1.4, decay_s=0.42),
    "soft": Chime((A4,), ((1.0, 1.0), (2.0, 0.08)), tone_s=0.9, decay_s=0.3, attack_s=0.06),
}


@lru_cache(maxsize=16)
def chime(name: str, percent: int = 100) -> bytes:
    """The chime of this name, at so many per cent of what is as loud as speech, 0.9 to 1.6 s; nothing for ``none``.

    Raises KeyError where there is no such chime.
    """
    if name == "none":
        return b""
    if percent < 100:
        return turned_to(chime(name), percent)
    made = CHIMES[name]
    length = int((made.gap_s * (len(made.tones_hz) - 1) + made.tone_s) * RATE_HZ)
    samples = [0.0] * length
    for index, tone_hz in enumerate(made.tones_hz):
        start = int(index * made.gap_s * RATE_HZ)
        for at in range(min(length - start, int(made.tone_s * RATE_HZ))):
            time_s = at / RATE_HZ
            level = min(1.0, time_s / made.attack_s) * math.exp(-time_s / made.decay_s) * (1 - time_s / made.tone_s)
            turn = 2 * math.pi * tone_hz * time_s
            samples[start + at] += level * sum(loud * math.sin(ratio * turn) for ratio, loud in made.partials)
    return even_out(from_floats(samples))
