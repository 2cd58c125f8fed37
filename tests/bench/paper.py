"""A slip on its way to the paper: how many bytes, how long to make them, how long until they are with the printer."""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime

from edge.devices.links import wire_s
from edge.devices.printer import EscposPrinter
from edge.devices.printer_job import CONFIRM, Encoder
from edge.devices.sim.printer import SimPrinter
from edge.slip.facts import Slip
from edge.slip.render import render_slip

SLIPS = 50
SLIP = Slip(
    facility="Trung tâm Y tế huyện Mẫu",
    department="Khoa Khám bệnh",
    service="Khám tổng quát",
    service_en="General examination",
    label="A047",
    counters="Quầy 1, 2 · Phòng 101, 102",
    ahead=14,
    taken_at=datetime(2026, 11, 23, 7, 12),
    lookup_url="http://127.0.0.1:8080/t/0123456789abcdef0123456789abcdef",
)


def figures() -> Iterator[tuple[str, str]]:
    """Of a plain slip on 80 mm and on 58 mm paper."""
    for paper, width_dots in (("80 mm", 576), ("58 mm", 384)):
        image = render_slip(SLIP, width_dots)
        encoder = Encoder(width_dots)
        took_ms = []
        for _ in range(SLIPS):
            begun_s = time.perf_counter()
            job = encoder.job(image, b"", CONFIRM)
            took_ms.append((time.perf_counter() - begun_s) * 1000)
        whole = image.height * image.width // 8
        yield (
            f"slip {paper}, {image.width} x {image.height} dots",
            f"{job.size:,} bytes of {whole:,}; {wire_s(job.size, 19_200):.0f} s at 19200 baud",
        )
        yield f"slip {paper}, to ESC/POS", f"{statistics.median(took_ms):.1f} ms, worst {max(took_ms):.1f}"
    sim = SimPrinter()
    sim.start()
    try:
        printer = EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576)
        image = render_slip(SLIP, 576)
        printer.print_slip(image)  # the first asks what the printer knows
        took_s = []
        for _ in range(SLIPS):
            begun_s = time.perf_counter()
            printer.print_slip(image)
            took_s.append(time.perf_counter() - begun_s)
    finally:
        sim.stop()
    took_s.sort()
    yield (
        "slip 80 mm, print_slip() to the confirmation, TCP",
        f"p50 {took_s[SLIPS // 2] * 1000:.1f} ms, p99 {took_s[int(SLIPS * 0.99)] * 1000:.1f} ms",
    )
