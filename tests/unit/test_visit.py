"""What a patient's telephone shows of a visit, and the tablets that rate it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Policy
from edge.contracts.commands import AdoptCatalogue, MergeTickets, PersonKey, SendToTests
from edge.contracts.counter import CounterState
from edge.contracts.ticket import State
from edge.hub.people import normalised
from edge.hub.tablets import PAIRED_S, Tablets
from edge.hub.visit import TicketView, ticket_view
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

MINUTE_MS = 60_000


def view(site: Site, ticket: str) -> TicketView:
    return ticket_view(site.queue, site.ticket(ticket), site.now_ms)


@pytest.mark.req("P6", "T1")
def test_who_waits_sees_how_many_are_before_and_a_window_in_whole_five_minutes() -> None:
    site = Site()
    site.set_counter("q2", CounterState.OPEN)
    for _ in range(4):
        site.issue()
    shown = view(site, site.issue())
    assert shown.ahead == 4
    assert shown.window is not None
    assert shown.window.low_ms <= site.now_ms + 25 * MINUTE_MS <= shown.window.high_ms
    assert shown.window.low_ms % (5 * MINUTE_MS) == shown.window.high_ms % (5 * MINUTE_MS) == 0
    assert [counter.id for counter in shown.counters] == ["q1", "q2"]


@pytest.mark.req("P6")
def test_who_was_merged_sees_the_familys_ticket_under_their_own_number() -> None:
    site = Site()
    child, mother = site.issue(), site.issue()
    site.do(MergeTickets(command_id(), child, mother))
    site.call("q2")
    shown = view(site, child)
    assert (shown.label, shown.ticket.label, shown.ticket.state) == ("A001", "A002", State.CALLED)
    assert [counter.id for counter in shown.counters] == ["q2"]


def test_who_was_sent_to_tests_sees_what_follows() -> None:
    site = Site()
    ticket = site.issue("general")
    site.call("q1")
    site.do(SendToTests(command_id(), "q1", ticket, ("insurance",)))
    shown = view(site, ticket)
    assert shown.service is not None
    assert shown.service.id == "insurance"
    assert [service.id for service in shown.following] == ["general"]


def test_who_missed_the_call_sees_how_long_they_may_come_back() -> None:
    site = Site(replace(CATALOGUE, policy=Policy(no_show_grace_min=30)))
    ticket = site.issue()
    site.call("q2")
    site.miss("q2")
    assert view(site, ticket).back_until_ms == site.now_ms + 30 * MINUTE_MS
    site.now_ms += 31 * MINUTE_MS
    assert view(site, ticket).back_until_ms == 0


def test_a_visit_whose_service_is_gone_from_the_catalogue_can_still_be_shown() -> None:
    site = Site()
    ticket = site.issue("insurance")
    site.call("q3")
    site.finish("q3")
    q1, q2, q3 = CATALOGUE.counters
    counters = (replace(q1, services=("general",)), q2, replace(q3, services=("general",)))
    site.do(AdoptCatalogue(command_id(), 0, replace(CATALOGUE, services=CATALOGUE.services[:1], counters=counters)))
    shown = view(site, ticket)
    assert (shown.service, shown.ticket.state) == (None, State.FINISHED)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (PersonKey.CCCD, "00109900001"),
        (PersonKey.CCCD, "00109900001A"),
        (PersonKey.BHYT, "DN47979123456"),
        (PersonKey.PHONE, "12345678"),
        (PersonKey.PHONE, "0912 345 67x"),
    ],
)
def test_what_is_no_number_of_its_kind_is_refused_without_repeating_it(kind: PersonKey, number: str) -> None:
    with pytest.raises(ValueError, match="no ") as refused:
        normalised(kind, number)
    assert number not in str(refused.value)


@pytest.mark.req("P3", "X1")
def test_a_tablet_is_known_by_its_token_until_it_is_released_or_too_old(tmp_path: Path) -> None:
    now_s = [1_795_410_000.0]
    tablets = Tablets(tmp_path / "tablets.db", lambda: now_s[0])
    token, other = tablets.pair("q1", "truongphong"), tablets.pair("q2", "truongphong")
    assert tablets.tablet(token).counter == "q1"
    tablets.release(tablets.tablet(token).id)
    with pytest.raises(KeyError):
        tablets.tablet(token)
    assert [tablet.counter for tablet in tablets.paired()] == ["q2"]
    now_s[0] += PAIRED_S
    with pytest.raises(KeyError):
        tablets.tablet(other)
    assert token.encode() not in (tmp_path / "tablets.db").read_bytes()
