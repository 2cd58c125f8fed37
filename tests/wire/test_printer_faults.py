"""The printer driver when something is wrong at the other end: each fault by its name, and well again afterwards."""

import contextlib
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from edge.contracts.ticket import PrintFault
from edge.daemon.config import ConfigError
from edge.devices.printer import EscposPrinter, Patience, PrintError, PrinterStatus
from edge.devices.registry import PrinterConfig, open_printer
from edge.devices.sim.escpos import CUTTER_DOTS, ErrorState
from edge.devices.sim.printer import PrintedSlip, SimPrinter
from tests.printers import FULL, QUICK, driver, height, shows
from tests.waiting import until


@pytest.fixture
def sim() -> Iterator[SimPrinter]:
    sim = SimPrinter()
    sim.start()
    yield sim
    sim.stop()


@pytest.fixture
def printer(sim: SimPrinter) -> EscposPrinter:
    return driver(sim)


def fault_of(printer: EscposPrinter) -> PrintFault:
    with pytest.raises(PrintError) as caught:
        printer.print_slip(FULL)
    return caught.value.fault


def turn_on(sim: SimPrinter, switch: str) -> Callable[[PrintedSlip], None]:
    """What turns this switch of the printer when a slip has been cut."""
    return lambda _slip: setattr(sim, switch, True)


def assert_prints(printer: EscposPrinter, sim: SimPrinter) -> None:
    """The next slip is whole, on a piece of paper of its own."""
    printer.print_slip(FULL)
    assert shows(sim.slips[-1], FULL)
    assert sim.errors == []


@pytest.mark.req("K9", "D4")
def test_out_of_paper_before_the_slip_nothing_is_sent(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.paper = "out"
    assert fault_of(printer) is PrintFault.PAPER_OUT
    sim.paper = "ok"
    assert sim.slips == []
    assert_prints(printer, sim)
    assert len(sim.slips) == 1


@pytest.mark.req("K9", "D4")
def test_out_of_paper_midway_is_known_at_once_and_the_rest_never_comes(sim: SimPrinter) -> None:
    patient = EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576, patience=Patience(poll_s=3600, confirm_s=3600))
    sim.paper_left_dots = CUTTER_DOTS + 300
    assert fault_of(patient) is PrintFault.PAPER_OUT  # by its own word: nobody would ask it for an hour
    sim.paper = "ok"
    assert sim.slips == []
    assert_prints(patient, sim)
    assert len(sim.slips) == 2  # the piece that was printed, cut off, and the slip
    assert height(sim.slips[0]) < CUTTER_DOTS + 700


def test_out_of_paper_midway_is_heard_of_a_printer_that_says_nothing_by_itself(
    sim: SimPrinter, printer: EscposPrinter
) -> None:
    sim.knows_automatic = False
    sim.paper_left_dots = CUTTER_DOTS + 300
    assert fault_of(printer) is PrintFault.PAPER_OUT
    sim.paper = "ok"
    assert_prints(printer, sim)


def test_the_cover_open_before_the_slip(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.cover_open = True
    assert fault_of(printer) is PrintFault.COVER_OPEN
    sim.cover_open = False
    assert_prints(printer, sim)


def test_switched_offline_at_its_panel(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.offline = True
    assert fault_of(printer) is PrintFault.OFFLINE
    sim.offline = False
    assert_prints(printer, sim)


@pytest.mark.parametrize(
    ("error", "fault"),
    [("cutter", PrintFault.CUTTER), ("overheated", PrintFault.OVERHEATED), ("broken", PrintFault.BROKEN)],
)
def test_an_error_of_the_printer_is_told_by_its_name(
    sim: SimPrinter, printer: EscposPrinter, error: ErrorState, fault: PrintFault
) -> None:
    assert_prints(printer, sim)
    sim.error = error
    assert printer.status().fault is fault
    assert fault_of(printer) is fault
    sim.error = "none"
    assert_prints(printer, sim)


def test_a_jam_at_the_cut_is_cleared_away_and_the_printer_recovers(sim: SimPrinter, printer: EscposPrinter) -> None:
    assert_prints(printer, sim)
    sim.cutter_jams = True
    assert fault_of(printer) is PrintFault.CUTTER
    assert_prints(printer, sim)
    assert [shows(slip, FULL) for slip in sim.slips] == [True, False, True]  # in between, what the jam held


def test_a_printer_that_is_too_hot_is_given_the_time_to_cool(sim: SimPrinter, printer: EscposPrinter) -> None:
    assert_prints(printer, sim)

    def cool() -> None:
        until(lambda: sim.error == "overheated", what="the printer to be too hot to go on")
        sim.error = "none"

    sim.on_slip = lambda _slip: setattr(sim, "error", "overheated")
    cooling = threading.Thread(target=cool)
    cooling.start()
    printer.print_slip(FULL)
    cooling.join()
    sim.on_slip = lambda _slip: None
    assert_prints(printer, sim)


def test_a_silent_printer_gets_no_data(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.silent = True
    assert fault_of(printer) is PrintFault.NO_ANSWER
    assert printer.status() == PrinterStatus(present=False)
    sim.silent = False
    assert sim.slips == []
    assert_prints(printer, sim)


@pytest.mark.req("D4")
def test_switched_off_it_is_unreachable_and_switched_on_it_prints(sim: SimPrinter, printer: EscposPrinter) -> None:
    port = sim.port
    sim.stop()
    assert fault_of(printer) is PrintFault.UNREACHABLE
    assert printer.status() == PrinterStatus(present=False, reachable=False)
    again = SimPrinter(port=port)
    again.start()
    try:
        assert_prints(printer, again)
    finally:
        again.stop()


@pytest.mark.parametrize("knows_clear", [True, False])
@pytest.mark.parametrize("after_bytes", [500, 20_000, 50_000])
def test_the_cable_breaks_midway_and_no_later_paper_holds_parts_of_two_slips(
    sim: SimPrinter, printer: EscposPrinter, after_bytes: int, knows_clear: bool
) -> None:
    printer.status()
    sim.knows_clear = knows_clear
    sim.cut_after_bytes = after_bytes
    assert fault_of(printer) is PrintFault.INTERRUPTED
    assert sim.slips == []
    assert_prints(printer, sim)
    for slip in sim.slips[:-1]:
        assert height(slip) <= CUTTER_DOTS + 700
        assert not shows(slip, FULL)


def test_the_connection_lost_before_the_first_answer_is_unreachable(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.cut_after_bytes = 2
    assert fault_of(printer) is PrintFault.UNREACHABLE
    assert_prints(printer, sim)


def test_silent_after_the_data_nobody_can_tell(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.on_slip = turn_on(sim, "silent")
    assert fault_of(printer) is PrintFault.NO_ANSWER
    sim.on_slip = lambda _slip: None
    sim.silent = False
    assert_prints(printer, sim)


@pytest.mark.parametrize("knows_automatic", [True, False])
@pytest.mark.parametrize(("switch", "fault"), [("cover_open", PrintFault.COVER_OPEN), ("offline", PrintFault.OFFLINE)])
def test_stopped_by_a_hand_while_it_prints(
    sim: SimPrinter, printer: EscposPrinter, switch: str, fault: PrintFault, knows_automatic: bool
) -> None:
    sim.knows_automatic = knows_automatic
    sim.on_slip = turn_on(sim, switch)  # after the cut, before the confirmation
    assert fault_of(printer) is fault
    sim.on_slip = lambda _slip: None
    setattr(sim, switch, False)
    assert_prints(printer, sim)


@contextlib.contextmanager
def clone(real_time: bytes, confirmation: bytes) -> Iterator[EscposPrinter]:
    """The driver of a printer that takes one job, gives these answers to DLE EOT and to GS r, and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = server.accept()
        received = b""
        with client:
            while b"\x1dr\x01" not in received[-8:]:
                data = client.recv(4096)
                received += data
                for _ in re.findall(rb"\x10\x04[\x01-\x04]", data):
                    client.sendall(real_time)
            client.sendall(confirmation)

    thread = threading.Thread(target=serve)
    thread.start()
    yield EscposPrinter(f"tcp:127.0.0.1:{server.getsockname()[1]}", 115_200, 576, patience=QUICK)
    thread.join()
    server.close()


def test_a_clone_that_answers_the_confirmation_out_of_paper() -> None:
    """Epson's does not answer GS r offline; others answer 0F."""
    with clone(b"\x12", b"\x0f") as printer:
        assert fault_of(printer) is PrintFault.PAPER_OUT


@pytest.mark.parametrize("other", ["11 13", "12", "90", "10 00 00 00", "37 22 41 42 43 44 00", "37 25 00"])
def test_bytes_that_confirm_nothing_are_not_taken_for_the_confirmation(other: str) -> None:
    """XON and XOFF, a real-time status, noise, an automatic status of a printer in perfect health, and responses."""
    with clone(b"\x12", bytes.fromhex(other)) as printer:
        assert fault_of(printer) is PrintFault.INTERRUPTED


def test_an_automatic_status_before_the_confirmation_does_not_hide_it() -> None:
    with clone(b"\x12", bytes.fromhex("10 00 00 0f 00")) as printer:
        printer.print_slip(FULL)


def test_a_waiting_second_client_is_served_when_the_first_is_done(sim: SimPrinter, printer: EscposPrinter) -> None:
    threads = [threading.Thread(target=printer.print_slip, args=(FULL,)) for _ in range(3)]
    other = EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576)
    threads += [threading.Thread(target=other.print_slip, args=(FULL,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert until(lambda: len(sim.slips)) == 4


def test_a_fault_is_logged_once_and_its_end_once(
    sim: SimPrinter, printer: EscposPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "printer")
    sim.paper = "out"
    for _ in range(3):
        fault_of(printer)
        printer.status()
    sim.paper = "ok"
    for _ in range(3):
        printer.status()
        printer.print_slip(FULL)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "paper-out" in caplog.messages[0]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (PrinterConfig(driver="escp", link="tcp:127.0.0.1:9100"), r"\[printer\] driver.*'escp'.*escpos"),
        (PrinterConfig(driver="escpos", link="tcp:127.0.0.1"), r"\[printer\] link.*tcp:HOST:PORT"),
        (PrinterConfig(driver="escpos", link="tcp:127.0.0.1:99999"), r"\[printer\] link.*tcp:HOST:PORT"),
        (PrinterConfig(driver="escpos", link="usb:lp0"), r"\[printer\] link.*usb:PATH"),
        (PrinterConfig(driver="escpos", link="telepathy://x"), r"\[printer\] link.*telepathy"),
    ],
)
def test_a_wrong_driver_or_link_is_named_at_the_start(config: PrinterConfig, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        open_printer(config)


def test_the_configured_printer_prints(sim: SimPrinter) -> None:
    assert_prints(open_printer(PrinterConfig(driver="escpos", link=f"tcp:127.0.0.1:{sim.port}")), sim)
