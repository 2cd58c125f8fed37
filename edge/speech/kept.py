"""Sounds that were made once, kept on disk by what they are made of."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from edge.daemon.config import ConfigError
from edge.speech.levels import NotSound, as_wave, from_wave

KEPT_BYTES = 64 * 1024 * 1024


class Kept:
    """A folder of sounds, of which the ones used longest ago go first. Raises ConfigError where it cannot be made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"speaker.cache: {folder} cannot be made ({error.strerror})") from error

    def sound(self, made_of: str, make: Callable[[], bytes]) -> bytes:
        """The sound that was kept for ``made_of``, or else ``make`` it and keep it; what that raises comes through."""
        path = self._folder / f"{hashlib.sha256(made_of.encode()).hexdigest()}.wav"
        try:
            sound = from_wave(path.read_bytes())
            os.utime(path)
        except (OSError, NotSound):  # not kept yet, or torn by a power cut
            sound = make()
            self._keep(path, as_wave(sound))
        return sound

    def _keep(self, path: Path, wav: bytes) -> None:
        try:
            self._make_room(len(wav))
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as file:
                file.write(wav)
            os.replace(file.name, path)
        except OSError:
            return  # a full or broken card costs the cache, not the call

    def _make_room(self, size: int) -> None:
        files = [(entry.stat(), entry.path) for entry in os.scandir(self._folder)]
        files.sort(key=lambda file: file[0].st_mtime)
        total = sum(stat.st_size for stat, _ in files) + size
        for stat, path in files:
            if total <= KEPT_BYTES:
                break
            os.unlink(path)
            total -= stat.st_size
