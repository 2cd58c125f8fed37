"""moiso-kiosk: the touch screen, the scanner, the camera and the printer of one kiosk."""

import asyncio

from edge.daemon.config import Listen, config_path
from edge.daemon.health_report import HealthReport
from edge.daemon.hub_client import HubClient
from edge.daemon.logs import start_logging
from edge.daemon.media import KeptMedia
from edge.daemon.serve import run_beside, run_program, serve
from edge.daemon.terms import Terms
from edge.devices.registry import open_printer, open_scanner
from edge.devices.scanner import Scan
from edge.kiosk.config import KioskConfig, load_config
from edge.kiosk.documents import Chips
from edge.kiosk.guidance import open_guidance
from edge.kiosk.happenings import Input, ScannerChanged
from edge.kiosk.machine import Machine
from edge.kiosk.reserve import open_reserve, this_machine
from edge.kiosk.slips import MOST_BYTES, Slips
from edge.kiosk.tending import Tending
from edge.kiosk.view import View
from edge.kiosk.watching import Watch
from edge.kiosk.web import Web


async def run(config: KioskConfig) -> None:
    """Wire the kiosk together and serve until told to stop."""
    loop = asyncio.get_running_loop()
    hub = HubClient(config.hub, Terms(config.data / "hub-term.json"))
    printer = open_printer(config.printer)
    guidance = open_guidance(config.speaker.player if config.speaker else (), config.data / "voice")
    reserve = open_reserve(config.data / "reserve.db", config.name, this_machine())

    def on_scan(scan: Scan) -> None:
        loop.call_soon_threadsafe(machine.scanned, scan)

    def happened(given: Input) -> None:
        loop.call_soon_threadsafe(machine.give, given)

    scanner = open_scanner(config.scanner, on_scan, lambda present: happened(ScannerChanged(present)))
    chips = Chips(config.card_reader, happened)
    watch = Watch(config.camera, config.face.pack, happened)
    tending = Tending(config.staff_pin_argon2, config.data / "out-of-service", happened)
    media = KeptMedia(config.data / "media", MOST_BYTES, hub)
    slips = Slips(media, config.lookup_url, config.printer.width_dots)
    machine = Machine(
        config.name,
        hub,
        printer,
        reserve,
        chips,
        watch,
        tending,
        slips=slips,
        width_dots=config.printer.width_dots,
        lookup_url=config.lookup_url,
    )
    scanner.start()
    chips.start()
    watch.start()
    if guidance is not None:
        guidance.start()
    web = Web(machine, View(config.lookup_url, slips), watch, guidance)
    report = HealthReport("kiosk", hub, config.data, web.parts)
    try:
        await run_beside([machine.run(), report.run()], serve(web.app(config.listen), [Listen(config.listen)]))
    finally:
        if guidance is not None:
            guidance.close()
        watch.stop()
        chips.stop()
        scanner.stop()
        await hub.close()
        machine.close()
        reserve.close()


def main() -> None:
    """Start the kiosk that ``--config`` describes."""
    start_logging("kiosk")

    async def program() -> None:
        await run(load_config(config_path("kiosk")))

    run_program(program)


if __name__ == "__main__":
    main()
