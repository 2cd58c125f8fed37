"""A ``fleet.db`` as moiso-fleet leaves it: sites with devices, some of them troubled, with open and closed alarms."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from cloud.fleet.records import Change, Look, SiteState, Step, What
from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level
from cloud.fleet.store import Fleet
from edge.contracts.fleet import VERSION, FleetDevice, FleetPart, FleetReport, Presence, Working
from edge.contracts.health import PartState

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
RELEASE, BEFORE = "1.8.0", "1.7.2"
FREE = {"disk_free_mb": 21_504, "memory_free_mb": 1_310, "temperature_c": 51}


def fill(data: Path, sites: Sequence[str], now_ms: int) -> None:
    """Every site has a hub, two kiosks and a board controller. Of each ten sites the second is silent since an hour
    ago, the third has a kiosk without paper, the fourth a silent board controller, the fifth an old version, a
    certificate that runs out and a clock that is off, and the sixth had an alarm that is over."""
    states, changes, alarms = [], [], []
    for n, site in enumerate(sites):
        state, found = _site(site, n % 10, now_ms)
        states.append(state)
        alarms += found
        changes += _history(site, n % 10, now_ms)
    if not alarms and not states:
        return
    fleet = Fleet(data)
    kept = {}
    for alarm in alarms:
        opened = replace(alarm, closed_ms=0)
        step = Step(alarm.cause, None, opened, Deed.OPENED)
        kept.update(fleet.record(Look(alarm.opened_ms, steps=[step])))
    over = [alarm for alarm in alarms if alarm.closed_ms]
    steps = [Step(one.cause, kept[one.cause], replace(one, id=kept[one.cause].id), Deed.CLOSED) for one in over]
    fleet.record(Look(now_ms, states, changes, steps=steps))


def report(now_ms: int, *devices: FleetDevice) -> FleetReport:
    """A report in working hours of a site without trouble; of these devices, else of a hub, two kiosks and a board
    controller."""
    return FleetReport(
        version=VERSION,
        clock_ms=now_ms,
        working=Working(now=True, since_ms=now_ms - 3 * HOUR_MS, until_ms=now_ms + 5 * HOUR_MS),
        certificate_days=210,
        devices=devices or _devices(now_ms),
    )


def device(
    name: str, role: str, now_ms: int, *parts: FleetPart, presence: Presence = Presence.HEARD, version: str = RELEASE
) -> FleetDevice:
    """A device with parts that work, but for ``parts``."""
    subjects = {"kiosk": ("printer", "card-reader", "screen"), "board": ("led-board", "buttons"), "hub": ("disk",)}
    wrong = {part.subject for part in parts}
    well = tuple(FleetPart(subject) for subject in subjects[role] if subject not in wrong)
    return FleetDevice(
        name,
        "kiosk" if role == "kiosk" else "board" if role == "board" else "hub",
        presence,
        version,
        now_ms - 4000 if presence is Presence.HEARD else now_ms - 20 * MINUTE_MS,
        uptime_s=93_784,
        parts=(*well, *parts),
        **FREE,
    )


def _devices(now_ms: int) -> tuple[FleetDevice, ...]:
    return (
        device("", "hub", now_ms),
        device("kiosk-1", "kiosk", now_ms),
        device("kiosk-2", "kiosk", now_ms),
        device("board-1", "board", now_ms),
    )


def _site(site: str, n: int, now_ms: int) -> tuple[SiteState, list[Alarm]]:
    hub, kiosk, other, board = _devices(now_ms)
    heard_ms, told = now_ms - 20_000, report(now_ms - 20_000)
    well = SiteState(site, heard_ms, True, now_ms - DAY_MS, 340, told)
    match n:
        case 1:
            heard_ms = now_ms - HOUR_MS
            silent = SiteState(site, heard_ms, False, heard_ms + 50_000, 340, report(heard_ms))
            return silent, [_alarm(Cause(site, "", Kind.SITE_SILENT), Level.FAIL, heard_ms + 50_000, "lost")]
        case 2:
            out = FleetPart("printer", PartState.FAIL, "paper-out")
            low = FleetPart("printer", PartState.WARN, "paper-low")
            devices = (hub, device("kiosk-1", "kiosk", now_ms, out), device("kiosk-2", "kiosk", now_ms, low), board)
            alarms = [
                _alarm(Cause(site, "kiosk-1", Kind.PART, "printer"), Level.FAIL, now_ms - 11 * MINUTE_MS, "paper-out"),
                _alarm(Cause(site, "kiosk-2", Kind.PART, "printer"), Level.WARN, now_ms - 47 * MINUTE_MS, "paper-low"),
            ]
        case 3:
            devices = (hub, kiosk, other, device("board-1", "board", now_ms, presence=Presence.SILENT))
            alarms = [_alarm(Cause(site, "board-1", Kind.DEVICE_SILENT), Level.FAIL, now_ms - 19 * MINUTE_MS, "silent")]
        case 4:
            devices = (hub, kiosk, replace(other, version=BEFORE), board)
            told = replace(told, certificate_days=19)
            alarms = [
                _alarm(Cause(site, "", Kind.CERTIFICATE), Level.WARN, now_ms - 4 * DAY_MS, "", "19"),
                _alarm(Cause(site, "kiosk-2", Kind.VERSION), Level.WARN, now_ms - 2 * DAY_MS, "", BEFORE),
                _alarm(Cause(site, "", Kind.CLOCK), Level.WARN, now_ms - 3 * HOUR_MS, "", "95"),
            ]
            return replace(well, clock_off_ms=95_000, report=replace(told, devices=devices)), alarms
        case 5:
            cause = Cause(site, "kiosk-1", Kind.PART, "card-reader")
            over = _alarm(cause, Level.FAIL, now_ms - 26 * HOUR_MS, "absent")
            return well, [replace(over, gone_ms=now_ms - 25 * HOUR_MS, closed_ms=now_ms - 25 * HOUR_MS + 2 * MINUTE_MS)]
        case _:
            return well, []
    return replace(well, report=replace(told, devices=devices)), alarms


def _alarm(cause: Cause, level: Level, since_ms: int, reason: str, detail: str = "") -> Alarm:
    return Alarm(cause, level, since_ms, reason, detail, opened_ms=since_ms + MINUTE_MS, worst=level, times=1)


def _history(site: str, n: int, now_ms: int) -> list[Change]:
    day = [
        Change(now_ms - 9 * DAY_MS, site, "kiosk-1", What.VERSION.value, detail=RELEASE),
        Change(now_ms - DAY_MS, site, "", What.LINK.value, state="here"),
    ]
    match n:
        case 1:
            day.append(Change(now_ms - HOUR_MS + 50_000, site, "", What.LINK.value, state="lost"))
        case 2:
            low, out = ("warn", "paper-low"), ("fail", "paper-out")
            for ago, (state, reason) in ((47, low), (11, out)):
                kiosk = "kiosk-1" if reason == "paper-out" else "kiosk-2"
                day.append(Change(now_ms - ago * MINUTE_MS, site, kiosk, What.PART.value, "printer", state, reason))
        case 3:
            day.append(Change(now_ms - 19 * MINUTE_MS, site, "board-1", What.PRESENCE.value, state="silent"))
        case 5:
            at_ms = now_ms - 26 * HOUR_MS
            day.append(Change(at_ms, site, "kiosk-1", What.PART.value, "card-reader", "fail", "absent"))
            day.append(Change(at_ms + HOUR_MS, site, "kiosk-1", What.PART.value, "card-reader", "ok"))
    return sorted(day, key=lambda change: change.at_ms)
