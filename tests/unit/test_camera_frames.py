"""The frames between the kiosk and the process that holds its camera."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.devices.cameras.frames import (
    HEADER,
    MAGIC,
    MOST_PIXELS,
    MOST_TEXT,
    Fault,
    Frame,
    FrameError,
    Frames,
    Lost,
    Picture,
    Shot,
    pack_lost,
    pack_shot,
)

numbers = st.integers(0, 2**32 - 1)
pictures = st.builds(
    lambda width, height, seed: np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 1000),
)
frames = st.one_of(
    st.builds(Shot, st.booleans(), numbers, pictures),
    st.builds(Lost, st.sampled_from(Fault), st.text(st.characters(codec="utf-8"), max_size=40)),
)


def packed(frame: Frame) -> bytes:
    if isinstance(frame, Lost):
        return pack_lost(frame)
    return b"".join(pack_shot(frame.still, frame.number, frame.picture))


def plain(frame: Frame) -> tuple[object, ...]:
    """A frame in a form that compares."""
    if isinstance(frame, Lost):
        return frame.fault, frame.why
    return frame.still, frame.number, frame.picture.shape, frame.picture.tobytes()


def read_whole(stream: bytes) -> list[Frame]:
    decoder = Frames()
    came = decoder.feed(stream)
    decoder.end()
    return came


def grey(height: int, width: int) -> Picture:
    return np.full((height, width, 3), 128, np.uint8)


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(sent: list[Frame], pieces: list[int]) -> None:
    stream = b"".join(map(packed, sent))
    decoder = Frames()
    came: list[Frame] = []
    at, turn = 0, 0
    while at < len(stream):
        size = pieces[turn % len(pieces)]
        came += decoder.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    decoder.end()
    assert list(map(plain, came)) == list(map(plain, sent))


@given(frames, st.data())
def test_a_frame_that_is_cut_off_is_an_error_and_no_frame(frame: Frame, data: st.DataObject) -> None:
    stream = packed(frame)
    decoder = Frames()
    assert decoder.feed(stream[: data.draw(st.integers(1, len(stream) - 1))]) == []
    with pytest.raises(FrameError):
        decoder.end()


@given(frames, frames, st.data())
def test_bytes_that_are_lost_on_the_way_are_noticed_by_the_next_frame_at_the_latest(
    first: Frame, second: Frame, data: st.DataObject
) -> None:
    stream = packed(first)
    at = data.draw(st.integers(0, len(stream) - 1))
    size = data.draw(st.integers(1, len(stream) - at))
    lossy = stream[:at] + stream[at + size :] + packed(second)
    if at == 0 and size == len(stream):  # a whole frame is not missed
        assert list(map(plain, read_whole(lossy))) == [plain(second)]
        return
    assume(size % len(packed(second)))  # a gap exactly as long as whole frames swallows those and no more
    with pytest.raises(FrameError):
        read_whole(lossy + packed(second))


@given(st.binary(min_size=HEADER.size, max_size=200))
def test_what_is_no_frame_raises_nothing_but_a_frame_error(data: bytes) -> None:
    decoder = Frames()
    if not data.startswith(MAGIC):
        with pytest.raises(FrameError):
            decoder.feed(data)


@given(st.integers(0, 255), numbers, st.integers(0, 65535), st.integers(0, 65535), numbers)
def test_no_header_makes_the_decoder_wait_for_more_than_the_largest_picture(
    kind: int, number: int, width: int, height: int, size: int
) -> None:
    decoder = Frames()
    try:
        decoder.feed(HEADER.pack(MAGIC, kind, number, width, height, size))
    except FrameError:
        return
    assert size <= (MOST_PIXELS * 3 if kind in (1, 2) else MOST_TEXT)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param((b"MSCG", 1, 1, 2, 2, 12), id="another magic"),
        pytest.param((MAGIC, 0, 1, 2, 2, 12), id="kind 0"),
        pytest.param((MAGIC, 4, 1, 2, 2, 12), id="kind 4"),
        pytest.param((MAGIC, 1, 1, 2, 2, 11), id="a byte too few for the size"),
        pytest.param((MAGIC, 2, 1, 2, 2, 13), id="a byte too many for the size"),
        pytest.param((MAGIC, 1, 1, 0, 2, 0), id="no width"),
        pytest.param((MAGIC, 2, 1, 5000, 4001, 5000 * 4001 * 3), id="more pixels than any camera has"),
        pytest.param((MAGIC, 3, 1, 0, 0, MOST_TEXT + 1), id="a long fault"),
        pytest.param((MAGIC, 3, 1, 1, 0, 3), id="a fault with a width"),
    ],
)
def test_a_header_that_is_wrong_is_refused_before_what_it_announces(
    header: tuple[bytes, int, int, int, int, int],
) -> None:
    with pytest.raises(FrameError):
        Frames().feed(HEADER.pack(*header))


@pytest.mark.parametrize(("fault", "text"), [(0, b"x"), (9, b"x"), (1, b"\xff\xfe")])
def test_a_fault_that_is_none_is_refused(fault: int, text: bytes) -> None:
    with pytest.raises(FrameError):
        Frames().feed(HEADER.pack(MAGIC, 3, fault, 0, 0, len(text)) + text)


def test_the_largest_picture_is_taken_and_a_larger_one_is_never_sent() -> None:
    largest = grey(4000, 5000)
    (shot,) = Frames().feed(b"".join(pack_shot(True, 7, largest)))
    assert isinstance(shot, Shot)
    assert shot.picture.shape == largest.shape
    with pytest.raises(FrameError):
        pack_shot(True, 8, grey(4001, 5000))


@pytest.mark.parametrize("picture", [np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), grey(0, 4)])
def test_what_is_no_picture_is_not_sent(picture: Picture) -> None:
    with pytest.raises(FrameError):
        pack_shot(False, 1, picture)


def test_a_view_of_a_picture_is_sent_as_what_it_shows() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)[:, ::-2]
    (shot,) = Frames().feed(b"".join(pack_shot(False, 1, picture)))
    assert isinstance(shot, Shot)
    assert np.array_equal(shot.picture, picture)


def test_a_long_reason_is_cut_between_two_letters() -> None:
    (lost,) = Frames().feed(pack_lost(Lost(Fault.ABSENT, "ễ" * 100)))
    assert lost == Lost(Fault.ABSENT, "ễ" * (MOST_TEXT // 3))


def test_the_bytes_of_a_frame_are_as_the_documents_say() -> None:
    picture = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert b"".join(pack_shot(True, 9, picture)).hex(" ") == (
        "4d 53 43 46 02 00 00 00 09 00 02 00 01 00 00 00 06 01 02 03 04 05 06"
    )
    assert pack_lost(Lost(Fault.BUSY, "x")).hex(" ") == "4d 53 43 46 03 00 00 00 02 00 00 00 00 00 00 00 01 78"


def test_no_repr_shows_what_was_seen() -> None:
    assert repr(Shot(True, 3, grey(4, 5))) == "Shot(still 3, 5x4)"
    assert repr([Shot(False, 3, grey(4, 5))]) == "[Shot(watch 3, 5x4)]"
