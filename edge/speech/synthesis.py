"""Sentences as speech: as somebody recorded them, or by espeak-ng through py-espeak-ng."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from espeakng import ESpeakNG
from msgspec import Struct

from edge.contracts.hall import Language, Region
from edge.daemon.config import ConfigError
from edge.speech.kept import Kept
from edge.speech.levels import NotSound, even_out, from_wave, silence, trim

VIETNAMESE: Mapping[Region, str] = {"north": "vi", "central": "vi-vn-x-central", "south": "vi-vn-x-south"}
ENGLISH = "en-gb"
WORDS_PER_MINUTE = 150  # espeak-ng's own 175 is fast for a hall
VOLUME = 85  # of espeak-ng's 0 to 200; at 100 the peaks touch full scale
JOIN_S = 0.08  # between two recorded fragments
SOUND_BYTES = 20_000_000  # of one file, as the hub takes them


class Manner(Struct, frozen=True):
    """How fast the engine speaks, and how loudly: ``volume`` of its 0 to 200."""

    words_per_minute: int
    volume: int


HALL = Manner(WORDS_PER_MINUTE, VOLUME)

Held = Callable[[], Mapping[str, tuple[Path, str]]]  # SHA-256 → a file, and its content type


class SpeechFailed(Exception):
    """There is no usable sound; the text says what came instead, never what was to be said."""


class Speech:
    """The voices of the engine, and the recordings that are here: ``held`` gives their files.

    Raises ConfigError where espeak-ng or one of its voices is missing: it would speak with another one unasked.
    """

    def __init__(self, cache: Path, held: Held = dict) -> None:
        self._kept = Kept(cache)
        self._held = held
        try:
            installed = ESpeakNG().voices
        except OSError as error:
            raise ConfigError("speaker: the program espeak-ng is missing; apt-get install espeak-ng") from error
        for voice in (*VIETNAMESE.values(), ENGLISH):
            if voice not in {there["language"] for there in installed}:
                raise ConfigError(f"speaker: espeak-ng has no voice {voice!r}; see espeak-ng --voices")

    def spoken(self, text: str, language: Language, region: Region) -> bytes:
        """The text as the engine says it, evened out. Raises SpeechFailed."""
        voice = VIETNAMESE[region] if language == "vi" else ENGLISH
        return self._kept.sound(
            f"espeak-ng|{voice}|{WORDS_PER_MINUTE}|{VOLUME}|{text}", lambda: even_out(_synthesised(voice, text))
        )

    def read(self, text: str, language: Language, region: Region, manner: Manner, *, keep: bool) -> bytes:
        """The text in this manner, as the engine gives it, for one person's ears; ``keep`` it where it comes again.

        Raises SpeechFailed.
        """
        voice = VIETNAMESE[region] if language == "vi" else ENGLISH
        if not keep:
            return _synthesised(voice, text, manner)
        made_of = f"espeak-ng|{voice}|{manner.words_per_minute}|{manner.volume}|read|{text}"
        return self._kept.sound(made_of, lambda: _synthesised(voice, text, manner))

    def joined(self, fragments: Sequence[str]) -> bytes | None:
        """These recordings (SHA-256 each) as one sentence: evened out and trimmed each, with short gaps.

        None where one of them is not here or is damaged: then the engine has to say the whole sentence.
        """
        sounds: list[bytes] = []
        for sha256 in fragments:
            sound = self._recorded(sha256)
            if not sound:
                return None
            sounds += [silence(JOIN_S), sound]
        return b"".join(sounds[1:]) or None

    def played(self, sha256: str) -> bytes:
        """A whole uploaded sound, evened out. Raises SpeechFailed where it is not here or is damaged."""
        try:
            return self._kept.sound(f"sound|{sha256}", lambda: even_out(self._file(sha256)))
        except (KeyError, OSError, NotSound) as error:
            raise SpeechFailed(f"the sound {sha256[:8]} is not here, or is damaged") from error

    def _recorded(self, sha256: str) -> bytes | None:
        try:
            return self._kept.sound(f"fragment|{sha256}", lambda: even_out(trim(self._file(sha256))))
        except (KeyError, OSError, NotSound):
            return None

    def _file(self, sha256: str) -> bytes:
        path, _ = self._held()[sha256]
        with path.open("rb") as file:
            return from_wave(file.read(SOUND_BYTES))


def _synthesised(voice: str, text: str, manner: Manner = HALL) -> bytes:
    if text.startswith("-"):
        raise SpeechFailed("the text would be taken for an option")
    try:
        engine = ESpeakNG(voice=voice, speed=manner.words_per_minute, volume=manner.volume)
        return from_wave(engine.synth_wav(text))
    except OSError as error:
        raise SpeechFailed(f"espeak-ng cannot be started ({error.strerror})") from error
    except NotSound as error:
        raise SpeechFailed(f"espeak-ng gave {error}") from error
