"""Sound as numbers: evened out, trimmed and turned up or down. Pure.

Everything here is 16-bit signed little-endian mono at ``RATE_HZ``, as ``bytes``; levels are in decibels of full scale.
"""

import array
import io
import math
import sys
import wave
from typing import TypeAlias

RATE_HZ = 22_050  # espeak-ng's own
SAMPLE_BYTES = 2
FULL_SCALE = 32_767
RMS_DBFS, PEAK_DBFS = -20.0, -1.0
FRAME = RATE_HZ // 100  # 10 ms
QUIET = 0.02  # of the loudest frame: -34 dB; what is quieter is no speech
EDGE_S = 0.03  # is left of the silence before and after
FADE_S = 0.005  # an abrupt edge clicks

Samples: TypeAlias = "array.array[int]"


class NotSound(Exception):
    """The bytes are no sound of the kind that is played here; the text says what came instead."""


def even_out(sound: bytes) -> bytes:
    """The sound at ``RMS_DBFS`` wherever it is not silent, or softer where its peak would pass ``PEAK_DBFS``.

    Silence stays silence.
    """
    samples = _samples(sound)
    frames = _frames(samples)
    loudest = max(frames, default=0.0)
    if not loudest:
        return sound
    heard = [frame for frame in frames if frame > QUIET * loudest]
    rms = math.sqrt(sum(frame * frame for frame in heard) / len(heard))
    peak = max(max(samples), -min(samples))
    return _scaled(samples, min(_amplitude(RMS_DBFS) / rms, _amplitude(PEAK_DBFS) / peak))


def trim(sound: bytes) -> bytes:
    """The sound without the silence at its ends but ``EDGE_S``, faded in and out; empty where all is silent."""
    samples = _samples(sound)
    frames = _frames(samples)
    loudest = max(frames, default=0.0)
    heard = [at for at, frame in enumerate(frames) if frame > QUIET * loudest]
    if not heard:
        return b""
    edge = int(EDGE_S * RATE_HZ)
    kept = samples[max(0, heard[0] * FRAME - edge) : (heard[-1] + 1) * FRAME + edge]
    kept.reverse()
    _fade_out(kept)
    kept.reverse()
    _fade_out(kept)
    return _bytes(kept)


def shorten(sound: bytes, most_s: float) -> bytes:
    """The sound, faded out where it is longer than that."""
    if seconds(sound) <= most_s:
        return sound
    samples = _samples(sound[: len(silence(most_s))])
    _fade_out(samples)
    return _bytes(samples)


def turned_to(sound: bytes, percent: int) -> bytes:
    """The sound at so many per cent of its amplitude, 0 to 100."""
    return sound if percent == 100 else _scaled(_samples(sound), percent / 100)


def rms_dbfs(sound: bytes) -> float:
    """The level of the whole sound, silence included; minus infinity where there is nothing but silence."""
    samples = _samples(sound)
    power = sum(sample * sample for sample in samples)
    return 10 * math.log10(power / len(samples) / FULL_SCALE**2) if power else -math.inf


def seconds(sound: bytes) -> float:
    """How long it lasts."""
    return len(sound) / (SAMPLE_BYTES * RATE_HZ)


def silence(length_s: float) -> bytes:
    """Nothing, for so long."""
    return bytes(SAMPLE_BYTES * int(length_s * RATE_HZ))


def from_wave(wav: bytes) -> bytes:
    """The samples of a WAV file. Raises NotSound where it is damaged or of another kind."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            frames = file.getnframes()
            sound: bytes = file.readframes(frames)
    except (wave.Error, EOFError) as error:
        raise NotSound(f"no WAV but {len(wav)} bytes") from error
    if shape != (1, SAMPLE_BYTES, RATE_HZ) or not sound or len(sound) != SAMPLE_BYTES * frames:
        raise NotSound(f"a WAV of another kind: {shape}, {len(sound)} bytes")
    return sound


def as_wave(sound: bytes) -> bytes:
    """The samples as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE_HZ)
        file.writeframes(sound)
    return target.getvalue()


def from_floats(values: list[float]) -> bytes:
    """Samples from numbers of any size: the largest becomes half of full scale."""
    largest = max(abs(value) for value in values)
    return _bytes(array.array("h", (round(value / largest * FULL_SCALE / 2) for value in values)))


def _fade_out(samples: Samples) -> None:
    fade = min(int(FADE_S * RATE_HZ), len(samples) // 2)
    for at in range(fade):
        samples[-1 - at] = samples[-1 - at] * at // fade


def _amplitude(dbfs: float) -> float:
    return FULL_SCALE * 10 ** (dbfs / 20)


def _frames(samples: Samples) -> list[float]:
    """The RMS of each whole frame, and of the rest."""
    cut = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
    return [math.sqrt(sum(sample * sample for sample in frame) / len(frame)) for frame in cut]


def _scaled(samples: Samples, gain: float) -> bytes:
    return _bytes(array.array("h", [int(sample * gain) for sample in samples]))


def _samples(sound: bytes) -> Samples:
    samples = array.array("h", sound)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _bytes(samples: Samples) -> bytes:
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()
