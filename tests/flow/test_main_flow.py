"""One patient through the whole site, with every byte on the wire that a real device would see."""

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.contracts.events import (
    PrintFailed,
    TicketAskedAgain,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketPrinted,
    TicketRecalled,
)
from edge.contracts.ticket import Document, PrintFault
from provisioning.demo.site import Ports, Site, provision
from tests import slips
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import KioskPage, MqttListener, WholeSite, assert_truthful

NAME, ID, BIRTH = "Nguyễn Văn Mẫu", "001099000017", "01021999"
CARD_2021 = f"{ID}|012345678|{NAME}|{BIRTH}|Nam|Số 1 phố Giả, Hà Nội|10052021"
CARD_2024 = "001199000025|087654321|Trần Thị Mẫu|02031999|Nữ|Số 2 phố Giả, Hà Nội|11062024||||"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return provision(tmp_path_factory.mktemp("whole"), Ports.free())


@pytest.fixture(scope="module")
def overheard(site: Site) -> MqttListener:
    return MqttListener(site)


@pytest.fixture(scope="module")
def running(site: Site, overheard: MqttListener) -> Iterator[WholeSite]:
    with WholeSite(site, "broker", "hub", "ingest", "kiosk", "board") as running:
        overheard.start()
        yield running
        overheard.stop()


@pytest.fixture
def kiosk(running: WholeSite) -> KioskPage:
    page = KioskPage(running.site)
    until(lambda: page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
    return page


def begin_anew(kiosk: KioskPage) -> None:
    """Touch what is there until the first screen is back."""

    def on_first_screen() -> bool:
        if kiosk.shows('data-touch="dismiss"'):
            kiosk.touch("dismiss")
        return kiosk.shows('data-touch="service"') and not kiosk.shows('data-touch="dismiss"')

    until(on_first_screen, within_s=15, what="the kiosk's first screen")


def choose(kiosk: KioskPage, service: str) -> None:
    """Touch a service until the kiosk takes it: a touch too soon after a new picture is none."""

    def touched() -> bool:
        if kiosk.shows('data-touch="service"'):
            kiosk.touch("service", service=service)
        return not kiosk.shows('data-touch="service"')

    until(touched, what="the kiosk to take the touch")


def take_number(running: WholeSite, kiosk: KioskPage, service: str) -> None:
    """Choose a service, wait for the paper, and leave."""
    before = len(running.printer.slips)
    choose(kiosk, service)
    until(lambda: len(running.printer.slips) > before, within_s=10, what="the slip")
    begin_anew(kiosk)


@pytest.mark.req("K1", "K7", "K9", "B1", "B5", "B7", "S1", "S4", "T6", "P2")
def test_a_patient_with_a_card_is_registered_printed_called_and_counted(
    running: WholeSite, kiosk: KioskPage, tmp_path: Path
) -> None:
    running.scanner.scan(CARD_2021)
    until(lambda: kiosk.shows(NAME), what="the greeting with the patient's name")
    take_number(running, kiosk, "general")

    (issued,) = running.happened(TicketIssued)
    assert (issued.label, issued.document) == ("A001", Document.CCCD_QR)
    slip = running.printer.slips[-1].png
    assert slips.ticket_id(slip, tmp_path) == issued.ticket
    until(lambda: running.happened(TicketPrinted), what="the confirmation of the slip")

    running.press("q1", "next")
    until(lambda: running.happened(TicketCalled), what="the call")
    until(lambda: any("A001" in row.text and row.blink for row in running.led_board.rows), what="the LED board")
    heard = until(lambda: sorted(running.site.recordings.glob("*.wav")), within_s=30, what="the announcement")
    with wave.open(str(heard[0])) as sound:
        assert sound.getnframes() / sound.getframerate() > 5, "chime, Vietnamese and English take longer than that"

    running.press("q1", "recall")
    until(lambda: running.happened(TicketRecalled), what="the recall")
    running.press("q1", "finish")
    until(lambda: running.happened(TicketFinished), what="the end of the visit")
    until(running.has_caught_up, within_s=20, what="the cloud's ledger")


@pytest.mark.req("K8")
def test_the_same_person_asking_again_gets_the_same_number_reprinted(
    running: WholeSite, kiosk: KioskPage, tmp_path: Path
) -> None:
    for _ in range(2):
        running.scanner.scan(CARD_2024)
        until(lambda: kiosk.shows("Trần Thị Mẫu"), what="the greeting")
        take_number(running, kiosk, "insurance")
    first, second = running.printer.slips[-2:]
    assert slips.ticket_id(first.png, tmp_path) == slips.ticket_id(second.png, tmp_path)
    assert len(running.happened(TicketAskedAgain)) == 1


@pytest.mark.req("K12")
def test_a_person_without_a_document_gets_a_number(running: WholeSite, kiosk: KioskPage) -> None:
    take_number(running, kiosk, "maternity")
    issued = running.happened(TicketIssued)[-1]
    assert (issued.label, issued.document) == ("C001", Document.NONE)


@pytest.mark.req("K9")
def test_without_paper_the_number_is_valid_shown_and_told_to_the_staff(running: WholeSite, kiosk: KioskPage) -> None:
    running.printer.paper = "out"
    choose(kiosk, "children")
    until(lambda: running.happened(PrintFailed), within_s=15, what="the report of the missing slip")
    failed = running.happened(PrintFailed)[-1]
    assert failed.fault is PrintFault.PAPER_OUT
    until(lambda: kiosk.shows("D001") and kiosk.shows('data-touch="reprint"'), what="the number shown large")
    assert "data:image/" in kiosk.html(), "the QR to photograph"
    running.printer.paper = "ok"
    before = len(running.printer.slips)

    def printed_again() -> bool:
        if kiosk.shows('data-touch="reprint"'):
            kiosk.touch("reprint")
        return len(running.printer.slips) > before

    until(printed_again, within_s=10, what="the slip, printed again")
    until(
        lambda: any(event.ticket == failed.ticket for event in running.happened(TicketPrinted)),
        what="the confirmation",
    )
    begin_anew(kiosk)


def test_a_code_that_is_no_card_is_refused_in_words(running: WholeSite, kiosk: KioskPage) -> None:
    tickets = len(running.happened(TicketIssued))
    running.scanner.scan("https://example.invalid/khuyen-mai")
    until(lambda: kiosk.shows('data-touch="dismiss"'), what="the friendly refusal")
    assert "example.invalid" not in kiosk.html()
    begin_anew(kiosk)
    assert len(running.happened(TicketIssued)) == tickets


@pytest.mark.req("P2", "P5")
def test_pressing_everywhere_at_once_calls_each_person_once(running: WholeSite, kiosk: KioskPage) -> None:
    take_number(running, kiosk, "cashier")
    for _ in range(3):
        running.press("q4", "next")
        running.press("q4", "next")
    until(lambda: "q4" in Device(running.site, "kiosk-1").snapshot().at_counter, what="the call at counter 4")
    running.press("q4", "no_show")
    until(lambda: running.happened(TicketNoShow), what="the no-show")
    calls = [event for event in running.happened(TicketCalled) if event.counter == "q4"]
    assert len(calls) == 1
    assert_truthful(running.journal())


@pytest.mark.req("T1", "T2", "B6")
def test_the_tv_shows_who_is_called_where(running: WholeSite, kiosk: KioskPage) -> None:
    take_number(running, kiosk, "pharmacy")
    with httpx.stream("GET", f"{running.site.addresses['tv']}tv/1/events", trust_env=False, timeout=10) as stream:
        lines = stream.iter_lines()
        running.press("q4", "next")
        label = running.happened(TicketIssued)[-1].label
        seen = next(line for line in lines if line.startswith("data: ") and f'"{label}"' in line)
    assert json.loads(seen.removeprefix("data: "))


@pytest.mark.req("X3", "K7")
def test_nothing_personal_is_in_any_file_or_message_of_the_site(
    running: WholeSite, kiosk: KioskPage, overheard: MqttListener
) -> None:
    running.scanner.scan(CARD_2021)
    until(lambda: kiosk.shows(NAME), what="the greeting")
    begin_anew(kiosk)
    until(running.has_caught_up, within_s=20, what="the cloud's ledger")
    secrets = [word.encode() for word in (NAME, "Văn Mẫu", "Trần Thị", ID, "001199000025", BIRTH, "phố Giả")]
    files = running.files_written()
    assert any(path.name == "hub.db" for path in files)
    assert {"ledger.db", "kiosk.log", "hub.log", "board.log", "broker.log"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret in content] == [], path
    messages = b"".join(overheard.payloads)
    assert b"TicketIssued/1" in messages
    assert b'"cccd-qr"' in messages
    assert [secret for secret in secrets if secret in messages] == []
    assert NAME not in kiosk.html()
