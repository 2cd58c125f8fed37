"""Every spoken phrase as sound: made by the real engine or of recordings, measured and listened to."""

import array
import io
import subprocess
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from board_controller.signage import Announcement, Move
from board_controller.voice.calls import Called, Moves, Said
from board_controller.voice.sentence import lines
from board_controller.voice.speaker import Speaker
from board_controller.voice.voices import DEFAULT_VOICE
from edge.contracts import phrases
from edge.contracts.hall import Medium, MediumKind, Recording, Voice
from edge.contracts.spoken_numbers import EN_DIGITS
from edge.daemon.config import ConfigError
from edge.speech import levels
from edge.speech.synthesis import ENGLISH, VIETNAMESE, Speech, SpeechFailed
from tests import hall
from tests.waiting import until

pytestmark = pytest.mark.req("S1", "S2")
CALL = Called((Announcement("a" * 32, "A047", 1, "101", ""),))
PEAK = levels.FULL_SCALE * 10 ** (levels.PEAK_DBFS / 20)
EVERYTHING: Mapping[str, Said] = {
    "call": CALL,
    "call without a room": Called((Announcement("a" * 32, "B999", 32, "", ""),)),
    "two calls": Called((Announcement("a" * 32, "A001", 1, "", ""), Announcement("b" * 32, "A002", 1, "", ""))),
    "move-room": Moves((Move("a" * 32, "A012", 3, "103"),)),
    "move-counter": Moves((Move("a" * 32, "A012", 3),)),
    "move-free": Moves((Move("a" * 32, "A012"),)),
}


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return Speech(tmp_path_factory.mktemp("voice"))


@pytest.mark.parametrize("said", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize("digits", [True, False], ids=["digits", "number"])
def test_every_phrase_is_sound_of_the_right_length_and_level_in_every_voice(
    speech: Speech, said: Said, digits: bool
) -> None:
    for region in VIETNAMESE:
        for line in lines(said, Voice("1", "", region=region, digits=digits), ()):
            sound = speech.spoken(line.text, line.language, line.region)
            samples = array.array("h", sound)
            syllables = len(line.text.split())
            assert 0.12 * syllables < levels.seconds(sound) < 0.65 * syllables + 1
            assert -24 < levels.rms_dbfs(sound) < -19
            assert max(map(abs, samples)) <= PEAK, "clipped"
            assert len(levels.trim(sound)) > 0.8 * len(sound), "silence at its ends"
            longest = max(map(len, _silences(samples)), default=0)
            assert longest / levels.RATE_HZ < 0.8, "a hole in the sentence"


def _silences(samples: "array.array[int]") -> Iterator[range]:
    begin = 0
    for at, sample in enumerate(samples):
        if abs(sample) > 200:
            yield range(begin, at)
            begin = at + 1


@pytest.mark.req("S3")
@pytest.mark.parametrize(
    ("region", "phonemes"),
    [
        ("north", "m'@:2j_| s'o3_| _b'e1_| x,o#1N_| m'o6t[_| _b'a4j_| d_,e3n_| kw'@I2_| h'a:1j_| m'y@1j_| m'o3t[_|"),
        ("central", "m'@:2j_| s'o3_| _b'e1_| x,o#1N_| m'o6kh_| _b'a4j_| d_,e3N_| kw'@I2_| h'a:1j_| m'y@1j_| m'o3kh_|"),
        ("south", "m'@-2_| s'o3_| _b'e1_| x,o#1N_| m'o6kh_| _b'a:I4_| d_,@:3N_| kw'@I2_| h'a:1j_| m'y@1j_| m'o3kh_|"),
    ],
)
def test_the_engine_pronounces_a_call_as_the_region_does(region: str, phonemes: str) -> None:
    """The digits are the tones. How a region sounds them, phonemes do not tell."""
    call = Called((Announcement("a" * 32, "B017", 21, "", ""),))
    (line,) = lines(call, Voice("1", "", languages=("vi",), region=region), ())  # type: ignore[arg-type]
    assert line.text == "Mời số bê không một bảy, đến quầy hai mươi mốt"
    assert " ".join(_phonemes(VIETNAMESE[line.region], line.text).split()) == phonemes


@pytest.mark.req("S3")
def test_the_six_tones_of_the_north_are_six_and_a_decomposed_text_is_read_like_a_composed_one() -> None:
    assert len({_phonemes("vi", word) for word in ("ba", "bà", "bá", "bả", "bã", "bạ")}) == 6
    assert _phonemes("vi", phrases.clean("ba\u0309y")) == _phonemes("vi", "bảy")


def test_the_article_trap_of_english_is_avoided() -> None:
    english = lines(CALL, Voice("1", "", languages=("en",)), ())[0].text
    assert _phonemes(ENGLISH, english.partition(", please")[0]).split()[1] == "'eI"  # the letter, not "a zero"


def _phonemes(voice: str, text: str) -> str:
    return subprocess.run(
        ["espeak-ng", "-q", "-x", "-v", voice, text], capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()


def test_an_offline_recogniser_hears_most_english_digits_and_none_backwards(speech: Speech) -> None:
    """A weak judge: it hears 6 of the 10 here, and no synthetic "seven"; by chance it would hear one."""
    pocketsphinx = pytest.importorskip("pocketsphinx", reason="no wheel for this Python")
    models = [pocketsphinx.get_model_path(f"en-us/{name}") for name in ("en-us", "cmudict-en-us.dict")]
    judge = pocketsphinx.Decoder(samprate=16_000, loglevel="FATAL", hmm=models[0], dict=models[1], lm=None)
    judge.add_jsgf_string("digit", f"#JSGF V1.0; grammar digit; public <digit> = {' | '.join(EN_DIGITS)};")
    judge.activate_search("digit")

    def heard(sound: bytes) -> str:
        judge.start_utt()
        judge.process_raw(_at_16_khz(levels.silence(0.4) + sound + levels.silence(0.4)), full_utt=True)
        judge.end_utt()
        return judge.hyp().hypstr if judge.hyp() else ""

    sounds = {digit: speech.spoken(digit, "en", "north") for digit in EN_DIGITS}
    assert sum(heard(sound) == digit for digit, sound in sounds.items()) >= 5
    backwards = {digit: np.frombuffer(sound, "<i2")[::-1].tobytes() for digit, sound in sounds.items()}
    assert sum(heard(sound) == digit for digit, sound in backwards.items()) <= 2


def _at_16_khz(sound: bytes) -> bytes:
    samples = np.frombuffer(sound, "<i2").astype(float)
    length = len(samples) * 16_000 // levels.RATE_HZ
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return bytes((np.fft.irfft(spectrum, length) * length / len(samples)).astype("<i2").tobytes())


class TestRecordings:
    """A pack that somebody recorded: here the engine's other voice speaks each fragment, at ten levels."""

    @pytest.fixture(scope="module")
    @staticmethod
    def pack(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
        """Fragment id → its file, for all that the catalogue needs in the south."""
        folder, engine = tmp_path_factory.mktemp("pack"), Speech(tmp_path_factory.mktemp("engine"))
        files = {}
        for at, fragment in enumerate(phrases.needed_fragments(hall.catalogue(), "vi", "south")):
            spoken = levels.turned_to(engine.spoken(fragment.text, "vi", "north"), 10 + at * 7 % 90)
            path = folder / fragment.id.replace("/", "-")
            path.write_bytes(levels.as_wave(levels.silence(0.3) + spoken + levels.silence(0.5)))
            files[fragment.id] = (path, "audio/wav")
        return files

    @pytest.fixture
    def spoken(self, pack: dict[str, tuple[Path, str]], tmp_path: Path) -> Speech:
        return Speech(tmp_path / "cache", lambda: pack)

    @pytest.mark.req("S5")
    @pytest.mark.parametrize("said", EVERYTHING.values(), ids=EVERYTHING)
    def test_a_whole_pack_speaks_every_phrase_evenly_and_without_long_gaps(self, spoken: Speech, said: Said) -> None:
        for line in lines(said, Voice("1", "", languages=("vi",), region="south"), ()):
            sound = spoken.joined([fragment.id for fragment in line.fragments])
            if "32" in str(said):  # the catalogue has four counters
                assert sound is None
                continue
            assert sound is not None
            assert -24 < levels.rms_dbfs(sound) < -19
            assert max(map(abs, array.array("h", sound))) <= PEAK
            silences = max(map(len, _silences(array.array("h", sound))))
            assert silences / levels.RATE_HZ < 0.35

    @pytest.mark.req("S5")
    def test_a_fragment_that_is_missing_or_damaged_leaves_the_whole_sentence_to_the_engine(
        self, spoken: Speech, pack: dict[str, tuple[Path, str]], tmp_path: Path
    ) -> None:
        (line,) = lines(CALL, Voice("1", "", languages=("vi",), region="south"), ())
        ids = [fragment.id for fragment in line.fragments]
        assert spoken.joined(ids)
        assert spoken.joined([*ids, "f" * 64]) is None
        assert spoken.joined([]) is None
        hurt = tmp_path / "hurt"
        hurt.write_bytes(b"RIFF")
        silent = tmp_path / "silent"
        silent.write_bytes(levels.as_wave(levels.silence(1)))
        for path in (hurt, silent, tmp_path / "gone"):
            assert Speech(tmp_path / "c", lambda path=path: pack | {ids[0]: (path, "")}).joined(ids) is None  # type: ignore[misc]

    @pytest.mark.req("S5")
    @pytest.mark.parametrize(("recordings", "recorded"), [(True, True), (False, False)])
    def test_the_speaker_uses_a_pack_where_the_voice_says_so(
        self, spoken: Speech, pack: dict[str, tuple[Path, str]], tmp_path: Path, recordings: bool, recorded: bool
    ) -> None:
        voice = Voice("1", "", languages=("vi",), region="south", chime="none", recordings=recordings)
        catalogue = replace(
            hall.catalogue(),
            voices=(voice,),
            media=tuple(Medium(f"m{at}", "", MediumKind.SOUND, one, 1, 1.0) for at, one in enumerate(pack)),
            recordings=tuple(Recording(one, "", f"m{at}") for at, one in enumerate(pack)),
        )
        speaker = Speaker(spoken, ["sh", "-c", f"cat >{tmp_path}/new; mv {tmp_path}/new {tmp_path}/heard"])
        speaker.adopt(catalogue)
        speaker.start()
        try:
            speaker.say(CALL.calls[0])
            until((tmp_path / "heard").exists, within_s=20)
        finally:
            speaker.close()
        (line,) = lines(CALL, voice, ())
        joined = spoken.joined([fragment.id for fragment in line.fragments])
        engine = spoken.spoken(line.text, "vi", "south")
        assert (tmp_path / "heard").read_bytes().endswith((joined or b"?") if recorded else engine)


class TestKept:
    """What was said once is kept."""

    def test_what_was_said_once_is_kept_and_a_torn_file_is_made_anew(self, tmp_path: Path) -> None:
        voice = Speech(tmp_path)
        first = voice.spoken("Mời số A không bốn bảy", "vi", "north")
        (kept,) = tmp_path.glob("*.wav")
        made = kept.stat().st_ino
        assert voice.spoken("Mời số A không bốn bảy", "vi", "north") == first
        assert kept.stat().st_ino == made
        kept.write_bytes(kept.read_bytes()[:100])
        assert voice.spoken("Mời số A không bốn bảy", "vi", "north") == first
        with wave.open(io.BytesIO(kept.read_bytes())) as file:
            assert file.readframes(file.getnframes()) == first

    def test_the_cache_drops_its_eldest_files_to_stay_in_its_bound(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("edge.speech.kept.KEPT_BYTES", 250_000)
        voice = Speech(tmp_path)
        for number in range(12):
            voice.spoken(f"Mời số {number}", "vi", "north")
        files = [*tmp_path.iterdir()]
        assert 1 < len(files) < 12
        assert sum(path.stat().st_size for path in files) <= 250_000

    def test_a_cache_that_cannot_be_written_costs_no_call(self, tmp_path: Path) -> None:
        folder = tmp_path / "voice"
        voice = Speech(folder)
        folder.rmdir()
        assert levels.seconds(voice.spoken("Mời số A", "vi", "north")) > 0.5

    def test_a_cache_that_cannot_be_made_ends_the_program_at_start(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(ConfigError, match=r"speaker\.cache"):
            Speech(tmp_path / "file")


def test_a_missing_engine_or_voice_ends_the_program_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="apt-get install espeak-ng"):
        Speech(tmp_path)
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\necho Pty\necho ' 5  en-gb  --/M  English  gmw/en'\n")
    (tmp_path / "espeak-ng").chmod(0o755)
    with pytest.raises(ConfigError, match="no voice 'vi'"):
        Speech(tmp_path)


@pytest.mark.parametrize("text", ["-x", "--voices"])
def test_a_text_that_the_engine_would_misread_is_a_failure_and_not_silence(speech: Speech, text: str) -> None:
    with pytest.raises(SpeechFailed):
        speech.spoken(text, "vi", "north")


def test_an_engine_that_gives_no_sound_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Speech(tmp_path / "cache")
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "espeak-ng").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechFailed, match="no WAV but 0 bytes"):
        made.spoken("một", "vi", "north")
    assert DEFAULT_VOICE.region == "north"
