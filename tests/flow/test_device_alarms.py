"""Real devices tell the hub how they are, and staff see it before a patient is stranded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contracts.health import SILENT_AFTER_S
from provisioning.demo.site import Ports, provision
from tests.floor_page import FloorPage
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

CHECKED_S = 40.0  # the printer is looked at every 20 s while nobody is served


@pytest.fixture
def running(tmp_path: Path) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path / "site", Ports.free()), "hub", "kiosk", "board") as running:
        until(lambda: KioskPage(running.site).shows('data-touch="service"'), within_s=20, what="the services")
        yield running


@pytest.fixture
def floor(running: WholeSite) -> Iterator[FloorPage]:
    page = FloorPage(running.site)
    yield page
    page.close()


@pytest.mark.req("D4", "P1", "K9")
def test_a_roll_that_ends_is_known_after_the_next_slip_and_a_new_one_takes_it_off(
    running: WholeSite, floor: FloorPage
) -> None:
    kiosk = KioskPage(running.site)
    until(lambda: "kiosk-1" in floor.devices() and "Máy in tốt" in floor.devices(), what="the kiosk to be heard")
    assert "Máy in" not in floor.strip()
    running.printer.paper = "low"

    def has_slip() -> bool:
        kiosk.touch("service", service="general")  # the first touch may only wake it; one too many does nothing
        return bool(running.printer.slips)

    until(has_slip, within_s=20, what="a slip")
    until(lambda: "Máy in sắp hết giấy. Xin thay cuộn giấy." in floor.strip(), what="the warning")
    running.printer.paper = "out"
    until(lambda: "Máy in hết giấy" in floor.strip(), within_s=CHECKED_S, what="the alarm")
    running.printer.paper = "ok"
    until(lambda: "Máy in" not in floor.strip(), within_s=CHECKED_S, what="the strip without the printer")


@pytest.mark.req("D4", "X5")
def test_what_is_pulled_out_is_seen_and_a_device_without_power_falls_silent(
    running: WholeSite, floor: FloorPage
) -> None:
    until(lambda: "Bảng LED Quầy 1, 2, 3, 4 tốt" in floor.devices(), what="the board controller to be heard")
    running.scanner.close()
    until(lambda: "kiosk-1: Máy quét không tìm thấy thiết bị" in floor.strip(), what="the scanner to be missed")
    running.led_board.power_off()
    until(lambda: "Bảng LED (Quầy 1, 2, 3, 4) không trả lời" in floor.strip(), what="the LED board to be missed")
    running.supervisor.unplug("kiosk")
    silent_s = SILENT_AFTER_S + 20.0
    until(lambda: "kiosk-1: mất liên lạc" in floor.strip(), within_s=silent_s, what="the silence to be noticed")
    assert "Máy quét" not in floor.strip(), "what it said before is not known any more"
    running.supervisor.plug_in("kiosk")
    until(lambda: "kiosk-1: mất liên lạc" not in floor.strip(), within_s=30, what="the kiosk to be heard again")


@pytest.mark.req("D4", "X4")
def test_a_hub_that_starts_anew_hears_everybody_again(running: WholeSite, floor: FloorPage) -> None:
    until(lambda: "Máy in tốt" in floor.devices(), what="the kiosk to be heard")
    running.supervisor.kill("hub")
    running.supervisor.wait_ready("hub")
    page = FloorPage(running.site)
    until(lambda: "Máy in tốt" in page.devices() and "Bảng LED" in page.devices(), within_s=40, what="both devices")
    page.close()
