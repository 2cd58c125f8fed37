"""The far end of a player's standard input: ``python -m board_controller.sim.speaker FOLDER [--fast]``.

Takes a WAV as aplay would, as fast as it sounds and half a second ahead (``--fast``: at once), and leaves it as
``NNNN.wav`` in FOLDER; ``begun`` in FOLDER has the moment of its first sample, nanoseconds since 1970. Like a sound
card, it is open to one player at a time: a second one ends with status 1, and leaves ``busy`` in FOLDER for a test to
find.
"""

import argparse
import fcntl
import os
import struct
import sys
import time
from pathlib import Path
from typing import BinaryIO

UNKNOWN = 0xFFFF_FFFF  # a length that was not known yet when the header was written: until the end
BUFFER_S = 0.5
BLOCK = 4096
HEADER_BYTES = 44


class NotPlayable(Exception):
    """The bytes are no plain PCM WAV; the text says what is wrong."""


def whole(wav: bytes) -> bytes:
    """The WAV with the lengths that it has, where its header left them open as a stream's does."""
    if len(wav) < HEADER_BYTES or struct.unpack_from("<I", wav, 4)[0] != UNKNOWN:
        return wav
    riff, rest, data = struct.pack("<I", len(wav) - 8), wav[8:40], struct.pack("<I", len(wav) - HEADER_BYTES)
    return wav[:4] + riff + rest + data + wav[HEADER_BYTES:]


def duration_s(wav: bytes) -> float:
    """How long this WAV sounds.

    Raises NotPlayable where its header or its length is wrong.
    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM, Microsoft, 1991), RIFF WAVE.
    """
    if len(wav) < HEADER_BYTES or wav[:4] != b"RIFF" or wav[8:16] != b"WAVEfmt ":
        raise NotPlayable("no RIFF WAVE")
    riff_bytes, fmt_bytes = struct.unpack_from("<I", wav, 4)[0], struct.unpack_from("<I", wav, 16)[0]
    kind, channels, rate_hz, bytes_per_s, block, bits = struct.unpack_from("<HHIIHH", wav, 20)
    if kind != 1 or channels not in (1, 2) or bits not in (8, 16) or block != channels * bits // 8:
        raise NotPlayable("not plain PCM")
    if bytes_per_s != rate_hz * block or riff_bytes != len(wav) - 8:
        raise NotPlayable("the header contradicts itself")
    at = 20 + fmt_bytes
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], struct.unpack_from("<I", wav, at + 4)[0]
        if name == b"data":
            if size == 0 or at + 8 + size > len(wav):
                raise NotPlayable("the sound is cut off")
            return float(size / bytes_per_s)
        at += 8 + size + size % 2
    raise NotPlayable("no sound in it")


def leave(folder: Path, wav: bytes) -> Path:
    """Put the sound into the folder under the next free number, whole or not at all."""
    fresh = folder / f".{os.getpid()}.new"
    fresh.write_bytes(wav)
    number = max((int(path.stem) for path in folder.glob("[0-9]*.wav")), default=0) + 1
    target = folder / f"{number:04d}.wav"
    fresh.replace(target)
    return target


def take(source: BinaryIO, folder: Path, *, fast: bool) -> bytes:
    """Everything that comes, no faster than it sounds."""
    wav = source.read(HEADER_BYTES)
    bytes_per_s = struct.unpack_from("<I", wav, 28)[0] if len(wav) == HEADER_BYTES else 0
    begun_s = 0.0
    while block := source.read(BLOCK):
        if not begun_s:
            begun_s = time.monotonic()
            (folder / "begun").write_text(str(time.time_ns()), encoding="ascii")
        wav += block
        if not fast and bytes_per_s:
            ahead_s = begun_s + len(wav) / bytes_per_s - time.monotonic()
            time.sleep(max(0.0, ahead_s - BUFFER_S))
    if not fast and bytes_per_s and begun_s:
        time.sleep(max(0.0, begun_s + len(wav) / bytes_per_s - time.monotonic()))
    return whole(wav)


def main() -> int:
    """Play one sound."""
    parser = argparse.ArgumentParser(prog="speaker")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fast", action="store_true", help="do not take as long as the sound lasts")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".device").open("w") as device:
        try:
            fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            (folder / "busy").touch()
            print("speaker: device or resource busy", file=sys.stderr)
            return 1
        wav = take(sys.stdin.buffer, folder, fast=arguments.fast)
        try:
            duration_s(wav)
        except NotPlayable as error:
            print(f"speaker: {error}", file=sys.stderr)
            return 1
        leave(folder, wav)
    return 0


if __name__ == "__main__":
    sys.exit(main())
