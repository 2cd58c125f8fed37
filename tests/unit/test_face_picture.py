"""Pictures from outside are bounded and leave by one exception; portraits are small and carry nothing else."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.face.picture import MOST_BYTES, PORTRAIT_SIDES, PictureError, cut, decode, encode_portrait
from tests.emrtd_files import damaged
from tests.faces import astronaut

RED = (200, 30, 40)


def made(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    """A picture of one colour in this format."""
    file = io.BytesIO()
    Image.new("RGB", size, RED).convert(mode).save(file, kind, **options)
    return file.getvalue()


KINDS = {kind: made(kind) for kind in ("JPEG", "PNG", "JPEG2000")}


@pytest.mark.req("K8")
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_rows_of_red_green_blue(kind: str) -> None:
    picture = decode(KINDS[kind])
    assert picture.shape == (30, 40, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert np.abs(picture.astype(int) - RED).max() < 12


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("JPEG", "CMYK")]
)
def test_pictures_of_other_colours_become_red_green_blue(kind: str, mode: str) -> None:
    assert decode(made(kind, mode=mode)).shape == (30, 40, 3)


def test_a_picture_that_says_it_lies_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the right side of what was seen is at the top
    assert decode(made("JPEG", exif=exif)).shape == (40, 30, 3)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8\xff\xe0" + bytes(40), id="the beginning of a JPEG"),
        pytest.param(KINDS["JPEG"][:200], id="cut off"),
        pytest.param(made("GIF"), id="another format"),
        pytest.param(made("PNG", (5000, 4001)), id="too many pixels in few bytes"),
        pytest.param(KINDS["JPEG"] + bytes(MOST_BYTES), id="too many bytes"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        decode(data)


@settings(max_examples=300)
@given(st.one_of(*(damaged(image) for image in KINDS.values()), st.binary(max_size=200)))
def test_damaged_pictures_leave_by_the_documented_exception(data: bytes) -> None:
    try:
        picture = decode(data)
    except PictureError:
        return
    assert picture.ndim == 3
    assert picture.shape[2] == 3


@pytest.mark.req("K8")
def test_a_portrait_is_small_and_carries_no_metadata() -> None:
    for picture in (astronaut(), np.random.default_rng(1).integers(0, 256, (900, 700, 3), np.uint8)):
        portrait = encode_portrait(picture, 40_960)
        assert len(portrait) <= 40_960
        assert b"Exif" not in portrait
        with Image.open(io.BytesIO(portrait)) as image:
            assert image.format == "JPEG"
            assert max(image.size) in PORTRAIT_SIDES
            assert not image.getexif()


def test_a_portrait_keeps_its_colours_and_is_never_made_larger() -> None:
    picture = decode(encode_portrait(np.full((60, 50, 3), RED, np.uint8), 40_960))
    assert picture.shape == (60, 50, 3)
    assert np.abs(picture.astype(int) - RED).max() < 12


def test_a_portrait_that_cannot_become_small_enough_is_told() -> None:
    with pytest.raises(PictureError, match="100 bytes"):
        encode_portrait(astronaut(), 100)


def test_what_is_cut_reaches_as_far_as_the_picture() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(cut(picture, 1, 2, 2, 9), picture[2:4, 1:3])
    assert np.array_equal(cut(picture, -5, -5, 7, 6), picture[:1, :2])
    assert cut(picture, 2, 2, 0, 0).size
