"""What a hub says of its tickets for telephones: the same as its own page, nothing of the person, never too long."""

import re

import msgspec
import pytest
from msgspec.structs import replace

from cloud.phone.admission import admit
from edge.contracts import phone
from edge.contracts.catalogue import LAST_NUMBER, MAX_SERVICES, Counter
from edge.contracts.commands import AdoptCatalogue, MergeTickets, SendToTests
from edge.contracts.counter import CounterState
from edge.contracts.phone import MOST_BYTES, MOST_PLACES, MOST_TICKETS, PhoneReport, PhoneTicket, key_of
from edge.contracts.ticket import Priority, State
from edge.daemon.hub_client import new_command_id
from edge.hub.phone_report import ENDED_MS, payload_of, phone_ticket, told_of
from edge.hub.visit import ticket_view
from edge.queueing.wait import estimate_of, expected_call, place_of
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

PLACES = {counter.id: place for place, counter in enumerate(CATALOGUE.counters)}
SERVICES = {service.id: place for place, service in enumerate(CATALOGUE.services)}


def told(site: Site, ticket: str) -> PhoneTicket:
    return phone_ticket(site.queue, ticket, site.now_ms, SERVICES, PLACES)


@pytest.mark.req("P6", "X2")
def test_a_tickets_link_is_128_random_bits_and_the_cloud_learns_only_their_hash() -> None:
    ids = {new_command_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(re.fullmatch("[0-9a-f]{32}", ticket_id) for ticket_id in ids)
    always, ever = 2**128 - 1, 0
    for ticket_id in ids:
        always &= int(ticket_id, 16)
        ever |= int(ticket_id, 16)
    assert (always, ever) == (0, 2**128 - 1), "every bit of it is sometimes 0 and sometimes 1"
    site = Site()
    ticket = site.issue()
    payload = payload_of(site.queue, [told(site, ticket)], site.now_ms, whole=True)
    assert ticket.encode() not in payload
    assert key_of(ticket).encode() in payload


@pytest.mark.req("P6", "T1")
def test_it_says_of_each_ticket_what_the_hubs_own_page_says() -> None:
    site = Site()
    site.set_counter("q2", CounterState.OPEN)
    tickets = [site.issue() for _ in range(6)]
    site.call("q2")
    for place, ticket in enumerate(tickets):
        view = ticket_view(site.queue, site.ticket(ticket), site.now_ms)
        said = told(site, ticket)
        assert (said.label, said.ahead, said.state) == (view.label, view.ahead, view.ticket.state)
        window = view.window
        assert (said.low_ms, said.high_ms) == ((window.low_ms, window.high_ms) if window else (0, 0))
        assert said.ahead == max(0, place - 1)
    assert told(site, tickets[0]).counters == (PLACES["q2"],)
    assert told(site, tickets[0]).called_ms == site.now_ms
    assert told(site, tickets[1]).counters == (PLACES["q1"], PLACES["q2"])


def test_one_estimate_is_the_place_and_the_window() -> None:
    site = Site()
    site.set_counter("q1", CounterState.OPEN)
    for ticket in [site.issue(claim=claim) for claim in (Priority.NONE, Priority.FROM_75) for _ in range(5)]:
        held = site.ticket(ticket)
        both = estimate_of(site.queue, held, site.now_ms)
        assert both.ahead == place_of(site.queue, held, site.now_ms)
        assert both.window == expected_call(site.queue, held, site.now_ms)


@pytest.mark.req("P6")
def test_a_merged_ticket_goes_by_the_familys_and_what_ended_is_told_for_a_while() -> None:
    site = Site()
    site.set_counter("q2", CounterState.OPEN)
    first, second = site.issue(), site.issue()
    site.do(MergeTickets(command_id(), second, first))
    said = told(site, second)
    assert (said.label, said.into, said.state) == (site.label_of(second), site.label_of(first), State.WAITING)
    site.call("q2")
    assert told(site, second).state is State.CALLED
    site.finish("q2")
    assert told_of(site.queue, site.now_ms) == [first, second]
    assert told(site, second).state is State.FINISHED
    assert told_of(site.queue, site.now_ms + ENDED_MS + 1) == []


@pytest.mark.req("P6")
def test_who_missed_the_call_is_told_of_as_long_as_they_may_come_back() -> None:
    site = Site()
    site.set_counter("q2", CounterState.OPEN)
    ticket = site.issue()
    site.call("q2")
    site.miss("q2")
    said = told(site, ticket)
    grace_ms = CATALOGUE.policy.no_show_grace_min * 60_000
    assert (said.state, said.back_until_ms) == (State.NO_SHOW, site.now_ms + grace_ms)
    assert told_of(site.queue, site.now_ms + grace_ms - 1) == [ticket]
    assert told_of(site.queue, site.now_ms + grace_ms + 1) == []


@pytest.mark.req("X1", "X2")
def test_priority_document_route_and_person_stay_in_the_building() -> None:
    site = Site()
    site.set_counter("q2", CounterState.OPEN)
    ticket = site.issue(birth_date="1940-01-01", claim=Priority.PREGNANT)
    site.call("q2")
    site.do(SendToTests(command_id(), "q2", ticket, ("insurance",)))
    payload = payload_of(site.queue, [told(site, ticket)], site.now_ms, whole=True).decode()
    for word in ("1940", "pregnant", "from-75", "cccd", "none", "kiosk", "priority", "document", "steps", "issuer"):
        assert word not in payload
    assert set(msgspec.json.decode(payload)) == {
        *("version", "whole", "at_ms", "until_ms", "facility", "facility_en", "time_zone"),
        *("services", "counters", "tickets"),
    }


def test_the_cloud_takes_whatever_a_catalogue_can_hold() -> None:
    site = Site()
    long = "Ệ" * 80
    counters = (*CATALOGUE.counters, Counter("q4", 999, long, ("general",)))
    facility = replace(CATALOGUE.facility, name=long, name_en=long)
    site.do(AdoptCatalogue(command_id(), 0, replace(CATALOGUE, facility=facility, counters=counters)))
    ticket = site.issue()
    places = {counter.id: place for place, counter in enumerate(counters)}
    said = phone_ticket(site.queue, ticket, site.now_ms, SERVICES, places)
    report = admit(payload_of(site.queue, [said], site.now_ms, whole=True))
    assert report.facility == long
    assert report.tickets == (said,)


@pytest.mark.req("X6")
def test_the_longest_report_is_one_that_the_cloud_takes() -> None:
    moment = 4_102_444_799_999
    ticket = PhoneTicket(
        *("x" * 43, "ZZ9999", "ZZ9999", State.CANCELLED, MAX_SERVICES - 1, (31,) * MOST_PLACES, LAST_NUMBER),
        *(moment, moment, moment, moment),
    )
    report = PhoneReport(
        *(phone.VERSION, True, moment, moment, "Ệ" * 80, "Ệ" * 80, "Asia/Ho_Chi_Minh"),
        (("Ệ" * 80, "Ệ" * 80),) * MAX_SERVICES,
        ((9999, "Ệ" * 40),) * 32,
        (ticket,) * MOST_TICKETS,
    )
    payload = msgspec.json.encode(report)
    assert len(payload) <= MOST_BYTES
    assert len(admit(payload).tickets) == MOST_TICKETS
