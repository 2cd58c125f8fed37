"""The media store keeps what is whole and checked, and nothing else; the card is never filled by it."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.contracts.hall import MediumKind
from edge.hub import media
from edge.hub.media import FRESH_S, KEEP_S, LEAST_FREE_BYTES, MEGABYTE, MediaStore, Stored, content_type
from edge.hub.media_faults import MediumFault, Unfit
from edge.queueing.hall_checks import MOST_BYTES
from tests.clips import clip, picture, tone

GIGABYTE = 1000 * MEGABYTE


class Clock:
    """A clock that the test sets."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def store(folder: Path, clock: Clock | None = None, most: int = GIGABYTE, free: int = GIGABYTE) -> MediaStore:
    return MediaStore(folder, most, clock or Clock(), lambda _folder: free)


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def taken(into: MediaStore, data: bytes, named: tuple[str, ...] = (), declared: int | None = None) -> Stored:
    return asyncio.run(into.take(pieces(data), len(data) if declared is None else declared, named))


def refused(into: MediaStore, data: bytes, declared: int | None = None) -> MediumFault:
    with pytest.raises(Unfit) as unfit:
        taken(into, data, declared=declared)
    return unfit.value.fault


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The system itself refuses to write on, as it does on a full card."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.req("T8", "S5")
def test_each_kind_is_kept_under_its_hash_and_the_same_file_once(tmp_path: Path) -> None:
    here = store(tmp_path / "media")
    stored = [taken(here, data) for data in (picture(), clip(), tone(), tone())]
    assert [one.kind for one in stored] == [
        MediumKind.PICTURE,
        MediumKind.CLIP,
        MediumKind.SOUND,
        MediumKind.SOUND,
    ]
    assert stored[2] == stored[3]
    assert sorted(os.listdir(tmp_path / "media")) == sorted({one.sha256 for one in stored})
    paths = [here.path(one.sha256) for one in stored]
    assert [path and content_type(path) for path in paths][:3] == ["image/jpeg", "video/mp4", "audio/wav"]
    assert [path and path.stat().st_size for path in paths] == [one.size for one in stored]
    assert stored[1].seconds == 4.0
    here.close()


def test_a_clip_in_many_pieces_is_the_same_clip(tmp_path: Path) -> None:
    here = store(tmp_path)
    data = clip(media=bytes(3 * media._BLOCK))
    first = taken(here, data)
    assert asyncio.run(here.take(pieces(data, 65_536), None, ())) == first
    path = here.path(first.sha256)
    assert path is not None
    assert path.read_bytes() == data


@pytest.mark.parametrize("name", ["", "..", "../hub.db", "A" * 64, "0" * 63, "0" * 64, "0" * 64 + "\n"])
def test_no_name_but_a_hash_leads_to_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "hub.db").touch()
    assert store(tmp_path / "media").path(name) is None


def test_a_three_gigabyte_upload_is_refused_before_a_byte_is_read(tmp_path: Path) -> None:
    here = store(tmp_path)

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    with pytest.raises(Unfit) as unfit:
        asyncio.run(here.take(never(), 3 * GIGABYTE, ()))
    assert unfit.value.fault is MediumFault.LARGE
    assert os.listdir(tmp_path) == []


def test_an_upload_that_states_no_length_is_cut_off_at_its_kinds_bound(tmp_path: Path) -> None:
    here = store(tmp_path)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield picture()[:100]
        while True:
            sent += 1
            yield bytes(MEGABYTE)

    with pytest.raises(Unfit) as unfit:
        asyncio.run(here.take(endless(), None, ()))
    assert unfit.value.fault is MediumFault.LARGE
    assert sent <= MOST_BYTES[MediumKind.PICTURE] // MEGABYTE + 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", MediumFault.UNKNOWN),
        (b"PK\3\4" + bytes(100), MediumFault.UNKNOWN),
        (b"<svg onload=alert(1)>", MediumFault.UNKNOWN),
        (picture()[:400], MediumFault.PICTURE),
        (clip()[:-5], MediumFault.TRUNCATED),
        (tone()[:-5], MediumFault.SOUND),
    ],
)
def test_what_is_refused_leaves_nothing(tmp_path: Path, data: bytes, fault: MediumFault) -> None:
    assert refused(store(tmp_path), data) is fault
    assert os.listdir(tmp_path) == []


def test_a_connection_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    here = store(tmp_path)
    assert refused(here, clip(), declared=len(clip()) + 1) is MediumFault.BROKEN_OFF

    async def gone() -> AsyncIterator[bytes]:
        yield clip()
        raise ConnectionResetError

    with pytest.raises(Unfit):
        asyncio.run(here.take(gone(), None, ()))
    assert os.listdir(tmp_path) == []


def test_a_card_that_is_almost_full_takes_nothing_more(tmp_path: Path) -> None:
    assert refused(store(tmp_path, free=LEAST_FREE_BYTES + 100), picture()) is MediumFault.DISK
    assert refused(store(tmp_path, free=LEAST_FREE_BYTES - 1), picture()) is MediumFault.DISK
    assert os.listdir(tmp_path) == []


def test_a_card_that_is_full_says_so_and_leaves_no_half_file(tmp_path: Path) -> None:
    data = clip(media=bytes(4 * media._BLOCK))
    with no_file_larger_than(media._BLOCK):
        assert refused(store(tmp_path), data) is MediumFault.NOT_WRITTEN
    assert os.listdir(tmp_path) == []


def test_what_nobody_names_goes_after_a_week_and_what_is_named_stays(tmp_path: Path) -> None:
    clock = Clock()
    here = store(tmp_path, clock)
    named, unnamed = taken(here, picture()), taken(here, tone())
    clock.now += KEEP_S - 1
    asyncio.run(here.sweep({named.sha256}))
    assert here.path(unnamed.sha256)
    clock.now += 2
    asyncio.run(here.sweep({named.sha256}))
    assert here.path(unnamed.sha256) is None
    clock.now += KEEP_S - 1
    asyncio.run(here.sweep(()))
    assert here.path(named.sha256), "it was named until a week ago"


def test_room_is_made_of_what_nobody_names_and_never_of_what_somebody_does(tmp_path: Path) -> None:
    clock = Clock()
    old, named, new = (clip(media=bytes([n]) * MEGABYTE) for n in range(3))
    here = store(tmp_path, clock, most=int(2.5 * MEGABYTE))
    first, second = taken(here, old), taken(here, named)
    assert refused(here, new) is MediumFault.STORE_FULL, "an hour has not passed yet"
    clock.now += FRESH_S + 1
    third = taken(here, new, named=(second.sha256,))
    assert here.path(first.sha256) is None
    assert here.path(second.sha256)
    assert here.path(third.sha256)
    assert len(os.listdir(tmp_path)) == 2


def test_what_a_power_cut_left_half_written_is_removed_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / ".part-0123456789abcdef").write_bytes(b"half")
    store(tmp_path)
    assert os.listdir(tmp_path) == []
