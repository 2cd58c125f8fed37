"""The kiosk's own numbers: whatever happens to hub, power and clocks, no number twice on a day and no paper lost."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import Command, IssueTicket, LeaseNumbers
from edge.contracts.events import CatalogueAdopted, DayOpened, Entry, Event, Lease
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, PrintFault, Priority
from edge.daemon.config import ConfigError
from edge.kiosk.reserve import PRINTED, REGISTERED, Clocks, Reserve, ReserveError, ReserveUsedUp, open_reserve
from edge.queueing.numbers import LEASE_SIZE
from edge.queueing.queue import apply, new_queue, snapshot_of
from edge.queueing.refused import NotAllowed
from edge.queueing.rules import decide
from tests.long import tries
from tests.sites import CATALOGUE, DAY_MS, NOON_MS, command_id

ME = "kiosk-1"
HOUR_MS = 3_600_000
VIETNAM = timezone(timedelta(hours=7))


def day_of(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(VIETNAM).date().isoformat()


class Hub:
    """The real rules of the queue, with a clock that is right."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        self.queue = new_queue(catalogue)

    def open(self, at_ms: int) -> None:
        if self.queue.day < day_of(at_ms):
            self._happen(DayOpened(day_of(at_ms), leases=self.queue.leases), at_ms)
            self._happen(CatalogueAdopted(self.queue.catalogue), at_ms)

    def send(self, command: Command, at_ms: int) -> None:
        for event in decide(self.queue, command, by=ME, now_ms=at_ms):
            self._happen(event, at_ms)

    def snapshot(self) -> Snapshot:
        return snapshot_of(self.queue, "e")

    def _happen(self, event: Event, at_ms: int) -> None:
        self.queue = apply(self.queue, Entry(self.queue.seq + 1, at_ms, event))


class World:
    """A kiosk with its disk, a hub, and the true time, which neither the kiosk's clock nor its boots need to know."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "reserve.db"
        self.true_ms = NOON_MS
        self.clock_wrong_ms = 0
        self.booted_ms = NOON_MS - HOUR_MS
        self.boot = 1
        self.hub = Hub()
        self.reserve = self.opened()

    def opened(self) -> Reserve:
        clocks = Clocks(
            lambda: self.true_ms + self.clock_wrong_ms, lambda: self.true_ms - self.booted_ms, f"boot {self.boot}"
        )
        return open_reserve(self.path, ME, clocks)

    def restart(self) -> None:
        self.reserve.close()
        self.reserve = self.opened()
        self.reserve.interrupted(90_000)

    def reboot(self, clock_wrong_ms: int = 0) -> None:
        self.boot += 1
        self.booted_ms = self.true_ms
        self.clock_wrong_ms = clock_wrong_ms
        self.restart()

    def meet(self) -> None:
        """The kiosk hears the hub and has numbers set aside."""
        self.hub.open(self.true_ms)
        asked = self.reserve.lacking(self.hub.snapshot())
        for service in asked:
            self.hub.send(LeaseNumbers(command_id(), service), self.true_ms)
        self.reserve.remember(self.hub.snapshot(), self.true_ms, frozenset(asked))

    def give(self, service: str = "general") -> str:
        return self.reserve.give(IssueTicket(command_id(), service), command_id(), sent=False).label

    def hand_in(self) -> list[str]:
        """Register everything; the labels that the hub took."""
        taken = []
        for given in self.reserve.unregistered():
            command = self.reserve.registration(given, self.hub.queue.day)
            try:
                self.hub.send(command, self.true_ms)
            except NotAllowed as refused:
                self.reserve.settle(given.id, refused.reason.value)
            else:
                taken.append(given.ticket.label)
                self.reserve.settle(given.id, REGISTERED)
        return taken


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.meet()
    yield world
    world.reserve.close()


@pytest.mark.req("X4")
def test_a_kiosk_that_never_met_a_hub_has_no_numbers(tmp_path: Path) -> None:
    reserve = World(tmp_path).reserve
    assert reserve.site() is None
    assert reserve.spare() == frozenset()
    reserve.close()


@pytest.mark.req("K1", "X4")
def test_the_numbers_are_those_that_the_hub_set_aside_and_each_comes_once(world: World) -> None:
    labels = [world.give() for _ in range(LEASE_SIZE)]
    assert labels == [f"A{number}" for number in range(9950, 10000)]
    assert world.reserve.spare() == {"insurance"}
    with pytest.raises(ReserveUsedUp):
        world.give()


@pytest.mark.req("X4")
def test_neither_a_restart_nor_a_reboot_frees_a_number(world: World) -> None:
    labels = [world.give()]
    world.restart()
    labels += [world.give()]
    world.reboot(clock_wrong_ms=-40 * DAY_MS)
    labels += [world.give()]
    world.reboot(clock_wrong_ms=3 * DAY_MS)
    labels += [world.give()]
    assert labels == ["A9950", "A9951", "A9952", "A9953"]
    assert world.reserve.site() == replace(world.hub.snapshot(), tickets={}, waiting={}, calls=())


@pytest.mark.req("X4")
@pytest.mark.parametrize("wrong_ms", [DAY_MS, -DAY_MS, 1000 * DAY_MS])
def test_a_clock_that_nobody_vouches_for_frees_no_number(world: World, wrong_ms: int) -> None:
    assert world.give() == "A9950"
    world.reboot(wrong_ms)
    assert world.give() == "A9951"


@pytest.mark.req("X4")
def test_numbers_begin_anew_on_a_day_that_is_certain(world: World) -> None:
    assert world.give() == "A9950"
    world.true_ms += DAY_MS
    assert world.give() == "A9950", "the clock has run on since the hub told the time"
    world.reboot()
    assert world.give() == "A9951", "after a reboot nobody vouches for the clock"
    world.true_ms += DAY_MS
    assert world.give() == "A9952"
    world.meet()
    assert world.give() == "A9953", "what was given on this day by a guess is known by now as today's"
    world.true_ms += DAY_MS
    assert world.give() == "A9950"


@pytest.mark.req("X4")
def test_the_time_of_a_number_given_by_a_wrong_clock_is_put_right_when_the_hub_is_back(world: World) -> None:
    world.true_ms += DAY_MS
    world.reboot(clock_wrong_ms=-DAY_MS)
    world.give()
    given_ms = world.true_ms
    world.true_ms += HOUR_MS
    world.meet()
    (given,) = world.reserve.unregistered()
    command = world.reserve.registration(given, world.hub.queue.day)
    assert (command.day, command.given_at_ms) == (day_of(given_ms), given_ms)
    assert world.hand_in() == ["A9950"]


@pytest.mark.req("X4")
def test_a_number_whose_day_nobody_knows_is_handed_in_as_todays(world: World) -> None:
    world.true_ms += DAY_MS
    world.reboot(clock_wrong_ms=-DAY_MS)
    world.give()
    world.reboot()
    world.meet()
    assert world.give() == "A9951"
    assert world.hand_in() == ["A9950", "A9951"]


@pytest.mark.req("X4")
def test_a_number_of_a_day_that_is_over_is_kept_for_the_staff_as_refused(world: World) -> None:
    world.give()
    world.true_ms += DAY_MS
    world.meet()
    assert world.hand_in() == []
    assert world.reserve.unregistered() == []
    with sqlite3.connect(world.path) as db:
        assert db.execute("SELECT outcome FROM given").fetchall() == [(Refusal.UNKNOWN_TICKET.value,)]


@pytest.mark.req("X4")
def test_a_changed_disk_does_not_give_numbers_that_the_old_one_may_have_given(world: World) -> None:
    world.give()
    world.reserve.close()
    world.path.unlink()
    world.reserve = world.opened()
    world.meet()
    assert world.reserve.spare() == frozenset()
    world.true_ms += DAY_MS
    world.meet()
    assert world.give() == "A9950"


@pytest.mark.req("X4")
def test_a_damaged_file_is_set_aside_and_the_kiosk_works_on(world: World) -> None:
    world.reserve.close()
    for file in world.path.parent.iterdir():
        file.write_bytes(b"not a database " * 500)
    world.reserve = world.opened()
    assert world.reserve.spare() == frozenset()
    assert (world.path.parent / "reserve.db.broken").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="data"):
        open_reserve(tmp_path / "file/reserve.db", ME, Clocks(lambda: 0, lambda: 0, ""))


@pytest.mark.req("X4")
def test_a_block_that_no_longer_fits_the_catalogue_is_given_up_for_a_new_one(world: World) -> None:
    assert world.give() == "A9950"
    general, *others = CATALOGUE.services
    narrower = replace(CATALOGUE, services=(replace(general, last_number=500), *others))
    world.hub.queue = apply(world.hub.queue, Entry(world.hub.queue.seq + 1, world.true_ms, CatalogueAdopted(narrower)))
    world.meet()
    assert world.give() == "A451"
    off = replace(CATALOGUE, services=(replace(general, active=False), *others))
    world.reserve.remember(replace(world.hub.snapshot(), catalogue=off), world.true_ms, frozenset())
    assert world.reserve.spare() == {"insurance"}


def test_the_leases_of_other_kiosks_are_left_alone(world: World) -> None:
    site = replace(world.hub.snapshot(), leases=(Lease("kiosk-2", "general", "A", 9900, 9949),))
    assert world.reserve.lacking(site) == ["general", "insurance"]
    world.reserve.remember(site, world.true_ms, frozenset({"general", "insurance"}))
    assert world.reserve.spare() == frozenset()


@pytest.mark.req("X4")
def test_a_registration_is_the_same_however_often_it_is_sent(world: World) -> None:
    world.give()
    (given,) = world.reserve.unregistered()
    world.reserve.note_paper(given.id, PrintFault.PAPER_OUT.value)
    (given,) = world.reserve.unregistered()
    first = world.reserve.registration(given, "2026-11-23")
    assert not first.printed
    assert not world.reserve.note_paper(given.id, PRINTED), "the hub does not know of the ticket yet"
    world.restart()
    (given,) = world.reserve.unregistered()
    assert world.reserve.registration(given, "2026-11-23") == first
    assert world.reserve.settle(given.id, REGISTERED) == PRINTED
    assert world.reserve.note_paper(given.id, PRINTED), "from now on the hub is told itself"


def test_a_second_slip_that_fails_does_not_undo_the_first(world: World) -> None:
    world.give()
    (given,) = world.reserve.unregistered()
    world.reserve.note_paper(given.id, PRINTED)
    world.reserve.note_paper(given.id, PrintFault.PAPER_OUT.value)
    assert world.reserve.unregistered()[0].paper == PRINTED


@pytest.mark.req("X4")
def test_a_slip_that_was_being_printed_when_the_kiosk_died_is_shown_again_and_never_printed(world: World) -> None:
    label = world.give()
    world.true_ms += 5_000
    world.reserve.close()
    world.reserve = world.opened()
    again = world.reserve.interrupted(90_000)
    assert again is not None
    assert again.label == label
    assert world.reserve.unregistered()[0].paper == PrintFault.INTERRUPTED.value
    assert world.reserve.interrupted(90_000) is None
    world.give()
    world.reboot()
    assert world.reserve.interrupted(90_000) is None, "whoever stood there before the power failed is gone"


@pytest.mark.req("P1")
def test_what_the_document_and_the_person_say_goes_with_the_number_but_not_who_it_is(world: World) -> None:
    command = IssueTicket(command_id(), "general", Document.CCCD_QR, "001046000017", "1946-02-01", Priority.MERIT)
    ticket = world.reserve.give(command, command_id(), sent=True)
    assert (ticket.document, ticket.claim, ticket.priority) == (Document.CCCD_QR, Priority.FROM_75, Priority.NONE)
    (given,) = world.reserve.unregistered()
    registration = world.reserve.registration(given, "2026-11-23")
    assert (registration.instead_of, registration.claim) == (command.id, Priority.FROM_75)
    world.reserve.close()
    kept = b"".join(file.read_bytes() for file in world.path.parent.iterdir())
    assert b"001046000017" not in kept
    assert b"1946-02-01" not in kept
    world.reserve = world.opened()


@pytest.mark.req("X4")
def test_a_disk_that_takes_nothing_gives_no_number(world: World) -> None:
    with sqlite3.connect(world.path) as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON given BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(ReserveError):
        world.give()
    with sqlite3.connect(world.path) as db:
        db.execute("DROP TRIGGER full")
    assert world.give() == "A9950"


class AnyOrder(RuleBasedStateMachine):
    """Anything in any order; papers are counted by the true day on which somebody took them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.world.meet()
        self.papers: set[tuple[str, str]] = set()
        self.in_hall: set[str] = set()
        self.hall_day = day_of(self.world.true_ms)

    def teardown(self) -> None:
        self.world.reserve.close()
        self.folder.cleanup()

    @rule(service=st.sampled_from(["general", "insurance"]), ends=st.sampled_from(["", PRINTED, "paper-out"]))
    def give(self, service: str, ends: str) -> None:
        try:
            label = self.world.give(service)
        except ReserveUsedUp:
            return
        paper = (day_of(self.world.true_ms), label)
        assert paper not in self.papers, "a number twice on one day"
        self.papers.add(paper)
        self.in_hall.add(label)
        if ends:
            self.world.reserve.note_paper(self.world.reserve.unregistered()[-1].id, ends)

    @rule(step_ms=st.sampled_from([1_000, HOUR_MS, 7 * HOUR_MS, DAY_MS, 3 * DAY_MS]))
    def time_passes(self, step_ms: int) -> None:
        self.world.true_ms += step_ms
        if day_of(self.world.true_ms) != self.hall_day:
            self.hall_day = day_of(self.world.true_ms)
            self.in_hall.clear()

    @rule(wrong_ms=st.sampled_from([0, -HOUR_MS, HOUR_MS, -DAY_MS, DAY_MS, -1000 * DAY_MS, 9000 * DAY_MS]))
    def the_clock_is_set(self, wrong_ms: int) -> None:
        self.world.clock_wrong_ms = wrong_ms

    @rule()
    def the_kiosk_restarts(self) -> None:
        self.world.restart()

    @rule(wrong_ms=st.sampled_from([0, -HOUR_MS, -DAY_MS, DAY_MS, -5 * DAY_MS]))
    def the_power_fails(self, wrong_ms: int) -> None:
        self.world.reboot(wrong_ms)

    @rule(hand_in=st.booleans())
    def the_hub_is_back(self, hand_in: bool) -> None:
        self.world.meet()
        if hand_in:
            self.world.hand_in()
            taken = {ticket.label for ticket in self.world.hub.queue.tickets.values()}
            assert self.in_hall <= taken, "a paper of today that the hub does not know"


AnyOrder.TestCase.settings = settings(max_examples=tries(40), stateful_step_count=40)
TestAnyOrder = pytest.mark.req("X4", "K1")(AnyOrder.TestCase)
