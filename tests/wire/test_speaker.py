"""The loudspeaker: real speech, real players, one thing at a time."""

import fcntl
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from board_controller.signage import Announcement, Move, Notice, Withdrawn
from board_controller.sim.speaker import NotPlayable, duration_s
from board_controller.voice.calls import Called, Moves, Said
from board_controller.voice.chime import chime
from board_controller.voice.sentence import lines
from board_controller.voice.speaker import AGAIN_S, BETWEEN_S, LEAD_S, Speaker
from board_controller.voice.voices import DEFAULT_VOICE
from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import Loudness, Medium, MediumKind, Phrase, Voice
from edge.speech import levels
from edge.speech.player import HEADER
from edge.speech.synthesis import Speech
from tests import hall
from tests.waiting import until

A047 = Announcement("a" * 32, "A047", 1, "101", "Khám tổng quát")
B112 = Announcement("b" * 32, "B112", 2, "102", "Khám BHYT")
C009 = Announcement("c" * 32, "C009", 3, "103", "")
CATALOGUE = hall.catalogue()
ENGLISH = replace(CATALOGUE, voices=(Voice("1", "", languages=("en",)),))
Open = Callable[..., Speaker]


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return Speech(tmp_path_factory.mktemp("voice"))


@pytest.fixture
def open_speaker(speech: Speech) -> Iterator[Open]:
    opened: list[Speaker] = []

    def open_(
        *player: str,
        of: Catalogue = CATALOGUE,
        zones: Sequence[str] = (),
        said: Speech = speech,
        now_ms: int = hall.NINE_MS,
        begin: bool = True,
    ) -> Speaker:
        speaker = Speaker(said, player, zones, lambda: now_ms)
        speaker.adopt(of)
        opened.append(speaker)
        if begin:
            speaker.start()
        return speaker

    yield open_
    for speaker in opened:
        if speaker._thread.is_alive():
            speaker.close()


def _simulated(folder: Path, *, fast: bool = True) -> Sequence[str]:
    return [sys.executable, "-m", "board_controller.sim.speaker", str(folder), *(["--fast"] if fast else [])]


def _sounds(folder: Path) -> list[bytes]:
    return [levels.from_wave(path.read_bytes()) for path in sorted(folder.glob("*.wav"))]


def _heard(folder: Path, count: int = 1) -> list[bytes]:
    return until(lambda: sounds if len(sounds := _sounds(folder)) == count else [], within_s=60)


def _begun(folder: Path) -> None:
    until((folder / "begun").exists, within_s=20)


def _expected(speech: Speech, said: Said, voice: Voice = DEFAULT_VOICE, own: Sequence[Phrase] = ()) -> bytes:
    """A call as one sound: chime, and each sentence after its silence."""
    told = lines(said, voice, own)
    spoken = [speech.spoken(line.text, line.language, line.region) for line in told]
    between = levels.silence(BETWEEN_S)
    return chime(voice.chime) + levels.silence(LEAD_S) + between.join(spoken)


def _called(*calls: Announcement) -> Called:
    return Called(calls)


@pytest.mark.req("S1", "S4")
def test_a_call_is_chime_then_vietnamese_then_english(speech: Speech, open_speaker: Open, tmp_path: Path) -> None:
    open_speaker(*_simulated(tmp_path)).say(A047)
    (sound,) = _heard(tmp_path)
    assert sound == _expected(speech, _called(A047))
    assert 6 < levels.seconds(sound) < 15


@pytest.mark.req("S3", "S4")
def test_a_new_catalogues_voice_and_phrase_speak_from_the_next_utterance_on(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    speaker = open_speaker(*_simulated(tmp_path))
    speaker.say(A047)
    _heard(tmp_path)
    own = Phrase("call", "Xin mời {number} vào quầy {counter}", "{number}, counter {counter}")
    voice = Voice("1", "", languages=("vi",), region="south", chime="bell", digits=False)
    speaker.adopt(replace(CATALOGUE, voices=(voice,), phrases=(own,)))
    speaker.say(A047)
    assert _heard(tmp_path, 2)[1] == _expected(speech, _called(A047), voice, (own,))


@pytest.mark.req("S3")
def test_each_zone_is_spoken_by_its_own_loudspeaker_and_voice(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    voices = Voice("1", "", ("A",), languages=("vi",)), Voice("2", "", ("B",), languages=("en",), chime="soft")
    of = replace(CATALOGUE, voices=voices)
    folders = [tmp_path / zone for zone in ("A", "B", "all")]
    speakers = [
        open_speaker(*_simulated(folder), of=of, zones=zones)
        for folder, zones in zip(folders, (("A",), ("B",), ()), strict=True)
    ]
    here, there, nowhere = replace(A047, zone="A"), replace(B112, zone="B"), Notice("Xin chào", "Hello", ("C",))
    for said in (here, there, nowhere):
        for speaker in speakers:
            speaker.say(said)
    first, second = (_expected(speech, _called(said), voice) for said, voice in ((here, voices[0]), (there, voices[1])))
    assert _heard(folders[0]) == [first]
    assert _heard(folders[1]) == [second]
    assert _heard(folders[2], 3) == [first, second, _expected(speech, nowhere)]


def test_a_counter_without_a_zone_and_a_change_of_room_are_heard_everywhere(open_speaker: Open, tmp_path: Path) -> None:
    speaker = open_speaker(*_simulated(tmp_path), of=ENGLISH, zones=("A",))
    speaker.say(replace(B112, zone="B"))
    speaker.say(A047)
    speaker.say(Move("d" * 32, "A012", 3, "103"))
    _heard(tmp_path, 2)


def test_the_second_call_waits_for_the_first_and_neither_is_cut_off(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    begun_s = time.monotonic()
    speaker = open_speaker(*_simulated(tmp_path, fast=False), of=ENGLISH)
    speaker.say(A047)
    _begun(tmp_path)
    speaker.say(B112)
    sounds = _heard(tmp_path, 2)
    assert sounds == [_expected(speech, _called(said), ENGLISH.voices[0]) for said in (A047, B112)]
    assert time.monotonic() - begun_s > levels.seconds(sounds[0]), "the second began before the first had ended"
    assert not (tmp_path / "busy").exists()
    assert speaker.fault == ""


@pytest.mark.req("K11", "S6")
def test_what_is_not_a_call_waits_for_the_calls_and_is_spoken_after_a_chime(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    speaker = open_speaker(*_simulated(tmp_path), begin=False)
    closing, fire = Notice("Sắp hết giờ làm việc"), Notice("Xin rời khỏi toà nhà", "Please leave", urgent=True)
    moves = Move("c" * 32, "A012", 3, "103"), Move("d" * 32, "A015", 3, "103")
    for said in (closing, *moves, B112, fire):
        speaker.say(said)
    speaker.start()
    assert _heard(tmp_path, 4) == [_expected(speech, said) for said in (fire, _called(B112), Moves(moves), closing)]


@pytest.mark.req("S3")
def test_a_call_is_repeated_after_a_pause_without_a_second_chime_but_not_while_many_wait(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    voice = Voice("1", "", languages=("en",), times=2)
    of = replace(CATALOGUE, voices=(voice,))
    once = _expected(speech, _called(A047), voice)
    again = once[len(chime(voice.chime)) + len(levels.silence(LEAD_S)) :]
    open_speaker(*_simulated(tmp_path / "alone"), of=of).say(A047)
    assert _heard(tmp_path / "alone") == [once + levels.silence(AGAIN_S) + again]
    speaker = open_speaker(*_simulated(tmp_path / "crowd"), of=of, begin=False)
    speaker.say(A047)
    for number in range(4):
        speaker.say(Notice("", f"Number {number}"))
    speaker.start()
    assert _heard(tmp_path / "crowd", 5)[0] == once


@pytest.mark.req("S4")
def test_a_voice_without_a_chime_speaks_at_once(speech: Speech, open_speaker: Open, tmp_path: Path) -> None:
    voice = Voice("1", "", languages=("en",), chime="none")
    open_speaker(*_simulated(tmp_path), of=replace(CATALOGUE, voices=(voice,))).say(A047)
    assert _heard(tmp_path) == [_expected(speech, _called(A047), voice)]


def test_the_hour_sets_the_loudness_silence_plays_nothing_and_an_emergency_is_heard_at_night(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    def at_nine(percent: int) -> Catalogue:
        steps = (Loudness("08:00", percent), Loudness("10:00", 100))
        return replace(CATALOGUE, voices=(Voice("1", "", languages=("en",), loudness=steps),))

    open_speaker(*_simulated(tmp_path / "half"), of=at_nine(50)).say(A047)
    (sound,) = _heard(tmp_path / "half")
    full = _expected(speech, _called(A047), ENGLISH.voices[0])
    assert levels.rms_dbfs(sound) == pytest.approx(levels.rms_dbfs(full) - 6.02, abs=0.1)
    speaker = open_speaker(*_simulated(tmp_path / "none"), of=at_nine(0))
    fire = Notice("", "Please leave", urgent=True)
    speaker.say(A047)
    until(lambda: not speaker._calls.waiting)
    speaker.say(fire)
    assert _heard(tmp_path / "none") == [_expected(speech, fire, ENGLISH.voices[0])]


@pytest.mark.req("S6", "S4")
def test_uploaded_sounds_are_chime_and_announcement_once_they_are_here(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    gong, told = (levels.even_out(speech.spoken(text, "en", "north")) for text in ("gong", "we close soon"))
    held: dict[str, tuple[Path, str]] = {}
    of = replace(
        CATALOGUE,
        voices=(Voice("1", "", languages=("en",), chime="gong"),),
        media=tuple(Medium(name, name, MediumKind.SOUND, name, 1, 1.0) for name in ("gong", "told")),
    )
    speaker = open_speaker(*_simulated(tmp_path / "s"), of=of, said=Speech(tmp_path / "cache", lambda: held))
    notice = Notice("", "We close", sound="told")
    speaker.say(notice)
    assert _heard(tmp_path / "s") == [_expected(speech, notice, ENGLISH.voices[0])]
    for name, sound in (("gong", gong), ("told", told)):
        (tmp_path / name).write_bytes(levels.as_wave(sound))
        held[name] = (tmp_path / name, "audio/wav")
    speaker.say(notice)
    played = [levels.even_out(sound) for sound in (gong, told)]
    assert _heard(tmp_path / "s", 2)[1] == levels.silence(LEAD_S).join(played)


def test_a_recording_that_is_nowhere_is_a_fault_where_there_is_no_text_for_it(
    open_speaker: Open, tmp_path: Path
) -> None:
    media = (Medium("told", "told", MediumKind.SOUND, "f" * 64, 1, 1.0),)
    speaker = open_speaker(*_simulated(tmp_path), of=replace(CATALOGUE, media=media))
    speaker.say(Notice("", sound="told"))
    until(lambda: "the sound ffffffff is not here" in speaker.fault)


@pytest.mark.req("P5")
def test_a_call_that_was_undone_while_another_is_spoken_is_not_heard(
    speech: Speech, open_speaker: Open, tmp_path: Path
) -> None:
    speaker = open_speaker(*_simulated(tmp_path, fast=False), of=ENGLISH)
    speaker.say(A047)
    _begun(tmp_path)
    for said in (B112, C009, Withdrawn((B112.ticket,))):
        speaker.say(said)
    assert _heard(tmp_path, 2)[1] == _expected(speech, _called(C009), ENGLISH.voices[0])


def test_a_call_that_is_too_old_is_not_spoken_and_the_log_names_nobody(
    speech: Speech, open_speaker: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    speaker = open_speaker(*_simulated(tmp_path), begin=False)
    speaker.say(A047, 91_000)
    speaker.say(B112, 80_000)
    speaker.start()
    assert _heard(tmp_path) == [_expected(speech, _called(B112))]
    assert "1 calls waited too long" in caplog.text
    assert "A047" not in caplog.text


def test_an_absent_sound_card_is_reported_once_and_its_return_once(
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


@pytest.mark.parametrize(
    ("player", "fault"),
    [
        (("false",), "false ended with status 1"),
        (("true",), "true ended before the sound was over"),
        (("sh", "-c", "cat >/dev/null; exit 3"), "sh ended with status 3"),
        (("aplay", "-q", "-D", "hw:99", "-"), "aplay ended with status 1"),
    ],
)
def test_a_player_that_fails_is_reported(open_speaker: Open, player: Sequence[str], fault: str) -> None:
    speaker = open_speaker(*player)
    speaker.say(A047)
    until(lambda: speaker.fault == fault, within_s=20)


@pytest.mark.parametrize(
    "player", [("sleep", "600"), ("sh", "-c", "cat >/dev/null; exec sleep 600")], ids=["takes nothing", "never ends"]
)
def test_a_player_that_hangs_is_stopped_and_the_next_call_is_tried(
    open_speaker: Open, monkeypatch: pytest.MonkeyPatch, player: Sequence[str]
) -> None:
    monkeypatch.setattr("edge.speech.player.HUNG_S", -1.0)  # of the sound's length
    speaker = open_speaker(*player, of=ENGLISH)
    speaker.say(A047)
    until(lambda: speaker.fault.endswith("did not end and was stopped"), within_s=20)
    assert speaker._thread.is_alive()


def test_closing_falls_silent_at_once(speech: Speech, tmp_path: Path, open_speaker: Open) -> None:
    speaker = open_speaker(*_simulated(tmp_path, fast=False))
    speaker.say(A047)
    _begun(tmp_path)
    speaker.close()
    with (tmp_path / ".device").open() as device:
        fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while a player holds it
    assert _sounds(tmp_path) == []


def test_the_chime_sounds_before_the_speech_is_made(
    speech: Speech, open_speaker: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that takes its time does not hold the chime back; a slow Pi with an empty cache is such a one."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "espeak-ng").write_text(
        f'#!/bin/sh\ncase "$*" in *--voices*) ;; *) while [ ! -e {tmp_path}/s/begun ]; do sleep 0.05; done;; esac\n'
        'exec /usr/bin/espeak-ng "$@"\n'
    )
    (bin_ / "espeak-ng").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    open_speaker(*_simulated(tmp_path / "s"), of=ENGLISH, said=Speech(tmp_path / "cache")).say(A047)
    assert _heard(tmp_path / "s") == [_expected(speech, _called(A047), ENGLISH.voices[0])]


def test_aplay_takes_a_sound_whose_length_it_is_not_told() -> None:
    sound = HEADER + chime("bell")
    done = subprocess.run(["aplay", "-D", "null", "-"], input=sound, capture_output=True, check=True, timeout=60)
    assert b"Signed 16 bit Little Endian, Rate 22050 Hz, Mono" in done.stderr


@pytest.mark.parametrize("hurt", [lambda w: w[:-10], lambda w: b"RIFX" + w[4:], lambda w: w[:20] + b"\x03" + w[21:]])
def test_the_simulated_speaker_refuses_a_broken_wav(tmp_path: Path, hurt: Callable[[bytes], bytes]) -> None:
    sound = levels.as_wave(chime("soft"))
    assert duration_s(sound) == pytest.approx(0.9)
    with pytest.raises(NotPlayable):
        duration_s(hurt(sound))
    done = subprocess.run(_simulated(tmp_path), input=hurt(sound), capture_output=True, check=False, timeout=30)
    assert done.returncode == 1
    assert _sounds(tmp_path) == []


def test_no_notice_shows_its_words_in_the_log() -> None:
    assert "Nguyễn" not in repr(Notice("Mời bà Nguyễn Thị A"))


def test_a_fault_that_nothing_expects_costs_one_call_and_is_logged_once(
    open_speaker: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = replace(CATALOGUE, facility=replace(CATALOGUE.facility, time_zone="No/Where"))
    speaker = open_speaker(*_simulated(tmp_path), of=nowhere)
    for call in (A047, B112):
        speaker.say(call)
        until(lambda: not speaker._calls.waiting, what="the call to be taken")
    until(lambda: speaker.fault == "unexpected ZoneInfoNotFoundError", within_s=20, what="the fault")
    speaker.adopt(CATALOGUE)
    speaker.say(C009)
    until(lambda: not speaker.fault, within_s=20, what="the next call to be spoken")
    assert _sounds(tmp_path)
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == ["a call was not spoken, by a fault of this program: ZoneInfoNotFoundError"]
