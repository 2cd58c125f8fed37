"""What the counter's and the floor lead's pages show of a queue."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Discipline, OpeningPeriod
from edge.contracts.commands import (
    CallTicket,
    CancelTicket,
    GiveNumber,
    MergeTickets,
    OutOfOrder,
    Refer,
    SendToTests,
    SetCounter,
    SetPriority,
    Undo,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.outlook import Alarm, AlarmKind, CounterOutlook, Hours, Outlook, ServiceOutlook, Window
from edge.contracts.ticket import Priority, State
from edge.daemon.templates import environment
from edge.hub.floor_panel import FloorPanel, find_by_label, floor_panel
from edge.hub.life import life_of
from edge.hub.panel import CounterPanel, counter_panel, last_action
from edge.hub.web.live import WORDS
from edge.hub.words import ALARMS
from edge.queueing.order import in_order
from edge.queueing.rules import UNDO_MS, Undoable
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

MINUTE_MS = 60_000
SILENT = Outlook(0, Hours(always=True), {}, {})


def panel(site: Site, counter: str = "q1", undoable: Undoable | None = None) -> CounterPanel:
    return counter_panel(site.queue, counter, site.now_ms, undoable)


@pytest.mark.req("P5", "P2")
def test_who_waits_stands_in_the_order_in_which_the_counter_will_call_them() -> None:
    site = Site()
    for service in ("general", "insurance", "general", "insurance"):
        site.issue(service)
        site.now_ms += MINUTE_MS
    site.issue("general", birth_date="1940-05-01")
    site.now_ms += 20 * MINUTE_MS
    shown = panel(site)
    counter = site.queue.plan.counters["q1"]
    expected = [place.ticket for place in in_order(counter, site.queue.lanes, site.queue.plan.policy, site.now_ms)]
    assert [line.ticket.id for line in shown.waiting] == expected
    assert shown.waiting[0].ticket.priority is Priority.FROM_75
    assert (shown.waiting[0].weight, shown.waiting[1].weight) == (4.0, 1.0)
    assert shown.next_label == shown.waiting[0].ticket.label
    assert shown.waiting_count == 5


@pytest.mark.req("P2")
def test_minutes_count_several_times_only_where_the_discipline_says_so() -> None:
    policy = replace(CATALOGUE.policy, discipline=Discipline.STRICT)
    site = Site(replace(CATALOGUE, policy=policy))
    site.issue(birth_date="1940-05-01")
    assert panel(site).waiting[0].weight == 1.0


@pytest.mark.req("P5")
def test_the_person_at_the_counter_is_shown_with_their_wait_and_their_way() -> None:
    services = tuple(replace(s, route=("insurance",)) if s.id == "general" else s for s in CATALOGUE.services)
    site = Site(replace(CATALOGUE, services=services))
    site.issue("general")
    site.now_ms += 7 * MINUTE_MS
    ticket = site.call("q2")
    current = panel(site, "q2").current
    assert current is not None
    assert current.ticket.id == ticket
    assert current.waited_ms // MINUTE_MS == 7
    assert [leg.service.id for leg in current.way] == ["general", "insurance"]
    assert current.first


@pytest.mark.req("P5")
def test_whoever_comes_back_from_tests_is_shown_with_the_room_they_come_back_to() -> None:
    site = Site()
    site.set_counter("q2", CounterState.OPEN)
    site.issue("general")
    ticket = site.call("q2")
    site.do(SendToTests(command_id(), "q2", ticket, ("insurance",)))
    site.call("q3")
    there = panel(site, "q3").current
    assert there is not None
    assert [leg.back_to.number if leg.back_to else 0 for leg in there.way] == [0, 2]
    assert not there.first
    site.finish("q3")
    (line,) = panel(site, "q2").waiting
    assert line.ticket.returning
    assert line.room is not None
    assert line.room.id == "q2"
    assert panel(site, "q1").waiting == ()


@pytest.mark.req("P5")
def test_who_was_parked_or_missed_the_call_stays_in_sight_until_the_grace_is_over() -> None:
    site = Site()
    first, second = site.issue(), site.issue()
    site.call("q2")
    site.park("q2")
    site.call("q2")
    site.miss("q2")
    assert [(line.ticket.id, bool(line.until_ms)) for line in panel(site, "q2").beside] == [
        (second, True),
        (first, False),
    ]
    assert panel(site, "q1").beside == ()
    assert len(floor_panel(site.queue, SILENT, site.now_ms, {}).beside) == 2
    site.now_ms += (CATALOGUE.policy.no_show_grace_min + 1) * MINUTE_MS
    assert [line.ticket.id for line in panel(site, "q2").beside] == [first]


@pytest.mark.req("P5")
def test_the_last_action_can_be_taken_back_for_ten_seconds_and_once() -> None:
    site = Site()
    site.issue()
    waiting = site.queue.tickets.values()
    before = tuple(waiting)
    ticket = site.call("q2")
    done = Undoable("c" * 32, site.now_ms, before, (site.ticket(ticket),))
    last = panel(site, "q2", done).last
    assert last is not None
    assert (last.label, last.state, last.command) == ("A001", State.CALLED, "c" * 32)
    assert last_action(site.queue, done, site.now_ms + UNDO_MS) is not None
    assert last_action(site.queue, done, site.now_ms + UNDO_MS + 1) is None
    site.finish("q2")
    assert last_action(site.queue, done, site.now_ms) is None
    assert last_action(site.queue, None, site.now_ms) is None


@pytest.mark.req("T2", "T9")
def test_the_panel_says_what_the_counter_is_doing() -> None:
    site = Site()
    assert panel(site).standing.state is CounterState.CLOSED
    site.do(SetCounter(command_id(), "q1", CounterState.PAUSED, Pause.MEETING))
    assert (panel(site).standing.state, panel(site).standing.pause) == (CounterState.PAUSED, Pause.MEETING)
    site.do(SetCounter(command_id(), "q1", CounterState.ONLINE_DOSSIERS))
    assert panel(site).standing.state is CounterState.ONLINE_DOSSIERS


@pytest.mark.req("K10", "P5")
def test_out_of_hours_the_panel_says_when_it_opens_again() -> None:
    hours = (OpeningPeriod((0, 1, 2, 3, 4), "07:00", "11:30"),)
    site = Site(replace(CATALOGUE, hours=hours, public_holidays=False))  # it is twelve o'clock
    opening = panel(site).opening
    assert not opening.is_open
    assert opening.opens_ms == site.now_ms + 19 * 60 * MINUTE_MS
    assert panel(Site()).opening.is_open


@pytest.mark.req("P5")
def test_a_counter_with_nobody_left_names_the_room_that_it_would_help() -> None:
    services = tuple(replace(s, assigns_room=True) if s.id == "general" else s for s in CATALOGUE.services)
    site = Site(replace(CATALOGUE, services=services))
    site.set_counter("q2", CounterState.OPEN)
    ticket = site.issue("general")
    assert site.ticket(ticket).room == "q2"
    helping = panel(site, "q1")
    assert helping.next_label == "A001"
    assert helping.taken_over_from is not None
    assert helping.taken_over_from.id == "q2"
    assert site.call("q1") == ticket


@pytest.mark.req("X2", "P5")
def test_the_floor_sees_alarms_counters_services_claims_and_who_sits_where() -> None:
    site = Site()
    ticket = site.issue("general", claim=Priority.PREGNANT)
    called = site.issue("insurance")
    site.call("q3")
    wait = Window(site.now_ms, site.now_ms + MINUTE_MS)
    outlook = Outlook(
        site.now_ms,
        Hours(always=True),
        {"general": ServiceOutlook(1, wait, 1)},
        {"q1": CounterOutlook(("A001",), 1)},
        (Alarm(AlarmKind.STARVATION, "A001", "general", since_ms=1), Alarm(AlarmKind.CLAIM, "A001", "general")),
    )
    floor = floor_panel(site.queue, outlook, site.now_ms, {"q3": ("lan", "mai")})
    assert [(alarm.kind, alarm.ticket.id if alarm.ticket else "") for alarm in floor.alarms] == [
        (AlarmKind.STARVATION, ticket)
    ]
    assert [line.ticket.id for line in floor.claims] == [ticket]
    desks = {desk.counter.id: desk for desk in floor.desks}
    assert desks["q1"].next_labels == ("A001",)
    assert desks["q1"].waiting == 1
    assert desks["q3"].officers == ("lan", "mai")
    assert desks["q3"].current is not None
    assert desks["q3"].current.id == called
    assert desks["q3"].standing.state is CounterState.OPEN
    assert {line.service.id: (line.waiting, line.wait) for line in floor.services} == {
        "general": (1, wait),
        "insurance": (0, None),
    }
    site.do(SetPriority(command_id(), ticket, Priority.PREGNANT))
    assert floor_panel(site.queue, outlook, site.now_ms, {}).claims == ()


@pytest.mark.req("X2")
@pytest.mark.parametrize(("language", "words"), [("vi", ALARMS.values()), ("en", ["Waits too long", "Open, but has"])])
def test_every_alarm_is_worded_on_the_floor_leads_page(language: str, words: Iterable[str]) -> None:
    site = Site()
    site.issue("general", claim=Priority.MERIT)
    alarms = tuple(Alarm(kind, "A001", "general", "q1", since_ms=1) for kind in AlarmKind)
    outlook = replace(SILENT, alarms=alarms)
    html = drawn("floor_panel.html", language, floor_panel(site.queue, outlook, site.now_ms, {}), site.now_ms)
    assert [sentence for sentence in words if sentence not in html] == []


@pytest.mark.req("P5", "P2")
@pytest.mark.parametrize(("language", "sentences"), [("vi", ("Ngoài giờ", "Cấp cứu")), ("en", ("Out of", "Emergency"))])
def test_the_counter_is_drawn_in_every_state(language: str, sentences: tuple[str, ...]) -> None:
    hours = (OpeningPeriod((0, 1, 2, 3, 4), "13:30", "17:00"),)
    site = Site(replace(CATALOGUE, hours=hours, policy=replace(CATALOGUE.policy, early_min=120)))
    site.set_counter("q2", CounterState.OPEN)
    returning = site.issue("general", claim=Priority.PREGNANT)
    site.call("q2")
    site.do(SendToTests(command_id(), "q2", returning, ("insurance",)))
    site.call("q3")
    drawings = [panel(site, "q3")]
    site.finish("q3")
    drawings.append(panel(site, "q2"))
    site.do(GiveNumber(command_id(), "general", Priority.EMERGENCY))
    site.call("q1")
    drawings.append(panel(site, "q1"))
    for state in CounterState:
        site.do(SetCounter(command_id(), "q2", state, Pause.BREAK))
        drawings.append(panel(site, "q2"))
    html = "".join(drawn("panel.html", language, drawing, site.now_ms) for drawing in drawings)
    assert [sentence for sentence in sentences if sentence not in html] == []


def drawn(template: str, language: str, shown: CounterPanel | FloorPanel, now_ms: int) -> str:
    return environment("edge.hub", language).get_template(template).render(panel=shown, now_ms=now_ms, **WORDS)


@pytest.mark.req("P6")
@pytest.mark.parametrize(("typed", "label"), [("a2", "A002"), (" A 002 ", "A002"), ("B1", "B001")])
def test_a_number_is_found_however_it_is_typed(typed: str, label: str) -> None:
    site = Site()
    for service in ("general", "general", "insurance"):
        site.issue(service)
    found = find_by_label(site.queue, typed)
    assert found is not None
    assert found.label == label


@pytest.mark.parametrize("typed", ["", "a", "2", "A3", "A0x2", "A" + "9" * 40, "A²"])
def test_what_is_no_number_of_today_finds_nobody(typed: str) -> None:
    site = Site()
    site.issue()
    site.issue()
    assert find_by_label(site.queue, typed) is None


@pytest.mark.req("X2")
def test_the_life_of_a_ticket_tells_every_step_in_its_order() -> None:
    site = Site()
    site.issue()
    ticket = site.issue()
    site.do(CallTicket(command_id(), "q2", ticket, reason=OutOfOrder.FRAIL))
    site.do(SendToTests(command_id(), "q2", ticket, ("insurance",)))
    site.call("q3")
    site.miss("q3")
    life = life_of(ticket, site.entries, CATALOGUE)
    assert [line.words for line in life] == ["Lấy số", "Được gọi", "Gửi xét nghiệm", "Được gọi", "Vắng mặt"]
    assert life[1].why == "Người bệnh yếu, mệt"
    assert [line.counter.id if line.counter else "" for line in life] == ["", "q2", "", "q3", "q3"]
    assert life[2].service is not None
    assert life[2].service.id == "insurance"


@pytest.mark.req("X2")
def test_what_officers_correct_is_told_too_and_other_peoples_lives_are_not() -> None:
    site = Site()
    child, mother = site.issue(), site.issue()
    site.do(SetPriority(command_id(), child, Priority.UNDER_6))
    site.do(Refer(command_id(), child, "insurance"))
    site.do(MergeTickets(command_id(), mother, child))
    given = GiveNumber(command_id(), "general", Priority.EMERGENCY)
    site.do(given, by="mai")
    site.do(CancelTicket(command_id(), given.id))
    told = [line.words for line in life_of(child, site.entries, CATALOGUE)]
    assert told == ["Lấy số", "Nhân viên xác nhận diện", "Chuyển khi đang chờ"]
    assert [line.words for line in life_of(given.id, site.entries, CATALOGUE)] == ["Lấy số", "Huỷ số"]


@pytest.mark.req("X2")
def test_a_call_that_was_taken_back_stands_in_the_life() -> None:
    site = Site()
    ticket = site.issue()
    call = CallTicket(command_id(), "q2", ticket)
    site.do(call)
    site.do(Undo(command_id(), "q2", call.id))
    assert [line.words for line in life_of(ticket, site.entries, CATALOGUE)] == ["Lấy số", "Được gọi", "Hoàn tác"]
