"""Sounds evened out, trimmed and turned down; and the chimes."""

import array
import cmath
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.voice.chime import CHIMES, chime
from edge.contracts import hall
from edge.speech import levels
from edge.speech.levels import RATE_HZ, NotSound

PEAK = round(levels.FULL_SCALE * 10 ** (levels.PEAK_DBFS / 20))


def tone(amplitude: float, length_s: float = 0.5, tone_hz: float = 440.0) -> bytes:
    """A sine of this amplitude, 0 to 1."""
    step = 2 * math.pi * tone_hz / RATE_HZ
    return array.array(
        "h", (round(levels.FULL_SCALE * amplitude * math.sin(step * at)) for at in range(int(length_s * RATE_HZ)))
    ).tobytes()


def strength(sound: bytes, tone_hz: float, begin_s: float, length_s: float = 0.25) -> float:
    """How strong a tone is in a part of a sound."""
    window = array.array("h", sound)[int(begin_s * RATE_HZ) : int((begin_s + length_s) * RATE_HZ)]
    return abs(sum(s * cmath.exp(-2j * cmath.pi * tone_hz * at / RATE_HZ) for at, s in enumerate(window))) / len(window)


@pytest.mark.parametrize("amplitude", [0.003, 0.05, 0.5, 1.0])
def test_loud_and_soft_recordings_become_as_loud_as_each_other(amplitude: float) -> None:
    assert levels.rms_dbfs(levels.even_out(tone(amplitude))) == pytest.approx(levels.RMS_DBFS, abs=0.2)


def test_silence_between_words_does_not_make_them_louder() -> None:
    words = tone(0.3) + levels.silence(2.0) + tone(0.3)
    assert levels.rms_dbfs(levels.even_out(words)[: len(tone(0.3))]) == pytest.approx(levels.RMS_DBFS, abs=0.2)


def test_nothing_is_clipped_where_a_single_knock_is_much_louder_than_the_rest() -> None:
    knock = array.array("h", tone(0.02))
    knock[5000] = 32_767
    assert max(map(abs, array.array("h", levels.even_out(knock.tobytes())))) <= PEAK


@given(st.binary(max_size=4000).filter(lambda sound: len(sound) % 2 == 0))
def test_whatever_the_samples_the_peak_is_kept_and_the_length_too(sound: bytes) -> None:
    evened = levels.even_out(sound)
    assert len(evened) == len(sound)
    assert max(map(abs, array.array("h", evened)), default=0) <= max(PEAK, 0)
    assert len(levels.trim(sound)) <= len(sound)


def test_silence_stays_silence_and_trims_to_nothing() -> None:
    assert levels.even_out(levels.silence(0.2)) == levels.silence(0.2)
    assert levels.even_out(b"") == levels.trim(b"") == levels.trim(levels.silence(0.2)) == b""


@pytest.mark.req("S5")
def test_a_recording_loses_the_silence_at_its_ends_and_begins_and_ends_softly() -> None:
    hiss = array.array("h", [(-1) ** at * 60 for at in range(RATE_HZ)]).tobytes()
    trimmed = levels.trim(hiss + tone(0.3) + hiss)
    assert levels.seconds(trimmed) == pytest.approx(0.5 + 2 * levels.EDGE_S, abs=0.03)
    samples = array.array("h", trimmed)
    assert samples[0] == samples[-1] == 0


def test_a_sound_is_turned_down_by_its_amplitude_and_shortened_without_a_click() -> None:
    sound = tone(0.5)
    assert levels.turned_to(sound, 100) is sound
    assert levels.rms_dbfs(levels.turned_to(sound, 50)) == pytest.approx(levels.rms_dbfs(sound) - 6.02, abs=0.05)
    short = levels.shorten(sound, 0.2)
    assert (levels.seconds(short), array.array("h", short)[-1]) == (0.2, 0)
    assert levels.shorten(sound, 1.0) is sound


@pytest.mark.parametrize("hurt", [b"", b"RIFF", levels.as_wave(tone(0.1))[:-10], b"RIFX" + bytes(80)])
def test_what_is_no_sound_is_refused(hurt: bytes) -> None:
    assert levels.from_wave(levels.as_wave(tone(0.1))) == tone(0.1)
    with pytest.raises(NotSound):
        levels.from_wave(hurt)


@pytest.mark.req("S4")
def test_every_chime_that_a_voice_may_have_is_there() -> None:
    assert {*CHIMES, "none"} == set(hall.CHIMES)
    assert chime("none") == b""


@pytest.mark.req("S4")
@pytest.mark.parametrize("name", CHIMES)
def test_a_chime_sounds_at_once_as_loud_as_speech_never_clips_and_dies_away(name: str) -> None:
    sound = chime(name)
    samples = array.array("h", sound)
    assert 0.8 < levels.seconds(sound) < 1.7
    assert -23 < levels.rms_dbfs(sound) < -19
    assert max(map(abs, samples)) <= PEAK
    assert max(map(abs, samples[: RATE_HZ // 10])) > 2_000
    assert max(map(abs, samples[-RATE_HZ // 50 :])) < 300
    assert levels.rms_dbfs(chime(name, 50)) == pytest.approx(levels.rms_dbfs(sound) - 6.02, abs=0.1)


@pytest.mark.req("S4")
@pytest.mark.parametrize(
    ("name", "tones"), [("two-tones", (659.26, 523.25)), ("three-tones", (523.25, 659.26, 783.99))]
)
def test_the_tones_of_a_chime_come_one_after_another(name: str, tones: tuple[float, ...]) -> None:
    sound = chime(name)
    gap_s = CHIMES[name].gap_s
    for at, tone_hz in enumerate(tones):
        others = [strength(sound, other, at * gap_s + 0.03) for other in tones[at + 1 :]]
        assert all(strength(sound, tone_hz, at * gap_s + 0.03) > 3 * other for other in others)
    assert strength(sound, tones[-1], gap_s * (len(tones) - 1) + 0.03) > 300
