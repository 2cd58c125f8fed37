"""Working hours, lunch, holidays and the times of giving numbers (K10, T13)."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, OpeningPeriod, Policy, Service, SpecialDay
from edge.queueing.calendar import ALWAYS, LOOK_AHEAD_DAYS, Calendar, Spans
from edge.queueing.public_holidays import public_holidays
from tests.sites import CATALOGUE

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MINUTE_MS = 60_000
WORKDAYS = (0, 1, 2, 3, 4)
WEEK = (OpeningPeriod(WORKDAYS, "07:00", "11:30"), OpeningPeriod(WORKDAYS, "13:30", "17:00"))
ROUND_THE_CLOCK = (OpeningPeriod(tuple(range(7)), "00:00", "24:00"),)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (date(2026, 11, 30) + timedelta(n) for n in range(6))
CULTURE_DAY = date(2026, 11, 24)  # a Tuesday


def site(**changes: object) -> Catalogue:
    return replace(CATALOGUE, **{"hours": WEEK, "policy": Policy(early_min=60), **changes})


def with_service(catalogue: Catalogue, **changes: object) -> Catalogue:
    """The catalogue with changes to its service "general"."""
    general, *others = catalogue.services
    return replace(catalogue, services=(replace(general, **changes), *others))


def ms(day: date, clock: str, zone: ZoneInfo = ZONE) -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone).timestamp() * 1000)


def clocks(spans: Spans, zone: ZoneInfo = ZONE) -> list[str]:
    """Spans as "Mon 07:00–11:30"."""
    local = [(datetime.fromtimestamp(a / 1000, zone), datetime.fromtimestamp(b / 1000, zone)) for a, b in spans]
    return [f"{opens:%a %H:%M}–{closes:%H:%M}" for opens, closes in local]


@pytest.mark.req("K10", "T13")
def test_a_day_has_its_two_halves_and_then_comes_the_next_working_day() -> None:
    hours = Calendar(site()).hours(ms(FRIDAY, "12:00"))
    assert clocks(hours.spans) == ["Fri 07:00–11:30", "Fri 13:30–17:00"]
    assert hours.next_opens_ms == ms(FRIDAY + timedelta(3), "07:00")
    assert not hours.open_at(ms(FRIDAY, "11:30"))
    assert hours.open_at(ms(FRIDAY, "13:30"))
    assert hours.opens_after(ms(FRIDAY, "11:30")) == ms(FRIDAY, "13:30")
    assert hours.opens_after(ms(FRIDAY, "17:00")) == ms(FRIDAY + timedelta(3), "07:00")


@pytest.mark.req("K10")
def test_without_hours_a_site_is_always_open_on_holidays_too() -> None:
    calendar = Calendar(site(hours=()))
    midnight = ms(CULTURE_DAY, "00:00")
    assert calendar.hours(midnight).always
    assert calendar.spans_today("general", midnight) == ALWAYS
    assert calendar.gives_numbers_at("general", midnight)
    assert calendar.always_gives_numbers("general", midnight)


@pytest.mark.req("K10")
def test_numbers_are_given_from_an_hour_before_each_opening_until_the_closing() -> None:
    calendar = Calendar(site())
    assert clocks(calendar.ticket_windows("general", ms(MONDAY, "12:00"))) == ["Mon 06:00–11:30", "Mon 12:30–17:00"]
    assert not calendar.gives_numbers_at("general", ms(MONDAY, "12:29"))
    assert calendar.gives_numbers_at("general", ms(MONDAY, "12:30"))
    assert calendar.next_numbers_ms("general", ms(MONDAY, "12:00")) == ms(MONDAY, "12:30")
    assert calendar.next_numbers_ms("general", ms(MONDAY, "17:00")) == ms(TUESDAY, "06:00")


@pytest.mark.req("K10")
def test_a_short_lunch_does_not_interrupt_the_giving_of_numbers() -> None:
    calendar = Calendar(site(policy=Policy(early_min=120)))
    assert clocks(calendar.ticket_windows("general", ms(MONDAY, "12:00"))) == ["Mon 05:00–17:00"]


@pytest.mark.req("K10")
@pytest.mark.parametrize(
    ("last_ticket_min", "windows"),
    [
        (30, ["Mon 06:00–11:30", "Mon 12:30–16:30"]),
        (270, ["Mon 06:00–11:30"]),  # before the afternoon's numbers began
        (360, ["Mon 06:00–11:00"]),
        (660, []),
    ],
)
def test_the_last_number_is_given_before_the_last_closing_of_the_day(last_ticket_min: int, windows: list[str]) -> None:
    calendar = Calendar(with_service(site(), last_ticket_min=last_ticket_min))
    assert clocks(calendar.ticket_windows("general", ms(MONDAY, "12:00"))) == windows
    assert calendar.open_at("general", ms(MONDAY, "16:59"))


@pytest.mark.req("K10")
def test_numbers_of_a_day_are_never_given_the_evening_before() -> None:
    calendar = Calendar(site(hours=(OpeningPeriod((0,), "00:00", "08:00"),)))
    assert clocks(calendar.ticket_windows("general", ms(MONDAY, "01:00"))) == ["Mon 00:00–08:00"]
    assert calendar.ticket_windows("general", ms(MONDAY - timedelta(1), "23:30")) == ()


@pytest.mark.req("K10")
def test_a_service_has_hours_of_its_own() -> None:
    calendar = Calendar(with_service(site(), hours=(OpeningPeriod((5,), "07:00", "09:00"),)))
    assert calendar.spans_today("general", ms(MONDAY, "08:00")) == ()
    assert clocks(calendar.spans_today("general", ms(SATURDAY, "08:00"))) == ["Sat 07:00–09:00"]
    assert clocks(calendar.spans_today("insurance", ms(FRIDAY, "08:00"))) == ["Fri 07:00–11:30", "Fri 13:30–17:00"]
    assert calendar.hours(ms(SATURDAY, "08:00")).spans == ()


@pytest.mark.req("K10")
def test_a_service_that_gives_no_numbers_has_no_times_for_them_but_is_worked_for() -> None:
    calendar = Calendar(with_service(site(), active=False))
    assert calendar.ticket_windows("general", ms(MONDAY, "08:00")) == ()
    assert calendar.next_numbers_ms("general", ms(MONDAY, "08:00")) == 0
    assert calendar.open_at("general", ms(MONDAY, "08:00"))
    assert not Calendar(with_service(site(hours=()), active=False)).gives_numbers_at("general", ms(MONDAY, "08:00"))


@pytest.mark.req("K10", "T13")
def test_a_public_holiday_is_closed_and_named_in_both_languages() -> None:
    hours = Calendar(site()).hours(ms(CULTURE_DAY, "08:00"))
    assert hours.spans == ()
    assert (hours.holiday, hours.holiday_en) == ("Ngày Văn hóa Việt Nam", "Vietnam Cultural Day")
    assert hours.next_opens_ms == ms(CULTURE_DAY + timedelta(1), "07:00")


@pytest.mark.req("K10")
def test_a_facility_may_work_on_public_holidays() -> None:
    hours = Calendar(site(public_holidays=False)).hours(ms(CULTURE_DAY, "08:00"))
    assert hours.open_at(ms(CULTURE_DAY, "08:00"))
    assert hours.holiday == ""


@pytest.mark.req("K10")
def test_an_emergency_desk_round_the_clock_closes_on_no_holiday_and_no_special_day() -> None:
    days = (SpecialDay(str(MONDAY), "Diễn tập", "Drill"),)
    calendar = Calendar(with_service(site(special_days=days), hours=ROUND_THE_CLOCK))
    assert calendar.gives_numbers_at("general", ms(CULTURE_DAY, "03:00"))
    assert calendar.gives_numbers_at("general", ms(MONDAY, "03:00"))
    assert not calendar.gives_numbers_at("insurance", ms(MONDAY, "08:00"))


@pytest.mark.req("K10", "T13")
def test_a_special_day_closes_a_working_day_and_says_why() -> None:
    calendar = Calendar(site(special_days=(SpecialDay(str(MONDAY), "Diễn tập", "Drill"),)))
    hours = calendar.hours(ms(MONDAY, "08:00"))
    assert (hours.spans, hours.holiday, hours.holiday_en) == ((), "Diễn tập", "Drill")
    assert calendar.ticket_windows("general", ms(MONDAY, "08:00")) == ()


@pytest.mark.req("K10")
def test_a_special_day_opens_a_holiday_for_every_service_within_its_own_hours() -> None:
    duty = SpecialDay(str(CULTURE_DAY), "Trực lễ", "Holiday duty", (("08:00", "11:00"), ("14:00", "16:00")))
    own = (OpeningPeriod((1,), "09:00", "15:00"),)
    calendar = Calendar(with_service(site(special_days=(duty,)), hours=own))
    noon = ms(CULTURE_DAY, "12:00")
    assert clocks(calendar.hours(noon).spans) == ["Tue 08:00–11:00", "Tue 14:00–16:00"]
    assert calendar.hours(noon).holiday == ""
    assert clocks(calendar.spans_today("general", noon)) == ["Tue 09:00–11:00", "Tue 14:00–15:00"]
    assert clocks(calendar.spans_today("insurance", noon)) == ["Tue 08:00–11:00", "Tue 14:00–16:00"]


@pytest.mark.req("K10")
def test_on_a_working_saturday_a_service_without_hours_for_saturdays_works_like_the_facility() -> None:
    day = SpecialDay(str(SATURDAY), "Làm bù", "Working Saturday", (("07:00", "11:30"),))
    own = (OpeningPeriod(WORKDAYS, "08:00", "09:00"),)
    calendar = Calendar(with_service(site(special_days=(day,)), hours=own))
    assert clocks(calendar.spans_today("general", ms(SATURDAY, "08:00"))) == ["Sat 07:00–11:30"]


@pytest.mark.req("K10")
def test_a_special_day_closes_a_site_that_is_otherwise_always_open() -> None:
    calendar = Calendar(site(hours=(), special_days=(SpecialDay(str(MONDAY), "Mất điện", "Power cut"),)))
    hours = calendar.hours(ms(MONDAY, "08:00"))
    assert (hours.always, hours.spans, hours.holiday) == (False, (), "Mất điện")
    assert hours.next_opens_ms == ms(TUESDAY, "00:00")
    assert calendar.next_numbers_ms("general", ms(MONDAY, "08:00")) == ms(TUESDAY, "00:00")


@pytest.mark.req("K10", "T13")
def test_the_next_opening_skips_the_whole_of_tet() -> None:
    friday_before = date(2026, 2, 13)
    hours = Calendar(site()).hours(ms(friday_before, "18:00"))
    assert hours.opens_after(ms(friday_before, "18:00")) == ms(date(2026, 2, 23), "07:00")


@pytest.mark.req("K10")
def test_no_next_opening_is_promised_beyond_what_was_looked_at() -> None:
    closed = tuple(SpecialDay(str(MONDAY + timedelta(n)), "Sửa chữa", "Repairs") for n in range(LOOK_AHEAD_DAYS + 1))
    calendar = Calendar(site(special_days=closed))
    assert calendar.hours(ms(MONDAY, "08:00")).opens_after(ms(MONDAY, "08:00")) == 0
    assert calendar.spans_today("general", ms(MONDAY, "08:00")) == ()
    assert calendar.next_numbers_ms("general", ms(MONDAY, "08:00")) == 0


# Tết by Hồ Ngọc Đức's table of the Vietnamese calendar, 2000–2099 (amlich-hnd.js, 2004; words 26 to 30 of TK21), which
# the library does not come from. In 2030 China's new year is a day later. Hùng Kings: 10th of the third lunar month.
TET = ["2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-02"]
HUNG_KINGS = ["2026-04-26", "2027-04-16", "2028-04-04", "2029-04-23", "2030-04-12"]


@pytest.mark.req("K10")
@pytest.mark.parametrize(("tet", "hung_kings"), [*zip(TET, HUNG_KINGS, strict=True)])
def test_lunar_holidays_fall_on_their_published_dates(tet: str, hung_kings: str) -> None:
    first = date.fromisoformat(tet)
    holidays = public_holidays(first.year)
    assert holidays[first].name == "Tết Nguyên Đán"
    assert {first + timedelta(n) for n in range(-1, 4)} <= set(holidays)  # the law's five days
    assert holidays[date.fromisoformat(hung_kings)].name == "Ngày Giỗ Tổ Hùng Vương"


@pytest.mark.req("K10")
@pytest.mark.parametrize("year", range(2026, 2046))
def test_every_year_of_the_products_life_has_the_laws_fixed_holidays(year: int) -> None:
    holidays = public_holidays(year)
    fixed = {date(year, *day) for day in [(1, 1), (4, 30), (5, 1), (9, 2), (11, 24)]}
    assert fixed <= set(holidays)
    assert {date(year, 9, 1), date(year, 9, 3)} & set(holidays)
    assert all(holiday.name and holiday.name_en for holiday in holidays.values())


@pytest.mark.req("K10")
def test_a_holiday_on_a_sunday_gives_the_monday_off() -> None:
    assert public_holidays(2026)[date(2026, 4, 27)].name == "Ngày Giỗ Tổ Hùng Vương (nghỉ bù)"


@pytest.mark.req("K10")
@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_a_zone_that_changes_its_clock_keeps_its_local_hours(day: date) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = (OpeningPeriod((6,), "01:00", "02:30"), OpeningPeriod((6,), "03:30", "24:00"))
    facility = replace(CATALOGUE.facility, time_zone="Europe/Berlin")
    calendar = Calendar(site(facility=facility, hours=hours, public_holidays=False))
    noon = ms(day, "12:00", berlin)
    spans = calendar.hours(noon).spans
    assert [opens < closes for opens, closes in spans] == [True] * len(spans)
    assert spans[0][0] == ms(day, "01:00", berlin)
    assert spans[-1][1] == ms(day + timedelta(1), "00:00", berlin)
    assert sum(closes - opens for opens, closes in spans) <= (23 if day.month == 3 else 25) * 60 * MINUTE_MS
    assert calendar.open_at("general", noon)


@pytest.mark.parametrize("at_ms", [0, 253_370_000_000_000])
def test_a_clock_that_was_never_set_stops_nobody(at_ms: int) -> None:
    calendar = Calendar(site())
    assert not calendar.hours(at_ms).always
    calendar.ticket_windows("general", at_ms)
    calendar.next_numbers_ms("general", at_ms)


def test_a_site_without_hours_does_not_load_the_library_of_holidays() -> None:
    script = (
        "import sys; from edge.queueing.calendar import Calendar; from tests.sites import CATALOGUE, NOON_MS\n"
        "Calendar(CATALOGUE).hours(NOON_MS); print('holidays' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


minutes = st.integers(0, 1440)


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def periods(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """One to three stretches of a day that do not overlap."""
    edges = sorted(draw(st.sets(minutes, min_size=2, max_size=6)))
    return tuple((clock(a), clock(b)) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def weeks(draw: st.DrawFn) -> tuple[OpeningPeriod, ...]:
    """Hours of some weekdays, each weekday with its own."""
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    return tuple(OpeningPeriod((day,), *period) for day in sorted(days) for period in draw(periods()))


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    near = st.dates(date(2026, 11, 20), date(2026, 12, 10)).map(str)
    special = draw(st.dictionaries(near, st.one_of(st.just(()), periods()), max_size=4))
    catalogue = site(
        hours=draw(weeks()),
        special_days=tuple(SpecialDay(day, "Nghỉ", "Off", spans) for day, spans in special.items()),
        policy=Policy(early_min=draw(st.integers(0, 240))),
        public_holidays=draw(st.booleans()),
    )
    own = draw(st.one_of(st.just(()), weeks()))
    return with_service(catalogue, hours=own, last_ticket_min=draw(st.integers(0, 300)))


def local_periods(catalogue: Catalogue, service: Service, day: date) -> list[tuple[str, str]]:
    """The stretches in which a service is worked for on a date, by the words of ``Calendar`` alone."""
    week = [(p.opens, p.closes) for p in service.hours or catalogue.hours if day.weekday() in p.weekdays]
    for special in catalogue.special_days:
        if special.date == str(day):
            if not service.hours or not week:
                return list(special.periods)
            both = [(max(a, c), min(b, d)) for a, b in special.periods for c, d in week]
            return [(opens, closes) for opens, closes in both if opens < closes]
    if catalogue.public_holidays and day == CULTURE_DAY:
        return []
    return week


moments = st.integers(ms(date(2026, 11, 21), "00:00") // MINUTE_MS, ms(date(2026, 12, 9), "23:59") // MINUTE_MS)


def never_closes(service: Service, catalogue: Catalogue) -> bool:
    return any(
        {d for p in week if (p.opens, p.closes) == ("00:00", "24:00") for d in p.weekdays} == set(range(7))
        for week in (service.hours, catalogue.hours)
    )


@pytest.mark.req("K10")
@given(catalogues(), moments)
def test_open_is_what_the_clock_on_the_wall_says(catalogue: Catalogue, minute: int) -> None:
    service = catalogue.services[0]
    assume(not never_closes(service, catalogue))
    local = datetime.fromtimestamp(minute * 60, ZONE)
    now = f"{local:%H:%M}"
    expected = any(a <= now < b for a, b in local_periods(catalogue, service, local.date()))
    assert Calendar(catalogue).open_at(service.id, minute * MINUTE_MS) is expected


@pytest.mark.req("K10")
@given(catalogues(), moments)
def test_numbers_are_given_as_the_clock_on_the_wall_says(catalogue: Catalogue, minute: int) -> None:
    service = catalogue.services[0]
    assume(not never_closes(service, catalogue))
    local = datetime.fromtimestamp(minute * 60, ZONE)
    spans = [
        tuple(60 * int(clock[:2]) + int(clock[3:]) for clock in span)
        for span in local_periods(catalogue, service, local.date())
    ]
    now = 60 * local.hour + local.minute
    last = max((closes for _, closes in spans), default=0) - service.last_ticket_min
    early = catalogue.policy.early_min
    expected = now < last and any(opens - early <= now < closes for opens, closes in spans)
    assert Calendar(catalogue).gives_numbers_at(service.id, minute * MINUTE_MS) is expected


@pytest.mark.req("K10", "T13")
@given(catalogues(), moments)
def test_the_next_opening_lies_ahead_and_begins_an_open_time(catalogue: Catalogue, minute: int) -> None:
    calendar, now_ms = Calendar(catalogue), minute * MINUTE_MS
    opens_ms = calendar.hours(now_ms).opens_after(now_ms)
    if opens_ms:
        assert opens_ms > now_ms
        assert calendar.hours(opens_ms).open_at(opens_ms)
        midnight = f"{datetime.fromtimestamp(opens_ms / 1000, ZONE):%H:%M}" == "00:00"
        assert midnight or not calendar.hours(opens_ms - 1).open_at(opens_ms - 1)
    numbers_ms = calendar.next_numbers_ms("general", now_ms)
    if numbers_ms:
        assert numbers_ms > now_ms
        assert calendar.gives_numbers_at("general", numbers_ms)


@given(catalogues(), st.lists(moments, min_size=2, max_size=8))
def test_what_a_calendar_remembers_never_changes_what_it_says(catalogue: Catalogue, minutes: list[int]) -> None:
    kept = Calendar(catalogue)
    for minute in [*minutes, *minutes]:
        at_ms = minute * MINUTE_MS
        fresh = Calendar(catalogue)
        assert kept.hours(at_ms) == fresh.hours(at_ms)
        assert kept.spans_today("general", at_ms) == fresh.spans_today("general", at_ms)
        assert kept.ticket_windows("general", at_ms) == fresh.ticket_windows("general", at_ms)
