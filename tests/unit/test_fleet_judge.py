"""What is wrong at one moment, from what is known of the sites."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.fleet.judge import BLIND, INGEST, MOST_CAUSES, OPENING_MS, Found, View, judge, key_of
from cloud.fleet.records import Misread, SiteState
from cloud.fleet.rules import MINUTE_MS, Cause, Condition, Kind, Level, Unjudged
from cloud.roles import EVERYWHERE, Province
from edge.contracts.fleet import FleetDevice, FleetPart, FleetReport, Presence, Working
from edge.contracts.health import PartState
from tests.fleet import BEFORE, HOUR_MS, RELEASE, device, report

NOW_MS = 1_795_410_000_000
SITE = "mau-01"
SILENT = Cause(SITE, "", Kind.SITE_SILENT)
PRINTER = Cause(SITE, "kiosk-1", Kind.PART, "printer")
PAPER_OUT = FleetPart("printer", PartState.FAIL, "paper-out")
BROKEN = report(NOW_MS, device("", "hub", NOW_MS), device("kiosk-1", "kiosk", NOW_MS, PAPER_OUT))


def state(site: str = SITE, ago_ms: int = 20_000, told: FleetReport | None = None, off_ms: int = 0) -> SiteState:
    """A site that was heard so long ago, and is linked."""
    heard_ms = NOW_MS - ago_ms
    return SiteState(site, heard_ms, True, heard_ms - HOUR_MS, off_ms, told or report(heard_ms))


def view(*states: SiteState, **more: object) -> View:
    seen = View(NOW_MS, NOW_MS - HOUR_MS, {one.site: one for one in states}, provinces=(EVERYWHERE,))
    return replace(seen, **more)


def wrong(found: Found) -> dict[Cause, Condition]:
    return {cause: one for cause, one in found.items() if isinstance(one, Condition)}


def with_hours(one: SiteState, working: Working) -> SiteState:
    assert one.report is not None
    return replace(one, report=replace(one.report, working=working))


@pytest.mark.req("D4")
def test_of_a_site_that_is_well_nothing_is_wrong() -> None:
    assert wrong(judge(view(state()), [SILENT, PRINTER])) == {}


@pytest.mark.req("D4", "X5")
def test_a_site_that_has_not_reported_for_three_minutes_is_silent() -> None:
    assert wrong(judge(view(state(ago_ms=2 * MINUTE_MS)), [])) == {}
    found = judge(view(state(ago_ms=3 * MINUTE_MS)), [])
    assert found[SILENT] == Condition(Level.FAIL, "silent", since_ms=NOW_MS - 3 * MINUTE_MS)


@pytest.mark.req("D4", "X5")
def test_a_site_that_the_broker_lost_and_that_does_not_come_back_is_silent_sooner() -> None:
    lost = replace(state(ago_ms=70_000), linked=False, link_ms=NOW_MS - 50_000)
    assert judge(view(lost), [])[SILENT] == Condition(Level.FAIL, "lost", since_ms=NOW_MS - 50_000)
    just_lost = replace(lost, link_ms=NOW_MS - 10_000)
    assert judge(view(just_lost), [])[SILENT] is Unjudged.UNKNOWN
    back = replace(lost, heard_ms=NOW_MS - 40_000)
    assert judge(view(back), [])[SILENT] is Unjudged.ABSENT


@pytest.mark.req("X5")
def test_of_the_devices_of_a_silent_site_nothing_is_known_and_nothing_is_alarmed() -> None:
    silent = state(ago_ms=4 * MINUTE_MS, told=BROKEN)
    found = judge(view(silent), [PRINTER, Cause(SITE, "", Kind.CLOCK)])
    assert set(wrong(found)) == {SILENT}
    assert found[PRINTER] is found[Cause(SITE, "", Kind.CLOCK)] is Unjudged.UNKNOWN


@pytest.mark.req("X5")
def test_a_hub_that_is_switched_off_for_the_night_is_no_alarm_until_the_facility_has_opened() -> None:
    closed = Working(now=False, since_ms=NOW_MS - 9 * HOUR_MS, until_ms=NOW_MS + HOUR_MS)
    off = with_hours(state(ago_ms=8 * HOUR_MS), closed)
    assert judge(view(off), [])[SILENT] is Unjudged.UNKNOWN
    opened_ms = NOW_MS - OPENING_MS
    late = with_hours(off, replace(closed, until_ms=opened_ms + 1))
    assert judge(view(late), [])[SILENT] is Unjudged.UNKNOWN
    missing = with_hours(off, replace(closed, until_ms=opened_ms))
    assert judge(view(missing), [])[SILENT] == Condition(Level.FAIL, "silent", since_ms=NOW_MS)
    for_ever = with_hours(off, replace(closed, until_ms=0))
    assert judge(view(for_ever), [])[SILENT] is Unjudged.UNKNOWN


@pytest.mark.req("X5")
def test_a_hub_that_fell_silent_in_working_hours_is_an_alarm_in_the_evening_too() -> None:
    worked = Working(now=True, since_ms=NOW_MS - 9 * HOUR_MS, until_ms=NOW_MS - HOUR_MS, opens_ms=NOW_MS + 12 * HOUR_MS)
    found = judge(view(with_hours(state(ago_ms=3 * HOUR_MS), worked)), [])
    assert found[SILENT] == Condition(Level.FAIL, "silent", since_ms=NOW_MS - 3 * HOUR_MS)
    early = with_hours(state(ago_ms=HOUR_MS + 10 * MINUTE_MS), worked)
    assert judge(view(early), [])[SILENT] is Unjudged.UNKNOWN, "staff switched off ten minutes before closing"


@pytest.mark.req("X5")
def test_opening_hours_are_told_by_the_hubs_clock_and_judged_by_ours() -> None:
    closed = Working(now=False, since_ms=NOW_MS - 9 * HOUR_MS, until_ms=NOW_MS + HOUR_MS)
    off = with_hours(state(ago_ms=8 * HOUR_MS, off_ms=3 * HOUR_MS), closed)  # its 13:00 are our 10:00
    assert isinstance(judge(view(off), [])[SILENT], Condition)


@pytest.mark.req("X5")
@pytest.mark.parametrize("seeing_ms", [0, NOW_MS - 2 * MINUTE_MS])
def test_while_the_watcher_is_blind_or_has_just_begun_nobody_is_called_silent(seeing_ms: int) -> None:
    states = [state(f"mau-{n}", ago_ms=n * HOUR_MS) for n in range(1, 9)]
    found = judge(view(*states, seeing_ms=seeing_ms), [])
    assert set(wrong(found)) == ({BLIND} if not seeing_ms else set())
    assert {found[Cause(one.site, "", Kind.SITE_SILENT)] for one in states} == {Unjudged.UNKNOWN}


@pytest.mark.req("X5")
def test_all_sites_silent_at_the_same_time_are_one_alarm_of_the_centre() -> None:
    states = [state(f"mau-{n}", ago_ms=5 * MINUTE_MS + n * 1000) for n in range(20)]
    found = judge(view(*states), [])
    assert set(wrong(found)) == {BLIND}
    one_is_heard = judge(view(*states[1:], state("mau-0")), [])
    assert set(wrong(one_is_heard)) == {Cause(one.site, "", Kind.SITE_SILENT) for one in states[1:]}


@pytest.mark.req("X5")
def test_sites_that_are_off_for_the_night_do_not_make_a_few_broken_ones_the_centres_fault() -> None:
    closed = Working(now=False, since_ms=NOW_MS - 9 * HOUR_MS, until_ms=NOW_MS + HOUR_MS)
    off = [with_hours(state(f"mau-{n}", ago_ms=8 * HOUR_MS), closed) for n in range(20)]
    broken = [state(f"vo-{n}", ago_ms=40 * HOUR_MS) for n in range(3)]
    found = judge(view(*off, *broken), [])
    assert found[BLIND] is Unjudged.ABSENT
    assert set(wrong(found)) == {Cause(one.site, "", Kind.SITE_SILENT) for one in broken}


@pytest.mark.req("X6")
def test_a_site_of_the_ledger_that_never_reported_its_devices_is_to_be_seen_to() -> None:
    never = SiteState(SITE, 0, None, 0, 0, None)
    assert judge(view(never), [])[SILENT] == Condition(Level.WARN, "never")
    assert judge(view(never, met_ms={SITE: NOW_MS - MINUTE_MS}), [])[SILENT] is Unjudged.UNKNOWN


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize(
    ("part", "level"),
    [(PAPER_OUT, Level.FAIL), (FleetPart("printer", PartState.WARN, "paper-low"), Level.WARN)],
)
def test_a_part_that_is_not_well_is_a_cause_of_its_own(part: FleetPart, level: Level) -> None:
    told = report(NOW_MS, device("", "hub", NOW_MS), device("kiosk-1", "kiosk", NOW_MS, part))
    assert wrong(judge(view(state(told=told)), [])) == {PRINTER: Condition(level, part.reason)}


@pytest.mark.req("D4")
def test_two_led_boards_of_a_controller_are_two_causes_and_a_changing_count_is_one() -> None:
    boards = [FleetPart("led-board", PartState.FAIL, "no-answer", q) for q in ("q1", "q2")]
    assert [key_of(part) for part in boards] == ["led-board/q1", "led-board/q2"]
    counts = {key_of(FleetPart("media", PartState.WARN, "missing", n)) for n in ("3", "4")}
    assert counts == {"media"}


@pytest.mark.req("D4", "X5")
def test_of_a_silent_device_only_its_silence_is_judged() -> None:
    kiosk = device("kiosk-1", "kiosk", NOW_MS, PAPER_OUT, presence=Presence.SILENT)
    found = judge(view(state(told=report(NOW_MS, device("", "hub", NOW_MS), kiosk))), [PRINTER])
    silent = Cause(SITE, "kiosk-1", Kind.DEVICE_SILENT)
    assert wrong(found) == {silent: Condition(Level.FAIL, "silent", since_ms=kiosk.heard_ms)}
    assert found[PRINTER] is Unjudged.UNKNOWN


@pytest.mark.req("D4")
@pytest.mark.parametrize("presence", [Presence.EXPECTED, Presence.OFF])
def test_a_device_that_need_not_be_heard_is_no_alarm(presence: Presence) -> None:
    told = report(NOW_MS, device("kiosk-1", "kiosk", NOW_MS, presence=presence))
    assert wrong(judge(view(state(told=told)), [])) == {}


@pytest.mark.req("D4")
def test_kiosks_that_are_off_while_the_facility_is_closed_are_no_alarm() -> None:
    told = report(NOW_MS, device("kiosk-1", "kiosk", NOW_MS, presence=Presence.SILENT))
    closed = Working(now=False, since_ms=NOW_MS - HOUR_MS, until_ms=NOW_MS + HOUR_MS)
    opening = Working(now=True, since_ms=NOW_MS - 2 * MINUTE_MS, until_ms=NOW_MS + HOUR_MS)
    for working in (closed, opening):
        assert wrong(judge(view(with_hours(state(told=told), working)), [])) == {}


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize(
    ("kind", "change", "off_ms", "level", "detail"),
    [
        (Kind.OUTBOX, {"outbox_age_s": 16 * 60}, 0, Level.WARN, "960"),
        (Kind.OUTBOX, {"outbox_age_s": 5 * 3600}, 0, Level.FAIL, "18000"),
        (Kind.CERTIFICATE, {"certificate_days": 29}, 0, Level.WARN, "29"),
        (Kind.CERTIFICATE, {"certificate_days": 6}, 0, Level.FAIL, "6"),
        (Kind.CERTIFICATE, {"certificate_days": -3}, 0, Level.FAIL, "-3"),
        (Kind.CLOCK, {}, 61_000, Level.WARN, "61"),
        (Kind.CLOCK, {}, -400_000, Level.FAIL, "-400"),
    ],
)
def test_what_a_hub_says_of_itself_is_judged(
    kind: Kind, change: Mapping[str, int], off_ms: int, level: Level, detail: str
) -> None:
    told = replace(report(NOW_MS), **change)
    found = wrong(judge(view(state(told=told, off_ms=off_ms)), []))
    assert found == {Cause(SITE, "", kind): Condition(level, detail=detail)}


@pytest.mark.req("D4")
def test_within_the_limits_nothing_is_said_and_an_unreadable_certificate_is_not_judged() -> None:
    told = replace(report(NOW_MS), outbox_age_s=15 * 60, certificate_days=30)
    assert wrong(judge(view(state(told=told, off_ms=60_000)), [])) == {}
    unreadable = judge(view(state(told=replace(told, certificate_days=None))), [])
    assert unreadable[Cause(SITE, "", Kind.CERTIFICATE)] is Unjudged.UNKNOWN


@pytest.mark.req("X5")
def test_events_that_wait_at_many_sites_are_one_alarm_of_the_centre() -> None:
    waiting = [state(f"mau-{n}", told=replace(report(NOW_MS), outbox_age_s=2000)) for n in range(4)]
    found = judge(view(*waiting), [])
    assert wrong(found) == {INGEST: Condition(Level.FAIL, "outboxes", "4")}
    well = [state(f"yen-{n}") for n in range(5)]
    assert {cause.kind for cause in wrong(judge(view(*waiting, *well), []))} == {Kind.OUTBOX}


@pytest.mark.req("X6")
def test_a_version_that_is_not_the_provinces_commonest_is_named_at_the_hub_or_at_the_odd_device() -> None:
    usual = [state(f"mau-{n}") for n in range(4)]
    devices = (device("", "hub", NOW_MS), device("kiosk-1", "kiosk", NOW_MS, version=BEFORE))
    behind = tuple(device(name, role, NOW_MS, version=BEFORE) for name, role in (("", "hub"), ("kiosk-1", "kiosk")))
    found = judge(view(*usual, state("le-1", told=report(NOW_MS, *devices))), [])
    assert wrong(found) == {Cause("le-1", "kiosk-1", Kind.VERSION): Condition(Level.WARN, "differs", BEFORE)}
    found = judge(view(*usual, state("le-1", told=report(NOW_MS, *behind))), [])
    assert wrong(found) == {Cause("le-1", "", Kind.VERSION): Condition(Level.WARN, "differs", BEFORE)}


@pytest.mark.req("X1", "X6")
def test_a_province_with_another_version_than_its_neighbour_is_not_odd() -> None:
    provinces = (Province("a", "A", "A", ("a-*",)), Province("b", "B", "B", ("b-*",)))
    old = (device("", "hub", NOW_MS, version=BEFORE), device("kiosk-1", "kiosk", NOW_MS, version=BEFORE))
    states = [state("a-1"), state("a-2"), state("b-1", told=report(NOW_MS, *old))]
    assert wrong(judge(view(*states, provinces=provinces), [])) == {}


@pytest.mark.req("X5", "X6")
def test_refused_batches_and_reports_that_are_not_understood_are_alarms_and_the_site_is_not_silent() -> None:
    misread = {SITE: Misread(NOW_MS - HOUR_MS, NOW_MS - 10_000, "unreadable")}
    found = judge(view(state(ago_ms=HOUR_MS, told=BROKEN), misread=misread, refused={SITE: "forbidden"}), [PRINTER])
    assert wrong(found) == {
        Cause(SITE, "", Kind.NOT_UNDERSTOOD): Condition(Level.WARN, "unreadable", since_ms=NOW_MS - HOUR_MS),
        Cause(SITE, "", Kind.REFUSED): Condition(Level.FAIL, "forbidden"),
    }
    assert found[PRINTER] is Unjudged.UNKNOWN, "what its last good report said is an hour old"
    assert judge(view(state(), refused=None), [])[Cause(SITE, "", Kind.REFUSED)] is Unjudged.UNKNOWN


@pytest.mark.req("X6")
def test_of_a_site_that_is_no_more_every_alarm_ends() -> None:
    found = judge(view(state()), [Cause("mau-09", "kiosk-1", Kind.PART, "printer")])
    assert found[Cause("mau-09", "kiosk-1", Kind.PART, "printer")] is Unjudged.ABSENT


@pytest.mark.req("X5")
def test_no_site_makes_more_alarms_than_a_site_can_have_whatever_it_sends() -> None:
    parts = tuple(FleetPart("led-board", PartState.FAIL, "no-answer", f"q{n}") for n in range(60))
    flood = report(NOW_MS, *(FleetDevice(f"k{n}", "kiosk", version=RELEASE, parts=parts) for n in range(100)))
    seen = view(state(told=flood), state("mau-02", told=BROKEN), refused={SITE: "gap"})
    found = judge(seen, [])
    mine = {cause for cause in found if cause.site == SITE}
    assert len(mine) == MOST_CAUSES
    assert Cause(SITE, "", Kind.REFUSED) in mine
    assert Cause("mau-02", "kiosk-1", Kind.PART, "printer") in found
    assert {cause for cause in judge(seen, mine) if cause.site == SITE} == mine, "always the same"


PRESENCES = st.sampled_from(Presence)
PARTS = st.builds(
    FleetPart, st.sampled_from(["printer", "led-board"]), st.sampled_from(PartState), st.just(""), st.just("q1")
)
DEVICES = st.lists(
    st.builds(
        FleetDevice, st.sampled_from(["", "kiosk-1", "board-1"]), st.just("kiosk"), PRESENCES, st.just(RELEASE),
        st.integers(0, NOW_MS), parts=st.lists(PARTS, max_size=4).map(tuple),
    ),
    max_size=3, unique_by=lambda one: one.name,
)  # fmt: skip
MOMENTS = st.integers(0, NOW_MS + HOUR_MS)
WORKINGS = st.builds(Working, st.booleans(), MOMENTS, MOMENTS, MOMENTS)
REPORTS = st.none() | st.builds(
    FleetReport,
    st.just(1),
    MOMENTS,
    WORKINGS,
    outbox_age_s=st.integers(0, 10**6),
    certificate_days=st.none() | st.integers(-10, 400),
    devices=DEVICES.map(tuple),
)
STATES = st.lists(
    st.builds(
        SiteState,
        st.sampled_from([f"mau-{n}" for n in range(6)]),
        MOMENTS,
        st.none() | st.booleans(),
        MOMENTS,
        st.integers(-HOUR_MS, HOUR_MS),
        REPORTS,
    ),
    max_size=6,
    unique_by=lambda one: one.site,
)


@pytest.mark.req("X5")
@given(STATES, MOMENTS, st.sampled_from(["mau-0", "mau-9"]))
def test_whatever_is_known_silence_hides_the_devices_and_every_asked_cause_is_answered(
    states: list[SiteState], seeing_ms: int, asked: str
) -> None:
    causes = [Cause(asked, "kiosk-1", Kind.PART, "printer"), Cause(asked, "", Kind.SITE_SILENT), BLIND]
    seen = view(*states, seeing_ms=min(seeing_ms, NOW_MS))
    found = judge(seen, causes)
    assert set(causes) <= set(found)
    silent = {cause.site for cause in wrong(found) if cause.kind is Kind.SITE_SILENT}
    for cause in wrong(found):
        assert cause.site not in silent or cause.kind is Kind.SITE_SILENT
        if cause.kind is Kind.SITE_SILENT:
            assert seen.sees
            assert found[BLIND] is Unjudged.ABSENT
    assert judge(seen, causes) == found
