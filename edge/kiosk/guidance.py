"""The voice that guides one person at the kiosk: what it says begins at once, and cuts off what it said before."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from edge.contracts.hall import Language, Region
from edge.kiosk.aloud import aloud
from edge.speech.attempt import attempt
from edge.speech.levels import silence
from edge.speech.player import PlayerFailed, Playing
from edge.speech.synthesis import Manner, Speech, SpeechFailed

log = logging.getLogger("kiosk")

# espeak-ng's amplitude for each step that the person can choose, 4 dB apart; above 100 it is cut off at full scale.
VOLUMES = {1: 16, 2: 25, 3: 40, 4: 63, 5: 100}
WORDS_PER_MINUTE, SLOW_WORDS_PER_MINUTE = 160, 115
LEAD_S = 0.1  # a sound card swallows the beginning of what comes after a pause
TRY_AGAIN_S = 20.0  # a sound card that is missing


class Saying(Struct, frozen=True):
    """One text, as it stands on the screen; never in a repr, so that no log has what somebody was told."""

    text: str
    language: Language
    region: Region = "north"
    volume: int = 3
    slow: bool = False

    def __repr__(self) -> str:
        return f"Saying(language={self.language!r}, volume={self.volume!r}, slow={self.slow!r})"


def open_guidance(player: Sequence[str], cache: Path) -> "Guidance | None":
    """The voice of a kiosk with this player; None where it has none. Raises ConfigError as ``Speech`` does."""
    return Guidance(Speech(cache), player) if player else None


class Guidance:
    """Speaks in a thread of its own, while it is switched on; ``player`` is as in ``Playing``.

    Off when it begins. A sound card that is missing is logged once, and tried again now and then: ``works`` says so.
    """

    def __init__(self, speech: Speech, player: Sequence[str]) -> None:
        self._speech = speech
        self._player = tuple(player)
        self._work = threading.Condition()
        self._stopping = False
        self._on = False
        self._next: Saying | None = None
        self._running: Playing | None = None
        self._fault = ""
        self._unexpected: set[str] = set()
        self._thread = threading.Thread(target=self._serve, name="guidance", daemon=True)

    def start(self) -> None:
        """Begin to listen for what is to be said, and try the sound card."""
        self._thread.start()

    def close(self) -> None:
        """Fall silent and end."""
        with self._work:
            self._stopping = True
            self._cut_off()
        self._thread.join()

    @property
    def works(self) -> bool:
        """Whether the last sound was heard."""
        return not self._fault

    @property
    def is_on(self) -> bool:
        """Whether somebody is guided."""
        return self._on

    def switch(self, on: bool) -> None:
        """Guide somebody, or nobody any more; what is being said comes to its end."""
        with self._work:
            self._on = on

    def say(self, saying: Saying) -> bool:
        """Cut off what is being said, and say this; an empty text is silence. False, and no sound, while it is off."""
        with self._work:
            if not self._on:
                return False
            self._next = saying
            self._cut_off()
        return True

    def _cut_off(self) -> None:
        if self._running is not None:
            self._running.kill()
        self._work.notify()

    def _serve(self) -> None:
        self._try(self._sound_nothing)
        while True:
            with self._work:
                self._work.wait_for(self._is_wanted, TRY_AGAIN_S if self._fault else None)
                if self._stopping:
                    return
                waits = self._next is not None
            self._try(self._speak if waits else self._sound_nothing)

    def _is_wanted(self) -> bool:
        return self._stopping or self._next is not None

    def _try(self, work: Callable[[], None]) -> None:
        error = attempt(work)
        if error is None or self._is_wanted():  # whoever cuts it off makes the player fail
            return
        if isinstance(error, SpeechFailed | PlayerFailed):
            if not self._fault:
                log.warning("the kiosk's voice is silent: %s", error)
            self._fault = str(error)
        else:
            kind = type(error).__name__
            if kind not in self._unexpected:  # each once: every text may bring it
                self._unexpected.add(kind)
                log.error("a text was not spoken, by a fault of this program: %s", kind)
            self._fault = kind

    def _speak(self) -> None:
        with self._work:
            saying, self._next = self._next, None
        if saying is None:
            return
        text = aloud(saying.text, saying.language, saying.region)
        if not text:
            return
        manner = Manner(SLOW_WORDS_PER_MINUTE if saying.slow else WORDS_PER_MINUTE, VOLUMES[saying.volume])
        keep = not any(character.isdecimal() for character in saying.text)  # figures hardly come again
        self._play(self._speech.read(text, saying.language, saying.region, manner, keep=keep))

    def _sound_nothing(self) -> None:
        self._play(b"")

    def _play(self, sound: bytes) -> None:
        with self._work:
            if self._is_wanted():
                return  # something newer came while this was made
            playing = self._running = Playing(self._player)
        try:
            playing.hand(silence(LEAD_S) + sound)
            playing.end()
        finally:
            with self._work:
                self._running = None
        if self._fault:
            log.info("the kiosk's voice is back")
        self._fault = ""
