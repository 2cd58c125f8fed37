"""fleet.db: what is kept of sites and alarms, and for how long."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.fleet import store
from cloud.fleet.records import Change, Look, Misread, SiteState, Step, What
from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level
from cloud.fleet.store import MOST_NOTE, Fleet
from tests.fleet import DAY_MS, MINUTE_MS, fill, report

NOW_MS = 1_795_410_000_000
SITES = [f"mau-{n:02}" for n in range(10)]
PAPER = Cause("mau-01", "kiosk-1", Kind.PART, "printer")


def opened(cause: Cause, at_ms: int = NOW_MS, level: Level = Level.FAIL) -> Step:
    alarm = Alarm(cause, level, at_ms - MINUTE_MS, "paper-out", opened_ms=at_ms, worst=level, times=1)
    return Step(cause, None, alarm, Deed.OPENED)


@pytest.mark.req("D4")
def test_before_anything_was_written_every_answer_is_empty(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    assert fleet.looked_ms() == 0
    answers = (
        *(fleet.sites(), fleet.states(SITES), fleet.changes("mau-01"), fleet.events(1), fleet.events_after(0)),
        *(fleet.open_alarms(SITES, centre=True), fleet.closed_alarms(SITES, before_ms=NOW_MS)),
    )
    assert not any(answers)
    assert fleet.alarm(1) is None
    assert not fleet.acknowledge(1, "lan", "", NOW_MS)


@pytest.mark.req("D4")
def test_what_a_look_writes_is_what_is_read_again(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    state = SiteState("mau-01", NOW_MS, True, NOW_MS - DAY_MS, -340, report(NOW_MS))
    quiet = SiteState("mau-02", 0, None, 0, 0, None)
    misread = Misread(NOW_MS - MINUTE_MS, NOW_MS, "unreadable")
    fleet.record(Look(NOW_MS, [state, quiet], [], {"mau-03": misread}))
    assert Fleet(tmp_path).all_states() == {"mau-01": state, "mau-02": quiet}
    assert fleet.states(["mau-02", "mau-01", "mau-77"]) == (state, quiet)
    assert fleet.misread() == {"mau-03": misread}
    assert fleet.sites() == ("mau-01", "mau-02", "mau-03")
    assert fleet.looked_ms() == NOW_MS
    fleet.record(Look(NOW_MS + 1, misread={"mau-03": None}))
    assert fleet.misread() == {}


@pytest.mark.req("D4", "X5")
def test_open_alarms_are_told_the_worst_first_and_of_the_asked_sites_alone(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    blind, other = Cause("", "", Kind.BLIND), Cause("yen-01", "", Kind.SITE_SILENT)
    low = Cause("mau-01", "kiosk-2", Kind.PART, "printer")
    late = Cause("mau-02", "", Kind.SITE_SILENT)
    steps = [opened(low, NOW_MS - DAY_MS, Level.WARN), opened(late), opened(PAPER, NOW_MS - 1), opened(blind)]
    fleet.record(Look(NOW_MS, steps=[*steps, opened(other)]))
    assert [kept.alarm.cause for kept in fleet.open_alarms(SITES)] == [PAPER, late, low]
    assert [kept.alarm.cause for kept in fleet.open_alarms((), centre=True)] == [blind]
    assert fleet.open_alarms(["", "mau-05"]) == (), "the centre's are asked for by their own word"


@pytest.mark.req("X5")
def test_an_alarm_is_acknowledged_once_while_it_is_open(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    kept = fleet.record(Look(NOW_MS, steps=[opened(PAPER)]))
    alarm = kept[PAPER]
    with pytest.raises(ValueError, match="500"):
        fleet.acknowledge(alarm.id, "lan", "x" * (MOST_NOTE + 1), NOW_MS)
    assert fleet.acknowledge(alarm.id, "lan", "đang mang giấy tới", NOW_MS + 1)
    assert not fleet.acknowledge(alarm.id, "minh", "", NOW_MS + 2)
    told = fleet.alarm(alarm.id)
    assert told is not None
    assert (told.acknowledged_by, told.acknowledged_ms, told.note) == ("lan", NOW_MS + 1, "đang mang giấy tới")
    assert [event.deed for event in fleet.events(alarm.id)] == [Deed.OPENED, Deed.ACKNOWLEDGED]
    assert "lan" not in repr(told) + repr(fleet.events(alarm.id))


@pytest.mark.req("X5")
@pytest.mark.parametrize("deed", [Deed.WORSENED, Deed.REOPENED])
def test_who_took_an_alarm_on_did_not_take_on_what_became_of_it(tmp_path: Path, deed: Deed) -> None:
    fleet = Fleet(tmp_path)
    alarm = fleet.record(Look(NOW_MS, steps=[opened(PAPER, level=Level.WARN)]))[PAPER]
    fleet.acknowledge(alarm.id, "lan", "", NOW_MS)
    fleet.record(Look(NOW_MS + 1, steps=[Step(PAPER, alarm, replace(alarm, level=Level.FAIL), deed)]))
    told = fleet.alarm(alarm.id)
    assert told is not None
    assert told.acknowledged_ms == 0
    assert fleet.acknowledge(alarm.id, "minh", "", NOW_MS + 2)


@pytest.mark.req("X5")
def test_a_closed_alarm_is_history_and_its_cause_makes_another(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    alarm = fleet.record(Look(NOW_MS, steps=[opened(PAPER)]))[PAPER]
    closed = replace(alarm, closed_ms=NOW_MS + 1)
    fleet.record(Look(NOW_MS + 1, steps=[Step(PAPER, alarm, closed, Deed.CLOSED)]))
    assert fleet.open_alarms(SITES) == ()
    assert not fleet.acknowledge(alarm.id, "lan", "", NOW_MS)
    assert fleet.living() == {PAPER: closed}, "it may be opened again"
    fleet.record(Look(NOW_MS + 2, steps=[Step(PAPER, closed, None, None)]))
    assert fleet.living() == {}
    again = fleet.record(Look(NOW_MS + 3, steps=[opened(PAPER, NOW_MS + 3)]))[PAPER]
    assert again.id > alarm.id
    assert [kept.alarm for kept in fleet.closed_alarms(SITES, before_ms=NOW_MS + 2)] == [closed]
    assert fleet.closed_alarms(SITES, before_ms=NOW_MS + 1) == ()
    assert [event.seq for event in fleet.events_after(0)] == [1, 2, 3]
    assert [event.alarm for event in fleet.events_after(2)] == [again.id]


@pytest.mark.req("X5")
def test_of_one_cause_the_file_itself_takes_no_second_living_alarm(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.record(Look(NOW_MS, steps=[opened(PAPER)]))
    with pytest.raises(sqlite3.IntegrityError):
        fleet.record(Look(NOW_MS + 9, [SiteState("mau-09", 1, None, 0, 0, None)], steps=[opened(PAPER)]))
    assert fleet.looked_ms() == NOW_MS, "all of a look or nothing"
    assert fleet.sites() == ()


@pytest.mark.req("X5")
def test_what_never_became_an_alarm_leaves_no_trace(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    pending = Alarm(PAPER, Level.FAIL, NOW_MS)
    kept = fleet.record(Look(NOW_MS, steps=[Step(PAPER, None, pending, None)]))[PAPER]
    assert fleet.living() == {PAPER: kept}
    assert fleet.alarm(kept.id) is None
    fleet.record(Look(NOW_MS, steps=[Step(PAPER, kept, None, None)]))
    with closing(sqlite3.connect(tmp_path / "fleet.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM alarms").fetchone() == (0,)


@pytest.mark.req("D4")
def test_the_history_is_told_newest_first_of_a_site_or_of_one_device(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    lines = [Change(NOW_MS + n, "mau-01", f"kiosk-{n % 2}", What.PART.value, "printer", "ok") for n in range(6)]
    fleet.record(Look(NOW_MS, changes=[*lines, Change(NOW_MS, "mau-02", "", What.LINK.value, state="here")]))
    assert fleet.changes("mau-01") == tuple(reversed(lines))
    assert fleet.changes("mau-01", device="kiosk-1", limit=2) == (lines[5], lines[3])
    assert fleet.changes("mau-01", device="") == ()


@pytest.mark.req("D4", "P4")
def test_what_is_old_is_forgotten_and_no_site_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(tmp_path)
    monkeypatch.setattr(store, "MOST_CHANGES_OF_SITE", 10)
    monkeypatch.setattr(store, "MOST_ALARMS_OF_SITE", 2)
    old = Change(NOW_MS - 91 * DAY_MS, "mau-02", "", What.LINK.value)
    young = [Change(NOW_MS - 89 * DAY_MS, "mau-02", "", What.LINK.value)]
    flood = [Change(NOW_MS + n, "mau-01", "", What.LINK.value) for n in range(25)]
    fleet.record(Look(NOW_MS, changes=[old, *young, *flood]))
    for ago_days in (800, 700, 3, 2, 1):
        at_ms = NOW_MS - ago_days * DAY_MS
        cause = PAPER if ago_days < 800 else replace(PAPER, site="mau-05")
        alarm = fleet.record(Look(at_ms, steps=[opened(cause, at_ms)]))[cause]
        closed = replace(alarm, closed_ms=at_ms + 1)
        fleet.record(Look(at_ms, steps=[Step(cause, alarm, closed, Deed.CLOSED)]))
        fleet.record(Look(at_ms, steps=[Step(cause, closed, None, None)]))
    open_ = fleet.record(Look(NOW_MS, steps=[opened(replace(PAPER, site="mau-06"), NOW_MS - 900 * DAY_MS)]))
    fleet.forget(NOW_MS)
    assert fleet.changes("mau-02") == tuple(young)
    assert fleet.changes("mau-01") == tuple(reversed(flood[-10:]))
    assert fleet.closed_alarms(["mau-05"], before_ms=NOW_MS) == ()
    assert len(fleet.closed_alarms(["mau-01"], before_ms=NOW_MS)) == 2
    assert fleet.living().keys() == open_.keys(), "an alarm that is open is never forgotten"
    newest = fleet.record(Look(NOW_MS, steps=[opened(PAPER)]))[PAPER]
    assert fleet.events(newest.id)[0].seq > 11, "no number of an event is given twice"


@pytest.mark.req("D4")
def test_a_site_whose_kept_report_is_of_another_version_is_read_without_it(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.record(Look(NOW_MS, [SiteState("mau-01", NOW_MS, True, NOW_MS, 0, report(NOW_MS))]))
    with closing(sqlite3.connect(tmp_path / "fleet.db")) as db, db:
        db.execute("UPDATE sites SET report = ?", (b'{"version": "?"}',))
    assert fleet.states(["mau-01"]) == (SiteState("mau-01", NOW_MS, True, NOW_MS, 0, None),)


@pytest.mark.req("X2")
def test_nobody_else_on_the_machine_may_read_the_file(tmp_path: Path) -> None:
    Fleet(tmp_path / "cloud")
    assert (tmp_path / "cloud" / "fleet.db").stat().st_mode & 0o077 == 0


@pytest.mark.req("D4")
def test_the_filled_file_of_the_other_tests_goes_on_like_a_watchers(tmp_path: Path) -> None:
    fill(tmp_path, SITES, NOW_MS)
    fleet = Fleet(tmp_path)
    assert len(fleet.states(SITES)) == len(SITES)
    open_ = {kept.alarm.cause for kept in fleet.open_alarms(SITES)}
    closed = {kept.alarm.cause for kept in fleet.closed_alarms(SITES, before_ms=NOW_MS)}
    assert len(open_) == 7
    assert len(closed) == 1
    assert fleet.living().keys() == open_ | closed
