"""The loudspeaker: real speech, real players, one call at a time."""

import array
import fcntl
import io
import logging
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from board_controller.signage import Announcement, Move, Notice, Withdrawn
from board_controller.sim.speaker import NotPlayable, duration_s
from board_controller.voice.calls import Moves
from board_controller.voice.chime import RATE_HZ, chime
from board_controller.voice.sentence import sentence
from board_controller.voice.speaker import Speaker
from board_controller.voice.synthesis import ENGLISH, Speech, SpeechFailed
from edge.daemon.config import ConfigError
from tests.waiting import until

A047 = Announcement("a" * 32, "A047", 1, "101", "Khám tổng quát")
B112 = Announcement("b" * 32, "B112", 2, "102", "Khám BHYT")
Open = Callable[..., Speaker]


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return Speech(("vi", "en"), "vi", tmp_path_factory.mktemp("voice"))


@pytest.fixture
def open_speaker(speech: Speech) -> Iterator[Open]:
    opened: list[Speaker] = []

    def open_(*player: str, said: Speech = speech) -> Speaker:
        speaker = Speaker(said, player)
        speaker.start()
        opened.append(speaker)
        return speaker

    yield open_
    for speaker in opened:
        speaker.close()


def _simulated(folder: Path, *, fast: bool = True) -> Sequence[str]:
    return [sys.executable, "-m", "board_controller.sim.speaker", str(folder), *(["--fast"] if fast else [])]


def _sounds(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.wav"))]


@pytest.mark.req("S1", "S4")
def test_a_call_is_chime_then_vietnamese_then_english(speech: Speech, open_speaker: Open, tmp_path: Path) -> None:
    open_speaker(*_simulated(tmp_path)).say(A047)
    (sound,) = until(lambda: _sounds(tmp_path), within_s=20)
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        samples = file.readframes(file.getnframes())
    assert samples.startswith(chime())
    alone = [speech.call([(language, sentence(A047, language))]) for language in ("vi", "en")]
    vietnamese, english = (samples.find(sound[len(sound) // 2 : len(sound) // 2 + 4000]) for sound in alone)
    assert len(chime()) < vietnamese < len(alone[0]) < english
    assert 6 < duration_s(sound) < 15


def test_the_second_call_waits_for_the_first_and_neither_is_cut_off(open_speaker: Open, tmp_path: Path) -> None:
    begun_s = time.monotonic()
    speaker = open_speaker(*_simulated(tmp_path, fast=False), said=Speech(("en",), "vi", tmp_path / "cache"))
    speaker.say(A047)
    until(lambda: (tmp_path / ".device").exists(), within_s=20)
    speaker.say(B112)
    until(lambda: len(_sounds(tmp_path)) == 2, within_s=40)
    sounds = _sounds(tmp_path)
    assert sounds[0] != sounds[1]
    assert time.monotonic() - begun_s > duration_s(sounds[0]), "the second began before the first had ended"
    assert not (tmp_path / "busy").exists()
    assert speaker.fault == ""


@pytest.mark.req("K11", "S6")
def test_what_is_not_a_call_waits_for_the_calls_and_is_spoken_after_a_chime(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    speaker = open_speaker(*_simulated(tmp_path))
    closing = Notice("Sắp hết giờ làm việc", "")
    moves = [Move("c" * 32, "A012", 3, "103"), Move("d" * 32, "A015", 3, "103")]
    speaker.say(closing)
    for move in moves:
        speaker.say(move)
    speaker.say(B112)
    until(lambda: len(_sounds(tmp_path)) == 3, within_s=60)
    assert _sounds(tmp_path) == [
        speech.call([(language, sentence(said, language)) for language in languages])
        for said, languages in ((B112, ("vi", "en")), (Moves(tuple(moves)), ("vi", "en")), (closing, ("vi",)))
    ]
    for sound in _sounds(tmp_path):
        with wave.open(io.BytesIO(sound)) as file:
            samples = array.array("h", file.readframes(file.getnframes()))
        assert samples[: len(chime()) // 2].tobytes() == chime()
        assert 8_000 < max(map(abs, samples[len(chime()) // 2 :])) < 32_767  # as loud as a call, and not clipped


@pytest.mark.req("P5")
def test_a_call_that_was_undone_while_another_is_spoken_is_not_heard(open_speaker: Open, tmp_path: Path) -> None:
    speaker = open_speaker(*_simulated(tmp_path, fast=False), said=Speech(("en",), "vi", tmp_path / "cache"))
    c009 = Announcement("c" * 32, "C009", 3, "103", "")
    speaker.say(A047)
    until(lambda: (tmp_path / ".device").exists(), within_s=20)
    speaker.say(B112)
    speaker.say(c009)
    speaker.say(Withdrawn((B112.ticket,)))
    until(lambda: len(_sounds(tmp_path)) == 2, within_s=40)
    assert _sounds(tmp_path)[1] == Speech(("en",), "vi", tmp_path / "cache").call([("en", sentence(c009, "en"))])


def test_a_call_is_not_lost_to_a_long_notice(open_speaker: Open, tmp_path: Path) -> None:
    speaker = open_speaker(*_simulated(tmp_path, fast=False), said=Speech(("en",), "vi", tmp_path / "cache"))
    speaker.say(Notice("", "Please keep your ticket."))
    until(lambda: (tmp_path / ".device").exists(), within_s=20)
    speaker.say(A047, 29_000)
    until(lambda: len(_sounds(tmp_path)) == 2, within_s=40)


def test_a_call_that_is_older_than_half_a_minute_is_not_spoken(
    open_speaker: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    speaker = open_speaker(*_simulated(tmp_path))
    speaker.say(A047, 31_000)
    speaker.say(B112)
    until(lambda: _sounds(tmp_path), within_s=20)
    assert "1 calls waited too long" in caplog.text
    assert "A047" not in caplog.text
    assert len(_sounds(tmp_path)) == 1


def test_an_absent_player_is_reported_once_and_its_return_once(
    open_speaker: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    player = tmp_path / "player"
    speaker = open_speaker(str(player))
    speaker.say(A047)
    until(lambda: "cannot be started" in speaker.fault)
    speaker.say(B112)
    speaker.say(A047)
    until(lambda: not speaker._calls.waiting)
    player.write_text("#!/bin/sh\ncat >/dev/null\n")
    player.chmod(0o755)
    speaker.say(A047)
    until(lambda: speaker.fault == "")
    said = [record.message for record in caplog.records]
    assert len([line for line in said if "is silent" in line]) == 1
    assert len([line for line in said if "is back" in line]) == 1


def test_a_player_that_fails_is_reported(open_speaker: Open) -> None:
    speaker = open_speaker("false")
    speaker.say(A047)
    until(lambda: speaker.fault == "false ended with status 1")


def test_a_player_that_hangs_is_stopped_and_the_next_call_is_tried(
    open_speaker: Open, monkeypatch: pytest.MonkeyPatch, speech: Speech
) -> None:
    monkeypatch.setattr("board_controller.voice.speaker.HUNG_S", -20.0)  # the sound's length less 20 s: at once
    speaker = open_speaker("sleep", "600")
    speaker.say(A047)
    until(lambda: speaker.fault == "sleep did not end and was stopped", within_s=20)


def test_closing_falls_silent_at_once(speech: Speech, tmp_path: Path) -> None:
    speaker = Speaker(speech, _simulated(tmp_path, fast=False))
    speaker.start()
    speaker.say(A047)
    until(lambda: (tmp_path / ".device").exists(), within_s=20)
    speaker.close()
    with (tmp_path / ".device").open() as device:
        fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while a player holds it


def test_aplay_takes_the_sound(speech: Speech) -> None:
    sound = speech.call([("vi", sentence(A047, "vi"))])
    done = subprocess.run(["aplay", "-D", "null", "-"], input=sound, capture_output=True, check=True, timeout=60)
    assert b"Signed 16 bit Little Endian, Rate 22050 Hz, Mono" in done.stderr


def test_what_was_said_once_is_kept_and_a_torn_file_is_made_anew(tmp_path: Path) -> None:
    voice = Speech(("vi",), "vi", tmp_path)
    first = voice.call([("vi", "Mời số A không bốn bảy")])
    (kept,) = tmp_path.glob("*.wav")
    made_ns = kept.stat().st_ino
    assert voice.call([("vi", "Mời số A không bốn bảy")]) == first
    assert kept.stat().st_ino == made_ns
    kept.write_bytes(kept.read_bytes()[:100])
    assert voice.call([("vi", "Mời số A không bốn bảy")]) == first


def test_the_cache_drops_its_eldest_files_to_stay_in_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("board_controller.voice.synthesis.CACHE_BYTES", 250_000)
    voice = Speech(("vi",), "vi", tmp_path)
    for number in range(12):
        voice.call([("vi", f"Mời số {number}")])
    files = [*tmp_path.iterdir()]
    assert 1 < len(files) < 12
    assert sum(path.stat().st_size for path in files) <= 250_000


def test_a_cache_that_cannot_be_written_costs_no_call(tmp_path: Path) -> None:
    folder = tmp_path / "voice"
    voice = Speech(("vi",), "vi", folder)
    folder.rmdir()
    assert duration_s(voice.call([("vi", "Mời số A")])) > 1


def test_a_voice_that_is_not_installed_ends_the_program_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="voice 'vi-hue'"):
        Speech(("vi",), "vi-hue", tmp_path)
    assert Speech(("en",), "vi", tmp_path).languages == ("en",)
    assert ENGLISH == "en-gb"


def test_a_missing_engine_ends_the_program_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="apt-get install espeak-ng"):
        Speech(("vi",), "vi", tmp_path)


@pytest.mark.parametrize("text", ["-x", "--voices"])
def test_a_text_that_the_engine_would_misread_is_a_failure_and_not_silence(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpeechFailed):
        Speech(("vi",), "vi", tmp_path).call([("vi", text)])


def test_the_article_trap_of_english_is_avoided() -> None:
    spoken = sentence(A047, "en").partition(", please")[0]
    phonemes = subprocess.run(
        ["espeak-ng", "-q", "-x", "-v", ENGLISH, spoken], capture_output=True, text=True, check=True
    ).stdout
    assert phonemes.split()[1] == "'eI"  # the letter, not "a zero"


@pytest.mark.parametrize("hurt", [lambda w: w[:-10], lambda w: b"RIFX" + w[4:], lambda w: w[:20] + b"\x03" + w[21:]])
def test_the_simulated_speaker_refuses_a_broken_wav(
    speech: Speech, tmp_path: Path, hurt: Callable[[bytes], bytes]
) -> None:
    sound = speech.call([("vi", "một")])
    with pytest.raises(NotPlayable):
        duration_s(hurt(sound))
    done = subprocess.run(_simulated(tmp_path), input=hurt(sound), capture_output=True, check=False, timeout=30)
    assert done.returncode == 1
    assert _sounds(tmp_path) == []
