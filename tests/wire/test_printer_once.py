"""One number, one paper: what becomes of a slip that was broken off, and what may confirm one."""

import io
import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PIL import Image, ImageChops

from edge.contracts.ticket import PrintFault
from edge.devices.printer import EscposPrinter, Patience, PrintError
from edge.devices.sim.escpos import CUTTER_DOTS
from edge.devices.sim.printer import SimPrinter
from tests.waiting import until

ROWS, WIDTH = 300, 64  # three bands
HASTY = Patience(status_s=0.2, clear_s=0.2, poll_s=0.1, confirm_s=0.4, forget_s=3600)


def picture(number: int, copy: bool = False) -> Image.Image:
    """A slip on which no row is white and no two are alike; ``copy`` is what "In lại" on it is."""
    random = Random(2 * number + copy)
    black = bytes(random.randrange(0x80, 0x100) for _ in range(ROWS * WIDTH // 8))
    return ImageChops.invert(Image.frombytes("1", (WIDTH, ROWS), black))


def papers(sim: SimPrinter, number: int, copy: bool = False) -> int:
    """How many pieces of paper hold the whole of this slip."""
    wanted, found = picture(number, copy).tobytes(), 0
    for slip in sim.slips:
        with Image.open(io.BytesIO(slip.png)) as printed:
            found += wanted in printed.convert("1").tobytes()
    return found


def broken_off(printer: EscposPrinter, number: int) -> PrintError:
    with pytest.raises(PrintError) as caught:
        printer.print_slip(picture(number))
    return caught.value


def driver(sim: SimPrinter) -> EscposPrinter:
    return EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, WIDTH, patience=HASTY)


@pytest.fixture
def sim() -> Iterator[SimPrinter]:
    sim = SimPrinter(width_dots=WIDTH)
    sim.start()
    yield sim
    sim.stop()


@pytest.fixture
def printer(sim: SimPrinter) -> EscposPrinter:
    """Its driver, once it has printed."""
    printer = driver(sim)
    printer.print_slip(picture(0))
    return printer


@pytest.mark.req("K9", "D4")
@pytest.mark.parametrize("rows", [1, 150, ROWS - 20])
def test_a_slip_that_ran_out_of_paper_does_not_come_when_there_is_a_new_roll(
    sim: SimPrinter, printer: EscposPrinter, rows: int
) -> None:
    sim.paper_left_dots = rows
    error = broken_off(printer, 1)
    assert (error.fault, error.may_still_come) == (PrintFault.PAPER_OUT, False)
    sim.paper = "ok"
    printer.print_slip(picture(1))
    assert papers(sim, 1) == 1


def test_a_slip_that_ran_out_of_paper_on_its_last_rows_may_have_come(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.paper_left_dots = ROWS
    assert broken_off(printer, 1).may_still_come


@pytest.mark.req("D4")
def test_of_a_printer_that_clears_nothing_a_slip_may_still_come(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.knows_clear = sim.knows_automatic = False
    sim.paper_left_dots = 150
    assert broken_off(printer, 1).may_still_come
    sim.paper = "ok"
    sim.tear_off()
    assert papers(sim, 1) == 1


def test_a_slip_that_a_busy_printer_has_not_begun_is_taken_back(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.busy = True
    error = broken_off(printer, 1)
    assert (error.fault, error.may_still_come) == (PrintFault.NO_ANSWER, False)
    sim.busy = False
    sim.tear_off()
    assert papers(sim, 1) == 0


@pytest.mark.parametrize("knows_ids", [True, False])
def test_a_rest_that_could_not_be_cleared_at_once_is_cleared_when_the_printer_is_looked_at(
    sim: SimPrinter, printer: EscposPrinter, knows_ids: bool
) -> None:
    sim.knows_ids, sim.knows_clear, sim.busy = knows_ids, False, True
    assert broken_off(printer, 1).may_still_come
    sim.knows_clear = True
    printer.status()
    sim.busy = False
    sim.tear_off()
    assert papers(sim, 1) == 0
    printer.print_slip(picture(2))
    assert papers(sim, 2) == 1


def test_a_slip_lost_with_the_printers_power_is_printed_again(sim: SimPrinter, printer: EscposPrinter) -> None:
    sim.power_after_bytes = 1000
    assert broken_off(printer, 1).fault is PrintFault.INTERRUPTED
    printer.print_slip(picture(1))
    assert papers(sim, 1) == 1


@pytest.mark.parametrize("knows_clear", [True, False])
@pytest.mark.parametrize("knows_ids", [True, False])
def test_an_answer_that_comes_too_late_does_not_confirm_the_next_slip(
    sim: SimPrinter, printer: EscposPrinter, knows_ids: bool, knows_clear: bool
) -> None:
    sim.knows_ids, sim.knows_clear = knows_ids, knows_clear
    sim.on_slip = lambda _slip: setattr(sim, "late", True)  # from the cut on
    assert broken_off(printer, 1).may_still_come
    sim.on_slip = lambda _slip: None
    assert papers(sim, 1) == 1
    sim.late = False
    sim.paper_left_dots = CUTTER_DOTS + ROWS + 10  # the second will not be cut
    broken_off(printer, 2)
    assert papers(sim, 2) == 0


def test_a_slip_that_comes_while_the_next_is_printed_does_not_confirm_it(sim: SimPrinter) -> None:
    """Of a printer with neither process IDs nor a way to clear it: there an answer does not say whose it is."""
    sim.knows_ids = sim.knows_clear = sim.knows_automatic = False
    printer = driver(sim)
    printer.print_slip(picture(0))
    sim.busy = True
    assert broken_off(printer, 1).may_still_come
    held = sim.printer.waiting_bytes
    sim.paper_left_dots = ROWS + CUTTER_DOTS + 150  # for the first, and for some of the second

    def go_on() -> None:
        until(lambda: sim.printer.waiting_bytes > held + 2500, what="the second slip to arrive")
        sim.busy = False

    going_on = threading.Thread(target=go_on)
    going_on.start()
    assert broken_off(printer, 2).fault is PrintFault.PAPER_OUT
    going_on.join()
    assert (papers(sim, 1), papers(sim, 2)) == (1, 0)


def test_what_a_slow_line_takes_is_not_counted_as_the_printers_own_time(sim: SimPrinter) -> None:
    impatient = Patience(status_s=5, clear_s=5, poll_s=5, confirm_s=0)
    printer = EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 2400, WIDTH, patience=impatient)
    assert printer.status().present
    sim.busy = True

    def go_on() -> None:
        until(lambda: sim.printer.waiting_bytes > ROWS * WIDTH // 8, what="the slip to arrive")
        sim.busy = False

    going_on = threading.Thread(target=go_on)
    going_on.start()
    printer.print_slip(picture(1))
    going_on.join()
    assert papers(sim, 1) == 1


def test_a_printer_that_knows_no_marks_is_confirmed_by_gs_r(sim: SimPrinter) -> None:
    sim.knows_ids = sim.knows_clear = sim.knows_automatic = False
    printer = driver(sim)
    for number in (1, 2, 3):
        printer.print_slip(picture(number))
        assert papers(sim, number) == 1
    assert sim.errors == []


SWITCHES = st.sampled_from(["silent", "late", "busy", "offline", "cover_open"])
TROUBLES = st.one_of(
    st.none(),
    st.tuples(st.just("paper_left_dots"), st.integers(1, 2 * CUTTER_DOTS + ROWS + 2)),
    st.tuples(st.sampled_from(["cut_after_bytes", "power_after_bytes"]), st.integers(1, 4000)),
    st.tuples(st.just("cutter_jams"), st.just(True)),
    st.tuples(SWITCHES, st.just(True)),
    st.tuples(st.just("at_the_cut"), SWITCHES),
)


class AnyTrouble(RuleBasedStateMachine):
    """A person at a kiosk who touches "print again", and whatever befalls the printer meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.sim = SimPrinter(width_dots=WIDTH)
        self.sim.start()
        self.printer = driver(self.sim)
        self.number = 0
        self.confirmed = True
        self.may_have_come = False

    @initialize(clear=st.booleans(), ids=st.booleans(), automatic=st.booleans())
    def choose_a_printer(self, clear: bool, ids: bool, automatic: bool) -> None:
        self.sim.knows_clear, self.sim.knows_ids, self.sim.knows_automatic = clear, ids, automatic

    @rule(trouble=TROUBLES, mended=st.booleans())
    def take_a_number(self, trouble: tuple[str, Any] | None, mended: bool) -> None:
        self.number += 1
        self.may_have_come = False
        self.attempt(False, trouble, mended)

    @precondition(lambda self: not self.confirmed)
    @rule(trouble=TROUBLES, mended=st.booleans())
    def print_again(self, trouble: tuple[str, Any] | None, mended: bool) -> None:
        self.attempt(self.may_have_come, trouble, mended)

    @rule()
    def look(self) -> None:
        self.printer.status()

    @rule()
    def switch_it_off_and_on(self) -> None:
        self.sim.power_cycle()

    @rule()
    def mend(self) -> None:
        self.sim.on_slip = lambda _slip: None
        self.sim.cut_after_bytes = self.sim.power_after_bytes = None
        self.sim.cutter_jams = self.sim.silent = False
        self.sim.paper, self.sim.error = "ok", "none"
        self.sim.cover_open = self.sim.offline = self.sim.busy = self.sim.late = False

    def attempt(self, copy: bool, trouble: tuple[str, Any] | None, mended: bool) -> None:
        match trouble:
            case ("at_the_cut", switch):
                self.sim.on_slip = lambda _slip: setattr(self.sim, switch, True)
            case (name, value):
                setattr(self.sim, name, value)
        before = papers(self.sim, self.number, copy)
        try:
            self.printer.print_slip(picture(self.number, copy))
        except PrintError as error:
            self.confirmed = False
            self.may_have_come |= error.may_still_come
        else:
            self.confirmed = True
            assert papers(self.sim, self.number, copy) > before
        if mended:
            self.mend()

    @invariant()
    def no_number_is_on_two_papers(self) -> None:
        assert all(papers(self.sim, number) <= 1 for number in range(1, self.number + 1))

    def teardown(self) -> None:
        self.mend()
        self.sim.tear_off()
        self.no_number_is_on_two_papers()
        self.sim.stop()


AnyTrouble.TestCase.settings = settings(
    max_examples=40, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)
test_never_two_papers_and_never_a_false_confirmation = pytest.mark.req("K9", "D4")(AnyTrouble.TestCase)
