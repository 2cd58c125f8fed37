"""Sentences as speech: espeak-ng through py-espeak-ng, kept on disk by what is said."""

import hashlib
import io
import os
import tempfile
import unicodedata
import wave
from collections.abc import Sequence
from pathlib import Path

from espeakng import ESpeakNG

from board_controller.voice.chime import RATE_HZ, chime
from edge.daemon.config import ConfigError

ENGLISH = "en-gb"
WORDS_PER_MINUTE = 150  # espeak-ng's own 175 is fast for a hall
VOLUME = 85  # of espeak-ng's 0 to 200; at 100 the peaks touch full scale
CACHE_BYTES = 64 * 1024 * 1024
LEAD_S, BETWEEN_S = 0.15, 0.35  # silence after the chime, and between two languages
SAMPLE_BYTES = 2


class SpeechFailed(Exception):
    """The engine gave no usable sound; the text says what came instead, never what was to be said."""


class Speech:
    """The voices of this board, and what they have already said.

    ``languages`` in the order in which a call is read; ``vietnamese`` is the espeak-ng voice for ``vi``.
    Raises ConfigError where espeak-ng or one of the voices is missing: it would speak with another one unasked.
    """

    def __init__(self, languages: Sequence[str], vietnamese: str, cache: Path) -> None:
        self.languages = tuple(languages)
        self._voices = {"vi": vietnamese, "en": ENGLISH}
        self._cache = cache
        try:
            installed = ESpeakNG().voices
        except OSError as error:
            raise ConfigError("voice: the program espeak-ng is missing; apt-get install espeak-ng") from error
        known = {voice["language"] for voice in installed}
        for language in languages:
            if self._voices[language] not in known:
                raise ConfigError(
                    f"voice.voice: espeak-ng has no voice {self._voices[language]!r}; see espeak-ng --voices"
                )
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"voice.cache: {cache} cannot be made ({error.strerror})") from error

    def call(self, sentences: Sequence[tuple[str, str]]) -> bytes:
        """A whole call as one WAV: chime, then each (language, sentence); 16 bit mono at ``RATE_HZ``.

        Raises SpeechFailed where the engine fails.
        """
        samples = [chime(), _silence(LEAD_S)]
        for index, (language, text) in enumerate(sentences):
            if index:
                samples.append(_silence(BETWEEN_S))
            samples.append(self._speech(self._voices[language], text))
        return _wav(b"".join(samples))

    def _speech(self, voice: str, text: str) -> bytes:
        said = unicodedata.normalize("NFC", text)
        name = hashlib.sha256(f"espeak-ng|{voice}|{WORDS_PER_MINUTE}|{VOLUME}|{said}".encode()).hexdigest()
        kept = self._cache / f"{name}.wav"
        try:
            samples = _samples(kept.read_bytes())
            os.utime(kept)  # the eldest are dropped first
        except (OSError, SpeechFailed):  # not kept yet, or torn by a power cut
            made = _synthesise(voice, said)
            samples = _samples(made)
            self._keep(kept, made)
        return samples

    def _keep(self, path: Path, wav: bytes) -> None:
        try:
            self._make_room(len(wav))
            with tempfile.NamedTemporaryFile(dir=self._cache, suffix=".new", delete=False) as file:
                file.write(wav)
            os.replace(file.name, path)
        except OSError:
            return  # a full or broken card costs the cache, not the call

    def _make_room(self, size: int) -> None:
        files = [(entry.stat(), entry.path) for entry in os.scandir(self._cache)]
        files.sort(key=lambda file: file[0].st_mtime)
        total = sum(stat.st_size for stat, _ in files) + size
        for stat, path in files:
            if total <= CACHE_BYTES:
                break
            os.unlink(path)
            total -= stat.st_size


def _synthesise(voice: str, text: str) -> bytes:
    if text.startswith("-"):
        raise SpeechFailed("the text would be taken for an option")
    try:
        wav: bytes = ESpeakNG(voice=voice, speed=WORDS_PER_MINUTE, volume=VOLUME).synth_wav(text)
    except OSError as error:
        raise SpeechFailed(f"espeak-ng cannot be started ({error.strerror})") from error
    return wav


def _samples(wav: bytes) -> bytes:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            frames = file.getnframes()
            samples: bytes = file.readframes(frames)
    except (wave.Error, EOFError) as error:
        raise SpeechFailed(f"no WAV but {len(wav)} bytes") from error
    if shape != (1, SAMPLE_BYTES, RATE_HZ) or not samples or len(samples) != SAMPLE_BYTES * frames:
        raise SpeechFailed(f"a WAV of another kind: {shape}, {len(samples)} bytes")
    return samples


def _silence(seconds: float) -> bytes:
    return bytes(SAMPLE_BYTES * int(seconds * RATE_HZ))


def _wav(samples: bytes) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE_HZ)
        file.writeframes(samples)
    return target.getvalue()
