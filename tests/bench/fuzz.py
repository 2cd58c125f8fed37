"""A million damaged inputs for the parsers of outside bytes: no exception but the documented, none that takes long."""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence

from edge.emrtd.dg13 import parse_dg13
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File, parse_dg1, parse_dg2, parse_dg14
from edge.emrtd.mrz import parse_mrz
from edge.emrtd.passive_auth import verify
from edge.emrtd.reader import Plan
from edge.emrtd.security_infos import parse_security_infos
from edge.emrtd.tlv import read_all
from edge.identity.qr import read_qr
from edge.identity.qr_text import QrError
from tests.chips import CAN, EVERYTHING, MAU, TODAY, Wire, card

SEED = 20261125
SLOW_S = 0.050
LINES = (
    MAU.qr,
    "001302000028||Trần Thị Thử|15082002|Nữ|Số 2 ngõ Giả, Hà Nội|01072024||||",
    "0123456789|4cc3aa2056c4836e|12/03/1975|1|58c3a3204de1baab75|01 - 001|01/01/2026|31/12/2026|01/01/2026|-|-|4|"
    "01/01/2020|0123456789abcdef-1234|$",
    "GD4010123456789|4cc3aa2056c4836e|1975|2|58c3a3|01 – 001|01/01/2020|-|01/01/2020|0123456789|-|4|01/01/2020|"
    "0123456789abcdef-1234|-|58c3a3|$",
)


def figures(inputs: int = 1_000_000) -> Iterator[tuple[str, str]]:
    """For each parser how many inputs it had, how many it took for good, and its slowest."""
    files = Wire(card().process).read(Plan((CAN,), wanted=EVERYTHING)).files
    sod, texts = files[File.SOD], [line.encode() for line in LINES]

    def passive(data: bytes) -> None:
        verify(data, {File.DG1: files[File.DG1]}, (), TODAY)

    def qr(data: bytes) -> None:
        read_qr(data.decode("utf-8", "replace"))

    def mrz(data: bytes) -> None:
        parse_mrz(data.decode("latin-1"))

    targets: tuple[tuple[str, Callable[[bytes], object], Sequence[bytes], float], ...] = (
        ("TLV", read_all, (files[File.DG13], files[File.DG14], sod), 0.20),
        ("MRZ", mrz, (MAU.mrz.encode(),), 0.20),
        ("DG1", parse_dg1, (files[File.DG1],), 0.05),
        ("DG2", parse_dg2, (files[File.DG2],), 0.05),
        ("DG13", parse_dg13, (files[File.DG13],), 0.15),
        ("DG14", lambda data: parse_security_infos(parse_dg14(data)), (files[File.DG14],), 0.05),
        ("SOD with its verification", passive, (sod,), 0.05),
        ("QR", qr, texts, 0.25),
    )
    for name, parse, seeds, share in targets:
        yield f"fuzz: {name}", _fuzz(name, parse, seeds, int(inputs * share))


def _fuzz(name: str, parse: Callable[[bytes], object], seeds: Sequence[bytes], inputs: int) -> str:
    chance = random.Random(f"{SEED} {name}")
    taken, slowest = 0, 0.0
    for _ in range(inputs):
        data = damaged(chance, chance.choice(seeds))
        spent = _timed(parse, data)
        if spent > SLOW_S:  # the machine may have been elsewhere: only what is slow three times is slow
            spent = min(spent, *(_timed(parse, data) for _ in range(3)))
            if abs(spent) > SLOW_S:
                raise AssertionError(f"{name}: an input of {len(data)} bytes takes {abs(spent) * 1000:.0f} ms")
        taken += spent < 0
        slowest = max(slowest, abs(spent))
    return f"{inputs} inputs, {taken} taken for good, none out of the documented, slowest {slowest * 1000:.1f} ms"


def _timed(parse: Callable[[bytes], object], data: bytes) -> float:
    """Seconds that the parser took; negative where it refused nothing. Anything undocumented goes through."""
    begun = time.perf_counter()
    try:
        parse(data)
    except (CardError, QrError):
        return time.perf_counter() - begun
    return begun - time.perf_counter()


def damaged(chance: random.Random, seed: bytes) -> bytes:
    """The seed with one to four things done to it, or now and then bytes of no kind."""
    if chance.random() < 0.02:
        return chance.randbytes(chance.randrange(200))
    data = bytearray(seed)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(data):
                data[at] = chance.choice((0x00, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF, 0x30, 0x7C, 0x24, 0x2D))
            case 2:
                del data[at:]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 4:
                data[at:at] = data[at : at + chance.randrange(64)]
            case _:
                del data[at : at + chance.randrange(1, 9)]
    return bytes(data)


def main() -> None:
    """Fuzz for as many inputs as FUZZ_INPUTS says."""
    for figure, value in figures(int(os.environ.get("FUZZ_INPUTS", "1000000"))):
        print(f"{figure:<40} {value}", flush=True)


if __name__ == "__main__":
    main()
