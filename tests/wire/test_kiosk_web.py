"""The kiosk's page answers its own browser and nobody else."""

from collections.abc import Iterator

import httpx
import pytest

from provisioning.demo.site import Ports, Site, provision
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite
from tests.wire.daemon import Daemon


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    with WholeSite(site, "hub", "kiosk"):
        page = KioskPage(site)
        until(lambda: page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
        yield site


@pytest.fixture
def kiosk(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.addresses["kiosk"].rstrip("/"), trust_env=False) as client:
        yield client


def touch(kiosk: httpx.Client, **headers: str) -> httpx.Response:
    token = kiosk.get("/").text.partition('name="touch-token" content="')[2].partition('"')[0]
    given = {"Origin": str(kiosk.base_url).rstrip("/"), "X-Touch-Token": token, **headers}
    return kiosk.post("/touch", json={"touch": "language", "step": 0}, headers=given)


def printer_fault(site: Site) -> str:
    fault: str = httpx.get(site.addresses["kiosk"] + "health", trust_env=False).json()["printer_fault"]
    return fault


def language(kiosk: httpx.Client) -> str:
    return kiosk.get("/").text.partition('<html lang="')[2].partition('"')[0]


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.invalid"},
        {"Origin": "null"},
        {"X-Touch-Token": "guessed"},
        {"X-Touch-Token": ""},
    ],
    ids=str,
)
def test_a_website_cannot_press_the_kiosks_buttons(kiosk: httpx.Client, headers: dict[str, str]) -> None:
    before = language(kiosk)
    assert touch(kiosk, **headers).status_code == 403
    assert language(kiosk) == before
    assert touch(kiosk).status_code == 204
    assert language(kiosk) != before


@pytest.mark.req("X6")
def test_a_name_that_was_rebound_to_the_kiosk_reads_nothing(kiosk: httpx.Client) -> None:
    for path in ("/", "/screen/events", "/health"):
        answer = kiosk.get(path, headers={"Host": "example.invalid"})
        assert answer.status_code == 421
        assert "touch-token" not in answer.text


def test_pages_are_kept_nowhere_and_run_nothing_foreign(kiosk: httpx.Client) -> None:
    headers = kiosk.get("/").headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"touch":"service","step":1}', b'{"touch":"open","step":1}', b"\xff", b"{" * 500]
)
def test_what_is_no_touch_is_turned_away(kiosk: httpx.Client, body: bytes) -> None:
    token = kiosk.get("/").text.partition('name="touch-token" content="')[2].partition('"')[0]
    headers = {"Origin": str(kiosk.base_url).rstrip("/"), "X-Touch-Token": token}
    assert kiosk.post("/touch", content=body, headers=headers).status_code == 422
    assert kiosk.post("/touch", content=b" " * 5000, headers=headers).status_code == 413


@pytest.mark.req("K8", "X6")
def test_the_mirror_is_for_the_kiosks_own_page_and_only_while_it_is_shown(kiosk: httpx.Client) -> None:
    token = kiosk.get("/").text.partition('name="touch-token" content="')[2].partition('"')[0]
    assert kiosk.get("/mirror").status_code == 403
    assert kiosk.get("/mirror", params={"token": "guessed"}).status_code == 403
    assert kiosk.get("/mirror", params={"token": token}).status_code == 404
    assert kiosk.get("/mirror", params={"token": token}, headers={"Host": "example.invalid"}).status_code == 421


def test_health_says_what_works(kiosk: httpx.Client) -> None:
    def well() -> httpx.Response | None:
        answer = kiosk.get("/health")
        return answer if answer.status_code == 200 and answer.json()["camera"] == "up" else None

    answer = until(well, within_s=40, what="health")
    assert answer
    told = answer.json()
    assert {part["subject"]: part["state"] for part in told.pop("parts")} == dict.fromkeys(
        ("numbers", "printer", "scanner", "card-reader", "camera", "screen", "speaker", "hub-link"), "ok"
    )
    assert told == {
        "program": "kiosk",
        "outage": "",
        "alone": False,
        "scanner": True,
        "card_reader": "empty",
        "camera": "up",
        "faces": "no-pack",
        "somebody": False,
        "printer_fault": "",
        "speaker": "ok",
        "paper_low": False,
        "page_seen_s": None,
        "busy": False,
    }


def test_a_kiosk_without_scanner_printer_and_hub_starts_and_says_what_is_missing(fresh_site: Site) -> None:
    daemon = Daemon("edge.kiosk.app", fresh_site.folder / "kiosk.toml", fresh_site.folder / "kiosk.log")
    daemon.start()
    try:
        page = KioskPage(fresh_site)
        until(lambda: page.shows("Kiosk tạm thời không lấy được số. Xin gặp nhân viên."), what="the missing hub")
        health = httpx.get(fresh_site.addresses["kiosk"] + "health", trust_env=False)
        assert (health.status_code, health.json()["outage"]) == (503, "hub")
        until(lambda: printer_fault(fresh_site) == "unreachable", what="the printer to be found missing")
        assert daemon.stop() == 0
    finally:
        daemon.kill()
    log = daemon.log.read_text(encoding="utf-8")
    assert log.count("not available") == 1, "a missing device is logged once"
    assert "Traceback" not in log


def test_a_port_in_use_stops_the_start_with_a_sentence(site: Site, fresh_site: Site) -> None:
    config = fresh_site.folder / "kiosk.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(f":{fresh_site.ports.kiosk}", f":{site.ports.kiosk}"), encoding="utf-8")
    daemon = Daemon("edge.kiosk.app", config, fresh_site.folder / "kiosk.log")
    daemon.launch()
    assert daemon.exit_status() == 78
    log = daemon.log.read_text(encoding="utf-8")
    assert f"127.0.0.1:{site.ports.kiosk}: another program uses this port" in log
    assert "Traceback" not in log
