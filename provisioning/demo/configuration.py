"""The configuration files of a demo site's programs."""

import json
import os
import sys
from pathlib import Path

from provisioning.broker import write_broker_config
from provisioning.demo.layout import Ports, Site

SITE_NAME = "mau-01"
KIOSK, BOARD = "kiosk-1", "board-1"
MORNING_KIOSK, MORNING_BOARD = "morning-kiosk", "morning-board"  # with these a simulated morning is played
# BCM pin numbers of the call panel: next, recall, no-show, finish, LED.
PINS = {"q1": (5, 6, 13, 19, 26), "q2": (12, 16, 20, 21, 25), "q3": (17, 27, 22, 23, 24), "q4": (4, 18, 9, 10, 11)}

# The patients' rating buttons, from very satisfied to not at all, and their lamp.
RATING_PINS: dict[str, tuple[tuple[int, ...], int | None]] = {"q1": ((7, 8, 15), 14), "q2": ((2, 3), None)}


def write_configuration(site: Site) -> None:
    """Write every program's configuration for this folder and these ports."""
    ports, folder = site.ports, site.folder
    write_broker_config(
        folder / "broker",
        port=ports.broker,
        bind="127.0.0.1",
        ca=folder / "tls/broker-ca.crt",
        certificate=folder / "tls/broker.crt",
        key=folder / "tls/broker.key",
    )
    write(
        folder / "hub.toml",
        f"""\
site = {quoted(SITE_NAME)}
data = "data/hub"
catalogue = "catalogue.toml"
site_secret_file = "secrets/site.key"
devices = "secrets/devices.toml"
officers = "secrets/officers.toml"

[[listen]]
address = "127.0.0.1:{ports.hub}"
certificate = "tls/hub.crt"
key = "tls/hub.key"

[[listen]]
address = "127.0.0.1:{ports.hub_pages}"

[uplink]
address = "127.0.0.1:{ports.broker}"
ca = "tls/broker-ca.crt"
certificate = "tls/{SITE_NAME}.crt"
key = "tls/{SITE_NAME}.key"

[phone]
public_url = "http://127.0.0.1:{ports.dashboard}"

[remote]
public_key_file = "tls/remote.pem"

[enrolment]
folder = "authority"
""",
    )
    write(
        folder / "remote.toml",
        f"""\
data = "data/cloud"
signing_key_file = "secrets/remote.key"

[broker]
address = "127.0.0.1:{ports.broker}"
ca = "tls/broker-ca.crt"
certificate = "tls/remote.crt"
key = "tls/remote.key"
""",
    )
    write(
        folder / "phone.toml",
        f"""\
data = "data/cloud"

[broker]
address = "127.0.0.1:{ports.broker}"
ca = "tls/broker-ca.crt"
certificate = "tls/phone.crt"
key = "tls/phone.key"
""",
    )
    write(
        folder / "kiosk.toml",
        f"""\
name = {quoted(KIOSK)}
listen = "127.0.0.1:{ports.kiosk}"
data = "data/kiosk"
lookup_url = "http://127.0.0.1:{ports.hub_pages}/t/"
staff_pin_argon2 = {quoted((folder / "secrets/staff-pin.argon2").read_text(encoding="utf-8").strip())}

{_hub_section(ports, KIOSK)}
[scanner]
driver = "serial-line"
link = {quoted(str(site.scanner_link))}
baud = 9600

[printer]
driver = "escpos"
link = "tcp:127.0.0.1:{ports.printer}"
width_dots = 576

[card_reader]
driver = "vpcd"
link = "tcp:127.0.0.1:{ports.card_reader}"
csca = "{site.csca.name}"

[camera]
driver = "pictures"
link = {quoted(str(site.camera))}

[speaker]
player = {quoted([sys.executable, "-m", "board_controller.sim.speaker", str(site.guidance)])}
{_face_section()}""",
    )
    write(folder / "board.toml", _board_configuration(site))
    write(
        folder / "cloud.toml",
        f"""\
data = "data/cloud"

[web]
listen = "127.0.0.1:{ports.dashboard}"
session_key_file = "secrets/cloud-session.key"

[broker]
address = "127.0.0.1:{ports.broker}"
ca = "tls/broker-ca.crt"
certificate = "tls/ingest.crt"
key = "tls/ingest.key"

[fleet]
address = "127.0.0.1:{ports.broker}"
ca = "tls/broker-ca.crt"
certificate = "tls/fleet.crt"
key = "tls/fleet.key"

# The demo's password is printed on the screen of whoever runs it; a real site leaves this out.
[accounts]
totp = "offered"
""",
    )


def _face_section() -> str:
    """The model pack is the operator's: the demo has none of its own."""
    pack = os.environ.get("MOISO_FACE_PACK", "")
    return f"\n[face]\npack = {quoted(str(Path(pack).resolve()))}\n" if pack else ""


def _hub_section(ports: Ports, device: str) -> str:
    return f"""\
[hub]
url = "https://127.0.0.1:{ports.hub}"
ca = "tls/site-ca.crt"
token_file = "secrets/{device}.token"
"""


def _board_configuration(site: Site) -> str:
    counters = "".join(
        f"""
[[counter]]
id = {quoted(counter)}
next = {pins[0]}
recall = {pins[1]}
no_show = {pins[2]}
finish = {pins[3]}
led = {pins[4]}
{_rating(counter)}"""
        for counter, pins in PINS.items()
    )
    player = [sys.executable, "-m", "board_controller.sim.speaker", str(site.recordings)]
    return f"""\
[[listen]]
address = "127.0.0.1:{site.ports.board}"

{_hub_section(site.ports, BOARD)}
[buttons]
pins = {quoted(f"mock:{site.pins_socket}")}
{counters}
[[led_board]]
driver = "moiso-line"
link = {quoted(str(site.led_link))}
baud = 9600
address = 1
counters = {quoted(list(PINS))}

[[speaker]]
cache = "data/board/voice"
player = {quoted(player)}

[media]
folder = "data/board/media"
"""


def _rating(counter: str) -> str:
    pins, led = RATING_PINS.get(counter, ((), None))
    lamp = "" if led is None else f"rate_led = {led}\n"
    return f"rate = {list(pins)}\n{lamp}" if pins else ""


def quoted(value: str | list[str]) -> str:
    """The value as TOML writes it: its basic strings and arrays are JSON's."""
    return json.dumps(value, ensure_ascii=False)


def write(path: Path, text: str) -> None:
    """Write a file that only its owner reads; it is there complete or not at all."""
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
