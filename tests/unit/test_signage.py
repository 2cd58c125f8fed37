"""What the hall shows and says after what happened."""

import pytest
from msgspec.structs import replace

from board_controller.displays import row
from board_controller.signage import (
    CATCH_UP_MS,
    MOVE_MS,
    NEW_MS,
    NOW_MS,
    Announcement,
    CallSign,
    CounterSign,
    Move,
    Stage,
    Watch,
    Withdrawn,
    announcement,
    project,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import (
    ActionUndone,
    CatalogueAdopted,
    DayOpened,
    DocumentRead,
    TicketCancelled,
    TicketFinished,
    TicketNoShow,
)
from edge.contracts.outlook import ServiceOutlook
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from tests.hall import WORKING, Hall, catalogue, outlook


@pytest.fixture
def hall() -> Hall:
    return Hall(catalogue(4))


@pytest.mark.req("B5", "T1")
def test_a_counter_shows_its_number_room_services_ticket_and_who_is_next(hall: Hall) -> None:
    first, _, _ = (hall.issue("s0", number) for number in (47, 48, 49))
    called = hall.call(first, "q1")
    assert hall.signage(first).counter("q1") == CounterSign(
        id="q1",
        number=1,
        room="101",
        services=("Khám tổng quát",),
        label="A047",
        called_at_ms=called.at_ms,
        stage=Stage.NEW,
        next_label="A048",
        waiting=2,
        state=CounterState.OPEN,
        since_ms=called.at_ms - 1000,
        colour="#0b6e6e",
    )
    assert hall.signage().counter("q2").label == ""


@pytest.mark.req("B6")
def test_a_call_blinks_for_ten_seconds_and_is_current_for_a_minute(hall: Hall) -> None:
    ticket = hall.issue("s0", 1)
    hall.call(ticket, "q1")

    def stage(now_ms: int) -> Stage:
        return project(hall.snapshot, {ticket: 5_000}, now_ms).counter("q1").stage

    assert [stage(5_000), stage(5_000 + NEW_MS - 1)] == [Stage.NEW, Stage.NEW]
    assert [stage(5_000 + NEW_MS), stage(5_000 + NOW_MS - 1)] == [Stage.NOW, Stage.NOW]
    assert stage(5_000 + NOW_MS) is Stage.NONE


def test_a_call_from_before_this_machine_watched_does_not_blink(hall: Hall) -> None:
    hall.call(hall.issue("s0", 1), "q1")
    sign = hall.signage().counter("q1")
    assert (sign.label, sign.stage) == ("A001", Stage.NONE)


def test_who_is_gone_is_shown_no_more_but_stays_among_the_last_calls(hall: Hall) -> None:
    ticket = hall.issue("s1", 7)
    called = hall.call(ticket, "q2")
    hall.happens(TicketNoShow(ticket, "q2"))
    signage = hall.signage(ticket)
    assert signage.counter("q2").label == ""
    assert signage.calls == (CallSign("B007", 2, "102", called.at_ms, Stage.NONE),)


def test_a_recall_comes_first_again_with_its_own_time(hall: Hall) -> None:
    first, second = hall.issue("s0", 1), hall.issue("s1", 1)
    hall.call(first, "q1")
    hall.call(second, "q2")
    again = hall.recall(first)
    signage = hall.signage(first)
    assert [call.label for call in signage.calls] == ["A001", "B001"]
    assert signage.calls[0].at_ms == signage.counter("q1").called_at_ms == again.at_ms


def test_a_counter_that_a_new_catalogue_did_away_with_is_shown_no_more(hall: Hall) -> None:
    hall.call(hall.issue("s3", 1), "q4")
    hall.happens(CatalogueAdopted(catalogue(2)))
    signage = hall.signage()
    assert [counter.id for counter in signage.counters] == ["q1", "q2"]
    assert signage.calls == ()


def test_a_new_day_clears_the_boards(hall: Hall) -> None:
    hall.call(hall.issue("s0", 1), "q1")
    hall.happens(DayOpened("2026-11-24"))
    assert hall.signage().counter("q1").label == ""
    assert hall.signage().calls == ()


@pytest.mark.req("S1")
def test_calls_and_recalls_are_announced_and_nothing_else(hall: Hall) -> None:
    ticket = hall.issue("s0", 47)
    assert announcement(hall.entry, hall.snapshot) is None
    said = Announcement(ticket, "A047", 1, "101", "Khám tổng quát")
    assert announcement(hall.call(ticket, "q1"), hall.snapshot) == said
    assert announcement(hall.recall(ticket), hall.snapshot) == said
    assert announcement(hall.happens(TicketFinished(ticket, "q1")), hall.snapshot) is None


def test_what_came_of_a_reading_at_the_kiosk_is_neither_shown_nor_said(hall: Hall) -> None:
    hall.call(hall.issue("s0", 1), "q1")
    before = hall.signage()
    read = hall.happens(DocumentRead("kiosk-1", Document.CCCD_CHIP, ReadingFault.CLONED))
    assert (hall.signage(), announcement(read, hall.snapshot)) == (before, None)
    assert hall.snapshot.seq == read.seq


@pytest.mark.req("P5", "S1")
def test_a_mis_click_that_is_undone_withdraws_the_call_and_does_not_call_again_who_is_there_again(hall: Hall) -> None:
    first, second = hall.issue("s0", 1), hall.issue("s0", 2)
    hall.call(first, "q1")
    before = tuple(hall.snapshot.tickets[ticket] for ticket in (first, second))
    hall.call(second, "q1")
    undone = hall.happens(ActionUndone("q1", before))
    assert announcement(undone, hall.snapshot) == Withdrawn((second,))
    assert (hall.signage(second).counter("q1").label, hall.signage().counter("q1").next_label) == ("A001", "A002")


@pytest.mark.req("T1", "P1")
def test_who_is_next_is_the_hubs_order_and_first_come_only_where_the_hub_has_not_said(hall: Hall) -> None:
    first, second, _ = (hall.issue("s0", number) for number in (1, 2, 3))
    assert hall.signage().counter("q1").next_label == "A001"
    expected = outlook(hall.at_ms, following={"q1": ("A002", "A001", "A003")})
    assert hall.signage(outlook=expected).counter("q1").next_label == "A002"
    hall.call(second, "q1")  # the outlook is a second old
    assert hall.signage(outlook=expected).counter("q1").next_label == "A001"
    hall.happens(TicketCancelled(first))
    late = outlook(hall.at_ms, following={"q1": ("A001",)})
    assert hall.signage(outlook=late).counter("q1").next_label == "A003"


@pytest.mark.req("K11")
def test_who_waits_for_another_room_is_not_next_here(hall: Hall) -> None:
    hall.happens(CatalogueAdopted(catalogue(8)))  # q1 and q7 serve the same
    first, _ = hall.issue("s0", 1), hall.issue("s0", 2)
    hall.move(first, "q7")
    signage = hall.signage()
    assert (signage.counter("q1").next_label, signage.counter("q1").waiting) == ("A002", 1)
    assert (signage.counter("q7").next_label, signage.counter("q7").waiting) == ("A001", 2)


@pytest.mark.req("T2", "T9")
def test_what_each_counter_is_doing_is_shown_since_when_it_does(hall: Hall) -> None:
    assert hall.signage().counter("q1").state is CounterState.CLOSED
    paused = hall.set("q1", CounterState.PAUSED, Pause.MEETING)
    sign = hall.signage().counter("q1")
    assert (sign.state, sign.pause, sign.since_ms) == (CounterState.PAUSED, Pause.MEETING, paused.at_ms)
    hall.set("q2", CounterState.ONLINE_DOSSIERS)
    assert hall.signage().counter("q2").state is CounterState.ONLINE_DOSSIERS


@pytest.mark.req("T1")
def test_waiting_times_are_the_hubs_and_hold_only_while_it_is_heard(hall: Hall) -> None:
    expected = outlook(hall.at_ms, waits_min={"s0": (25, 40), "s1": (5, 9)})
    signage = hall.signage(outlook=expected)
    assert [(service.name, service.wait) for service in signage.services] == [
        ("Khám tổng quát", expected.services["s0"].wait),
        ("Khám BHYT", expected.services["s1"].wait),
    ]
    assert signage.counter("q1").wait == expected.services["s0"].wait
    lost = hall.signage(outlook=expected, lost_since_ms=5)
    assert (lost.services, lost.counter("q1").wait) == ((), None)
    assert lost.hours == WORKING


def test_a_service_that_nobody_gives_and_nobody_waits_for_has_no_waiting_time(hall: Hall) -> None:
    expected = outlook(hall.at_ms, waits_min={"s0": (0, 40), "s1": (0, 40), "s2": (0, 40)})
    idle, opened = (
        ServiceOutlook(0, expected.services["s0"].wait, 0),
        ServiceOutlook(0, expected.services["s1"].wait, 1),
    )
    expected = replace(expected, services={**expected.services, "s0": idle, "s1": opened})
    assert [service.name for service in hall.signage(outlook=expected).services] == ["Khám BHYT", "Khám thai"]


class TestRoomChanges:
    """Somebody who waits for a room that idles, pauses or closes is told where to go."""

    @pytest.mark.req("K11")
    def test_a_change_is_shown_for_a_minute_and_spoken(self, hall: Hall) -> None:
        ticket = hall.issue("s0", 12)
        moved = Move(ticket, "A012", 3, "103")
        assert announcement(hall.move(ticket, "q3"), hall.snapshot) == moved
        assert project(hall.snapshot, {}, MOVE_MS - 1, moved_ms={ticket: 0}).moves == (moved,)
        assert project(hall.snapshot, {}, MOVE_MS, moved_ms={ticket: 0}).moves == ()

    def test_where_any_counter_may_call_no_room_is_named(self, hall: Hall) -> None:
        ticket = hall.issue("s0", 12)
        assert announcement(hall.move(ticket, ""), hall.snapshot) == Move(ticket, "A012")
        assert announcement(hall.move(ticket, "gone"), hall.snapshot) == Move(ticket, "A012")

    def test_who_was_called_meanwhile_is_not_sent_anywhere_else(self, hall: Hall) -> None:
        ticket = hall.issue("s0", 12)
        hall.move(ticket, "q3")
        hall.call(ticket, "q1")
        assert hall.signage(moved=[ticket]).moves == ()

    def test_the_watch_keeps_the_latest_change_until_its_minute_is_over_or_the_call_comes(self, hall: Hall) -> None:
        watch = Watch()
        watch.linked(0)
        first, second = hall.issue("s0", 1), hall.issue("s0", 2)
        watch.heard(hall.move(first, "q2"), 50_000)
        watch.heard(hall.move(second, "q2"), 51_000)
        watch.heard(hall.move(first, "q3"), 52_000)
        assert [*watch.moved_ms.items()] == [(second, 51_000), (first, 52_000)]
        assert watch.next_change_ms(52_000) == 51_000 + MOVE_MS
        watch.heard(hall.call(second, "q2"), 53_000)
        assert [*watch.moved_ms] == [first]
        watch.heard(hall.recall(second), 52_000 + MOVE_MS)
        assert watch.moved_ms == {}


class TestWatch:
    """How old a call is, by this machine's own clock."""

    HUB_MS = 7_000_000  # the hub's clock is ahead by so much, and nobody knows

    def test_what_comes_over_a_standing_link_has_just_happened(self, hall: Hall) -> None:
        watch = Watch()
        watch.linked(0)
        ticket = hall.issue("s0", 1)
        assert watch.heard(hall.call(ticket, "q1"), 50_000) == 0
        assert watch.called_ms == {ticket: 50_000}

    def test_what_was_missed_during_a_cut_is_as_old_as_it_is(self, hall: Hall) -> None:
        watch = Watch()
        watch.linked(0)
        first, second = hall.issue("s0", 1), hall.issue("s0", 2)
        watch.heard(hall.call(first, "q1"), 10_000)
        watch.linked(130_000)
        hall.at_ms += 20_000
        missed = hall.call(second, "q1")  # 21 s after the first, so 100 s before it arrives
        assert watch.heard(missed, 131_000) == 100_000
        assert project(hall.snapshot, watch.called_ms, 131_000).counter("q1").stage is Stage.NONE

    def test_a_hub_whose_clock_was_set_back_is_still_heard(self, hall: Hall) -> None:
        watch = Watch()
        watch.linked(0)
        first, second = hall.issue("s0", 1), hall.issue("s0", 2)
        watch.heard(hall.call(first, "q1"), 10_000)
        standing_still = hall.call(second, "q1")  # the journal's clock has moved 1 s in an hour
        assert watch.heard(standing_still, 3_610_000) == 0

    def test_before_anything_came_live_a_burst_counts_as_new(self, hall: Hall) -> None:
        watch = Watch()
        watch.linked(1_000)
        assert watch.heard(hall.call(hall.issue("s0", 1), "q1"), 1_000 + CATCH_UP_MS) == 0

    def test_the_displays_change_when_a_call_stops_blinking_and_when_it_is_over(self, hall: Hall) -> None:
        watch = Watch()
        assert watch.next_change_ms(0) is None
        watch.linked(0)
        watch.heard(hall.call(hall.issue("s0", 1), "q1"), 50_000)
        assert watch.next_change_ms(50_000) == 50_000 + NEW_MS
        assert watch.next_change_ms(50_000 + NEW_MS) == 50_000 + NOW_MS
        assert watch.next_change_ms(50_000 + NOW_MS) is None


def test_a_led_row_is_the_counter_and_its_number(hall: Hall) -> None:
    ticket = hall.issue("s0", 47)
    hall.set("q1", CounterState.OPEN)
    assert row(hall.signage().counter("q1")).text == "1"
    hall.call(ticket, "q1")
    assert (row(hall.signage(ticket).counter("q1")).text, row(hall.signage(ticket).counter("q1")).blink) == (
        "1 A047",
        True,
    )
    assert not row(hall.signage().counter("q1")).blink


@pytest.mark.req("T2", "T9")
@pytest.mark.parametrize("state", [CounterState.CLOSED, CounterState.PAUSED, CounterState.ONLINE_DOSSIERS])
def test_a_led_row_of_a_counter_that_takes_nobody_shows_a_dash_but_whoever_is_still_there_first(
    hall: Hall, state: CounterState
) -> None:
    hall.set("q1", state)
    assert row(hall.signage().counter("q1")).text == "1 --"
    ticket = hall.issue("s0", 47)
    hall.call(ticket, "q1")
    hall.set("q1", state)
    assert row(hall.signage().counter("q1")).text == "1 A047"
