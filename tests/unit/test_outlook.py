"""What the hub expects: who is next, how many wait, opening times, and what staff should look at."""

import msgspec
import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Discipline, OpeningPeriod, Policy
from edge.contracts.commands import SetPriority
from edge.contracts.counter import CounterState
from edge.contracts.outlook import Alarm, AlarmKind, Outlook
from edge.contracts.ticket import Priority
from edge.queueing.outlook import CLOCK_SLACK_MS, MOST_ALARMS, outlook
from edge.queueing.queue import Waited
from tests.queue_story import Site
from tests.sites import CATALOGUE, DAY_MS, NOON_MS, command_id

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
OPEN = replace(CATALOGUE, hours=())


def of(site: Site, *, wall_ms: int = 0) -> Outlook:
    return outlook(site.queue, site.now_ms, wall_ms or site.now_ms)


def alarms(site: Site, kind: AlarmKind, *, wall_ms: int = 0) -> list[Alarm]:
    return [alarm for alarm in of(site, wall_ms=wall_ms).alarms if alarm.kind is kind]


def by(**policy: object) -> Catalogue:
    return replace(OPEN, policy=replace(Policy(), **policy))


@pytest.mark.req("T1")
def test_each_counter_has_the_next_three_of_the_order_in_which_it_will_call() -> None:
    site = Site(OPEN)
    for _ in range(4):
        site.issue("general")
    site.now_ms += MINUTE_MS
    old = site.issue("general", birth_date="1940-01-01")
    site.now_ms += 10 * MINUTE_MS
    counters = of(site).counters
    assert counters["q2"].next == (site.label_of(old), "A001", "A002")
    assert counters["q2"].waiting == 5
    assert counters["q3"].next == ()
    assert site.call("q2") == old


@pytest.mark.req("T1")
def test_each_service_has_how_many_wait_and_at_how_many_counters() -> None:
    site = Site(OPEN)
    for service in ("general", "general", "insurance"):
        site.issue(service)
    site.set_counter("q1", CounterState.OPEN)
    site.set_counter("q2", CounterState.PAUSED)
    services = of(site).services
    assert (services["general"].waiting, services["general"].counters_open) == (2, 1)
    assert (services["insurance"].waiting, services["insurance"].counters_open) == (1, 1)


@pytest.mark.req("T1", "K9")
def test_the_window_of_somebody_who_comes_now_lies_ahead_and_grows_with_those_who_wait() -> None:
    site = Site(OPEN)
    site.set_counter("q2", CounterState.OPEN)
    few = of(site).services["general"].wait
    for _ in range(30):
        site.issue("general")
    many = of(site).services["general"].wait
    assert few is not None
    assert many is not None
    assert site.now_ms - 30 <= few.low_ms <= few.high_ms < many.high_ms
    assert few.low_ms < many.low_ms <= many.high_ms


@pytest.mark.req("K10", "T13")
def test_hours_and_times_of_numbers_come_with_it() -> None:
    site = Site(
        replace(CATALOGUE, hours=(OpeningPeriod((0,), "07:00", "11:30"), OpeningPeriod((0,), "13:30", "17:00")))
    )
    expected = of(site)
    assert not expected.hours.open_at(NOON_MS)
    assert expected.hours.opens_after(NOON_MS) == NOON_MS + 90 * MINUTE_MS
    assert not expected.services["general"].gives_numbers_at(NOON_MS)
    assert expected.services["general"].gives_numbers_at(NOON_MS + 30 * MINUTE_MS)


@pytest.mark.req("K10")
def test_a_site_without_hours_always_gives_numbers() -> None:
    expected = of(Site(OPEN))
    assert expected.hours.always
    assert expected.services["general"].always
    assert expected.services["general"].gives_numbers_at(NOON_MS + 400 * DAY_MS)


@pytest.mark.req("P2")
def test_whoever_waits_longer_than_the_policy_allows_raises_an_alarm() -> None:
    site = Site(by(starvation_min=30))
    ticket = site.ticket(site.issue("general"))
    site.now_ms += 30 * MINUTE_MS
    assert alarms(site, AlarmKind.STARVATION) == []
    site.now_ms += 1
    since_ms = ticket.waiting_since_ms
    assert alarms(site, AlarmKind.STARVATION) == [Alarm(AlarmKind.STARVATION, "A001", "general", "", since_ms)]
    site.call("q2")
    assert alarms(site, AlarmKind.STARVATION) == []


def test_of_many_alarms_of_a_kind_the_oldest_are_told() -> None:
    site = Site(by(starvation_min=10))
    for _ in range(MOST_ALARMS + 5):
        site.issue("general")
    site.now_ms += HOUR_MS
    assert [alarm.label for alarm in alarms(site, AlarmKind.STARVATION)] == [
        f"A{number:03d}" for number in range(1, MOST_ALARMS + 1)
    ]


def waited(site: Site, *waits: tuple[int, int]) -> None:
    """These people of the service "general" were called: (rank, minutes)."""
    told = tuple(Waited(rank, minutes * MINUTE_MS) for rank, minutes in waits)
    site.queue = replace(site.queue, waits=site.queue.waits.set("general", told))


@pytest.mark.req("P2")
def test_a_ratio_under_which_priority_waits_longer_raises_an_alarm() -> None:
    site = Site(by(discipline=Discipline.RATIO))
    waited(site, *[(1, 20)] * 5, *[(2, 30)] * 5)
    assert alarms(site, AlarmKind.INVERSION) == []
    waited(site, *[(1, 40)] * 5, *[(2, 30)] * 5)
    assert alarms(site, AlarmKind.INVERSION) == [Alarm(AlarmKind.INVERSION, service="general")]
    waited(site, *[(1, 40)] * 4, *[(2, 30)] * 5)  # too few to tell
    assert alarms(site, AlarmKind.INVERSION) == []


@pytest.mark.req("P2")
def test_a_share_of_priority_above_the_ratio_raises_an_alarm_before_anybody_waits_longer() -> None:
    site = Site(by(discipline=Discipline.RATIO, ratio_priority=1, ratio_normal=3))
    for _ in range(15):
        site.issue("general")
    for _ in range(5):
        site.issue("general", birth_date="1940-01-01")
    assert alarms(site, AlarmKind.INVERSION) == []  # exactly a quarter
    site.issue("general", birth_date="1940-01-01")
    assert alarms(site, AlarmKind.INVERSION) == [Alarm(AlarmKind.INVERSION, service="general")]


@pytest.mark.req("P2")
def test_other_disciplines_cannot_invert() -> None:
    site = Site(by(discipline=Discipline.STRICT))
    waited(site, *[(1, 40)] * 5, *[(2, 30)] * 5)
    assert alarms(site, AlarmKind.INVERSION) == []


@pytest.mark.req("T1")
def test_an_open_counter_that_calls_nobody_while_people_wait_raises_an_alarm() -> None:
    site = Site(OPEN)
    site.set_counter("q2", CounterState.OPEN)
    site.issue("general")
    assert alarms(site, AlarmKind.ABSENT) == []
    site.now_ms += HOUR_MS
    (alarm,) = alarms(site, AlarmKind.ABSENT)
    assert alarm.counter == "q2"
    assert NOON_MS <= alarm.since_ms < site.now_ms
    site.call("q2")
    assert alarms(site, AlarmKind.ABSENT) == []


def test_a_clock_that_was_set_back_raises_an_alarm_until_it_has_caught_up() -> None:
    site = Site(OPEN)
    journal_ms = site.queue.at_ms
    assert alarms(site, AlarmKind.CLOCK, wall_ms=journal_ms - CLOCK_SLACK_MS) == []
    assert alarms(site, AlarmKind.CLOCK, wall_ms=journal_ms - HOUR_MS) == [Alarm(AlarmKind.CLOCK, since_ms=journal_ms)]
    assert alarms(site, AlarmKind.CLOCK, wall_ms=journal_ms + HOUR_MS) == []


def test_a_clock_that_cannot_be_believed_raises_an_alarm() -> None:
    site = Site(OPEN)
    assert alarms(site, AlarmKind.CLOCK, wall_ms=site.queue.at_ms + 400 * DAY_MS)


@pytest.mark.req("P2")
def test_a_claimed_priority_is_told_until_an_officer_has_looked() -> None:
    site = Site(OPEN)
    ticket = site.issue("general", claim=Priority.PREGNANT)
    (alarm,) = alarms(site, AlarmKind.CLAIM)
    assert (alarm.label, alarm.service) == ("A001", "general")
    site.do(SetPriority(command_id(), ticket, Priority.PREGNANT))
    assert alarms(site, AlarmKind.CLAIM) == []


@pytest.mark.parametrize("discipline", Discipline)
def test_an_outlook_travels_as_json_and_tells_nobodys_identity(discipline: Discipline) -> None:
    site = Site(by(discipline=discipline))
    for number in range(30):
        site.issue("general", birth_date="1940-01-01" if number % 3 else "", claim=Priority.MERIT)
    expected = of(site)
    text = msgspec.json.encode(expected)
    assert msgspec.json.decode(text, type=Outlook) == expected
    assert b"1940" not in text
