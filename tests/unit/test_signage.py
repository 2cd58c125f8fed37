"""What the hall shows and says after what happened."""

import pytest

from board_controller.displays import row
from board_controller.signage import (
    CATCH_UP_MS,
    NEW_MS,
    NOW_MS,
    Announcement,
    CallSign,
    CounterSign,
    Stage,
    Watch,
    announcement,
    project,
)
from board_controller.tv.state import tv_clock, tv_state
from edge.contracts.events import CatalogueAdopted, DayOpened, TicketFinished, TicketNoShow
from tests.hall import NINE_MS, Hall, catalogue


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
    assert row(hall.signage().counter("q1")).text == "1"
    hall.call(ticket, "q1")
    assert (row(hall.signage(ticket).counter("q1")).text, row(hall.signage(ticket).counter("q1")).blink) == (
        "1 A047",
        True,
    )
    assert not row(hall.signage().counter("q1")).blink


@pytest.mark.req("T11", "T12")
def test_the_tv_is_told_names_hours_of_the_day_and_local_time(hall: Hall) -> None:
    monday = tv_state(hall.signage(), NINE_MS)
    assert (monday.facility, monday.place) == ("Trung tâm Y tế huyện Mẫu", "Khoa Khám bệnh")
    assert monday.hours == "7:00–11:30, 13:30–17:00"
    assert tv_state(hall.signage(), NINE_MS + 2 * 86_400_000).hours == "7:00–11:30"
    late_sunday_utc_is_monday_here = NINE_MS - 8 * 3_600_000
    assert tv_state(hall.signage(), late_sunday_utc_is_monday_here).hours == "7:00–11:30, 13:30–17:00"
    assert tv_clock(hall.signage(), NINE_MS).offset_min == 7 * 60
