"""The chime before a call: two soft bell tones, made once from sines."""

import array
import math
import sys
from functools import cache

RATE_HZ = 22_050  # espeak-ng's own
TONES_HZ = (659.26, 523.25)  # E5, C5: a falling major third, the doorbell's
TONE_GAP_S = 0.42
TONE_S = 1.1
DECAY_S = 0.32
ATTACK_S = 0.008
OVERTONES = ((1.0, 1.0), (2.0, 0.28), (3.01, 0.12))  # ratio, amplitude
PEAK = 0.55


@cache
def chime() -> bytes:
    """The chime as 16-bit signed little-endian mono samples at ``RATE_HZ``; about 1.5 s, peak at ``PEAK``."""
    length = int((TONE_GAP_S * (len(TONES_HZ) - 1) + TONE_S) * RATE_HZ)
    samples = [0.0] * length
    for index, tone_hz in enumerate(TONES_HZ):
        start = int(index * TONE_GAP_S * RATE_HZ)
        for at in range(min(length - start, int(TONE_S * RATE_HZ))):
            time_s = at / RATE_HZ
            level = min(1.0, time_s / ATTACK_S) * math.exp(-time_s / DECAY_S) * (1 - time_s / TONE_S)
            turn = 2 * math.pi * tone_hz * time_s
            samples[start + at] += level * sum(loud * math.sin(ratio * turn) for ratio, loud in OVERTONES)
    loudest = max(abs(sample) for sample in samples)
    pcm = array.array("h", (round(sample / loudest * PEAK * 32767) for sample in samples))
    if sys.byteorder == "big":
        pcm.byteswap()
    return pcm.tobytes()
