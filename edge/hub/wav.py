"""Any PCM sound as the loudspeakers play it: 16 bit, mono, 22,050 Hz. Pure.

Source: Microsoft's "Multiple Channel Audio Data and WAVE Files" (WAVE_FORMAT_PCM, _IEEE_FLOAT and _EXTENSIBLE); RIFF
chunks begin at even offsets.
"""

import struct
import wave
from io import BytesIO
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.hub.media_faults import MediumFault, Unfit

RATE_HZ = 22_050
MAX_SECONDS = 120
MAX_CHANNELS = 8
RATES_HZ = (4_000, 192_000)
SILENCE = 10 ** (-60 / 20)  # a sound whose peak is below this says nothing

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_LOBES = 16  # of the filter's sinc on each side
_BLOCK = 8192

Samples = NDArray[np.float32]


class Sound(NamedTuple):
    """A converted sound as a WAV file, and its length."""

    wav: bytes
    seconds: float


def convert(data: bytes) -> Sound:
    """The sound in a WAV file, converted. Raises Unfit where it is no PCM, is cut off, too long, or silent."""
    rate, samples = _mono(data)
    if not len(samples) or not np.isfinite(samples).all():
        raise Unfit(MediumFault.SOUND)
    if np.abs(samples).max() < SILENCE:
        raise Unfit(MediumFault.SILENT)
    resampled = _resampled(samples, rate)
    pcm = (np.clip(resampled, -1, 1) * 32767).round().astype("<i2").tobytes()
    file = BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, RATE_HZ, len(pcm) // 2, "NONE", ""))
        wav.writeframes(pcm)
    return Sound(file.getvalue(), len(pcm) / 2 / RATE_HZ)


def _mono(data: bytes) -> tuple[int, Samples]:
    chunks = _chunks(data)
    form = chunks.get(b"fmt ", b"")
    if len(form) < 16 or b"data" not in chunks:
        raise Unfit(MediumFault.SOUND)
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if kind == _EXTENSIBLE and len(form) >= 26:
        (kind,) = struct.unpack_from("<H", form, 24)
    if not (1 <= channels <= MAX_CHANNELS and RATES_HZ[0] <= rate <= RATES_HZ[1]):
        raise Unfit(MediumFault.SOUND)
    samples = _decoded(chunks[b"data"], kind, bits, channels, rate)
    return rate, samples.reshape(-1, channels).mean(axis=1, dtype=np.float32)


def _decoded(raw: bytes, kind: int, bits: int, channels: int, rate: int) -> Samples:
    """The samples between −1 and 1, whole frames only."""
    if (kind, bits) not in ((_PCM, 8), (_PCM, 16), (_PCM, 24), (_PCM, 32), (_FLOAT, 32), (_FLOAT, 64)):
        raise Unfit(MediumFault.SOUND)
    frame = bits // 8 * channels
    seconds = len(raw) / frame / rate
    if seconds > MAX_SECONDS:
        raise Unfit(MediumFault.LONG_SOUND, seconds=round(seconds), most=MAX_SECONDS)
    raw = raw[: len(raw) // frame * frame]
    if kind == _FLOAT:
        return np.frombuffer(raw, f"<f{bits // 8}").astype(np.float32)
    if bits == 8:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    if bits == 24:
        bytes3 = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        padded = np.zeros((len(bytes3), 4), np.uint8)
        padded[:, 1:] = bytes3
        return padded.view("<i4").reshape(-1).astype(np.float32) / np.float32(2**31)
    return np.frombuffer(raw, f"<i{bits // 8}").astype(np.float32) / np.float32(2 ** (bits - 1))


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The first chunk of every kind. Raises Unfit where one is cut off; a recorder that broke off states no length."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise Unfit(MediumFault.SOUND)
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise Unfit(MediumFault.SOUND)
        found.setdefault(kind, data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return found


def _resampled(samples: Samples, rate: int) -> Samples:
    """The same sound at ``RATE_HZ``: a windowed sinc, one set of weights for each phase between two samples."""
    if rate == RATE_HZ:
        return samples
    common = gcd(rate, RATE_HZ)
    up, down = RATE_HZ // common, rate // common
    cut = min(1.0, RATE_HZ / rate)  # nothing above half the lower rate is left
    half = int(np.ceil(_LOBES / cut))
    taps = np.arange(-half + 1, half + 1)
    distance = taps[None, :] - (np.arange(up) / up)[:, None]
    window = np.where(np.abs(distance) < half, 0.5 + 0.5 * np.cos(np.pi * distance / half), 0)
    weights = np.sinc(distance * cut) * window
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    padded = np.pad(samples, half)
    count = max(1, len(samples) * up // down)
    made = np.empty(count, np.float32)
    for begin in range(0, count, _BLOCK):
        steps = np.arange(begin, min(begin + _BLOCK, count), dtype=np.int64) * down
        at, phase = steps // up, steps % up
        made[begin : begin + len(steps)] = (padded[at[:, None] + half + taps] * weights[phase]).sum(axis=1)
    return made
