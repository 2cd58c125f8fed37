"""Counts are made from entries alone, so however a journal is cut into batches they are the same."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.rollups import BINS, EDGES_MIN, MEASURES, Folded, SiteState, bin_of, fold, percentile_min, tickets_named
from edge.contracts.commands import (
    CallNext,
    Finish,
    MarkNoShow,
    Park,
    Rate,
    ReturnToQueue,
    SendToTests,
    Transfer,
    Undo,
)
from edge.contracts.eligibility import Outcome
from edge.contracts.events import Entry
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from tests.journals import DAY, MINUTE_MS, OPENING_MS, Journal, busy_day
from tests.queue_story import Site
from tests.sites import command_id

Slip = CallNext | Finish | MarkNoShow | Transfer | SendToTests | Park
NEW = SiteState("Asia/Ho_Chi_Minh", "", {})


def folded(journal: Journal) -> Folded:
    return fold(NEW, journal.entries)


@pytest.mark.req("D1", "D2")
def test_one_visit_is_counted_by_hour_and_by_service() -> None:
    journal = Journal()
    journal.open()
    journal.at_ms = OPENING_MS + 50 * MINUTE_MS
    journal.issue("t1", "insurance", Document.CCCD_QR)
    journal.at_ms += 22 * MINUTE_MS
    journal.call("t1", "insurance")
    journal.at_ms += 4 * MINUTE_MS
    journal.finish("t1")
    result = folded(journal)
    wait, served = f"wait_{bin_of(22 * MINUTE_MS):02d}", f"service_{bin_of(4 * MINUTE_MS):02d}"
    assert result.hours == {
        (DAY, 7, "issued_cccd_qr"): 1,
        (DAY, 8, "called"): 1,
        (DAY, 8, wait): 1,
        (DAY, 8, "finished"): 1,
        (DAY, 8, served): 1,
    }
    assert result.days == {
        (DAY, "insurance", measure): 1 for measure in ("issued_cccd_qr", "called", wait, "finished", served)
    }
    assert result.state.open == {}


@pytest.mark.req("D1")
@pytest.mark.parametrize("document", Document)
def test_every_kind_of_document_is_counted_by_itself(document: Document) -> None:
    journal = Journal()
    journal.open()
    journal.issue("t1", "insurance", document)
    assert folded(journal).days == {(DAY, "insurance", f"issued_{document.value.replace('-', '_')}"): 1}


@pytest.mark.req("D1")
def test_readings_are_counted_by_kind_of_document_and_failures_by_their_reason_too() -> None:
    journal = Journal(OPENING_MS + 70 * MINUTE_MS)
    journal.open()
    for fault in (None, ReadingFault.CARD_REMOVED, ReadingFault.CLONED, None):
        journal.read(Document.CCCD_CHIP, fault)
    journal.read(Document.BHYT_QR)
    journal.read(Document.NONE, ReadingFault.QR_UNKNOWN)
    counted = {
        "read_ok_cccd_chip": 2,
        "read_failed_cccd_chip": 2,
        "unread_card_removed": 1,
        "unread_cloned": 1,
        "read_ok_bhyt_qr": 1,
        "read_failed_none": 1,
        "unread_qr_unknown": 1,
    }
    result = folded(journal)
    assert result.hours == {(DAY, 8, measure): n for measure, n in counted.items()}
    assert result.days == {(DAY, "", measure): n for measure, n in counted.items()}
    assert result.state.open == {}


@pytest.mark.req("D1")
@pytest.mark.parametrize("fault", ReadingFault)
def test_every_reason_has_a_measure(fault: ReadingFault) -> None:
    journal = Journal()
    journal.open()
    journal.read(Document.CCCD_QR, fault)
    assert {measure for _, _, measure in folded(journal).days} == {
        "read_failed_cccd_qr",
        f"unread_{fault.value.replace('-', '_')}",
    }


@pytest.mark.req("D1", "D5")
@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_of_an_insurance_look_up_is_counted_by_itself(outcome: Outcome) -> None:
    journal = Journal(OPENING_MS + 70 * MINUTE_MS)
    journal.open()
    journal.look_up(outcome)
    journal.look_up(outcome)
    measure = f"insurance_{outcome.value.replace('-', '_')}"
    assert folded(journal).hours == {(DAY, 8, measure): 2}
    assert folded(journal).days == {(DAY, "", measure): 2}


def test_the_hour_is_that_of_the_site_and_the_day_is_its_business_day() -> None:
    journal = Journal(OPENING_MS)
    journal.open(time_zone="Asia/Tokyo", day="2026-11-21")
    journal.issue("t1")
    assert folded(journal).hours == {("2026-11-21", 9, "issued_none"): 1}


def test_a_wait_runs_to_the_first_call() -> None:
    journal = Journal()
    journal.open()
    journal.issue("t1")
    journal.call("t1")
    journal.at_ms += 200 * MINUTE_MS
    journal.call("t1")
    assert {measure: n for (_, _, measure), n in folded(journal).hours.items()} == {
        "issued_none": 1,
        "called": 1,
        "wait_00": 1,
    }


def test_a_no_show_has_a_wait_and_no_service_time() -> None:
    journal = Journal()
    journal.open()
    journal.issue("t1")
    journal.call("t1")
    journal.no_show("t1")
    assert {measure for _, _, measure in folded(journal).days} == {"issued_none", "called", "wait_00", "no_shows"}


def test_a_new_day_ends_the_tickets_of_the_old_one() -> None:
    journal = Journal()
    journal.open()
    journal.issue("t1")
    journal.open(day="2026-11-23")
    journal.issue("t2")
    journal.call("t1")
    result = folded(journal)
    assert result.new_day
    assert set(result.state.open) == {"t2"}
    assert all(measure != "called" for _, _, measure in result.hours)


@given(seed=st.integers(0, 1000), cuts=st.sets(st.integers(1, 200), max_size=8))
def test_batches_add_up_to_the_whole(seed: int, cuts: set[int]) -> None:
    journal = busy_day(40, Random(seed))
    whole = folded(journal)
    state, hours, days = NEW, Counter[tuple[str, int, str]](), Counter[tuple[str, str, str]]()
    edges = [0, *sorted(cuts), len(journal.entries)]
    for first, last in pairwise(edges):
        entries = journal.entries[first:last]
        named = {ticket: state.open[ticket] for ticket in tickets_named(entries) if ticket in state.open}
        part = fold(SiteState(state.time_zone, state.day, named), entries)
        rest = {t: ticket for t, ticket in state.open.items() if t not in named and not part.new_day}
        state = SiteState(part.state.time_zone, part.state.day, {**rest, **part.state.open})
        hours.update(part.hours)
        days.update(part.days)
    assert hours == whole.hours
    assert days == whole.days
    assert state == whole.state


@pytest.mark.req("D2")
@pytest.mark.parametrize("slip", ["next", "finish", "no-show", "transfer", "tests", "park"])
def test_what_an_officer_took_back_is_uncounted(slip: str) -> None:
    def entries(*, with_slip: bool) -> list[Entry]:
        site = Site()
        first = site.issue("insurance")
        site.issue("insurance")
        site.now_ms += 7 * 60_000
        site.call("q1")
        site.now_ms += 5 * 60_000
        if with_slip:
            slips: dict[str, Slip] = {
                "next": CallNext(command_id(), "q1", first),
                "finish": Finish(command_id(), "q1", first),
                "no-show": MarkNoShow(command_id(), "q1", first),
                "transfer": Transfer(command_id(), "q1", first, "general"),
                "tests": SendToTests(command_id(), "q1", first, ("general",)),
                "park": Park(command_id(), "q1", first),
            }
            made = slips[slip]
            site.do(made)
            site.now_ms += 4_000
            site.do(Undo(command_id(), "q1", made.id))
            site.now_ms -= 4_000
        site.now_ms += 10 * 60_000
        site.finish("q1")
        site.call("q1")
        return site.entries

    clean = fold(NEW, entries(with_slip=False))
    corrected = fold(NEW, entries(with_slip=True))
    assert corrected.hours == clean.hours
    assert corrected.days == clean.days


@pytest.mark.req("D2")
def test_each_stage_of_a_route_counts_its_own_wait_and_service() -> None:
    site = Site()
    ticket = site.issue("insurance", birth_date="1940-01-01")
    site.now_ms += 7 * 60_000
    site.call("q1")
    site.now_ms += 3 * 60_000
    site.do(SendToTests(command_id(), "q1", ticket, ("general",)))
    site.now_ms += 20 * 60_000
    site.call("q2")
    site.now_ms += 60_000
    site.finish("q2")
    site.do(Rate(command_id(), "q2", 5))
    days = {(service, measure): n for (_, service, measure), n in fold(NEW, site.entries).days.items() if n}
    assert days == {
        ("insurance", "issued_none"): 1,
        ("insurance", "issued_priority"): 1,
        ("insurance", "called"): 1,
        ("insurance", "wait_05"): 1,
        ("insurance", "finished"): 1,
        ("insurance", "service_03"): 1,
        ("general", "called"): 1,
        ("general", "wait_08"): 1,
        ("general", "finished"): 1,
        ("general", "service_01"): 1,
        ("general", "rated_5"): 1,
    }


def test_who_came_back_after_a_missed_call_waits_from_then_on() -> None:
    site = Site()
    ticket = site.issue()
    site.call("q2")
    site.miss("q2")
    site.now_ms += 10 * 60_000
    site.do(ReturnToQueue(command_id(), ticket))
    site.now_ms += 2 * 60_000
    site.call("q2")
    site.finish("q2")
    days = {measure: n for (_, _, measure), n in fold(NEW, site.entries).days.items()}
    assert (days["called"], days["no_shows"], days["finished"]) == (2, 1, 1)
    assert days["wait_02"] == 1


def test_every_measure_is_a_name_that_sql_takes_unquoted() -> None:
    assert all(measure.isidentifier() and measure.isascii() and measure.islower() for measure in MEASURES)
    assert len(set(MEASURES)) == len(MEASURES)


@given(st.integers(0, 10**9))
def test_a_bin_holds_the_durations_between_its_edges(duration_ms: int) -> None:
    index = bin_of(duration_ms)
    assert index == 0 or EDGES_MIN[index - 1] * MINUTE_MS <= duration_ms
    assert index == BINS - 1 or duration_ms < EDGES_MIN[index] * MINUTE_MS


@pytest.mark.req("D2")
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_percentile_from_the_bins_is_near_the_true_one(share: float) -> None:
    random = Random(1)
    waits_min = sorted(random.gammavariate(2, 15) for _ in range(20_000))
    bins = [0] * BINS
    for wait_min in waits_min:
        bins[bin_of(int(wait_min * MINUTE_MS))] += 1
    assert percentile_min(bins, share) == pytest.approx(waits_min[int(share * len(waits_min))], rel=0.03)


def test_beyond_the_last_edge_a_percentile_is_the_edge() -> None:
    assert percentile_min([0] * (BINS - 1) + [3], 0.5) == EDGES_MIN[-1]


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile_min([0] * BINS, 0.5)
