"""How a site and a device stand, from what is known of them."""

import pytest
from msgspec.structs import replace

from cloud.fleet.records import Kept, SiteState
from cloud.fleet.rules import Alarm, Cause, Kind, Level
from cloud.fleet.words import Standing
from cloud.web.fleet import Watch, machines_of, standing_of
from edge.contracts.fleet import FleetPart, Presence, Working
from edge.contracts.health import PartState
from tests.fleet import HOUR_MS, device, report

WELL = SiteState("mau-01", 1_000_000, True, 1, 0, report(1_000_000))
CLOSED = replace(report(1_000_000), working=Working(now=False))


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize(
    ("state", "kinds", "watch", "standing"),
    [
        (WELL, {}, (1_010_000, False), Standing.WELL),
        (WELL, {Kind.OUTBOX: Level.WARN}, (1_010_000, False), Standing.WARN),
        (WELL, {Kind.OUTBOX: Level.WARN, Kind.PART: Level.FAIL}, (1_010_000, False), Standing.FAIL),
        (WELL, {Kind.SITE_SILENT: Level.FAIL}, (1_010_000, False), Standing.SILENT),
        (replace(WELL, report=CLOSED), {}, (1_000_000 + HOUR_MS, False), Standing.OFF),
        (WELL, {}, (1_000_000 + HOUR_MS, True), Standing.WELL),  # the watcher is blind: nobody knows better
        (replace(WELL, linked=False), {}, (1_010_000, False), Standing.WELL),  # it has 45 seconds to come back
        (SiteState("mau-01", 0, None, 0, 0, None), {}, (1_010_000, False), Standing.UNHEARD),
        (
            SiteState("mau-01", 0, None, 0, 0, None),
            {Kind.SITE_SILENT: Level.WARN},
            (1_010_000, False),
            Standing.UNHEARD,
        ),
        (SiteState("mau-01", 0, None, 0, 0, None), {Kind.NOT_UNDERSTOOD: Level.WARN}, (9**9, False), Standing.WARN),
    ],
)
def test_how_a_site_stands(
    state: SiteState, kinds: dict[Kind, Level], watch: tuple[int, bool], standing: Standing
) -> None:
    kept = [Kept(Alarm(Cause("mau-01", "", kind), level, 1, opened_ms=1)) for kind, level in kinds.items()]
    assert standing_of(state, kept, Watch(watch[0], False, watch[1])) is standing


@pytest.mark.req("D4")
@pytest.mark.parametrize("presence", Presence)
def test_a_device_stands_as_the_hub_hears_it(presence: Presence) -> None:
    told = device("kiosk-1", "kiosk", 1_000_000, FleetPart("printer", PartState.FAIL, "paper-out"), presence=presence)
    (machine,) = machines_of(replace(WELL, report=report(1_000_000, told)))
    assert (
        machine.standing
        is {
            Presence.HEARD: Standing.FAIL,
            Presence.SILENT: Standing.SILENT,
            Presence.NOT_SEEN: Standing.UNHEARD,
            Presence.EXPECTED: Standing.OFF,
            Presence.OFF: Standing.OFF,
        }[presence]
    )
    assert machine.parts[0].subject == "printer"
