"""Commit, print, confirm: what the kiosk does when its printer, its hub or it itself fails in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contracts.events import PrintFailed, TicketIssued, TicketPrinted
from edge.contracts.ticket import PrintFault
from provisioning.demo.site import Ports, provision
from tests import slips
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

CARD = "001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path / "site", Ports.free()), "hub", "kiosk") as running:
        until(lambda: KioskPage(running.site).shows('data-touch="service"'), within_s=20, what="the services")
        yield running


def choose(kiosk: KioskPage, service: str) -> None:
    def touched() -> bool:
        if kiosk.shows('data-touch="service"'):
            kiosk.touch("service", service=service)
        return not kiosk.shows('data-touch="service"')

    until(touched, what="the touch to be taken")


def test_every_slip_on_paper_is_a_journalled_ticket_and_is_confirmed(running: WholeSite, tmp_path: Path) -> None:
    kiosk = KioskPage(running.site)
    choose(kiosk, "general")
    until(lambda: running.happened(TicketPrinted), what="the confirmation")
    (issued,) = running.happened(TicketIssued)
    (slip,) = running.printer.slips
    assert slips.ticket_id(slip.png, tmp_path) == issued.ticket
    assert issued.issuer == "kiosk-1"
    assert running.happened(PrintFailed) == []


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        ({"paper": "out"}, PrintFault.PAPER_OUT),
        ({"cover_open": True}, PrintFault.COVER_OPEN),
        ({"offline": True}, PrintFault.OFFLINE),
        ({"silent": True}, PrintFault.NO_ANSWER),
    ],
    ids=["paper", "cover", "offline", "silent"],
)
def test_a_fault_is_told_to_the_hub_and_the_number_stays_valid(
    running: WholeSite, trouble: dict[str, object], fault: PrintFault
) -> None:
    kiosk = KioskPage(running.site)
    for name, value in trouble.items():
        setattr(running.printer, name, value)
    choose(kiosk, "general")
    until(lambda: kiosk.shows('data-touch="reprint"'), within_s=25, what="the number without a slip")
    assert kiosk.shows("A001")
    (failed,) = until(lambda: running.happened(PrintFailed), what="word to the staff")
    (issued,) = running.happened(TicketIssued)
    assert (failed.ticket, failed.fault) == (issued.ticket, fault)


def test_a_kiosk_killed_while_it_prints_reports_the_slip_and_shows_the_number_again(running: WholeSite) -> None:
    kiosk = KioskPage(running.site)
    running.printer.silent = True
    choose(kiosk, "general")
    (issued,) = until(lambda: running.happened(TicketIssued), what="the ticket")
    running.supervisor.kill("kiosk")
    running.printer.silent = False
    (failed,) = until(lambda: running.happened(PrintFailed), within_s=20, what="the reconciliation")
    assert (failed.ticket, failed.fault) == (issued.ticket, PrintFault.INTERRUPTED)
    until(lambda: kiosk.shows("A001") and kiosk.shows('data-touch="reprint"'), what="the number on the screen")


def test_the_same_card_after_a_lost_slip_gets_the_number_it_holds(running: WholeSite) -> None:
    kiosk = KioskPage(running.site)
    running.printer.paper = "out"
    running.scanner.scan(CARD)
    until(lambda: kiosk.shows("Nguyễn Văn Mẫu"), what="the greeting")
    choose(kiosk, "general")
    until(lambda: kiosk.shows('data-touch="reprint"'), what="the number without a slip")
    running.printer.paper = "ok"

    def back() -> bool:
        if kiosk.shows('data-touch="dismiss"'):
            kiosk.touch("dismiss")
        return kiosk.shows('data-touch="service"')

    until(back, what="the first screen")
    running.scanner.scan(CARD)
    until(lambda: kiosk.shows("Nguyễn Văn Mẫu"), what="the greeting")
    choose(kiosk, "general")
    until(lambda: running.happened(TicketPrinted), what="the slip")
    assert kiosk.shows("Bạn đã lấy số này trước đó")
    assert len(running.happened(TicketIssued)) == 1
