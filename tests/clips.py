"""MP4 files of boxes and nothing else, and sounds, built by the standards' own words for tests."""

import io
import struct
import wave
from collections.abc import Sequence

import numpy as np
from PIL import Image


def box(kind: str, *parts: bytes) -> bytes:
    """A box with this content."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind.encode()) + content


def full(kind: str, *parts: bytes, version: int = 0) -> bytes:
    """A full box: a version and three bytes of flags before its content."""
    return box(kind, bytes([version, 0, 0, 0]), *parts)


def track(
    codec: str = "avc1",
    handler: str = "vide",
    size: tuple[int, int] = (1280, 720),
    chunks: Sequence[int] = (40,),
) -> bytes:
    """A track whose samples stand at these offsets."""
    entry = box(codec, bytes(6), b"\0\1", bytes(16), struct.pack(">HH", *size), bytes(50))
    table = box(
        "stbl",
        full("stsd", struct.pack(">I", 1), entry),
        full("stco", struct.pack(f">I{len(chunks)}I", len(chunks), *chunks)),
    )
    head = full("mdhd", struct.pack(">IIIIHH", 0, 0, 1000, 0, 0, 0))
    return box("trak", box("mdia", head, full("hdlr", bytes(4), handler.encode(), bytes(13)), box("minf", table)))


def clip(
    *tracks: bytes, seconds: float = 4.0, brand: str = "isom", last: bool = True, media: bytes = b"x" * 3000
) -> bytes:
    """A file of these tracks, by default one of H.264; ``last``: the movie box stands behind the samples, as phones
    write it."""
    ftyp = box("ftyp", brand.encode(), bytes(4), b"isom")
    length = full("mvhd", struct.pack(">IIII", 0, 0, 1000, round(seconds * 1000)), bytes(80))
    moov = box("moov", length, *(tracks or (track(),)))
    mdat = box("mdat", media)
    return ftyp + mdat + moov if last else ftyp + moov + mdat


def tone(
    seconds: float = 0.5, rate: int = 44_100, channels: int = 2, width: int = 2, hz: float = 440, peak: float = 0.5
) -> bytes:
    """A sine as a WAV file of ``width`` bytes a sample, the same on every channel."""
    at = np.arange(round(seconds * rate)) / rate
    wanted = peak * np.sin(2 * np.pi * hz * at)
    if width == 1:
        raw = np.repeat((wanted * 127 + 128).round().astype(np.uint8), channels).tobytes()
    else:
        whole = np.repeat((wanted * (2 ** (8 * width - 1) - 1)).round().astype("<i8"), channels)
        raw = b"".join(int(value).to_bytes(width, "little", signed=True) for value in whole)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((channels, width, rate, 0, "NONE", ""))
        wav.writeframes(raw)
    return file.getvalue()


def samples(wav: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The samples of a 16-bit mono WAV file between −1 and 1."""
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32767


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), *, exif: bool = False, mode: str = "RGB") -> bytes:
    """A picture with a gradient; ``exif``: it lies on its side, and says where and with what it was taken."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    data = Image.Exif()
    if exif:
        data[0x0112] = 6  # Orientation: to be turned clockwise
        data[0x010F] = "CAMERA-OF-AN-OFFICER"
        data.get_ifd(0x8825)[2] = (10.0, 46.0, 30.0)
    file = io.BytesIO()
    image.save(file, form, exif=data)
    return file.getvalue()
