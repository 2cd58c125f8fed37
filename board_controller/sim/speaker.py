"""The far end of a player's standard input: ``python -m board_controller.sim.speaker FOLDER [--fast]``.

Takes a WAV as aplay would, for as long as the sound lasts (``--fast``: at once), and leaves it as ``NNNN.wav`` in
FOLDER. Like a sound card, it is open to one player at a time: a second one ends with status 1, and leaves
``busy`` in FOLDER for a test to find.
"""

import argparse
import fcntl
import os
import struct
import sys
import time
from pathlib import Path


class NotPlayable(Exception):
    """The bytes are no plain PCM WAV; the text says what is wrong."""


def duration_s(wav: bytes) -> float:
    """How long this WAV sounds.

    Raises NotPlayable where its header or its length is wrong.
    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM, Microsoft, 1991), RIFF WAVE.
    """
    if len(wav) < 44 or wav[:4] != b"RIFF" or wav[8:16] != b"WAVEfmt ":
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
        begun_s = time.monotonic()
        wav = sys.stdin.buffer.read()
        try:
            length_s = duration_s(wav)
        except NotPlayable as error:
            print(f"speaker: {error}", file=sys.stderr)
            return 1
        leave(folder, wav)
        if not arguments.fast:
            time.sleep(max(0.0, begun_s + length_s - time.monotonic()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
