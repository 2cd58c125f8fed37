"""Who is next: emergencies, the legal classes by ageing, the other disciplines, and calls out of order."""

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Discipline, Policy
from edge.contracts.commands import CallTicket, GiveNumber, OutOfOrder, SetPriority
from edge.contracts.events import TicketCalled
from edge.contracts.priority import priority_from
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Priority
from edge.queueing.order import in_order
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

MINUTE_MS = 60_000
OLD, YOUNG = "1940-01-01", "2024-01-01"


def ruled_by(**policy: object) -> Catalogue:
    return replace(CATALOGUE, policy=replace(Policy(), **policy))


def order_at(site: Site, counter: str = "q2") -> list[str]:
    queue = site.queue
    turn = queue.turns.get(counter, 0)
    places = in_order(queue.plan.counters[counter], queue.lanes, queue.plan.policy, site.now_ms, turn)
    return [site.label_of(place.ticket) for place in places]


@pytest.mark.req("K12", "P2")
def test_an_old_person_overtakes_whoever_has_not_waited_four_times_as_long() -> None:
    site = Site()
    site.issue()
    site.now_ms += 9 * MINUTE_MS
    site.issue()
    site.now_ms += 3 * MINUTE_MS
    site.issue(birth_date=OLD)
    site.now_ms += 3 * MINUTE_MS
    assert order_at(site) == ["A001", "A003", "A002"]  # 15, 4 × 3 and 6 minutes
    site.now_ms += MINUTE_MS + 1
    assert order_at(site) == ["A003", "A001", "A002"]


@pytest.mark.req("P2")
def test_equals_of_a_class_keep_the_order_of_their_arrival() -> None:
    site = Site()
    first, second = site.issue(birth_date=OLD), site.issue(birth_date=YOUNG)
    site.now_ms += 30 * MINUTE_MS
    assert site.call("q2") == first
    assert site.call("q2") == second


def test_an_emergency_comes_before_everybody() -> None:
    site = Site()
    site.issue(birth_date=OLD)
    site.now_ms += 120 * MINUTE_MS
    site.do(GiveNumber(command_id(), "general", Priority.EMERGENCY), by="quay1")
    assert order_at(site) == ["A002", "A001"]


def test_a_claim_counts_from_its_confirmation_and_keeps_its_place_by_arrival() -> None:
    site = Site()
    site.issue()
    site.now_ms += MINUTE_MS
    claimed = site.issue(claim=Priority.PREGNANT)
    site.now_ms += 10 * MINUTE_MS
    assert site.ticket(claimed).claim is Priority.PREGNANT
    assert order_at(site) == ["A001", "A002"]
    site.do(SetPriority(command_id(), claimed, Priority.PREGNANT), by="quay1")
    assert site.ticket(claimed).claim is Priority.NONE
    assert order_at(site) == ["A002", "A001"]


def test_a_claim_without_proof_is_dropped_and_the_place_stays() -> None:
    site = Site()
    claimed = site.issue(claim=Priority.MERIT)
    site.issue()
    site.do(SetPriority(command_id(), claimed, Priority.NONE), by="quay1")
    assert site.ticket(claimed).claim is Priority.NONE
    assert order_at(site) == ["A001", "A002"]


def test_what_the_document_proves_needs_no_claim() -> None:
    site = Site()
    ticket = site.ticket(site.issue(birth_date=OLD, claim=Priority.MERIT))
    assert (ticket.priority, ticket.claim) == (Priority.FROM_75, Priority.NONE)


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("1951-11-23", Priority.FROM_75),
        ("1951-11-24", Priority.NONE),
        ("2020-11-23", Priority.NONE),
        ("2020-11-24", Priority.UNDER_6),
        ("2026-11-23", Priority.UNDER_6),
        ("2026-11-24", Priority.NONE),
        ("1952-02-30", Priority.NONE),
        ("", Priority.NONE),
    ],
)
def test_the_class_follows_from_the_age_on_the_business_day(born: str, expected: Priority) -> None:
    assert priority_from(born, "2026-11-23") is expected


def test_strict_priority_calls_all_of_the_class_first() -> None:
    site = Site(ruled_by(discipline=Discipline.STRICT))
    site.issue()
    site.now_ms += 300 * MINUTE_MS
    site.issue(birth_date=OLD)
    assert order_at(site) == ["A002", "A001"]


def test_first_come_first_served_knows_only_emergencies() -> None:
    site = Site(ruled_by(discipline=Discipline.FIRST_COME))
    site.issue()
    site.issue(birth_date=OLD)
    site.do(GiveNumber(command_id(), "general", Priority.EMERGENCY), by="quay1")
    assert order_at(site) == ["A003", "A001", "A002"]


def test_a_ratio_of_two_to_one_is_kept_call_by_call() -> None:
    site = Site(ruled_by(discipline=Discipline.RATIO, ratio_priority=2, ratio_normal=1))
    for _ in range(3):
        site.issue()
    for _ in range(4):
        site.issue(birth_date=OLD)
    expected = ["A004", "A005", "A001", "A006", "A007", "A002", "A003"]
    assert order_at(site) == expected
    assert [site.label_of(site.call("q2")) for _ in range(7)] == expected


def test_a_ratio_does_not_use_a_turn_up_for_somebody_of_the_other_class() -> None:
    site = Site(ruled_by(discipline=Discipline.RATIO, ratio_priority=1, ratio_normal=1))
    site.issue()
    site.call("q2")  # nobody with priority waits
    site.issue()
    site.issue(birth_date=OLD)
    assert order_at(site) == ["A003", "A002"]


@pytest.mark.req("P2", "X2")
def test_a_call_out_of_order_needs_a_reason_which_the_journal_keeps() -> None:
    site = Site()
    site.issue()
    second = site.issue()
    refusal = site.refusal(CallTicket(command_id(), "q2", second))
    assert (refusal.reason, refusal.ticket) == (Refusal.REASON_NEEDED, second)
    (*_, event) = site.do(CallTicket(command_id(), "q2", second, reason=OutOfOrder.FRAIL))
    assert isinstance(event, TicketCalled)
    assert (event.ticket, event.reason) == (second, OutOfOrder.FRAIL)


def test_calling_the_one_whose_turn_it_is_is_no_call_out_of_order() -> None:
    site = Site()
    first = site.issue()
    (*_, event) = site.do(CallTicket(command_id(), "q2", first, reason=OutOfOrder.OTHER))
    assert isinstance(event, TicketCalled)
    assert event.reason is None


def test_a_counter_calls_nobody_whose_service_it_does_not_give() -> None:
    site = Site()
    ticket = site.issue("insurance")
    command = CallTicket(command_id(), "q2", ticket, reason=OutOfOrder.OTHER)
    assert site.refusal(command).reason is Refusal.NOT_SERVED_HERE
