"""One player process: takes a sound while it plays it."""

import os
import select
import struct
import subprocess
import time
from collections.abc import Sequence
from typing import IO, cast

from edge.speech.levels import RATE_HZ, SAMPLE_BYTES, seconds

HUNG_S = 5.0  # a player may take this much longer than the sound
_BLOCK = 4096  # bytes: the smallest pipe

# A WAV whose end is not known yet: as aplay and arecord write it to a pipe, all ones for both lengths.
HEADER = struct.pack(
    "<4sI4s4sIHHIIHH4sI", b"RIFF", 0xFFFF_FFFF, b"WAVE", b"fmt ", 16, 1, 1, RATE_HZ, RATE_HZ * SAMPLE_BYTES,
    SAMPLE_BYTES, 8 * SAMPLE_BYTES, b"data", 0xFFFF_FFFF,
)  # fmt: skip


class PlayerFailed(Exception):
    """The player could not be started, failed or hung; the text says which."""


class Playing:
    """A player at work: a program and its arguments that plays the WAV on its standard input and ends when it is over.

    Raises PlayerFailed where it cannot be started.
    """

    def __init__(self, player: Sequence[str]) -> None:
        self._name = player[0]
        try:
            self._process = subprocess.Popen(
                player, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, bufsize=0
            )
        except OSError as error:
            raise PlayerFailed(f"{self._name} cannot be started ({error.strerror})") from error
        self._stdin = cast(IO[bytes], self._process.stdin)  # it is a pipe
        os.set_blocking(self._stdin.fileno(), False)
        self._over_s = time.monotonic()
        self._unsent = HEADER

    def hand(self, sound: bytes) -> None:
        """Give it more to play; returns when the player has taken it, some two seconds before it has sounded.

        Raises PlayerFailed where it has ended or hangs.
        """
        if not sound:
            return
        self._over_s = max(self._over_s, time.monotonic()) + seconds(sound)
        unsent, self._unsent = memoryview(self._unsent + sound), b""
        ready = select.poll()
        ready.register(self._stdin.fileno(), select.POLLOUT)
        while unsent:
            if not ready.poll(max(0.0, self._left_s()) * 1000):
                raise self._stopped()
            try:
                unsent = unsent[os.write(self._stdin.fileno(), unsent[:_BLOCK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self.end()
                raise PlayerFailed(f"{self._name} ended before the sound was over") from None

    def end(self) -> None:
        """Wait until everything has sounded. Raises PlayerFailed where the player fails or hangs."""
        self._stdin.close()
        try:
            status = self._process.wait(max(0.0, self._left_s()))
        except subprocess.TimeoutExpired:
            raise self._stopped() from None
        if status != 0:
            raise PlayerFailed(f"{self._name} ended with status {status}")

    def kill(self) -> None:
        """End it at once, from any thread: whoever hands it sound is told."""
        self._process.kill()

    def _stopped(self) -> PlayerFailed:
        self._process.kill()
        self._process.wait()
        self._stdin.close()
        return PlayerFailed(f"{self._name} did not end and was stopped")

    def _left_s(self) -> float:
        return self._over_s + HUNG_S - time.monotonic()
