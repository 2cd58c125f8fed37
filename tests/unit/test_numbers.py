"""Numbers: the working hours, the ranges, and those that kiosks give on their own while the hub is away."""

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import OpeningPeriod, Policy
from edge.contracts.commands import AdoptCatalogue, GiveNumber, IssueTicket, LeaseNumbers, RegisterTicket
from edge.contracts.events import DayOpened, Lease, NumbersLeased, TicketIssued
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Paper, Priority, State
from tests.queue_story import DAY, Site
from tests.sites import CATALOGUE, NOON_MS, command_id

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
SERVICE, OTHER = CATALOGUE.services


def with_service(**changes: object) -> Site:
    return Site(replace(CATALOGUE, services=(replace(SERVICE, **changes), OTHER)))


def registered(site: Site, number: int, **changes: object) -> RegisterTicket:
    command = RegisterTicket(command_id(), "general", number, DAY, site.now_ms - 5 * MINUTE_MS)
    return replace(command, **changes)


@pytest.mark.req("K10")
def test_out_of_hours_no_number_is_given_and_the_next_opening_is_told() -> None:
    hours = (OpeningPeriod((0, 1, 2, 3, 4), "07:00", "11:30"), OpeningPeriod((0, 1, 2, 3, 4), "13:30", "17:00"))
    site = Site(replace(CATALOGUE, hours=hours, policy=Policy(early_min=30)))
    refusal = site.refusal(IssueTicket(command_id(), "general"))  # noon
    assert (refusal.reason, refusal.next_ms) == (Refusal.CLOSED, NOON_MS + HOUR_MS)
    site.now_ms = NOON_MS + HOUR_MS
    assert site.label_of(site.issue()) == "A001"


@pytest.mark.req("K10")
def test_after_the_last_ticket_time_of_a_service_the_others_still_give_numbers() -> None:
    hours = (OpeningPeriod((0, 1, 2, 3, 4), "07:00", "12:30"),)
    services = (replace(SERVICE, last_ticket_min=60), OTHER)
    site = Site(replace(CATALOGUE, hours=hours, services=services))
    assert site.refusal(IssueTicket(command_id(), "general")).reason is Refusal.LAST_TICKET
    assert site.label_of(site.issue("insurance")) == "B001"


def test_an_officer_gives_a_number_at_any_hour() -> None:
    site = Site(replace(CATALOGUE, hours=(OpeningPeriod((5,), "07:00", "08:00"),)))
    (event,) = site.do(GiveNumber(command_id(), "general", Priority.EMERGENCY), by="quay1")
    assert isinstance(event, TicketIssued)
    assert event.priority is Priority.EMERGENCY


@pytest.mark.req("K4")
def test_the_numbers_of_a_service_keep_to_its_range() -> None:
    site = with_service(first_number=100, last_number=101)
    assert [site.label_of(site.issue()) for _ in range(2)] == ["A100", "A101"]
    assert site.refusal(IssueTicket(command_id(), "general")).reason is Refusal.DAY_FULL


def test_a_service_that_is_switched_off_gives_no_numbers_and_serves_those_who_wait() -> None:
    site = Site()
    ticket = site.issue()
    off = replace(CATALOGUE, services=(replace(SERVICE, active=False), OTHER))
    site.do(AdoptCatalogue(command_id(), 0, off))
    assert site.refusal(IssueTicket(command_id(), "general")).reason is Refusal.UNKNOWN_SERVICE
    assert site.call("q2") == ticket


def test_prefixes_that_change_hands_during_the_day_give_no_label_twice() -> None:
    site = Site()
    site.issue("general")
    swapped = replace(CATALOGUE, services=(replace(SERVICE, prefix="B"), replace(OTHER, prefix="A")))
    site.do(AdoptCatalogue(command_id(), 0, swapped))
    assert site.label_of(site.issue("insurance")) == "A002"


@pytest.mark.req("X4")
def test_kiosks_hold_blocks_that_overlap_neither_each_other_nor_the_hubs_numbers() -> None:
    site = with_service(last_number=999)
    (first,) = site.do(LeaseNumbers(command_id(), "general"), by="kiosk-1")
    (second,) = site.do(LeaseNumbers(command_id(), "general"), by="kiosk-2")
    assert first == NumbersLeased(Lease("kiosk-1", "general", "A", 950, 999))
    assert second == NumbersLeased(Lease("kiosk-2", "general", "A", 900, 949))
    assert site.do(LeaseNumbers(command_id(), "general"), by="kiosk-1") == ()
    site.queue = replace(site.queue, numbers=site.queue.numbers.set("A", 899))
    assert site.refusal(IssueTicket(command_id(), "general")).reason is Refusal.DAY_FULL


@pytest.mark.req("X4")
def test_a_number_given_while_the_hub_was_away_takes_the_place_of_its_own_time() -> None:
    site = Site()
    site.do(LeaseNumbers(command_id(), "general"))
    site.now_ms += 10 * MINUTE_MS
    later = site.issue()
    command = registered(site, 9950, printed=True)
    site.do(command)
    ticket = site.ticket(command.id)
    assert (ticket.label, ticket.paper, ticket.arrived_ms) == ("A9950", Paper.PRINTED, site.now_ms - 5 * MINUTE_MS)
    assert [site.call("q2"), site.call("q2")] == [command.id, later]
    assert site.label_of(site.issue()) == "A002"


def test_the_number_that_the_hub_gave_without_an_answer_is_cancelled_for_the_one_on_paper() -> None:
    site = Site()
    site.do(LeaseNumbers(command_id(), "general"))
    lost = site.issue()
    site.now_ms += 10 * MINUTE_MS
    command = registered(site, 9951, instead_of=lost)
    site.do(command)
    assert site.ticket(lost).state is State.CANCELLED
    assert site.ticket(command.id).arrived_ms == site.ticket(lost).arrived_ms


@pytest.mark.parametrize(
    ("number", "changes", "by", "reason"),
    [
        (9900, {}, "kiosk-1", Refusal.NOT_LEASED),
        (9950, {}, "kiosk-2", Refusal.NOT_LEASED),
        (9950, {"day": "2026-11-22"}, "kiosk-1", Refusal.UNKNOWN_TICKET),
        (9950, {"service": "dentist"}, "kiosk-1", Refusal.UNKNOWN_SERVICE),
    ],
)
def test_a_number_that_is_not_the_kiosks_own_today_is_refused(
    number: int, changes: dict[str, str], by: str, reason: Refusal
) -> None:
    site = Site()
    site.do(LeaseNumbers(command_id(), "general"))
    assert site.refusal(registered(site, number, **changes), by=by).reason is reason


def test_a_number_is_registered_once() -> None:
    site = Site()
    site.do(LeaseNumbers(command_id(), "general"))
    site.do(registered(site, 9950))
    assert site.refusal(registered(site, 9950)).reason is Refusal.NOT_LEASED


def test_a_kiosks_clock_cannot_put_a_ticket_before_the_day_or_into_the_future() -> None:
    site = Site()
    site.do(LeaseNumbers(command_id(), "general"))
    early, late = registered(site, 9950, given_at_ms=1), registered(site, 9951, given_at_ms=NOON_MS * 2)
    site.do(early)
    site.do(late)
    assert site.ticket(early.id).arrived_ms == site.queue.opened_ms
    assert site.ticket(late.id).arrived_ms == site.now_ms


def test_blocks_stay_with_their_kiosks_over_night() -> None:
    site = Site()
    site.do(LeaseNumbers(command_id(), "general"))
    leases = site.queue.leases
    site.append(DayOpened("2026-11-24", leases=leases))
    site.do(replace(registered(site, 9950), day="2026-11-24"))
    assert site.queue.leases == leases
