"""What an administrator may upload: pictures drawn anew, clips that TVs play, sounds as the loudspeakers want them."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.daemon.i18n import translations
from edge.hub import mp4, pictures, wav
from edge.hub.media_faults import MediumFault, Unfit
from tests.clips import box, clip, full, picture, samples, tone, track


def examined(data: bytes) -> mp4.Clip:
    return mp4.examine(len(data), lambda at, length: data[at : at + length])


@pytest.mark.req("T8")
@pytest.mark.parametrize("codec", ["avc1", "avc3", "vp09", "av01"])
@pytest.mark.parametrize("last", [True, False])
def test_a_clip_that_tvs_play_is_taken_wherever_its_movie_box_stands(codec: str, last: bool) -> None:
    found = examined(clip(track(codec), track("mp4a", "soun"), last=last))
    assert found == mp4.Clip(4.0, 1280, 720, codec)


def test_long_sizes_open_ends_and_upright_clips_are_read() -> None:
    moov = clip()[clip().index(b"moov") - 4 :]
    ftyp = box("ftyp", b"isom", bytes(4))
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 100) + bytes(100)
    assert examined(ftyp + long + moov).seconds == 4.0
    assert examined(ftyp + moov + struct.pack(">I4s", 0, b"mdat") + bytes(100)).seconds == 4.0
    assert examined(clip(track(size=(2160, 3840)))).height == 3840


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", MediumFault.CLIP),
        (box("free", b"x"), MediumFault.CLIP),
        (box("ftyp", b"isom", bytes(4)), MediumFault.TRUNCATED),
        (clip()[:-1], MediumFault.TRUNCATED),
        (clip(last=False)[:-1000], MediumFault.TRUNCATED),
        (clip(track(chunks=(40, 900_000))), MediumFault.TRUNCATED),
        (clip(track("hvc1")), MediumFault.HEVC),
        (clip(track("hev1")), MediumFault.HEVC),
        (clip(track("mp4v")), MediumFault.CODEC),
        (clip(track("mp4a", "soun")), MediumFault.NO_VIDEO),
        (clip(track(size=(4096, 2160))), MediumFault.WIDE),
        (clip(track(size=(2400, 2400))), MediumFault.WIDE),
        (clip(track(size=(0, 0))), MediumFault.CLIP),
        (clip(seconds=0), MediumFault.NO_LENGTH),
        (clip(seconds=5 * 3600), MediumFault.LONG_CLIP),
        (box("ftyp", b"isom", bytes(4)) + box("moov", full("mvhd")), MediumFault.NO_VIDEO),
        (box("ftyp", b"isom", bytes(4)) + box("moov", box("trak")), MediumFault.CLIP),
        (box("ftyp", b"isom", bytes(4)) + struct.pack(">I4s", 4, b"moov"), MediumFault.CLIP),
    ],
)
def test_a_clip_that_tvs_do_not_play_is_refused_with_its_reason(data: bytes, fault: MediumFault) -> None:
    with pytest.raises(Unfit) as refused:
        examined(data)
    assert refused.value.fault is fault
    assert "{" not in fault.value.format(**refused.value.values)


@given(st.binary(max_size=200), st.integers(0, 4000), st.integers(0, 4000), st.booleans())
def test_a_damaged_clip_is_refused_or_read_and_nothing_else_happens(
    noise: bytes, at: int, cut: int, last: bool
) -> None:
    whole = clip(track(), track("mp4a", "soun"), last=last)
    for data in (noise, whole[:at] + noise + whole[at + len(noise) :], whole[:cut], box("ftyp") + noise):
        try:
            assert examined(data).seconds > 0
        except Unfit:
            continue


@pytest.mark.req("S5")
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_any_pcm_sound_keeps_its_pitch_its_length_and_its_level(rate: int, width: int) -> None:
    sound = wav.convert(tone(0.5, rate, channels=2, width=width))
    heard = samples(sound.wav)
    assert sound.seconds == pytest.approx(0.5, abs=0.001)
    middle = heard[2000:-2000]
    assert np.sqrt((middle**2).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    loudest = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))).argmax() * 22_050 / len(middle)
    assert loudest == pytest.approx(440, abs=5)


@pytest.mark.req("S2")
def test_what_the_lower_rate_cannot_hold_does_not_come_back_as_another_tone() -> None:
    heard = samples(wav.convert(tone(0.5, 48_000, hz=15_000)).wav)
    assert np.abs(heard[1000:-1000]).max() < 0.01


def test_floating_point_and_extensible_wav_files_are_read() -> None:
    values = (0.5 * np.sin(np.arange(4410) / 20)).astype("<f4").tobytes()

    def file(form: bytes) -> bytes:
        chunks = struct.pack("<4sI", b"fmt ", len(form)) + form + struct.pack("<4sI", b"data", len(values)) + values
        return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks

    plain = struct.pack("<HHIIHH", 3, 1, 22_050, 88_200, 4, 32)
    extended = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 22_050, 88_200, 4, 32, 22, 32, 4) + struct.pack("<H14x", 3)
    assert np.abs(samples(wav.convert(file(plain)).wav)).max() == pytest.approx(0.5, abs=0.01)
    assert wav.convert(file(extended)) == wav.convert(file(plain))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"RIFF", MediumFault.SOUND),
        (tone()[:-100], MediumFault.SOUND),
        (tone(peak=0), MediumFault.SILENT),
        (tone(121, rate=8_000, channels=1), MediumFault.LONG_SOUND),
        (tone(rate=3_000), MediumFault.SOUND),
        (tone().replace(b"\x01\x00\x02\x00", b"\x55\x00\x02\x00", 1), MediumFault.SOUND),  # MP3 inside
    ],
)
def test_a_sound_that_cannot_be_played_is_refused(data: bytes, fault: MediumFault) -> None:
    with pytest.raises(Unfit) as refused:
        wav.convert(data)
    assert refused.value.fault is fault


@given(st.binary(max_size=120), st.integers(0, 500))
def test_a_damaged_sound_is_refused_or_converted_and_nothing_else_happens(noise: bytes, at: int) -> None:
    whole = tone(0.005)
    for data in (noise, b"RIFF\0\0\0\0WAVE" + noise, whole[:at] + noise + whole[at + len(noise) :]):
        try:
            assert wav.convert(data).seconds >= 0
        except Unfit:
            continue


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "P"), ("WEBP", "RGB")]
)
def test_what_a_camera_wrote_into_a_picture_is_gone_and_it_stands_upright(form: str, mode: str) -> None:
    redrawn = pictures.redraw(picture(form, (64, 48), exif=True, mode=mode), 1_000_000)
    assert b"CAMERA-OF-AN-OFFICER" not in redrawn
    assert b"Exif" not in redrawn
    image = Image.open(io.BytesIO(redrawn))
    assert image.size == (48, 64)
    assert not image.getexif()
    assert image.format == ("PNG" if form == "PNG" else "JPEG")


def test_a_picture_is_at_most_4k_and_what_is_transparent_stays_so() -> None:
    assert Image.open(io.BytesIO(pictures.redraw(picture("JPEG", (5000, 1000)), 10**7))).size == (3840, 768)
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 10))
    file = io.BytesIO()
    clear.save(file, "WEBP")
    redrawn = Image.open(io.BytesIO(pictures.redraw(file.getvalue(), 10**7)))
    assert (redrawn.format, redrawn.mode) == ("PNG", "RGBA")
    flat = Image.open(io.BytesIO(pictures.redraw(file.getvalue(), 10)))
    assert (flat.format, flat.mode) == ("JPEG", "RGB")


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    png = bytearray(picture("PNG"))
    png[16:24] = struct.pack(">II", 9000, 9000)
    with pytest.raises(Unfit) as refused:
        pictures.redraw(bytes(png), 10**7)
    assert refused.value.fault in (MediumFault.PIXELS, MediumFault.PICTURE)


@given(st.binary(max_size=60), st.integers(0, 900), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_damaged_picture_is_refused_or_redrawn_and_nothing_else_happens(noise: bytes, at: int, form: str) -> None:
    whole = picture(form)
    for data in (noise, whole[:12] + noise, whole[:at] + noise + whole[at + len(noise) :], whole[:at]):
        try:
            assert pictures.redraw(data, 10**6)
        except Unfit:
            continue


def test_every_reason_has_its_english_with_the_same_places() -> None:
    english = translations("en", "edge.hub")
    for fault in MediumFault:
        assert english.gettext(fault.value) != fault.value
        assert {part.split("}")[0] for part in fault.value.split("{")[1:]} == {
            part.split("}")[0] for part in english.gettext(fault.value).split("{")[1:]
        }
