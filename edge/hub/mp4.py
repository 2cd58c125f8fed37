"""Whether a TV can play an MP4 clip, from its boxes; no sample is decoded, and no more is read than the boxes.

Source: ISO/IEC 14496-12:2015, 4.2 (boxes), 4.3 ``ftyp``, 8.2.2 ``mvhd``, 8.4.2 ``mdhd``, 8.4.3 ``hdlr``,
8.5.2 ``stsd``, 8.7.5 ``stco`` and ``co64``, 12.1.3 (visual sample entry); ISO/IEC 14496-15 for the names of the codecs.
"""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edge.hub.media_faults import MediumFault, Unfit

MAX_BOXES = 20_000  # of one level; a fragmented hour has some 4,000
MAX_MOOV_BYTES = 16 * 1024 * 1024
LONG_SIDE_PX, SHORT_SIDE_PX = 3840, 2160
MAX_HOURS = 4

PLAYABLE = {b"avc1", b"avc3", b"vp09", b"av01"}
HEVC = {b"hvc1", b"hev1"}

Read = Callable[[int, int], bytes]


class Clip(NamedTuple):
    """What a clip says of itself: its length in seconds, its picture in pixels, its codec's four letters."""

    seconds: float
    width: int
    height: int
    codec: str


class _Box(NamedTuple):
    kind: bytes
    begin: int  # of the content
    end: int


def examine(size: int, read: Read) -> Clip:
    """What the clip of ``size`` bytes is; ``read(at, length)`` gives its bytes, fewer at the end.

    Raises Unfit where it is no MP4, is cut off, holds nothing that a TV shows, or is larger than a TV's picture.
    """
    top = {box.kind: box for box in _boxes(read, 0, size)}
    if b"ftyp" not in top:
        raise Unfit(MediumFault.CLIP)
    if b"moov" not in top:
        raise Unfit(MediumFault.TRUNCATED)  # phones write it last
    _, begin, end = top[b"moov"]
    if end - begin > MAX_MOOV_BYTES:
        raise Unfit(MediumFault.CLIP)
    moov = read(begin, end - begin)
    if len(moov) < end - begin:
        raise Unfit(MediumFault.TRUNCATED)
    try:
        return _movie(moov, size)
    except struct.error:
        raise Unfit(MediumFault.CLIP) from None


def _movie(moov: bytes, size: int) -> Clip:
    parts = list(_inside(moov, 0, len(moov)))
    tracks = [_Track.of(moov, box) for box in parts if box.kind == b"trak"]
    if any(track.last_chunk >= size for track in tracks):
        raise Unfit(MediumFault.TRUNCATED)
    videos = [track for track in tracks if track.handler == b"vide"]
    if not videos:
        raise Unfit(MediumFault.NO_VIDEO)
    video = videos[0]
    if video.codec in HEVC:
        raise Unfit(MediumFault.HEVC)
    codec = video.codec.decode("ascii", "replace")
    if video.codec not in PLAYABLE:
        raise Unfit(MediumFault.CODEC, codec="".join(letter if letter.isalnum() else "?" for letter in codec))
    seconds = max([_length(moov, box) for box in parts if box.kind == b"mvhd"] + [video.seconds])
    if seconds <= 0:
        raise Unfit(MediumFault.NO_LENGTH)
    if seconds > MAX_HOURS * 3600:
        raise Unfit(MediumFault.LONG_CLIP, most=MAX_HOURS)
    sides = sorted((video.width, video.height))
    if not sides[0]:
        raise Unfit(MediumFault.CLIP)
    if sides[0] > SHORT_SIDE_PX or sides[1] > LONG_SIDE_PX:
        raise Unfit(MediumFault.WIDE, width=video.width, height=video.height)
    return Clip(seconds, video.width, video.height, codec)


class _Track(NamedTuple):
    handler: bytes
    codec: bytes
    width: int
    height: int
    seconds: float
    last_chunk: int

    @classmethod
    def of(cls, moov: bytes, trak: _Box) -> "_Track":
        def first(path: bytes) -> _Box | None:
            box: _Box | None = trak
            for kind in path.split(b"/"):
                inner = _inside(moov, box.begin, box.end) if box else ()
                box = next((one for one in inner if one.kind == kind), None)
            return box

        handler = first(b"mdia/hdlr")
        length = first(b"mdia/mdhd")
        described = first(b"mdia/minf/stbl/stsd")
        if handler is None or described is None:
            raise Unfit(MediumFault.CLIP)
        kind = moov[handler.begin + 8 : handler.begin + 12]
        entry = next(_inside(moov, described.begin + 8, described.end), None)
        if entry is None:
            raise Unfit(MediumFault.CLIP)
        width, height = _unpack(">HH", moov, entry.begin + 24, entry.end) if kind == b"vide" else (0, 0)
        last = 0
        for name, letter in ((b"stco", "I"), (b"co64", "Q")):
            if table := first(b"mdia/minf/stbl/" + name):
                (count,) = _unpack(">I", moov, table.begin + 4, table.end)
                if count * struct.calcsize(letter) > table.end - table.begin - 8:
                    raise Unfit(MediumFault.CLIP)
                last = max(_unpack(f">{count}{letter}", moov, table.begin + 8, table.end), default=0)
        return cls(kind, entry.kind, width, height, _length(moov, length) if length else 0.0, last)


def _length(moov: bytes, box: _Box) -> float:
    """The seconds that an ``mvhd`` or ``mdhd`` states; 0 where it states none."""
    is_long = moov[box.begin : box.begin + 1] == b"\1"
    scale, duration = (
        _unpack(">IQ", moov, box.begin + 20, box.end) if is_long else _unpack(">II", moov, box.begin + 12, box.end)
    )
    unknown = duration == (1 << (64 if is_long else 32)) - 1
    return 0.0 if unknown or not scale else duration / scale


def _unpack(form: str, moov: bytes, at: int, end: int) -> tuple[int, ...]:
    if at + struct.calcsize(form) > end:
        raise Unfit(MediumFault.CLIP)
    return struct.unpack_from(form, moov, at)


def _inside(moov: bytes, begin: int, end: int) -> Iterator[_Box]:
    return _boxes(lambda at, length: moov[at : at + length], begin, end)


def _boxes(read: Read, begin: int, end: int) -> Iterator[_Box]:
    """The boxes between two offsets. Raises Unfit where one reaches beyond the end."""
    at = begin
    for _ in range(MAX_BOXES):
        if at == end:
            return
        head = read(at, 16)
        if end - at < 8 or len(head) < 8:
            raise Unfit(MediumFault.TRUNCATED)
        length, kind = struct.unpack_from(">I4s", head)
        content = at + 8
        if length == 1:
            if end - at < 16 or len(head) < 16:
                raise Unfit(MediumFault.TRUNCATED)
            (length,) = struct.unpack_from(">Q", head, 8)
            content = at + 16
        elif length == 0:
            length = end - at
        if at + length < content:
            raise Unfit(MediumFault.CLIP)
        if at + length > end:
            raise Unfit(MediumFault.TRUNCATED)
        yield _Box(kind, content, at + length)
        at += length
    raise Unfit(MediumFault.CLIP)
