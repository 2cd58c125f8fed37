"""``make bench``: one line a figure."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.contracts.commands import Finish, IssueTicket
from edge.daemon.hub_client import new_command_id
from edge.hub.app import wall_clock_ms
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.vault import Vault
from provisioning.demo.configuration import PINS
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.bench import (
    chips,
    cloud_load,
    cloud_pages,
    faces,
    fuzz,
    hall,
    kiosk,
    led,
    outlook,
    phones,
    projection,
    province_year,
    waiting_times,
)
from tests.bench import paper as slips_on_paper
from tests.hub_http import Device
from tests.sites import CATALOGUE
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

SECONDS = 6
SCREENS = 300
PRESSES = 40
SLIPS = 20


def say(figure: str, value: str) -> None:
    """One line."""
    print(f"{figure:<58} {value}", flush=True)


def spread(seconds: Sequence[float]) -> str:
    """p50 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return f"p50 {ordered[len(ordered) // 2] * 1000:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)] * 1000:.1f} ms"


@contextmanager
def new_site() -> Iterator[Site]:
    """A demo site in a folder of its own, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as folder:
        yield provision(Path(folder), Ports.free())


async def writer_alone(clients: int) -> float:
    """Tickets a second of the one writer, with nothing around it: the floor for the HTTP figures."""
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as name:
        folder = Path(name)
        journal = Journal(folder / "hub.db")
        vault = Vault(folder / "keys", "bench")
        faces = FaceKeeper.at(folder, vault, wall_clock_ms)
        inbox = Inbox(journal, vault, CATALOGUE, faces, clock_ms=wall_clock_ms, told=lambda _: None)
        worker = asyncio.create_task(inbox.run())
        until_s = time.perf_counter() + SECONDS
        done = 0

        async def client() -> None:
            nonlocal done
            while time.perf_counter() < until_s:
                await inbox.handle("kiosk-1", IssueTicket(new_command_id(), "general"))
                done += 1

        await asyncio.gather(*(client() for _ in range(clients)))
        worker.cancel()
        journal.close()
        return done / SECONDS


def tickets() -> None:
    """Numbers given over HTTPS by the hub alone, beside its writer alone."""
    for clients in (1, 16):
        with new_site() as site, Supervisor(site.programs("hub")):
            command = [sys.executable, "-m", "tests.bench.load", str(site.ports.hub)]
            command += [f"{site.folder}/tls/site-ca.crt", f"{site.folder}/secrets/kiosk-1.token"]
            command += [str(clients), str(SECONDS)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        over_http = json.loads(done.stdout)
        alone = asyncio.run(writer_alone(clients))
        times = f"p50 {over_http['p50_ms']:.1f} ms, p99 {over_http['p99_ms']:.1f} ms"
        say(
            f"tickets over HTTPS, {clients} client{'s' if clients > 1 else ''}",
            f"{over_http['per_s']:.0f}/s, {times}, {over_http['duplicates']:.0f} duplicates",
        )
        say(
            f"  group-commit writer alone, {clients} waiting",
            f"{alone:.0f}/s; HTTPS reaches {over_http['per_s'] / alone:.0%} of it",
        )


def whole_site() -> None:
    """Ready time, memory, the way from a button to 300 screens, and from a QR to paper."""
    with new_site() as site:
        running = WholeSite(site)
        begun = time.monotonic()
        with running:
            say("start to ready, whole site", f"{time.monotonic() - begun:.1f} s")
            memory(running)
            for figure, seconds in hall.measure(running):
                say(figure, spread(seconds))
            fan_out(running)
            paper(running)
            for figure, value in kiosk.measure(running):
                say(figure, value if isinstance(value, str) else spread(value))
            memory(running, "after the load: ")


def memory(running: WholeSite, when: str = "") -> None:
    """Resident memory of each program (VmRSS) and of the whole site."""
    total = 0.0
    for name in running.programs:
        status = Path(f"/proc/{running.supervisor.pid(name)}/status").read_text(encoding="utf-8")
        mib = int(status.partition("VmRSS:")[2].split()[0]) / 1024
        total += mib
        say(f"{when}memory of {name}", f"{mib:.0f} MiB")
    say(f"{when}memory of the whole site", f"{total:.0f} MiB")


def paper(running: WholeSite) -> None:
    """From the last byte of a QR's line, with the service chosen at once, to the cut of its slip."""
    page = KioskPage(running.site)
    taken = []
    for number in range(SLIPS):
        until(lambda: page.shows('data-touch="service"') and not page.shows('data-touch="dismiss"'), within_s=20)
        before = len(running.printer.slips)
        begun = time.monotonic()
        running.scanner.scan(f"001099{number:06d}||Nguyễn Văn Mẫu|01021999|Nam|Hà Nội|10052021")
        until(lambda: page.shows("Nguyễn Văn Mẫu"))
        identified = time.monotonic()
        until(lambda: _touched(page))
        touched = time.monotonic()
        until(lambda: len(running.printer.slips) > before)  # noqa: B023 - called before the next turn
        taken.append((identified - begun, time.monotonic() - touched))
        until(lambda: _dismissed(page), within_s=10)
    say("QR line to the greeting on the page", spread([first for first, _ in taken]))
    say("touch to the last printer byte (ticket on disk, drawn, printed)", spread([second for _, second in taken]))
    say("QR line to the last printer byte, without the person's thinking", spread([sum(both) for both in taken]))


def _touched(page: KioskPage) -> bool:
    if page.shows('data-touch="service"'):
        page.touch("service", service="general")
    return not page.shows('data-touch="service"')


def _dismissed(page: KioskPage) -> bool:
    if page.shows('data-touch="dismiss"'):
        page.touch("dismiss")
    return page.shows('data-touch="service"') and not page.shows('data-touch="dismiss"')


def fan_out(running: WholeSite) -> None:
    """From a button's edge to the picture on each of 300 screens."""
    kiosk, board = Device(running.site, "kiosk-1"), Device(running.site, "board-1")
    command = [sys.executable, "-m", "tests.bench.screens", str(running.site.ports.board), str(SCREENS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as screens:
        if screens.stdout is None or screens.stdout.readline() != "ready\n":
            raise RuntimeError("the screens did not open")
        every, last = [], []
        for _ in range(PRESSES):
            label = kiosk.do(IssueTicket(new_command_id(), "pharmacy")).ticket.label
            there = kiosk.snapshot().at_counter.get("q4")
            if there:
                board.do(Finish(new_command_id(), "q4", there))
            time.sleep(0.3)
            pressed = time.monotonic()
            running.panel.press(PINS["q4"][0])
            for line in screens.stdout:
                shown = json.loads(line)
                if any(counter["label"] == label for counter in shown["state"]["counters"]):
                    break
            every += [at - pressed for at in shown["times"]]
            last.append(max(shown["times"]) - pressed)
        screens.kill()
    say(f"button's edge to {SCREENS} TV streams (15 ms of it debouncing)", spread(every))
    say(f"  to the last of the {SCREENS}", spread(last))


def main() -> None:
    """Measure everything."""
    load = os.getloadavg()[0]
    say("machine", f"{os.cpu_count()} cores, load {load:.1f}")
    for part in (
        chips,
        faces,
        fuzz,
        led,
        slips_on_paper,
        waiting_times,
        outlook,
        province_year,
        projection,
        cloud_load,
        cloud_pages,
        phones,
    ):
        for figure, value in part.figures():
            say(figure, value)
    tickets()
    whole_site()


if __name__ == "__main__":
    main()
