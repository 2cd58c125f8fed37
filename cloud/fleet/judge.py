"""What is wrong now: everything that is known of the sites, judged at one moment. Pure.

A site is silent when no report came for three minutes, or soon after the broker said that it was lost. While the
facility is closed that may be because somebody switched its hub off for the night, so it is no alarm until the facility
should have opened again. Of the devices of a silent site nothing is known, and their alarms stay as they are. Nobody is
called silent while the watcher itself hears nothing, or has only begun to listen; neither when everybody falls silent
at the same time, which is the centre's fault and one alarm.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from cloud.fleet.records import Misread, SiteState
from cloud.fleet.rules import MINUTE_MS, SECOND_MS, Cause, Condition, Kind, Level, Unjudged
from cloud.roles import Province
from edge.contracts.fleet import FleetDevice, FleetPart, FleetReport, Presence, Working
from edge.contracts.health import PartState, Subject

SILENT_MS = 3 * MINUTE_MS  # three reports are missing
LOST_MS = 45 * SECOND_MS  # a hub that lost its link comes back within 30 seconds
OPENING_MS = 10 * MINUTE_MS  # machines are switched on when the staff comes, and take a while
EARLY_MS = 30 * MINUTE_MS  # before closing, staff may already have switched off
LATELY_MS = 7 * 24 * 60 * MINUTE_MS
TOGETHER_MS = 30 * MINUTE_MS
FEW = 3  # sites: what befell so many at once, and half of all, did not befall them but the centre
OUTBOX_WARN_S, OUTBOX_FAIL_S = 15 * 60, 4 * 60 * 60
CERTIFICATE_WARN_DAYS, CERTIFICATE_FAIL_DAYS = 30, 7
CLOCK_WARN_MS, CLOCK_FAIL_MS = MINUTE_MS, 5 * MINUTE_MS
MOST_CAUSES = 300  # of one site, whatever it sends

# Of these a device has several, and the detail says which; of the others it says how many, or nothing.
SEVERAL = frozenset(subject.value for subject in (Subject.LED_BOARD, Subject.SPEAKER, Subject.BUTTONS))
BLIND, INGEST = Cause("", "", Kind.BLIND), Cause("", "", Kind.INGEST)
_LEVELS = {PartState.WARN: Level.WARN, PartState.FAIL: Level.FAIL}
_OF_SITE = (Kind.SITE_SILENT, Kind.NOT_UNDERSTOOD, Kind.REFUSED)
_OF_HEARD_DEVICE = (Kind.PART, Kind.VERSION)

Found = dict[Cause, Condition | Unjudged]


class View(Struct, frozen=True):
    """All that one look goes by.

    ``seeing_ms`` is since when the watcher hears its broker (0: it does not). ``sites`` are all that there are, also
    those that were never heard, and ``met_ms`` since when the watcher knows of them. ``refused`` says of which sites
    nothing was taken since the last refusal, and why (None: the ledger cannot be read). ``faster``: every wait is so
    many times as short, for trials.
    """

    now_ms: int
    seeing_ms: int
    sites: Mapping[str, SiteState]
    met_ms: Mapping[str, int] = {}
    misread: Mapping[str, Misread] = {}
    refused: Mapping[str, str] | None = {}
    provinces: tuple[Province, ...] = ()
    faster: int = 1

    def since(self, at_ms: int) -> int:
        """How long ago that was, milliseconds."""
        return self.now_ms - at_ms

    @property
    def sees(self) -> bool:
        """Whether it has listened for so long that whoever was not heard is silent."""
        return bool(self.seeing_ms) and self.since(self.seeing_ms) >= SILENT_MS // self.faster


def judge(view: View, causes: Iterable[Cause]) -> Found:
    """Every cause that is there, and of each of ``causes`` whether it is."""
    silences = {site: _silence(view, state) for site, state in view.sites.items()}
    blind = _blind(view, silences)
    if blind is not Unjudged.ABSENT:
        silences = {site: _unless_heard(silence) for site, silence in silences.items()}
    found: Found = {BLIND: blind}
    heard = {site: state for site, state in view.sites.items() if _is_known(view, state, silences[site])}
    oddities = _oddities(view, heard)
    for site, state in view.sites.items():
        of_site: Found = {Cause(site, "", Kind.SITE_SILENT): silences[site]}
        of_site |= _of_site(view, site, silences[site])
        if site in heard and state.report is not None:
            of_site |= _of_report(state, state.report) | oddities.get(site, {})
        found.update(of_site if len(of_site) <= MOST_CAUSES else _worst(of_site))
    _fold_outboxes(found, heard)
    for cause in causes:
        if cause not in found:
            found[cause] = _unfound(cause, view, heard)
    return found


def key_of(part: FleetPart) -> str:
    """What tells a part of a device from its others.

    >>> key_of(FleetPart("led-board", detail="q1,q2")), key_of(FleetPart("media", detail="3"))
    ('led-board/q1,q2', 'media')
    """
    return f"{part.subject}/{part.detail}" if part.detail and part.subject in SEVERAL else part.subject


def _silence(view: View, state: SiteState) -> Condition | Unjudged:
    misread = view.misread.get(state.site)
    heard_ms = max(state.heard_ms, misread.last_ms if misread else 0, state.link_ms if state.linked else 0)
    lost = state.linked is False and state.link_ms >= heard_ms
    gone_ms = state.link_ms if lost else heard_ms
    if not gone_ms:
        is_new = view.since(view.met_ms.get(state.site, 0)) < SILENT_MS // view.faster
        return Unjudged.UNKNOWN if is_new or not view.sees else Condition(Level.WARN, "never")
    if view.since(gone_ms) < (LOST_MS if lost else SILENT_MS) // view.faster:
        return Unjudged.UNKNOWN if lost else Unjudged.ABSENT
    if not view.sees:
        return Unjudged.UNKNOWN
    expected_ms = _expected_ms(view, state, gone_ms)
    if expected_ms is None or view.now_ms < expected_ms:
        return Unjudged.UNKNOWN
    return Condition(Level.FAIL, "lost" if lost else "silent", since_ms=max(gone_ms, expected_ms))


def _expected_ms(view: View, state: SiteState, gone_ms: int) -> int | None:
    """From when on a site that was last there then must be heard; None: nobody can say."""
    if state.report is None:
        return gone_ms
    working = _on_our_clock(state.report.working, state.clock_off_ms)
    if working.now:
        if not working.until_ms or gone_ms < working.until_ms - EARLY_MS // view.faster or not working.opens_ms:
            return gone_ms
        return working.opens_ms + OPENING_MS // view.faster
    if working.until_ms and gone_ms >= working.until_ms:
        return gone_ms  # it was there when it had opened
    return working.until_ms + OPENING_MS // view.faster if working.until_ms else None


def _on_our_clock(working: Working, clock_off_ms: int) -> Working:
    def ours(at_ms: int) -> int:
        return max(1, at_ms - clock_off_ms) if at_ms else 0

    return Working(working.now, ours(working.since_ms), ours(working.until_ms), ours(working.opens_ms))


def _blind(view: View, silences: Mapping[str, Condition | Unjudged]) -> Condition | Unjudged:
    if not view.seeing_ms:
        return Condition(Level.FAIL, "broker")
    if Unjudged.ABSENT in silences.values():
        return Unjudged.ABSENT
    if not view.sees:
        return Unjudged.UNKNOWN
    gone = [one.since_ms for one in silences.values() if isinstance(one, Condition) and one.since_ms]
    together = sum(since_ms > max(gone) - TOGETHER_MS // view.faster for since_ms in gone)
    lately = sum(view.since(state.heard_ms) < LATELY_MS for state in view.sites.values())
    if together >= FEW and 2 * together >= lately:
        return Condition(Level.FAIL, "no-reports", since_ms=min(max(gone), view.now_ms))
    return Unjudged.ABSENT


def _unless_heard(silence: Condition | Unjudged) -> Condition | Unjudged:
    return silence if silence is Unjudged.ABSENT else Unjudged.UNKNOWN


def _is_known(view: View, state: SiteState, silence: Condition | Unjudged) -> bool:
    """Whether what its last report said still counts."""
    return silence is Unjudged.ABSENT and state.report is not None and state.site not in view.misread


def _of_site(view: View, site: str, silence: Condition | Unjudged) -> Found:
    found: Found = {}
    misread = view.misread.get(site)
    if misread:
        there = Condition(Level.WARN, misread.reason, since_ms=misread.since_ms)
        found[Cause(site, "", Kind.NOT_UNDERSTOOD)] = there if silence is Unjudged.ABSENT else Unjudged.UNKNOWN
    if view.refused is None:
        found[Cause(site, "", Kind.REFUSED)] = Unjudged.UNKNOWN
    elif site in view.refused:
        found[Cause(site, "", Kind.REFUSED)] = Condition(Level.FAIL, view.refused[site])
    return found


def _of_report(state: SiteState, report: FleetReport) -> Found:
    site = state.site
    found: Found = {}
    days, off_ms, age_s = report.certificate_days, abs(state.clock_off_ms), report.outbox_age_s
    if days is None:
        found[Cause(site, "", Kind.CERTIFICATE)] = Unjudged.UNKNOWN
    elif days < CERTIFICATE_WARN_DAYS:
        level = Level.FAIL if days < CERTIFICATE_FAIL_DAYS else Level.WARN
        found[Cause(site, "", Kind.CERTIFICATE)] = Condition(level, detail=str(days))
    if off_ms > CLOCK_WARN_MS:
        level = Level.FAIL if off_ms > CLOCK_FAIL_MS else Level.WARN
        found[Cause(site, "", Kind.CLOCK)] = Condition(level, detail=str(state.clock_off_ms // 1000))
    if age_s > OUTBOX_WARN_S:
        level = Level.FAIL if age_s > OUTBOX_FAIL_S else Level.WARN
        found[Cause(site, "", Kind.OUTBOX)] = Condition(level, detail=str(age_s))
    for device in report.devices:
        if device.presence is Presence.HEARD:
            found.update(_parts(site, device))
        elif device.presence is not Presence.OFF:
            found[Cause(site, device.name, Kind.DEVICE_SILENT)] = _device_silence(state, report.working, device)
    return found


def _device_silence(state: SiteState, working: Working, device: FleetDevice) -> Condition | Unjudged:
    if device.presence is Presence.EXPECTED:
        return Unjudged.UNKNOWN
    now_ms = state.heard_ms + state.clock_off_ms  # the hub's, when it said so
    if not working.now:
        return Unjudged.UNKNOWN  # perhaps switched off for the night
    if working.since_ms > device.heard_ms and now_ms < working.since_ms + OPENING_MS:
        return Unjudged.UNKNOWN
    since_ms = max(device.heard_ms, working.since_ms) if device.heard_ms else 0
    return Condition(Level.FAIL, device.presence.value, since_ms=max(0, since_ms - state.clock_off_ms))


def _parts(site: str, device: FleetDevice) -> Found:
    found: dict[Cause, Condition] = {}
    for part in device.parts:
        if part.state is PartState.OK:
            continue
        level = _LEVELS[part.state]
        cause = Cause(site, device.name, Kind.PART, key_of(part))
        if cause not in found or found[cause].level < level:
            found[cause] = Condition(level, part.reason, part.detail)
    return {**found}


def _oddities(view: View, heard: Mapping[str, SiteState]) -> Mapping[str, Found]:
    """The devices whose version is not the one that most of their province's have, by site.

    Of a site whose hub itself differs only the hub is named, and who differs from both.
    """
    odd: dict[str, Found] = {}
    for province in view.provinces:
        reports = {site: heard[site].report for site in heard if province.has(site)}
        versions = {
            site: {device.name: device.version for device in report.devices if device.version}
            for site, report in reports.items()
            if report
        }
        counted = Counter(version for of_site in versions.values() for version in of_site.values())
        if not counted:
            continue
        common = max(counted, key=lambda version: (counted[version], version))
        for site, of_site in versions.items():
            usual = {common, of_site.get("", common)}
            named = {name: version for name, version in of_site.items() if version not in usual}
            if of_site.get("", common) != common:
                named[""] = of_site[""]
            odd[site] = {
                Cause(site, name, Kind.VERSION): Condition(Level.WARN, "differs", version)
                for name, version in named.items()
            }
    return odd


def _fold_outboxes(found: Found, heard: Mapping[str, SiteState]) -> None:
    """Where the events of half the sites and more wait, the ingest does not work: that is one alarm."""
    waiting = [cause for site in heard if (cause := Cause(site, "", Kind.OUTBOX)) in found]
    if len(waiting) < FEW or 2 * len(waiting) < len(heard):
        found[INGEST] = Unjudged.ABSENT if heard else Unjudged.UNKNOWN
        return
    found[INGEST] = Condition(Level.FAIL, "outboxes", str(len(waiting)))
    found.update(dict.fromkeys(waiting, Unjudged.UNKNOWN))


def _worst(found: Found) -> Found:
    """Those that are worst, and the same ones at every look."""

    def rank(cause: Cause) -> tuple[int, int, Cause]:
        condition = found[cause]
        level = -condition.level if isinstance(condition, Condition) else 0
        return (0 if cause.kind in _OF_SITE else 1, level, cause)

    return {cause: found[cause] for cause in sorted(found, key=rank)[:MOST_CAUSES]}


def _unfound(cause: Cause, view: View, heard: Mapping[str, SiteState]) -> Unjudged:
    """What is said of a cause that nobody named."""
    if cause.site not in view.sites and view.refused is None:
        return Unjudged.UNKNOWN  # which sites there are, the ledger says
    if cause.site not in view.sites or cause.kind in _OF_SITE:
        return Unjudged.ABSENT  # of a site that is no more nothing is wrong
    if cause.site not in heard:
        return Unjudged.UNKNOWN
    report = heard[cause.site].report
    if cause.kind in _OF_HEARD_DEVICE and report is not None:
        presence = next((device.presence for device in report.devices if device.name == cause.device), None)
        if presence in (Presence.SILENT, Presence.NOT_SEEN, Presence.EXPECTED):
            return Unjudged.UNKNOWN
    return Unjudged.ABSENT
