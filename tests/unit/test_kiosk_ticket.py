"""What the kiosk says about a ticket: on the slip, and to whoever types its number."""

import pytest
from msgspec.structs import replace

from edge.contracts.outlook import CounterOutlook, Hours, Outlook, ServiceOutlook, Window
from edge.contracts.ticket import PRIORITY_LAW, Priority, State, Step, Ticket
from edge.kiosk import happenings as h
from edge.kiosk.ticket_words import find, slip_of, standing
from tests.kiosk_session import site_with, ticket
from tests.sites import NOON_MS

MINUTE_MS = 60_000
MINE = replace(ticket(47), waiting_since_ms=NOON_MS, expected_ms=40 * MINUTE_MS)
OTHERS = tuple(ticket(number) for number in (44, 45, 46))
SITE = site_with(*OTHERS, MINE, waiting=(*(other.id for other in OTHERS), MINE.id))
WAIT = Window(NOON_MS + 40 * MINUTE_MS, NOON_MS + 60 * MINUTE_MS)
OUTLOOK = Outlook(NOON_MS, Hours(always=True), {"general": ServiceOutlook(4, WAIT, 1, always=True)}, {})


def said(of: Ticket, outlook: Outlook | None = OUTLOOK, *, language: str = "vi", now_ms: int = NOON_MS) -> str:
    return " | ".join(standing(SITE, outlook, of, now_ms=now_ms, language=language))


@pytest.mark.req("P6")
@pytest.mark.parametrize("typed", ["A047", "a047", "A47", " a 47 ", "A0047"])
def test_a_number_is_found_however_it_is_typed(typed: str) -> None:
    assert find(SITE, typed) == MINE


@pytest.mark.req("P6")
@pytest.mark.parametrize("typed", ["A470", "B047", "47", "A", "0", "A048"])
def test_another_number_is_not_taken_for_it(typed: str) -> None:
    assert find(SITE, typed) is None


@pytest.mark.req("P6")
def test_who_waits_learns_how_many_are_ahead_when_and_where() -> None:
    words = said(MINE)
    assert words == "Còn khoảng 3 người chờ trước | Dự kiến gọi khoảng 12:30–12:50 | Quầy 1, 2 · Phòng 101, 102"
    assert said(replace(MINE, room="q2")).endswith("Quầy 2 · Phòng 102")
    assert said(MINE, language="en").startswith("About 3 waiting before you | Expected call about 12:30–12:50")


@pytest.mark.req("P6")
def test_a_time_that_has_passed_or_is_not_known_is_not_said() -> None:
    for words in (
        said(MINE, None),
        said(replace(MINE, expected_ms=-1)),
        said(MINE, now_ms=NOON_MS + 41 * MINUTE_MS),
    ):
        assert words == "Còn khoảng 3 người chờ trước | Quầy 1, 2 · Phòng 101, 102"


@pytest.mark.req("P6")
def test_who_is_next_is_told_to_stay_near() -> None:
    soon = replace(OUTLOOK, counters={"q1": CounterOutlook((MINE.label,), 4)})
    assert said(MINE, soon) == "Sắp đến lượt. Xin ngồi gần quầy. | Quầy 1, 2 · Phòng 101, 102"


@pytest.mark.req("P6")
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.CALLED, "Đang được gọi. Xin đến Quầy 2 · Phòng 102 ngay."),
        (State.PARKED, "Xin chờ cạnh Quầy 2 · Phòng 102: số sẽ được gọi lại."),
        (State.NO_SHOW, "Số này đã được gọi mà chưa có người đến. Xin gặp nhân viên."),
    ],
)
def test_who_was_called_learns_what_to_do(state: State, words: str) -> None:
    assert said(replace(MINE, state=state, counter="q2")) == words


@pytest.mark.req("P6")
@pytest.mark.parametrize("state", [State.WAITING, State.CALLED, State.PARKED, State.NO_SHOW])
def test_the_look_up_does_not_tell_why_somebody_is_first(state: State) -> None:
    plain = replace(MINE, state=state, counter="q1")
    for ground in Priority:
        assert said(replace(plain, priority=ground)) == said(replace(plain, claim=ground)) == said(plain)


@pytest.mark.req("K9")
def test_the_slip_has_time_room_ground_and_route_in_both_languages() -> None:
    given = replace(MINE, room="q2", priority=Priority.FROM_75, claim=Priority.MERIT, steps=(Step("insurance"),))
    slip = slip_of(SITE, h.Print(given, 3, copy=False, wait=WAIT), "http://h/t/")
    assert (slip.counters, slip.expected) == ("Quầy 2 · Phòng 102", "12:40–13:00")
    assert slip.priority == ("từ đủ 75 tuổi", "75 years or older")
    assert slip.claim == ("", "")
    assert slip.law[0] == PRIORITY_LAW
    assert slip.route == (("Khám BHYT",), ("Insurance examination",))
    assert slip.lookup_url == f"http://h/t/{given.id}"
    claimed = slip_of(SITE, h.Print(replace(MINE, claim=Priority.MERIT), 3, copy=True), "http://h/t/")
    assert claimed.claim == ("người có công với cách mạng", "person with merit to the revolution")
    assert (claimed.expected, claimed.priority, claimed.reprint) == ("", ("", ""), True)


def test_a_slip_of_a_service_that_was_taken_off_the_list_still_has_its_number() -> None:
    gone = replace(MINE, service="gone", steps=(Step("gone"),))
    slip = slip_of(SITE, h.Print(gone, 3, copy=False), "http://h/t/")
    assert (slip.label, slip.service, slip.counters, slip.route) == ("A047", "", "", ((), ()))
