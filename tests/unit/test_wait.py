"""How long somebody will wait, and whom the estimate believes to be at work."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.catalogue import Counter, Discipline, OpeningPeriod, Policy, Service
from edge.contracts.commands import CancelTicket, GiveNumber
from edge.contracts.counter import CounterState
from edge.contracts.events import DayOpened, Entry, TicketIssued
from edge.contracts.experience import Arrivals, Experience, Pace, Residuals
from edge.contracts.outlook import Window
from edge.contracts.ticket import Priority
from edge.queueing.experience import BINS, Tempo, bin_of, carried, taken_over
from edge.queueing.order import NORMAL, in_order
from edge.queueing.pace import absent
from edge.queueing.queue import apply, new_queue
from edge.queueing.spans import moved_ms, paused_ms, worked_ms
from edge.queueing.wait import Estimate, estimate, expected_call, place_of
from tests.bench.hospital import Arrivals as Coming
from tests.bench.hospital import Room, Scenario, year
from tests.queue_story import DAY, Site
from tests.sites import CATALOGUE, NOON_MS, command_id

AGEING = Policy()
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
MIDNIGHT_MS = NOON_MS - 12 * HOUR_MS
ALL_WEEK = (0, 1, 2, 3, 4, 5, 6)
HOURS = (OpeningPeriod(ALL_WEEK, "07:00", "11:30"), OpeningPeriod(ALL_WEEK, "13:30", "17:00"))


def at(hour: int, minute: int = 0) -> int:
    return MIDNIGHT_MS + hour * HOUR_MS + minute * MINUTE_MS


def clinic(counters: int = 2, policy: Policy = AGEING, *, hour: int = 8, minute: int = 0, rooms: bool = False) -> Site:
    """One service of five minutes at so many counters, all closed yet."""
    service = Service("general", "exam", "A", "Khám", "Examination", "#0b6e6e", planned_min=5, assigns_room=rooms)
    desks = tuple(Counter(f"q{n}", n, str(100 + n), ("general",)) for n in range(1, counters + 1))
    site = Site(
        replace(CATALOGUE, hours=HOURS, services=(service,), counters=desks, policy=policy, public_holidays=False)
    )
    site.now_ms = at(hour, minute)
    return site


def opened(site: Site, *counters: str) -> Site:
    for counter in counters:
        site.set_counter(counter, CounterState.OPEN)
    return site


def busy(site: Site, *counters: str) -> Site:
    """Each of these counters serves somebody."""
    for counter in counters:
        site.issue()
        site.call(counter)
    return site


def newcomer(site: Site, priority: Priority = Priority.NONE, room: str = "") -> Estimate:
    now_ms = site.now_ms
    return estimate(site.queue, "general", room=room, priority=priority, arrived_ms=now_ms, now_ms=now_ms)


@pytest.mark.req("T1")
def test_the_wait_is_that_of_everybody_ahead_and_oneself_at_the_pace_of_the_open_counters() -> None:
    site = busy(clinic(), "q1", "q2")
    for _ in range(3):
        site.issue()
    expected = newcomer(site)
    assert (expected.ahead, expected.expected_ms) == (3, 4 * 5 * MINUTE_MS // 2)


@pytest.mark.req("T1")
def test_with_a_counter_free_nobody_waits() -> None:
    site = opened(busy(clinic(), "q1"), "q2")
    assert newcomer(site)[:2] == (0, 0)
    assert newcomer(site).window == Window(site.now_ms, site.now_ms)


@pytest.mark.req("T1")
def test_lunch_is_not_working_time() -> None:
    site = busy(clinic(hour=11, minute=20), "q1", "q2")
    for _ in range(8):
        site.issue()
    called_ms = site.now_ms + newcomer(site).expected_ms
    assert at(13, 30) <= called_ms <= at(13, 45)
    ticket = site.ticket(site.issue())
    window = expected_call(site.queue, ticket, site.now_ms)
    assert window is not None
    assert window.low_ms <= at(11, 30) or window.low_ms >= at(13, 30)


@pytest.mark.req("T1")
def test_before_the_opening_the_first_are_called_as_it_opens_and_the_others_by_the_roster() -> None:
    site = clinic(hour=6, minute=30)
    assert newcomer(site).expected_ms == at(7) - site.now_ms
    site.issue(), site.issue()
    assert newcomer(site).expected_ms == pytest.approx(at(7) + 5 * MINUTE_MS // 2 - site.now_ms, abs=10)


@pytest.mark.req("T1")
def test_who_still_waits_at_the_closing_is_served_by_the_counters_that_stay() -> None:
    site = busy(clinic(hour=16, minute=59), "q1", "q2")
    site.issue()
    assert newcomer(site).expected_ms == pytest.approx(5 * MINUTE_MS, abs=1000)
    site.now_ms = at(17, 1)
    assert newcomer(site).expected_ms == pytest.approx(5 * MINUTE_MS, abs=1000)


@pytest.mark.req("T1")
def test_nobody_can_say_where_nobody_works_any_more_today() -> None:
    site = clinic(hour=18)
    ticket = command_id()
    site.do(GiveNumber(ticket, "general"))
    assert newcomer(site) == Estimate(1, -1, None)
    assert site.ticket(ticket).expected_ms == -1
    assert expected_call(site.queue, site.ticket(ticket), site.now_ms) is None


@pytest.mark.req("T1")
def test_a_counter_that_closed_before_the_last_closing_is_not_waited_for() -> None:
    site = opened(clinic(hour=15), "q1", "q2")
    for counter in ("q1", "q2"):
        site.set_counter(counter, CounterState.CLOSED)
    assert newcomer(site).expected_ms == -1


@pytest.mark.req("T1", "K11")
def test_a_ticket_for_a_room_waits_for_that_room_alone() -> None:
    site = opened(clinic(rooms=True), "q1", "q2")
    for _ in range(2):
        site.issue()
    site.call("q1"), site.call("q2")
    for _ in range(6):
        site.issue()
    expected = newcomer(site, room="q1")
    assert (expected.ahead, expected.expected_ms) == (3, 4 * 5 * MINUTE_MS)


@pytest.mark.req("T1")
def test_a_counter_of_two_services_gives_each_the_share_of_its_work() -> None:
    catalogue = replace(CATALOGUE, hours=HOURS, counters=(Counter("q1", 1, "101", ("general", "insurance")),))
    site = Site(catalogue)
    site.now_ms = at(8)
    busy(site, "q1")
    for service in ("general", "insurance"):
        for _ in range(5):
            site.issue(service)
    expected_ms = newcomer(site).expected_ms
    # six of general to call with 6/11 of the counter's time: as long as all eleven people together
    assert expected_ms == pytest.approx(11 * 5 * MINUTE_MS, rel=0.01)


@pytest.mark.req("T1", "P2")
def test_priority_goes_before_those_whose_wait_counts_for_less_by_then() -> None:
    site = busy(clinic(1), "q1")
    site.now_ms = at(8, 10)
    site.issue()  # will have waited longest by any count
    site.now_ms = at(8, 50)
    site.finish("q1")
    site.do(GiveNumber(command_id(), "general", Priority.EMERGENCY))
    site.call("q1")
    site.issue()
    expected = newcomer(site, Priority.FROM_75)
    assert expected.ahead == 1  # 50 minutes by then against four times 10, but not 10 against four times 10
    assert newcomer(site, Priority.EMERGENCY).ahead == 0
    assert newcomer(site).ahead == 2


@given(
    st.sampled_from([Discipline.FIRST_COME, Discipline.STRICT]),
    st.lists(st.tuples(st.integers(0, 10), st.sampled_from(list(Priority))), min_size=1, max_size=12),
)
@pytest.mark.req("P2")
def test_the_number_ahead_is_the_place_in_the_order_of_calls(
    discipline: Discipline, people: list[tuple[int, Priority]]
) -> None:
    site = opened(clinic(1, Policy(discipline=discipline)), "q1")
    for minutes, priority in people:
        site.now_ms += minutes * MINUTE_MS
        site.do(GiveNumber(command_id(), "general", priority))
    queue = site.queue
    order = in_order(queue.plan.counters["q1"], queue.lanes, queue.plan.policy, site.now_ms)
    assert [place_of(queue, queue.tickets[place.ticket], site.now_ms) for place in order] == [*range(len(people))]


@given(
    st.sampled_from(list(Discipline)),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(list(Priority))), max_size=15),
    st.integers(0, 2),
)
@pytest.mark.req("T1")
def test_a_window_holds_what_is_expected_and_never_begins_before_now(
    discipline: Discipline, people: list[tuple[int, Priority]], counters: int
) -> None:
    site = opened(clinic(2, Policy(discipline=discipline), hour=6, minute=30), *("q1", "q2")[:counters])
    for minutes, priority in people:
        site.now_ms += minutes * MINUTE_MS
        site.do(GiveNumber(command_id(), "general", priority))
    for rank in (Priority.NONE, Priority.UNDER_6, Priority.EMERGENCY):
        expected = newcomer(site, rank)
        assert 0 <= expected.ahead <= len(people)
        assert expected.window is not None
        assert site.now_ms <= expected.window.low_ms <= site.now_ms + expected.expected_ms <= expected.window.high_ms
    for ticket in site.queue.tickets.values():
        window = expected_call(site.queue, ticket, site.now_ms)
        assert window is not None
        assert site.now_ms <= window.low_ms <= window.high_ms


def test_a_ticket_that_waits_no_more_has_no_place_and_no_window() -> None:
    site = opened(clinic(), "q1")
    ticket = site.issue()
    site.do(CancelTicket(command_id(), ticket))
    assert place_of(site.queue, site.ticket(ticket), site.now_ms) == 0
    assert expected_call(site.queue, site.ticket(ticket), site.now_ms) is None


@pytest.mark.req("T1")
def test_a_doctor_who_is_away_unannounced_is_noticed_and_everybody_estimated_anew() -> None:
    site = busy(clinic(), "q1", "q2")
    tickets = [site.issue() for _ in range(6)]
    site.finish("q1")
    went_ms = site.now_ms
    for _ in range(2):
        site.now_ms += 8 * MINUTE_MS
        site.call("q2")
    last = site.ticket(tickets[-1])
    assert absent(site.queue, "q2", site.now_ms) == 0
    assert went_ms - 10_000 <= absent(site.queue, "q1", site.now_ms) <= went_ms
    without = expected_call(site.queue, last, site.now_ms)
    site.call("q1")
    again = expected_call(site.queue, last, site.now_ms)
    assert absent(site.queue, "q1", site.now_ms) == 0
    assert without is not None
    assert again is not None
    assert again.high_ms < without.high_ms


@pytest.mark.parametrize("state", [CounterState.PAUSED, CounterState.ONLINE_DOSSIERS, CounterState.CLOSED])
def test_a_counter_that_says_so_is_not_absent(state: CounterState) -> None:
    site = opened(clinic(), "q1")
    site.set_counter("q1", state)
    site.issue()
    site.now_ms += HOUR_MS
    assert absent(site.queue, "q1", site.now_ms) == 0


def test_a_counter_for_which_nobody_waits_is_not_absent_nor_one_at_lunch() -> None:
    site = opened(clinic(hour=10), "q1")
    site.now_ms = at(11, 20)
    assert absent(site.queue, "q1", site.now_ms) == 0
    site.issue()
    assert absent(site.queue, "q1", at(11, 34)) == 0
    assert absent(site.queue, "q1", at(13, 34)) == 0
    assert absent(site.queue, "q1", at(13, 36)) == at(11, 20) + 1


@pytest.mark.req("T1")
def test_the_window_is_that_of_former_errors() -> None:
    site = busy(opened(clinic(), "q1", "q2"), "q1", "q2")
    site.issue()
    expected = newcomer(site)
    errors = tuple(range(-50, 51))
    experience = Experience(residuals=(Residuals("general", (*((),) * bin_of(expected.expected_ms, NORMAL), errors)),))
    site = clinic()
    site.append(DayOpened("2026-11-23", experience))
    busy(opened(site, "q1", "q2"), "q1", "q2")
    site.issue()
    call_ms = site.now_ms + newcomer(site).expected_ms
    assert newcomer(site).window == Window(call_ms - 41_000, call_ms + 40_000)


@pytest.mark.req("T1")
def test_those_with_priority_who_usually_come_lengthen_the_wait_of_the_others() -> None:
    usual = Experience(arrivals=(Arrivals("general", 5, (40,) * 48),))
    waits = []
    for experience in (Experience(), usual):
        site = clinic()
        site.append(DayOpened(DAY, experience))
        busy(site, "q1", "q2")
        for _ in range(10):
            site.issue()
        waits.append((newcomer(site).expected_ms, newcomer(site, Priority.MERIT).expected_ms))
    (alone_ms, first_ms), (overtaken_ms, second_ms) = waits
    assert overtaken_ms > alone_ms + 5 * MINUTE_MS
    assert second_ms == first_ms


@pytest.mark.req("T1")
def test_a_service_over_lunch_teaches_its_working_time_only() -> None:
    site = busy(clinic(hour=11, minute=20), "q1")
    called_ms = site.now_ms
    site.now_ms = at(13, 40)
    site.finish("q1")
    assert site.queue.tempos["general"].total_s == (site.now_ms - called_ms) // 1000 - 2 * 3600


def test_the_tempo_is_that_of_the_last_services() -> None:
    tempo = Tempo()
    for duration_s in (100, 200, 300, 400):
        tempo = tempo.plus(duration_s, kept=3)
    assert tempo == Tempo((200, 300, 400), 900)
    assert (tempo.mean_s(60, least=3), tempo.mean_s(60)) == (300, 60)


def test_what_a_day_hands_on_is_small_for_forty_services_and_keeps_mean_and_spread() -> None:
    names = [f"general-examination-{n}" for n in range(40)]
    day = Experience(
        paces=tuple(Pace(name, tuple(200 + i for i in range(300))) for name in names),
        residuals=tuple(
            Residuals(name, (*((),) * BINS, *(tuple(-(i * 7 % 200) * 10 for i in range(200)),) * (2 * BINS)))
            for name in names
        ),
        arrivals=tuple(Arrivals(name, 3, (25,) * 48) for name in names),
    )
    site = Site()
    site.append(DayOpened("2026-11-24", day))
    queue = site.queue
    experience = carried(queue.tempos, queue.errors, queue.overtaking, queue.usual)
    assert len(msgspec.json.encode(experience)) <= 40_000
    tempos, errors = taken_over(experience)
    for tempo in tempos.values():
        assert tempo.mean_s(0) == pytest.approx(349.5, abs=1)
    for out_s in errors.values():
        assert len(out_s) >= 8
        assert min(out_s) < -1700
        assert max(out_s) > -300
        assert sum(out_s) / len(out_s) == pytest.approx(-995, abs=100)
    assert set(experience.arrivals) == set(day.arrivals)


@given(st.integers(-400, 400), st.integers(0, 300))
def test_moving_by_working_time_leaves_the_pauses_out(by_ms: int, at_ms: int) -> None:
    spans = ((50, 100), (150, 200), (230, 300))
    moved = moved_ms(spans, at_ms, by_ms)
    between = sorted((at_ms, moved))
    assert (moved - at_ms) * by_ms >= 0
    gone = abs(moved - at_ms) - paused_ms(spans, *between)
    in_a_pause = any(closes <= at_ms <= opens for closes, opens in ((100, 150), (200, 230)))
    assert gone == abs(by_ms) or (in_a_pause and not by_ms)
    assert worked_ms(spans, *between) <= between[1] - between[0]


IRREGULAR = Scenario(
    "irregular",
    (Room(4, late_min=20, leaves=1, away_min=40), Room(8, late_min=30, leaves=1, away_min=40)),
    (Coming(6 * 60 + 30, 9 * 60 + 30, 24), Coming(9 * 60 + 30, 11 * 60, 12), Coming(13 * 60, 16 * 60, 14)),
)


@pytest.mark.req("T1", "K9", "P2")
@pytest.mark.parametrize("discipline", list(Discipline))
def test_on_simulated_days_everybody_is_served_and_expected_and_a_replay_gives_the_same_queue(
    discipline: Discipline,
) -> None:
    days = list(year(IRREGULAR._replace(policy=Policy(discipline=discipline)), 3))
    replayed = new_queue(days[0].start.catalogue)
    for day in days:
        issued = [entry.event for entry in day.entries if isinstance(entry.event, TicketIssued)]
        assert len(day.served) == len(issued) > 50
        assert sorted(event.number for event in issued) == [*range(1, len(issued) + 1)]
        assert not day.end.lanes
        for person in day.served:
            assert person.expected_ms >= 0
            assert person.window is not None
            assert person.issued_ms <= person.window.low_ms <= person.window.high_ms
        for entry in day.entries:
            replayed = apply(replayed, msgspec.json.decode(msgspec.json.encode(entry), type=Entry))
        assert replayed == day.end
