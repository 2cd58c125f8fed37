"""Reports of devices, and a device that sends them, for tests."""

import msgspec

from edge.contracts.health import DeviceHealth, Figures, Part
from provisioning.demo.site import Site
from tests.hub_http import Device


def report(program: str, *parts: Part) -> DeviceHealth:
    """A report of a kiosk or a board with these parts, and figures as a Pi has them."""
    figures = Figures(disk_free_mb=21_300, memory_free_mb=2_900, temperature_c=58)
    return msgspec.convert(
        {"program": program, "version": "0.1.0", "at_ms": 0, "uptime_s": 5_400, "parts": parts, "figures": figures},
        DeviceHealth,
        from_attributes=True,
    )


def tell(site: Site, name: str, *parts: Part) -> None:
    """Let this device of the site tell its hub how it is: ``name`` is kiosk-1, morning-board …"""
    device = Device(site, name)
    body = msgspec.json.encode(report("kiosk" if "kiosk" in name else "board", *parts))
    device.http.post("/api/v1/health", content=body).raise_for_status()
    device.http.close()
