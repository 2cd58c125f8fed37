"""What of a site is another than it was: the lines of its devices' history. Pure."""

from collections.abc import Iterator
from itertools import islice

from cloud.fleet.judge import key_of
from cloud.fleet.records import Change, SiteState, What
from edge.contracts.fleet import FleetDevice, FleetPart, Presence
from edge.contracts.health import PartState

MOST = 200  # lines of one site at one look, whatever it sends
REMOVED = "removed"


def changed(before: SiteState | None, after: SiteState, at_ms: int) -> tuple[Change, ...]:
    """The lines that ``after`` adds to what is known since ``before``."""
    return tuple(islice(_changed(before, after, at_ms), MOST))


def _changed(before: SiteState | None, after: SiteState, at_ms: int) -> Iterator[Change]:
    linked = before.linked if before else None
    if after.linked is not None and after.linked != linked:
        yield Change(at_ms, after.site, "", What.LINK.value, state="here" if after.linked else "lost")
    if after.report is None:
        return
    known = {device.name: device for device in before.report.devices} if before and before.report else {}
    for device in after.report.devices:
        yield from _of_device(known.pop(device.name, None), device, after.site, at_ms)
    for name in known:
        yield Change(at_ms, after.site, name, What.PRESENCE.value, state=REMOVED)


def _of_device(before: FleetDevice | None, after: FleetDevice, site: str, at_ms: int) -> Iterator[Change]:
    if _has_turned(before, after):
        yield Change(at_ms, site, after.name, What.PRESENCE.value, state=after.presence.value)
    # A hub that began anew has not heard its devices yet: that they have a version again is no news.
    if after.version and (before is None or before.version not in ("", after.version)):
        yield Change(at_ms, site, after.name, What.VERSION.value, detail=after.version)
    if after.presence is not Presence.HEARD:
        return
    known = _parts(before) if before else {}
    for key, part in _parts(after).items():
        was = known.pop(key, None)
        if (was is None and part.state is PartState.OK) or (was and _how(was) == _how(part)):
            continue
        yield Change(at_ms, site, after.name, What.PART.value, part.subject, part.state.value, part.reason, part.detail)
    for part in known.values():
        if part.state is not PartState.OK:
            detail = part.detail
            yield Change(at_ms, site, after.name, What.PART.value, part.subject, PartState.OK.value, detail=detail)


def _has_turned(before: FleetDevice | None, after: FleetDevice) -> bool:
    if before is None:
        return True
    # A hub that began anew expects everybody and hears them within 20 seconds.
    usual = {Presence.HEARD, Presence.EXPECTED}
    return before.presence is not after.presence and {before.presence, after.presence} != usual


def _parts(device: FleetDevice) -> dict[str, FleetPart]:
    parts: dict[str, FleetPart] = {}
    for part in device.parts:
        key = key_of(part)
        if key not in parts or parts[key].state is PartState.OK:
            parts[key] = part
    return parts


def _how(part: FleetPart) -> tuple[PartState, str]:
    return part.state, part.reason
