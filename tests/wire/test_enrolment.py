"""Devices that ask a real hub to be let in, over TLS, with the real command: the right code, and every wrong one."""

import csv
import hashlib
import io
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from edge.contracts.commands import CallNext
from edge.contracts.enrolment import Ask
from edge.daemon import identity
from edge.daemon.config import Hub
from edge.daemon.hub_client import new_command_id
from edge.daemon.site_tls import site_context
from edge.daemon.x509 import der_of, hosts_of, load_certificate, make_request, new_key
from provisioning.demo.site import OFFICER, Site
from tests.enrolment import (
    HOME,
    Command,
    administrator_of,
    approve,
    ask_in,
    ca_of,
    let_in,
    own_authority,
    running_hub,
    url_of,
)
from tests.officer_browser import OfficerBrowser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = own_authority(tmp_path_factory.mktemp("site") / "site")
    with running_hub(made):
        yield made


@pytest.fixture
def administrator(site: Site) -> Iterator[OfficerBrowser]:
    browser = administrator_of(site)
    yield browser
    browser.http.close()


def device_http(folder: Path) -> httpx.Client:
    """The device, by what its configuration says that it is."""
    hub = Hub(identity=folder)
    token = hub.token_file.read_text(encoding="utf-8")
    return httpx.Client(
        base_url=hub.url,
        verify=site_context(hub.ca),
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=10,
    )


def lines(browser: OfficerBrowser) -> list[tuple[str, str, str]]:
    """Action, subject and outcome of the audit log, the oldest first."""
    text = browser.http.get("/audit.csv").content.decode("utf-8-sig")
    return [
        (row["action"], row["subject"], row["outcome"]) for row in reversed(list(csv.DictReader(io.StringIO(text))))
    ]


@pytest.mark.req("X1", "X2", "X6", "P1")
def test_a_kiosk_is_let_in_by_the_code_that_it_shows_and_works_at_once(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    folder = tmp_path / "identity"
    kiosk = ask_in(site, "kiosk", folder)
    code = kiosk.code()
    shown = administrator.send(HOME, f"{HOME}/find", code=code.upper().replace(" · ", " "))
    assert shown.status_code == 200
    assert "Kiosk · 127.0.0.1" in shown.text
    reply = approve(administrator, code, "kiosk-7", label="Kiosk sảnh")
    kiosk.type(reply)
    assert kiosk.status() == 0, kiosk.said
    with device_http(folder) as http:
        given = http.post(
            "/api/v1/commands",
            content=b'{"type":"IssueTicket/1","id":"%s","service":"general"}' % new_command_id().encode(),
        )
        assert given.json()["type"].startswith("Done")
    assert ("ask-enrolment", "kiosk 127.0.0.1", "done") in lines(administrator)
    assert ("enrol-device", "kiosk-7 kiosk", "done") in lines(administrator)
    page = administrator.http.get(HOME).text
    assert "Kiosk sảnh" in page
    assert "kiosk-7" in administrator.http.get("/devices").text.replace("\n", "")


@pytest.mark.req("X3")
def test_its_files_are_its_own_and_the_hub_keeps_no_token(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    folder = let_in(site, administrator, "kiosk", tmp_path / "identity", "kiosk-files")
    inside = identity.current(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(inside.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in inside.iterdir()} == {0o600}
    assert {path.name for path in inside.iterdir()} == {"about.json", "ca.crt", "key.pem", "token"}
    token = (inside / "token").read_bytes()
    for path in (site.folder / "data/hub").rglob("*"):
        assert not path.is_file() or token not in path.read_bytes(), path


@pytest.mark.req("X1", "X5", "X6")
def test_a_wrong_code_lets_nobody_in_and_a_code_is_good_once(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    kiosk = ask_in(site, "kiosk", tmp_path / "identity")
    code = kiosk.code()
    words = code.split(" · ")
    for wrong in (" ".join(words[:3]), " ".join([*words[1:], words[0]]), code + " gà", "không phải từ nào", ""):
        answer = administrator.send(HOME, f"{HOME}/approve", code=wrong, name="kiosk-wrong")
        assert answer.status_code == 422, wrong
    assert lines(administrator)[-1] == ("enrol-device", "", "wrong-code")
    kiosk.type(approve(administrator, code, "kiosk-once"))
    assert kiosk.status() == 0
    replayed = administrator.send(HOME, f"{HOME}/approve", code=code, name="kiosk-twice")
    assert replayed.status_code == 422
    assert "kiosk-twice" not in administrator.http.get(HOME).text


@pytest.mark.req("X1", "X6")
def test_a_refused_device_is_told_and_writes_nothing(site: Site, administrator: OfficerBrowser, tmp_path: Path) -> None:
    kiosk = ask_in(site, "kiosk", tmp_path / "identity")
    administrator.send(HOME, f"{HOME}/refuse", code=kiosk.code())
    assert kiosk.status() == 1
    assert "bị từ chối" in kiosk.said
    assert not (tmp_path / "identity/current").exists()


@pytest.mark.req("X1", "X6")
def test_a_device_that_is_not_told_the_two_words_trusts_no_hub(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    kiosk = ask_in(site, "kiosk", tmp_path / "identity")
    approve(administrator, kiosk.code(), "kiosk-unsure")
    for guess in ("gà vịt", "", "vịt gà"):
        kiosk.type(guess)
    assert kiosk.status() == 1
    assert "Không ghi gì vào máy" in kiosk.said
    assert not (tmp_path / "identity/current").exists()


@pytest.mark.req("X1", "X3")
def test_who_knows_the_fingerprint_needs_no_words_and_notices_another_hub_at_once(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    digest = hashlib.sha256(der_of(load_certificate(ca_of(site).read_bytes()))).hexdigest()
    kiosk = ask_in(site, "kiosk", tmp_path / "identity", "--ca-sha256", digest[:40].upper())
    approve(administrator, kiosk.code(), "kiosk-known")
    assert kiosk.status() == 0, kiosk.said
    for wrong in ("0" * 64, digest[:8]):
        other = ask_in(site, "kiosk", tmp_path / "other", "--ca-sha256", wrong)
        assert other.status() == 1
        assert "giả làm máy chủ" in other.said


@pytest.mark.req("X1")
def test_whoever_is_no_administrator_lets_nobody_in(site: Site, tmp_path: Path) -> None:
    browser = OfficerBrowser(site, ca_of(site))
    assert browser.http.get(HOME).headers["location"] == "/login"
    browser.log_in(OFFICER, site.passwords.officer)
    assert browser.http.get(HOME).status_code == 403
    csrf = browser.csrf("/account")
    for path in ("find", "approve", "refuse", "revoke"):
        assert browser.http.post(f"{HOME}/{path}", data={"csrf": csrf, "name": "kiosk-1"}).status_code == 403
        assert browser.http.post(f"{HOME}/{path}", data={"name": "kiosk-1"}).headers["location"] == "/login"


@pytest.mark.req("X6", "X5")
def test_a_revoked_device_is_cut_off_at_once_with_its_open_stream_and_cannot_renew(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    folder = let_in(site, administrator, "kiosk", tmp_path / "identity", "kiosk-stolen")
    with device_http(folder) as http:
        seq = http.get("/api/v1/snapshot").json()["seq"]
        with http.stream("GET", "/api/v1/events", params={"after": seq}) as stream:
            blocks = stream.iter_lines()
            assert next(blocks).startswith(": now ")
            since = time.monotonic()
            answer = administrator.send(HOME, f"{HOME}/revoke", name="kiosk-stolen")
            assert answer.status_code == 200
            for _ in blocks:  # ends, and does not time out
                pass
            assert time.monotonic() - since < 3
        for path in ("/api/v1/snapshot", "/api/v1/events", "/api/v1/enrolment"):
            assert http.get(path).status_code == 401
        assert http.post("/api/v1/commands", content=b"{}").status_code == 401
    renewal = Command("renew", "--folder", str(folder), "--now")
    assert renewal.status() == 3
    assert "thu hồi" in renewal.said
    assert ("revoke-device", "kiosk-stolen", "done") in lines(administrator)
    page = administrator.http.get(HOME).text
    assert "Đã thu hồi" in page


@pytest.mark.req("X6")
def test_a_device_of_devices_toml_is_revoked_as_well_and_stays_so(
    tmp_path: Path,
) -> None:
    made = own_authority(tmp_path / "site")
    token = (made.folder / "secrets/kiosk-1.token").read_text(encoding="utf-8").strip()

    def status() -> int:
        with httpx.Client(verify=site_context(ca_of(made)), trust_env=False) as http:
            answer = http.get(f"{url_of(made)}/api/v1/snapshot", headers={"Authorization": f"Bearer {token}"})
            return answer.status_code

    with running_hub(made):
        assert status() == 200
        administrator_of(made).send(HOME, f"{HOME}/revoke", name="kiosk-1")
        assert status() == 401
    with running_hub(made):
        assert status() == 401


@pytest.mark.req("X1", "X6")
def test_a_new_device_takes_the_place_of_a_broken_one_only_where_it_is_said(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    old = let_in(site, administrator, "kiosk", tmp_path / "old", "kiosk-place")
    new = ask_in(site, "kiosk", tmp_path / "new")
    code = new.code()
    taken = administrator.send(HOME, f"{HOME}/approve", code=code, name="kiosk-place")
    assert taken.status_code == 422
    assert 'name="replace"' in taken.text
    with device_http(old) as http:
        assert http.get("/api/v1/snapshot").status_code == 200
    new.type(approve(administrator, code, "kiosk-place", replace="1"))
    assert new.status() == 0
    with device_http(old) as http:
        assert http.get("/api/v1/snapshot").status_code == 401
    with device_http(tmp_path / "new") as http:
        assert http.get("/api/v1/snapshot").status_code == 200


@pytest.mark.req("X1", "X3", "X6")
def test_a_board_gets_a_certificate_for_its_own_addresses_and_the_buttons_that_were_named(
    site: Site, administrator: OfficerBrowser, tmp_path: Path
) -> None:
    board = ask_in(site, "board", tmp_path / "identity", "--host", "127.0.0.1", "--host", "board-9.local")
    code = board.code()
    shown = administrator.send(HOME, f"{HOME}/find", code=code)
    assert "Xin chứng thư cho: 127.0.0.1, board-9.local" in shown.text
    counter = site.catalogue.counters[0].id
    board.type(approve(administrator, code, "board-9", counter=counter))
    assert board.status() == 0, board.said
    inside = identity.current(tmp_path / "identity")
    made = load_certificate((inside / "certificate.pem").read_bytes())
    assert set(hosts_of(made)) == {"127.0.0.1", "board-9.local"}
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(inside / "certificate.pem", inside / "key.pem")
    with device_http(tmp_path / "identity") as http:
        told = msgspec.json.encode(CallNext(new_command_id(), counter))
        assert http.post("/api/v1/commands", content=told).json().get("reason") != "not-yours"
        other = msgspec.json.encode(CallNext(new_command_id(), site.catalogue.counters[1].id))
        assert http.post("/api/v1/commands", content=other).json()["reason"] == "not-yours"


@pytest.mark.req("X5")
def test_one_address_cannot_ask_without_end_and_nothing_unread_is_kept(tmp_path: Path) -> None:
    made = own_authority(tmp_path / "site")
    with running_hub(made), httpx.Client(base_url=url_of(made), verify=site_context(ca_of(made))) as http:
        ask = msgspec.json.encode(Ask(make_request(new_key(), "x"), "0" * 64, "kiosk", "0" * 64))
        statuses = [http.post("/api/v1/enrolment", content=ask).status_code for _ in range(32)]
        assert statuses == [200] * 30 + [429] * 2
        for body in (b"", b"{", b"\xff", b"[]", b'{"csr":"x"}'):
            assert http.post("/api/v1/enrolment", content=body).status_code == 422
        assert http.post("/api/v1/enrolment", content=b"x" * 20_000).status_code == 413
        assert http.post("/api/v1/enrolment/number", content=b'{"id":"%s","nonce":"%s"}' % (b"0" * 32, b"0" * 32))
        assert administrator_of(made).http.get(HOME).text.count("mã còn hiệu lực") == 0
