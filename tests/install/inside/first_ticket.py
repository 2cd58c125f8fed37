"""Run on a machine that is hub and kiosk, by its own environment: from the first login to the first ticket.

What people do, done by a program: the administrator logs in with the password that the installation told, the
technician has the kiosk enrol, the administrator approves its four words, the technician types the two that come back.
Then the kiosk takes a ticket with what it was given. Prints its label.
"""

import re
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import msgspec

from edge.contracts.commands import Done, IssueTicket, Reply
from edge.daemon.hub_client import new_command_id

HUB = "https://127.0.0.1:8443"
CA = Path("/var/lib/moiso-hub/tls/site-ca.crt")
HOME = "/devices/enrolment"
IDENTITY = Path("/var/lib/moiso-kiosk/identity/current")


def log_in() -> httpx.Client:
    """The administrator's browser."""
    name, password = Path("/root/moiso-administrator.txt").read_text(encoding="utf-8").split()
    browser = httpx.Client(base_url=HUB, verify=ssl.create_default_context(cafile=CA), timeout=20)
    answer = browser.post("/login", data={"csrf": csrf(browser, "/login"), "name": name, "password": password})
    assert answer.status_code == 303, answer.text
    return browser


def csrf(browser: httpx.Client, path: str) -> str:
    """The token in this page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get(path).text)
    assert found, path
    return found[1]


def enrol(browser: httpx.Client) -> None:
    """The kiosk asks to be let in, and is."""
    command = ["/opt/moiso/bin/python", "-m", "provisioning.enrol.app", "kiosk", "--hub", HUB]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdin
        assert device.stdout
        said, words = "", None
        while words is None:
            line = device.stdout.readline()
            assert line, said
            said += line
            words = re.search(r"^    (\w+(?: · \w+){3})$", line)
        data = {"csrf": csrf(browser, HOME), "code": words[1], "name": "kiosk-1"}
        reply = re.search(r'id="reply">([^<]+)<', browser.post(f"{HOME}/approve", data=data).text)
        assert reply
        device.stdin.write(f"{reply[1]}\n")
        device.stdin.flush()
        rest = device.stdout.read()
        assert device.wait() == 0, said + rest


def wait_for_kiosk() -> dict[str, list[object]]:
    """The kiosk's own word that it has its hub."""
    deadline = time.monotonic() + 240
    while True:
        try:
            health: dict[str, list[object]] = httpx.get("http://127.0.0.1:8081/health", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            health = {}
        if {"subject": "hub-link", "state": "ok", "reason": None, "detail": ""} in health.get("parts", []):
            return health
        assert time.monotonic() < deadline, health
        time.sleep(0.5)


def take_ticket() -> str:
    """A ticket, with the kiosk's own token."""
    token = (IDENTITY / "token").read_text(encoding="utf-8")
    command = IssueTicket(new_command_id(), "kham-tong-quat")
    answer = httpx.post(
        f"{HUB}/api/v1/commands",
        content=msgspec.json.encode(command),
        headers={"Authorization": f"Bearer {token}"},
        verify=ssl.create_default_context(cafile=CA),
        timeout=20,
    )
    reply = msgspec.json.decode(answer.raise_for_status().content, type=Reply)
    assert isinstance(reply, Done), reply
    assert reply.ticket
    return reply.ticket.label


if __name__ == "__main__":
    if "--ticket-only" not in sys.argv:
        enrol(log_in())
        print(wait_for_kiosk())
    print("ticket", take_ticket())
