"""A kiosk asks the hub, and the hub asks the insurance portal: both over TLS, the hub in its own process."""

import json
import sqlite3
import ssl
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.contracts.commands import IssueTicket, Refused, ReportEligibility
from edge.contracts.eligibility import Eligibility, InsuredPerson, Outcome
from edge.contracts.events import EligibilityChecked, Entry, Event
from edge.contracts.refusals import Refusal
from edge.daemon.hub_client import new_command_id
from provisioning.certificates import create_authority, issue
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import ProgramFailed, Supervisor
from tests.hub_http import Device
from tests.insurance_portal import OFFICER, OFFICER_ID, PASSWORD, USERNAME, InsurancePortal, Mischief

MAU = InsuredPerson("001099000017", "Nguyễn Văn Mẫu", "01/02/1999")
PATH = "/api/v1/eligibility"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsurancePortal]:
    folder = tmp_path_factory.mktemp("portal")
    ca = (folder / "ca.crt", folder / "ca.key")
    create_authority(*ca, "portal")
    crt, key = folder / "portal.crt", folder / "portal.key"
    issue(*ca, crt=crt, key=key, common_name="portal", hosts=["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    with InsurancePortal(context, ca=ca[0]) as far_end:
        yield far_end


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, portal: InsurancePortal) -> Iterator[Site]:
    """A site whose hub knows the portal."""
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    configure(site, portal.url, portal.ca)
    with Supervisor(site.programs("hub")):
        yield site


def configure(site: Site, url: str, ca: Path | None = None) -> None:
    (site.folder / "secrets/insurance.password").write_text(PASSWORD, encoding="utf-8")
    (site.folder / "secrets/insurance-officer.id").write_text(OFFICER_ID, encoding="utf-8")
    with (site.folder / "hub.toml").open("a", encoding="utf-8") as file:
        file.write(
            f"""
[insurance]
username = {json.dumps(USERNAME)}
password_file = "secrets/insurance.password"
officer_name = {json.dumps(OFFICER, ensure_ascii=False)}
officer_id_file = "secrets/insurance-officer.id"
url = {json.dumps(url)}
"""
        )
        if ca:
            file.write(f"ca = {json.dumps(str(ca))}\n")


@pytest.mark.req("D5")
def test_a_kiosk_learns_whether_the_person_before_it_is_insured(site: Site, portal: InsurancePortal) -> None:
    response = Device(site, "kiosk-1").http.post(PATH, content=msgspec.json.encode(MAU))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "outcome": "valid",
        "code": "000",
        "card_number": "HC4010099000017",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "facility": "01001",
    }
    checked = [entry for entry in entries(site) if isinstance(entry.event, EligibilityChecked)]
    assert checked[-1].event == EligibilityChecked("kiosk-1", Outcome.VALID, "000")


@pytest.mark.req("D1", "X1")
def test_no_device_may_say_what_came_of_a_look_up(site: Site) -> None:
    for device in ("kiosk-1", "board-1"):
        reply = Device(site, device).send(ReportEligibility(new_command_id(), Outcome.VALID, "000"))
        assert isinstance(reply, Refused)
        assert reply.reason is Refusal.NOT_YOURS


def entries(site: Site) -> list[Entry]:
    """The hub's journal, read from its file."""
    with sqlite3.connect(f"file:{site.folder}/data/hub/hub.db?mode=ro", uri=True) as db:
        rows = db.execute("SELECT seq, at_ms, event FROM entries ORDER BY seq").fetchall()
    return [Entry(seq, at_ms, msgspec.json.decode(event, type=Event)) for seq, at_ms, event in rows]


@pytest.mark.req("D5")
def test_a_portal_that_fails_is_told_and_stops_nobody_from_taking_a_number(site: Site, portal: InsurancePortal) -> None:
    kiosk = Device(site, "kiosk-1")
    portal.mischief = Mischief.GARBAGE
    try:
        response = kiosk.http.post(PATH, content=msgspec.json.encode(MAU))
    finally:
        portal.mischief = Mischief.NONE
    assert msgspec.json.decode(response.content, type=Eligibility) == Eligibility(Outcome.PORTAL_ERROR)
    assert kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label


@pytest.mark.req("X1", "X6")
def test_only_a_kiosk_of_the_site_may_ask(site: Site, portal: InsurancePortal) -> None:
    asked = portal.asked
    body = msgspec.json.encode(MAU)
    assert Device(site, "kiosk-1", token="wrong").http.post(PATH, content=body).status_code == 401
    assert Device(site, "board-1").http.post(PATH, content=body).status_code == 403
    assert portal.asked == asked


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b'{"number":' + b"[" * 1000, 422),
        (b'{"number":"\xff","full_name":"x","birth":"1999"}', 422),
        (b'{"number":"00109900001X","full_name":"x","birth":"1999"}', 422),
        (b'{"number":"001099000017","full_name":"x","birth":"1999","more":1}', 422),
        (b" " * 2000, 413),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_question_is_turned_away_and_not_repeated(
    site: Site, portal: InsurancePortal, body: bytes, status: int
) -> None:
    asked = portal.asked
    response = Device(site, "kiosk-1").http.post(PATH, content=body)
    assert response.status_code == status
    assert "0010990000" not in response.text
    assert portal.asked == asked


@pytest.mark.req("X3")
def test_nothing_of_a_look_up_is_written_by_the_hub(site: Site, portal: InsurancePortal) -> None:
    kiosk = Device(site, "kiosk-1")
    for mischief, outcome in ((Mischief.HANG_UP, "unreachable"), (Mischief.NONE, "valid")):
        portal.mischief = mischief
        assert kiosk.http.post(PATH, content=msgspec.json.encode(MAU)).json()["outcome"] == outcome
    assert "the insurance portal is lost" in (site.logs / "hub.log").read_text(encoding="utf-8")
    folders = ("data", "logs")
    written = [path for folder in folders for path in (site.folder / folder).rglob("*") if path.is_file()]
    assert any(path.name.startswith("hub.db") for path in written)
    secrets = [
        MAU.number,
        MAU.full_name,
        "HC4010099000017",
        OFFICER,
        OFFICER_ID,
        PASSWORD,
        USERNAME,
        *portal.tokens[-1],
    ]
    for path in written:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], path


def test_without_its_section_the_portal_is_off(hub_site: Site) -> None:
    response = Device(hub_site, "kiosk-1").http.post(PATH, content=msgspec.json.encode(MAU))
    assert response.status_code == 404
    assert "[insurance]" in response.json()["detail"]


@pytest.mark.req("X3")
def test_a_hub_that_would_send_secrets_in_the_clear_does_not_start(fresh_site: Site) -> None:
    configure(fresh_site, "http://portal.example.org")
    with pytest.raises(ProgramFailed, match=r"insurance\.url: https://HOST is expected"):
        Supervisor(fresh_site.programs("hub")).start()
