"""The watcher: keeps what the sites say of their devices, judges it every few seconds, and keeps the alarms of it.

All of a look is one transaction. What it goes by is in memory as well, and becomes another only once that transaction
is on the disk: whatever ends the program, the next look goes on from the last that was written.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cloud.admission import NotAdmitted, Reason
from cloud.fleet.admission import admit
from cloud.fleet.books import Books
from cloud.fleet.history import changed
from cloud.fleet.judge import SILENT_MS, View, judge
from cloud.fleet.records import Change, Look, Misread, SiteState, Step
from cloud.fleet.rules import Alarm, Condition, Deed, step
from cloud.fleet.store import Fleet
from cloud.roles import Province
from edge.contracts.fleet import HERE, LOST, MOST_BYTES, FleetReport

log = logging.getLogger("moiso-fleet")

MOST_SITES = 20_000
MOST_WAITING_BYTES = 64 * 1024 * 1024  # between two looks, of all sites together
FORGET_EVERY_MS = 60 * 60 * 1000
JUMP_MS = 30_000  # by as much the clock was set, or the machine slept: what was heard before says nothing
_SITE = re.compile(r"[a-z0-9-]{1,40}")


class Message(Struct, frozen=True):
    """What a site, or the broker for it, said at ``at_ms``."""

    payload: bytes
    at_ms: int

    def __repr__(self) -> str:
        return f"Message({len(self.payload)} bytes)"


class Watch:
    """One thread's. ``books`` reads what the ledger knows; ``faster``: every wait is so many times as short."""

    def __init__(
        self,
        fleet: Fleet,
        books: Callable[[], Books | None],
        provinces: Sequence[Province],
        *,
        faster: int = 1,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        steady_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._fleet = fleet
        self._read_books = books
        self._provinces = tuple(provinces)
        self._faster = faster
        self.now_ms = now_ms
        self._steady_ms = steady_ms
        self._books: Books | None = None
        self._states = fleet.all_states()
        self._misread = fleet.misread()
        self._alarms = fleet.living()
        self._met_ms: dict[str, int] = {}
        self._inbox: dict[tuple[str, bool], Message] = {}  # of a site the newest report, and the newest of its link
        self._waiting_bytes = 0
        self._seeing_ms = 0
        self._heard_ms = 0  # when anything came from anybody
        self._ahead_ms = now_ms() - steady_ms()
        self._forgot_ms = -FORGET_EVERY_MS
        self._refusing: dict[str, Reason] = {}

    def see(self) -> None:
        """The broker is there, and the sites are heard from now on."""
        self._seeing_ms = self.now_ms()

    def lose_sight(self) -> None:
        """The broker is lost: what the sites say is not heard."""
        self._seeing_ms = 0

    def hear(self, site: str, payload: bytes, *, is_link: bool) -> None:
        """Put by what came; the next look goes by the newest of each site. What would be too much is passed over."""
        known = site in self._states or len(self._states) + len(self._inbox) < 2 * MOST_SITES
        if not known or not _SITE.fullmatch(site):
            return
        kept = payload[: MOST_BYTES + 1]  # a byte more than is admitted
        before = self._inbox.get((site, is_link))
        waiting = self._waiting_bytes + len(kept) - (len(before.payload) if before else 0)
        if waiting > MOST_WAITING_BYTES:
            return
        self._inbox[site, is_link] = Message(kept, self.now_ms())
        self._waiting_bytes = waiting

    def look(self) -> None:
        """Take what was heard, judge everything, and write it. Raises sqlite3.Error where that cannot be written: the
        next look does it then."""
        now_ms = self.now_ms()
        self._check_sight(now_ms)
        self._books = known = self._read_books() or self._books
        heard = _Heard(self._states, self._misread)
        for (site, is_link), message in self._inbox.items():
            if known is None or site not in known.revoked:
                heard.take(site, message, is_link=is_link)
        states, misread = {**self._states, **heard.states}, _without_none({**self._misread, **heard.misread})
        view = self._view(now_ms, states, misread)
        found = judge(view, tuple(self._alarms))
        steps = []
        for cause, there in found.items():
            before = self._alarms.get(cause)
            if before is None and not isinstance(there, Condition):
                continue
            after, deed = step(before, cause, there, now_ms, faster=self._faster)
            if after != before:
                steps.append(Step(cause, before, after, deed))
        kept = self._fleet.record(Look(now_ms, tuple(heard.states.values()), heard.changes, heard.misread, steps))
        for one in steps:
            self._alarms.pop(one.cause, None)
        self._alarms.update(kept)
        self._states, self._misread = states, misread
        self._note(heard.refusals, set(heard.states))
        self.pass_over()
        for one in steps:
            _tell(one, kept.get(one.cause))
        if self._steady_ms() - self._forgot_ms >= FORGET_EVERY_MS:
            self._fleet.forget(now_ms)
            self._forgot_ms = self._steady_ms()

    def pass_over(self) -> None:
        """Forget what was put by for the next look."""
        self._inbox.clear()
        self._waiting_bytes = 0

    def _view(self, now_ms: int, states: dict[str, SiteState], misread: dict[str, Misread]) -> View:
        known = self._books or Books()
        sites = {**{site: SiteState(site, 0, None, 0, 0, None) for site in {*known.sites, *misread}}, **states}
        for site in known.revoked:
            sites.pop(site, None)
        for site in sites:
            self._met_ms.setdefault(site, now_ms)
        return View(
            now_ms,
            self._seeing_ms,
            sites,
            self._met_ms,
            misread,
            None if self._books is None else known.refused,
            self._provinces,
            self._faster,
        )

    def _check_sight(self, now_ms: int) -> None:
        """After a time in which nothing can be judged, wait again until whoever is there was heard."""
        ahead_ms = now_ms - self._steady_ms()
        newest_ms = max((message.at_ms for message in self._inbox.values()), default=0)
        deaf = newest_ms and self._heard_ms and newest_ms - self._heard_ms > SILENT_MS // self._faster
        if self._seeing_ms and (deaf or abs(ahead_ms - self._ahead_ms) > JUMP_MS):
            self._seeing_ms = now_ms
        self._ahead_ms = ahead_ms
        self._heard_ms = newest_ms or self._heard_ms

    def _note(self, refusals: dict[str, Reason], heard: set[str]) -> None:
        for site, reason in refusals.items():
            if self._refusing.get(site) is not reason:
                log.error("what site %s says of its devices is refused: %s", site, reason.value)
                self._refusing[site] = reason
        for site in heard & self._refusing.keys() - refusals.keys():
            if site not in self._misread:
                log.info("what site %s says of its devices is understood again", site)
                del self._refusing[site]


class _Heard:
    """What messages make of what was known; ``states``, ``misread`` and ``changes`` are what they add to it."""

    def __init__(self, states: dict[str, SiteState], misread: dict[str, Misread]) -> None:
        self._before = states
        self._misread_before = misread
        self.states: dict[str, SiteState] = {}
        self.misread: dict[str, Misread | None] = {}
        self.changes: list[Change] = []
        self.refusals: dict[str, Reason] = {}

    def take(self, site: str, message: Message, *, is_link: bool) -> None:
        if is_link:
            if message.payload in (HERE, LOST):
                self._put(replace(self._of(site), linked=message.payload == HERE, link_ms=message.at_ms), message.at_ms)
            return
        try:
            report = admit(message.payload)
        except NotAdmitted as refusal:
            self.refusals[site] = refusal.reason
            known = self._misread_before.get(site)
            since_ms = known.since_ms if known else message.at_ms
            self.misread[site] = Misread(since_ms, message.at_ms, refusal.reason.value)
        else:
            self._report(site, report, message.at_ms)

    def _report(self, site: str, report: FleetReport, at_ms: int) -> None:
        state = replace(self._of(site), heard_ms=at_ms, clock_off_ms=report.clock_ms - at_ms, report=report)
        self._put(state, at_ms)
        if site in self._misread_before:
            self.misread[site] = None

    def _of(self, site: str) -> SiteState:
        return self.states.get(site) or self._before.get(site) or SiteState(site, 0, None, 0, 0, None)

    def _put(self, state: SiteState, at_ms: int) -> None:
        before = self.states.get(state.site) or self._before.get(state.site)
        self.changes += changed(before, state, at_ms)
        self.states[state.site] = state


def _without_none(misread: dict[str, Misread | None]) -> dict[str, Misread]:
    return {site: told for site, told in misread.items() if told is not None}


def _tell(one: Step, alarm: Alarm | None) -> None:
    if one.deed is None or alarm is None:
        return
    cause = one.cause
    level = logging.INFO if one.deed is Deed.CLOSED else logging.WARNING
    about = " ".join(word for word in (cause.kind.value, cause.device, cause.subject, alarm.reason) if word)
    log.log(level, "alarm %d of %s %s: %s", alarm.id, cause.site or "the centre", one.deed.value, about)
