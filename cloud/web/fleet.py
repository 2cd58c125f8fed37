"""How the devices of every site stand: all sites, worst first, and one site with each of its devices (D4)."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.fleet.judge import SILENT_MS
from cloud.fleet.records import Kept, SiteState
from cloud.fleet.rules import MINUTE_MS, Kind, Level
from cloud.fleet.store import Fleet
from cloud.fleet.words import (
    DEEDS,
    LEVELS,
    STANDINGS,
    Standing,
    advice,
    change_words,
    lasting,
    part_words,
    place,
    todo,
    what,
)
from cloud.reports.tongue import Tongue
from cloud.roles import Right
from cloud.web.access import allowed, require_site, viewer
from cloud.web.doors import say
from cloud.web.figures import TIME_ZONE, clock
from cloud.web.overview import visible
from edge.contracts.device_words import PRESENCE_WORDS, ROLE_WORDS, SILENT_WORDS
from edge.contracts.fleet import FleetDevice, FleetPart, Presence
from edge.contracts.health import PartState
from edge.daemon.i18n import local_time

LATE_MS = MINUTE_MS  # a watcher that has not looked for so long: what is shown may be old
QUIET_MS = SILENT_MS + MINUTE_MS
MARKS = 24  # devices of one site that the table shows as marks, the worst first

pages = Blueprint("fleet", __name__)


class Watch(Struct, frozen=True):
    """How the watcher itself does: ``late`` where it has not looked lately, ``blind`` where it hears nobody."""

    looked_ms: int
    late: bool
    blind: bool


class Machine(Struct, frozen=True):
    """One device as the pages show it; its parts are worst first."""

    device: FleetDevice
    standing: Standing
    parts: tuple[FleetPart, ...]


class Row(Struct, frozen=True):
    """One site among the others. ``alarms`` counts those that are open."""

    site: str
    name: str
    state: SiteState
    standing: Standing
    machines: tuple[Machine, ...]
    alarms: int

    @property
    def version(self) -> str:
        """What the site's hub runs; empty where it has not told."""
        return next((one.device.version for one in self.machines if not one.device.name), "")

    @property
    def well(self) -> int:
        """How many of its devices call for nobody."""
        return sum(not one.standing.calls for one in self.machines)


class Line(Struct, frozen=True):
    """One alarm in words; ``name`` is the facility's, empty for the centre, ``where`` which device of it."""

    kept: Kept
    name: str
    where: str
    what: str
    todo: str


def register(app: Flask, data: Path) -> None:
    """Add the pages over ``fleet.db`` in the folder ``data``."""
    app.extensions["moiso_fleet"] = Fleet(data)
    app.jinja_env.filters.update(lasting=_lasting, span=lambda seconds: lasting(seconds, say), moment=moment)
    app.jinja_env.globals.update(
        fleet_standings=STANDINGS,
        fleet_levels=LEVELS,
        fleet_deeds=DEEDS,
        fleet_roles=ROLE_WORDS,
        fleet_presences=PRESENCE_WORDS,
        fleet_part=lambda part: part_words(part, say),
        fleet_advice=lambda reason: advice(reason, say),
        fleet_silent_advice=SILENT_WORDS,
    )
    app.register_blueprint(pages)


@pages.get("/devices")
@allowed(Right.DEVICES)
def page() -> ResponseReturnValue:
    """All sites; the page of the only one where the viewer may see no other."""
    if viewer().scope.site:
        return redirect(url_for("fleet.site", site=viewer().scope.site))
    return _sites("fleet.html")


@pages.get("/fragments/devices")
@allowed(Right.DEVICES)
def fragment() -> str:
    """What changes of it."""
    return _sites("fleet_sites.html")


@pages.get("/devices/<site>")
@allowed(Right.DEVICES)
def site(site: str) -> str:
    """One site, each of its devices, and what changed lately."""
    return _site("fleet_site.html", site)


@pages.get("/fragments/devices/<site>")
@allowed(Right.DEVICES)
def site_fragment(site: str) -> str:
    """What changes of it."""
    return _site("fleet_site_now.html", site)


def fleet() -> Fleet:
    """What the watcher keeps."""
    kept: Fleet = current_app.extensions["moiso_fleet"]
    return kept


def sees_centre() -> bool:
    """Whether the viewer is told of the centre's own alarms: whoever sees a whole province."""
    return not viewer().scope.site


def names() -> dict[str, str]:
    """The sites that the viewer may see, and what each is called; by its id where it has told no name yet."""
    tongue = Tongue(g.language)
    known = {facility.site: tongue.pick(facility.name, facility.name_en) or facility.site for facility in visible()}
    mine = viewer().scope
    more = [mine.site] if mine.site else mine.visible(sorted(fleet().heard_of()))
    return known | {site: site for site in more if site not in known}


def watch() -> Watch:
    """How the watcher does now."""
    looked_ms = fleet().looked_ms()
    blind = any(kept.alarm.cause.kind is Kind.BLIND for kept in fleet().open_alarms((), centre=True))
    return Watch(looked_ms, now_ms() - looked_ms > LATE_MS, blind)


def lines(alarms: Sequence[Kept], named: Mapping[str, str]) -> tuple[Line, ...]:
    """These alarms in words."""
    sites = sorted({kept.alarm.cause.site for kept in alarms})
    roles = {
        (state.site, device.name): device.role
        for state in fleet().states(sites)
        if state.report
        for device in state.report.devices
    }
    return tuple(_line(kept, named, roles) for kept in alarms)


def moment(at_ms: int) -> str:
    """The time of day, with the date where it is not today, and the year where it is another."""
    at = local_time(at_ms, TIME_ZONE)
    return clock(at_ms) if at.year == datetime.now(ZoneInfo(TIME_ZONE)).year else f"{at:%H:%M %d/%m/%Y}"


def standing_of(state: SiteState, alarms: Sequence[Kept], seen: Watch) -> Standing:
    """How a site stands. What has not lasted long enough for an alarm does not count yet, and a site that is quiet
    without one is closed: its hub may be switched off."""
    kinds = {kept.alarm.cause.kind for kept in alarms}
    if not state.heard_ms and state.linked is None and Kind.NOT_UNDERSTOOD not in kinds:
        return Standing.UNHEARD
    if Kind.SITE_SILENT in kinds:
        return Standing.SILENT
    if is_quiet(state, seen) and Kind.NOT_UNDERSTOOD not in kinds:
        return Standing.OFF
    level = max((kept.alarm.level for kept in alarms), default=None)
    return Standing.WELL if level is None else Standing.FAIL if level is Level.FAIL else Standing.WARN


def is_quiet(state: SiteState, seen: Watch) -> bool:
    """Whether nothing came from a site for so long that the watcher, unless blind, has judged it."""
    return not seen.blind and seen.looked_ms - state.heard_ms > QUIET_MS


def machines_of(state: SiteState) -> tuple[Machine, ...]:
    """The devices of a site as it told of them last: its hub, then the worst first, and what is off last."""
    devices = state.report.devices if state.report else ()
    made = [Machine(one, _device_standing(one), tuple(sorted(one.parts, key=_badness))) for one in devices]
    made.sort(key=lambda one: (one.standing is Standing.OFF, one.standing, one.device.name))
    return tuple(sorted(made, key=lambda one: bool(one.device.name)))


def now_ms() -> int:
    """The cloud's own clock."""
    return time.time_ns() // 1_000_000


def _sites(template: str) -> str:
    named, seen = names(), watch()
    by_site: dict[str, list[Kept]] = {}
    for kept in fleet().open_alarms(list(named)):
        by_site.setdefault(kept.alarm.cause.site, []).append(kept)
    rows = [_row(state, named[state.site], by_site.get(state.site, []), seen) for state in _states(list(named))]
    rows.sort(key=lambda row: (row.standing, -row.alarms, row.name))
    only = request.args.get("only") == "attention"
    return render_template(
        template,
        watch=seen,
        rows=[row for row in rows if row.standing.calls or row.alarms or not only],
        only=only,
        all=len(rows),
        calling=sum(row.standing.calls or bool(row.alarms) for row in rows),
        counts=Counter(row.standing for row in rows),
        devices=sum(len(row.machines) for row in rows),
        devices_well=sum(row.well for row in rows if row.standing.told),
        alarms=sum(row.alarms for row in rows),
        standing=Standing,
        most_marks=MARKS,
    )


def _site(template: str, site: str) -> str:
    require_site(site)
    named = names()
    if site not in named:
        abort(404)
    seen = watch()
    (state,) = _states([site])
    alarms = fleet().open_alarms([site])
    return render_template(
        template,
        watch=seen,
        row=_row(state, named[site], alarms, seen),
        quiet=is_quiet(state, seen),
        lines=lines(alarms, named),
        changes=[(change, *change_words(change, say)) for change in fleet().changes(site)],
        configures=viewer().may(Right.CONFIGURE),
        has_figures=viewer().may(Right.FIGURES) and any(facility.site == site for facility in visible()),
    )


def _states(sites: Sequence[str]) -> tuple[SiteState, ...]:
    """The state of each of these sites, also of those of which nothing is known."""
    known = {state.site: state for state in fleet().states(sites)}
    return tuple(known.get(site) or SiteState(site, 0, None, 0, 0, None) for site in sites)


def _row(state: SiteState, name: str, alarms: Sequence[Kept], seen: Watch) -> Row:
    return Row(state.site, name, state, standing_of(state, alarms, seen), machines_of(state), len(alarms))


def _line(kept: Kept, named: Mapping[str, str], roles: Mapping[tuple[str, str], str]) -> Line:
    cause = kept.alarm.cause
    role = roles.get((cause.site, cause.device), "")
    alarm = kept.alarm
    return Line(kept, named.get(cause.site, cause.site), place(alarm, say), what(alarm, say), todo(alarm, role, say))


def _device_standing(device: FleetDevice) -> Standing:
    match device.presence:
        case Presence.SILENT:
            return Standing.SILENT
        case Presence.NOT_SEEN:
            return Standing.UNHEARD
        case Presence.OFF | Presence.EXPECTED:
            return Standing.OFF
    states = {part.state for part in device.parts}
    return Standing.FAIL if PartState.FAIL in states else Standing.WARN if PartState.WARN in states else Standing.WELL


def _badness(part: FleetPart) -> tuple[int, str, str]:
    return (PartState.FAIL, PartState.WARN, PartState.OK).index(part.state), part.subject, part.detail


def _lasting(since_ms: int) -> str:
    return lasting((now_ms() - since_ms) // 1000, say)
