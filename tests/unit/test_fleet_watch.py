"""The watcher from look to look: what it hears, what it keeps, and what a restart, a deaf hour or a liar do to it."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from cloud.fleet.books import Books
from cloud.fleet.rules import MINUTE_MS, Deed, Kind, Level
from cloud.fleet.store import Fleet
from cloud.fleet.watch import MOST_WAITING_BYTES, Watch
from cloud.roles import EVERYWHERE
from edge.contracts.fleet import HERE, LOST, FleetPart, FleetReport
from edge.contracts.health import PartState
from tests.fleet import HOUR_MS, device, report

SITES = ("mau-01", "mau-02", "mau-03", "mau-04")
OUT = FleetPart("printer", PartState.FAIL, "paper-out")


class Trial:
    """A watcher over a folder, with the clock in the test's hands; ``alive`` are the sites that report every look."""

    def __init__(self, data: Path, books: Books | None = None) -> None:
        self.now_ms = 1_795_410_000_000
        self.steady_ms = 0
        self.data = data
        self.books: Books | None = books or Books()
        self.fleet = Fleet(data)
        self.parts: dict[str, tuple[FleetPart, ...]] = {}
        self.begin()

    def begin(self) -> None:
        """Start the program, anew after the first time."""
        self.watch = Watch(
            self.fleet, lambda: self.books, (EVERYWHERE,), now_ms=lambda: self.now_ms, steady_ms=lambda: self.steady_ms
        )
        self.watch.see()

    def told(self, site: str) -> FleetReport:
        kiosk = device("kiosk-1", "kiosk", self.now_ms, *self.parts.get(site, ()))
        return report(self.now_ms, device("", "hub", self.now_ms), kiosk)

    def go_on(self, for_ms: int, alive: Iterable[str] = SITES, every_ms: int = 20_000) -> None:
        """Looks for so long."""
        alive = tuple(alive)
        for _ in range(for_ms // every_ms):
            self.now_ms += every_ms
            self.steady_ms += every_ms
            for site in alive:
                self.watch.hear(site, msgspec.json.encode(self.told(site)), is_link=False)
            self.watch.look()

    @property
    def open(self) -> set[tuple[str, Kind]]:
        alarms = self.fleet.open_alarms([*SITES, "mau-09"], centre=True)
        return {(kept.alarm.cause.site, kept.alarm.cause.kind) for kept in alarms}

    @property
    def deeds(self) -> list[Deed]:
        return [event.deed for event in self.fleet.events_after(0)]


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


@pytest.mark.req("D4", "X5")
def test_a_fault_becomes_one_alarm_and_ends_with_the_fault(trial: Trial) -> None:
    trial.parts["mau-02"] = (OUT,)
    trial.go_on(10 * MINUTE_MS)
    assert trial.open == {("mau-02", Kind.PART)}
    trial.parts.clear()
    trial.go_on(3 * MINUTE_MS)
    assert trial.deeds == [Deed.OPENED, Deed.CLOSED]
    states = [(change.device, change.state) for change in trial.fleet.changes("mau-02") if change.what == "part"]
    assert states == [("kiosk-1", "ok"), ("kiosk-1", "fail")], "a line for each change, none for each report"


@pytest.mark.req("X4", "X5")
def test_a_restart_alarms_nothing_twice_and_forgets_nothing(trial: Trial) -> None:
    trial.parts["mau-02"] = (OUT,)
    trial.go_on(4 * MINUTE_MS)
    trial.go_on(4 * MINUTE_MS, alive=SITES[:2])
    before, changes = trial.open, trial.fleet.changes("mau-02")
    assert before == {("mau-02", Kind.PART), ("mau-03", Kind.SITE_SILENT), ("mau-04", Kind.SITE_SILENT)}
    for _ in range(3):
        trial.begin()
        trial.go_on(2 * MINUTE_MS, alive=SITES[:2])
    assert trial.open == before
    assert trial.fleet.changes("mau-02") == changes
    trial.begin()
    trial.parts.clear()
    trial.go_on(6 * MINUTE_MS)
    assert sorted(trial.deeds, key=str) == sorted(3 * [Deed.OPENED] + 3 * [Deed.CLOSED], key=str)


@pytest.mark.req("X5")
def test_what_has_lasted_before_a_restart_counts_after_it(trial: Trial) -> None:
    trial.parts["mau-02"] = (FleetPart("printer", PartState.WARN, "paper-low"),)
    trial.go_on(4 * MINUTE_MS)
    assert trial.open == set()
    trial.begin()
    trial.go_on(2 * MINUTE_MS)
    assert trial.open == {("mau-02", Kind.PART)}


@pytest.mark.req("X5")
def test_a_lost_broker_is_one_alarm_and_no_site_is_called_silent(trial: Trial) -> None:
    trial.go_on(4 * MINUTE_MS)
    trial.watch.lose_sight()
    trial.go_on(30 * MINUTE_MS, alive=())
    assert trial.open == {("", Kind.BLIND)}
    trial.watch.see()
    trial.go_on(2 * MINUTE_MS, alive=SITES[:3])
    assert trial.open == set()
    trial.go_on(2 * MINUTE_MS, alive=SITES[:3])
    assert trial.open == {("mau-04", Kind.SITE_SILENT)}


@pytest.mark.req("X5")
def test_when_nobody_can_be_heard_any_more_the_centre_is_alarmed_once(trial: Trial) -> None:
    trial.go_on(4 * MINUTE_MS)
    trial.go_on(30 * MINUTE_MS, alive=())
    assert trial.open == {("", Kind.BLIND)}
    trial.go_on(2 * MINUTE_MS, alive=SITES[:1])
    assert trial.open == set(), "the others get the time to come back"
    trial.go_on(4 * MINUTE_MS, alive=SITES[:2])
    assert trial.open == {("mau-03", Kind.SITE_SILENT), ("mau-04", Kind.SITE_SILENT)}


@pytest.mark.req("X5")
@pytest.mark.parametrize("by_ms", [2 * HOUR_MS, -2 * HOUR_MS])
def test_a_clock_that_is_set_makes_nobody_silent(trial: Trial, by_ms: int) -> None:
    trial.go_on(4 * MINUTE_MS)
    trial.now_ms += by_ms
    trial.go_on(MINUTE_MS, alive=())
    assert trial.open == set()
    trial.go_on(10 * MINUTE_MS)
    assert trial.open == set()


@pytest.mark.req("X5")
def test_the_brokers_word_that_a_site_was_lost_is_heard_and_its_return_too(trial: Trial) -> None:
    trial.go_on(4 * MINUTE_MS)
    trial.watch.hear("mau-01", LOST, is_link=True)
    trial.go_on(MINUTE_MS, alive=SITES[1:])
    assert trial.open == {("mau-01", Kind.SITE_SILENT)}
    assert trial.fleet.states(["mau-01"])[0].linked is False
    trial.watch.hear("mau-01", HERE, is_link=True)
    trial.go_on(2 * MINUTE_MS)
    assert trial.open == set()
    told = [change.state for change in trial.fleet.changes("mau-01") if change.what == "link"]
    assert told == ["here", "lost"]


@pytest.mark.req("X4", "X5")
def test_reports_that_are_not_understood_are_an_alarm_of_that_site_alone(
    trial: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    trial.go_on(4 * MINUTE_MS)
    for _ in range(12):
        trial.watch.hear("mau-01", b'{"version": 1, "name": "Nguyen Van Mau"}', is_link=False)
        trial.watch.hear("mau-01", b"Nguyen Van Mau", is_link=True)
        trial.go_on(20_000, alive=SITES[1:])
    assert trial.open == {("mau-01", Kind.NOT_UNDERSTOOD)}
    assert caplog.text.count("refused: unreadable") == 1
    assert "Nguyen" not in caplog.text
    trial.begin()
    trial.go_on(2 * MINUTE_MS)
    assert trial.open == set()
    assert trial.fleet.misread() == {}


@pytest.mark.req("X6")
def test_a_revoked_site_is_not_heard_and_its_alarms_end(trial: Trial) -> None:
    trial.parts["mau-02"] = (OUT,)
    trial.go_on(4 * MINUTE_MS)
    heard_ms = trial.fleet.states(["mau-02"])[0].heard_ms
    trial.books = Books(revoked=frozenset({"mau-02"}))
    trial.go_on(5 * MINUTE_MS)
    assert trial.open == set()
    assert trial.fleet.states(["mau-02"])[0].heard_ms == heard_ms


@pytest.mark.req("X5", "X6")
def test_what_the_ledger_knows_is_judged_and_a_ledger_that_cannot_be_read_changes_nothing(trial: Trial) -> None:
    trial.books = Books(frozenset({"mau-09"}), refused={"mau-01": "forbidden"})
    trial.go_on(4 * MINUTE_MS)
    assert trial.open == {("mau-01", Kind.REFUSED), ("mau-09", Kind.SITE_SILENT)}
    trial.books = None
    trial.go_on(4 * MINUTE_MS)
    trial.begin()
    trial.go_on(4 * MINUTE_MS)
    assert trial.open == {("mau-01", Kind.REFUSED), ("mau-09", Kind.SITE_SILENT)}
    (kept,) = trial.fleet.open_alarms(["mau-01"])
    assert (kept.alarm.level, kept.alarm.reason, kept.alarm.times) == (Level.FAIL, "forbidden", 1)


@pytest.mark.req("X5")
def test_what_is_sent_between_two_looks_is_bounded_and_the_newest_counts(trial: Trial) -> None:
    trial.watch.hear("mau-01", b"[", is_link=False)
    trial.watch.hear("mau-01", msgspec.json.encode(trial.told("mau-01")), is_link=False)
    for n in range(400):
        trial.watch.hear(f"x-{n}", b" " * 1_000_000, is_link=False)
        trial.watch.hear(f"x {n}", b"?", is_link=False)
    waiting = trial.watch._inbox
    assert sum(len(message.payload) for message in waiting.values()) <= MOST_WAITING_BYTES
    assert "[" not in repr(waiting)
    trial.watch.look()
    assert "mau-01" not in trial.fleet.misread()
    assert not any(" " in site for site in trial.fleet.sites())
    assert trial.fleet.states(["mau-01"])[0].report is not None


@pytest.mark.req("X5")
def test_an_alarm_that_gets_worse_is_told_once(trial: Trial) -> None:
    trial.parts["mau-02"] = (FleetPart("printer", PartState.WARN, "paper-low"),)
    trial.go_on(6 * MINUTE_MS)
    trial.parts["mau-02"] = (OUT,)
    trial.go_on(6 * MINUTE_MS)
    (kept,) = trial.fleet.open_alarms(SITES)
    assert (kept.alarm.level, kept.alarm.reason) == (Level.FAIL, "paper-out")
    assert trial.deeds == [Deed.OPENED, Deed.WORSENED]
