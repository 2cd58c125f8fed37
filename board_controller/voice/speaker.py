"""The loudspeaker: one thing at a time, calls first, none cut off, none too late."""

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

from board_controller.signage import Announcement, Utterance, Withdrawn
from board_controller.voice.calls import Calls, Said, add, held_up, take, withdraw
from board_controller.voice.chime import RATE_HZ
from board_controller.voice.sentence import sentence
from board_controller.voice.synthesis import SAMPLE_BYTES, Speech, SpeechFailed

log = logging.getLogger(__name__)

EYES_FIRST_S = 0.1  # rendering a call would take the processor away from 300 screens that show it at this moment
HUNG_S = 5.0  # a player may take this much longer than the sound


class PlayerFailed(Exception):
    """The player could not be started, failed or hung; the text says which."""


class Speaker:
    """Speaks what it is given, in a thread of its own, with one player process at a time.

    ``player`` is a program and its arguments that plays the WAV on its standard input and ends when it is over.
    """

    def __init__(self, speech: Speech, player: Sequence[str]) -> None:
        self._speech = speech
        self._player = tuple(player)
        self._calls = Calls()
        self._work = threading.Condition()
        self._stopping = False
        self._running: subprocess.Popen[bytes] | None = None
        self._fault = ""
        self._thread = threading.Thread(target=self._serve, name="speaker", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def close(self) -> None:
        """Fall silent and end."""
        with self._work:
            self._stopping = True
            if self._running is not None:
                self._running.kill()
            self._work.notify()
        self._thread.join()

    def say(self, said: Utterance | Withdrawn, age_ms: int = 0) -> None:
        """Put it into the queue, or take calls out of it; returns at once.

        ``age_ms`` is how long ago it happened or was due.
        """
        with self._work:
            if isinstance(said, Withdrawn):
                self._calls = withdraw(self._calls, said)
                return
            self._calls = add(self._calls, said, time.monotonic() - age_ms / 1000)
            self._work.notify()

    @property
    def fault(self) -> str:
        """Why the last call was not heard; empty while all is well."""
        return self._fault

    def _serve(self) -> None:
        while True:
            with self._work:
                self._work.wait_for(lambda: self._stopping or bool(self._calls.waiting))
                self._work.wait_for(lambda: self._stopping, EYES_FIRST_S)
                if self._stopping:
                    return
                self._calls, said, stale = take(self._calls, time.monotonic())
            if stale:
                log.warning("%d calls waited too long for the loudspeaker and were not spoken", stale)
            if said is not None:
                begun_s = time.monotonic()
                self._speak(said)
                if not isinstance(said, Announcement):
                    with self._work:
                        self._calls = held_up(self._calls, begun_s, time.monotonic())

    def _speak(self, said: Said) -> None:
        sentences = [(language, sentence(said, language)) for language in self._speech.languages]
        try:
            wav = self._speech.call([(language, text) for language, text in sentences if text])
            self._play(wav)
        except (SpeechFailed, PlayerFailed) as error:
            if not self._fault and not self._stopping:
                log.warning("the loudspeaker is silent: %s", error)
            self._fault = str(error)
        else:
            if self._fault:
                log.info("the loudspeaker is back")
            self._fault = ""

    def _play(self, wav: bytes) -> None:
        length_s = len(wav) / (SAMPLE_BYTES * RATE_HZ)
        try:
            with self._work:
                if self._stopping:
                    return
                self._running = subprocess.Popen(
                    self._player, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
        except OSError as error:
            raise PlayerFailed(f"{self._player[0]} cannot be started ({error.strerror})") from error
        with self._running as player:
            try:
                player.communicate(wav, timeout=length_s + HUNG_S)
            except subprocess.TimeoutExpired as error:
                player.kill()
                raise PlayerFailed(f"{self._player[0]} did not end and was stopped") from error
            finally:
                with self._work:
                    self._running = None
        if player.returncode != 0:
            raise PlayerFailed(f"{self._player[0]} ended with status {player.returncode}")
