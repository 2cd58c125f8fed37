"""An alarm's life, whatever the looks find."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from cloud.fleet.rules import (
    MINUTE_MS,
    REOPEN_MS,
    Alarm,
    Cause,
    Condition,
    Deed,
    Kind,
    Level,
    Unjudged,
    clear_ms,
    hold_ms,
    step,
)

START_MS = 1_795_410_000_000
LOOK_MS = 5000
PAPER = Cause("mau-01", "kiosk-1", Kind.PART, "printer")
OUT, LOW = Condition(Level.FAIL, "paper-out"), Condition(Level.WARN, "paper-low")
AWAY, UNKNOWN = Unjudged.ABSENT, Unjudged.UNKNOWN

Finding = Condition | Unjudged
LOOKS = st.lists(st.tuples(st.sampled_from([OUT, LOW, AWAY, UNKNOWN]), st.integers(1000, 4_000_000)), max_size=60)
CAUSES = st.builds(Cause, st.just("mau-01"), st.just("kiosk-1"), st.sampled_from(Kind), st.just("printer"))


class Seen(Struct, frozen=True):
    """One look: when it was, what it found, and what it made."""

    at_ms: int
    found: Finding
    before: Alarm | None
    after: Alarm | None
    deed: Deed | None


def told(cause: Cause, looks: Sequence[tuple[Finding, int]]) -> list[Seen]:
    """Looks one after the other, each with what it finds and how long after the one before."""
    now_ms, seen = START_MS, []
    alarm: Alarm | None = None
    for found, after_ms in looks:
        now_ms += after_ms
        before = alarm
        alarm, deed = step(before, cause, found, now_ms)
        seen.append(Seen(now_ms, found, before, alarm, deed))
    return seen


def lasting(found: Finding, for_ms: int) -> list[tuple[Finding, int]]:
    """So many looks that find the same."""
    return [(found, LOOK_MS)] * (for_ms // LOOK_MS)


def deeds(looks: Sequence[tuple[Finding, int]], cause: Cause = PAPER) -> list[Deed]:
    return [one.deed for one in told(cause, looks) if one.deed]


@pytest.mark.req("X5")
@given(CAUSES, LOOKS)
def test_of_one_cause_there_is_never_a_second_open_alarm(cause: Cause, looks: list[tuple[Finding, int]]) -> None:
    is_open = False
    for one in told(cause, looks):
        if one.deed in (Deed.OPENED, Deed.REOPENED):
            assert not is_open
        is_open = one.after is not None and one.after.open
        assert (one.deed is Deed.CLOSED) == bool(one.before and one.before.open and not is_open)


@pytest.mark.req("X5")
@given(CAUSES, LOOKS)
def test_what_nobody_can_judge_changes_nothing(cause: Cause, looks: list[tuple[Finding, int]]) -> None:
    for one in told(cause, looks):
        if one.found is UNKNOWN:
            assert (one.after, one.deed) == (one.before, None)


@pytest.mark.req("X5")
@given(CAUSES, LOOKS)
def test_an_alarm_closes_only_after_its_cause_has_stayed_away(cause: Cause, looks: list[tuple[Finding, int]]) -> None:
    away_since_ms = 0
    for one in told(cause, looks):
        if isinstance(one.found, Condition):
            away_since_ms = 0
        elif one.found is AWAY:
            away_since_ms = away_since_ms or one.at_ms
        if one.deed is Deed.CLOSED:
            assert one.found is AWAY
            assert one.at_ms - away_since_ms >= clear_ms(cause.kind)


@pytest.mark.req("X5")
@given(CAUSES, LOOKS)
def test_an_alarm_opens_only_for_what_is_there_and_has_lasted(cause: Cause, looks: list[tuple[Finding, int]]) -> None:
    for one in told(cause, looks):
        if one.deed in (Deed.OPENED, Deed.REOPENED) and one.after:
            assert isinstance(one.found, Condition)
            assert one.at_ms - one.after.since_ms >= hold_ms(cause.kind, one.found.level)
            assert one.after.level is one.after.worst is one.found.level


@pytest.mark.req("X5")
@given(st.integers(1, 40), st.integers(1, 20))
def test_a_cause_that_comes_and_goes_opens_one_alarm(there: int, away: int) -> None:
    flapping = ([(OUT, LOOK_MS)] * there + [(AWAY, LOOK_MS)] * min(away, clear_ms(Kind.PART) // LOOK_MS)) * 15
    assert deeds(flapping) in ([Deed.OPENED], [])
    if there * LOOK_MS > hold_ms(Kind.PART, Level.FAIL):
        assert deeds(flapping) == [Deed.OPENED]


@pytest.mark.req("X5")
def test_what_comes_again_soon_is_the_same_alarm_and_later_another() -> None:
    gone = lasting(AWAY, clear_ms(Kind.PART) + 2 * LOOK_MS)
    episode = lasting(OUT, 2 * MINUTE_MS)
    again = told(PAPER, [*episode, *gone, *episode])
    assert [one.deed for one in again if one.deed] == [Deed.OPENED, Deed.CLOSED, Deed.REOPENED]
    last = again[-1].after
    assert last is not None
    assert last.times == 2
    assert deeds([*episode, *gone, *lasting(AWAY, REOPEN_MS), *episode]) == [Deed.OPENED, Deed.CLOSED, Deed.OPENED]
    late = [*episode, *gone, (OUT, REOPEN_MS + LOOK_MS), *episode]  # nobody looked meanwhile
    assert deeds(late) == [Deed.OPENED, Deed.CLOSED, Deed.OPENED]


@pytest.mark.req("X5")
def test_an_alarm_that_gets_worse_says_so_once() -> None:
    looks = [*lasting(LOW, 6 * MINUTE_MS), *lasting(OUT, MINUTE_MS), *lasting(LOW, MINUTE_MS), *lasting(OUT, MINUTE_MS)]
    assert deeds(looks) == [Deed.OPENED, Deed.WORSENED]


@pytest.mark.req("X5")
def test_what_the_judge_has_waited_for_is_an_alarm_at_once() -> None:
    silent = Cause("mau-01", "", Kind.SITE_SILENT)
    found = Condition(Level.FAIL, "silent", since_ms=START_MS - 3 * MINUTE_MS)
    alarm, deed = step(None, silent, found, START_MS)
    assert deed is Deed.OPENED
    assert alarm is not None
    assert alarm.since_ms == START_MS - 3 * MINUTE_MS
