"""moiso-doctor looks at hub and broker over real TLS: good, expiring, expired, somebody else's, at another time."""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.daemon import config
from edge.daemon.config import Hub
from edge.daemon.hub_client import NOW_HEADER
from edge.screen.chromium import POLICY_FILE
from edge.screen.config import ScreenConfig
from provisioning.certificates import create_authority, issue
from provisioning.demo.ports import reserve_port
from provisioning.doctor import hub as hub_room
from provisioning.doctor import hub_link, screen
from provisioning.doctor.certificates import server_files
from provisioning.doctor.findings import Finding, Verdict
from provisioning.doctor.report import Words
from tests.wire.mosquitto import Broker

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
TOKEN = "a-token-of-this-test"
SNAPSHOT = b'{"epoch":"e","seq":1,"catalogue":{"facility":{"name":"x"},"counters":[{"id":"q1"},{"id":"q2"}]}}'


class FarHub:
    """The far end: a server that knows one token, shows one certificate and has a clock of its own."""

    def __init__(self, folder: Path, *, days: int = 397, hosts: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self.folder = folder
        self.ahead_s = 0.0
        self.open_to_all = False
        self.body = SNAPSHOT
        create_authority(folder / "ca.crt", folder / "ca.key", "Fictitious site authority")
        crt, key = folder / "hub.crt", folder / "hub.key"
        issue(folder / "ca.crt", folder / "ca.key", crt=crt, key=key, common_name="hub", hosts=hosts, days=days)
        far = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers.get("Authorization") == f"Bearer {TOKEN}" and self.path == "/api/v1/snapshot"
                self.send_response(200 if known or far.open_to_all else 401)
                self.send_header(NOW_HEADER, str(int((time.time() + far.ahead_s) * 1000)))
                self.send_header("Content-Length", str(len(far.body)))
                self.end_headers()
                self.wfile.write(far.body)

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(crt, key)

        class Quiet(HTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                del request, client_address  # a client that does not trust us hangs up

        self._server = Quiet(("127.0.0.1", 0), Answers)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        (folder / "token").write_text(TOKEN + "\n", encoding="utf-8")
        self.url = f"https://127.0.0.1:{self._server.server_port}"

    def device(self) -> Hub:
        return Hub(self.url, self.folder / "ca.crt", self.folder / "token")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def far(tmp_path: Path) -> Iterator[FarHub]:
    far = FarHub(tmp_path)
    yield far
    far.close()


def now() -> datetime:
    return datetime.now(UTC)


def bad(findings: Iterable[Finding]) -> list[tuple[str, Verdict]]:
    return [(found.check, found.verdict) for found in findings if found.verdict is not OK]


def english(findings: Iterable[Finding]) -> str:
    words = Words("en")
    return "\n".join(line for found in findings for line in words.lines(found))


@pytest.mark.req("D4")
def test_a_good_hub_is_green_all_over(far: FarHub) -> None:
    lines = list(hub_link.look("kiosk", far.device(), now(), frozenset({"q1"})))
    assert [line.check for line in lines] == ["kiosk.hub", "kiosk.hub.certificate", "kiosk.token", "kiosk.clock"]
    assert bad(lines) == []


@pytest.mark.parametrize(("left", "verdict"), [(31, OK), (29, WARN), (8, WARN), (6, FAIL)])
def test_a_certificate_that_runs_out_is_yellow_a_month_before_and_red_in_its_last_week(
    tmp_path: Path, left: int, verdict: Verdict
) -> None:
    far = FarHub(tmp_path, days=left + 2)  # it began yesterday
    lines = list(hub_link.look("kiosk", far.device(), now()))
    far.close()
    expected = [] if verdict is OK else [("kiosk.hub.certificate", verdict)]
    assert bad(lines) == expected, english(lines)
    assert f"{left} days left" in english(lines)


def test_an_expired_certificate_is_red_and_no_token_is_sent(tmp_path: Path) -> None:
    far = FarHub(tmp_path, days=1)
    lines = list(hub_link.look("kiosk", far.device(), now()))
    far.close()
    assert bad(lines) == [("kiosk.hub", FAIL)]
    assert "has expired" in english(lines)


def test_a_hub_of_somebody_elses_authority_is_red_and_warns_of_a_stranger(far: FarHub, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    create_authority(other / "ca.crt", other / "ca.key", "Fictitious site authority")
    lines = list(hub_link.look("kiosk", Hub(far.url, other / "ca.crt", far.folder / "token"), now()))
    assert bad(lines) == [("kiosk.hub", FAIL)]
    assert "strange machine" in english(lines)


def test_a_certificate_for_another_address_is_red(tmp_path: Path) -> None:
    far = FarHub(tmp_path, hosts=("192.0.2.5",))
    lines = list(hub_link.look("board", far.device(), now()))
    far.close()
    assert bad(lines) == [("board.hub", FAIL)]
    assert "not for 127.0.0.1" in english(lines)


@pytest.mark.req("X6")
def test_a_token_that_the_hub_does_not_know_is_red_and_is_not_told(far: FarHub) -> None:
    (far.folder / "token").write_text("another-token\n", encoding="utf-8")
    lines = list(hub_link.look("kiosk", far.device(), now()))
    assert bad(lines) == [("kiosk.token", FAIL)]
    assert "another-token" not in english(lines)


def test_an_empty_token_file_is_red_in_the_configurations_own_words(far: FarHub) -> None:
    (far.folder / "token").write_text("\n", encoding="utf-8")
    lines = list(hub_link.look("kiosk", far.device(), now()))
    assert bad(lines) == [("kiosk.token", FAIL)]
    assert "the secret file is empty" in english(lines)


@pytest.mark.parametrize(("ahead_s", "verdict"), [(-10, WARN), (3600, FAIL)])
def test_a_clock_that_differs_from_the_hubs_is_told(far: FarHub, ahead_s: float, verdict: Verdict) -> None:
    far.ahead_s = ahead_s
    assert bad(hub_link.look("kiosk", far.device(), now())) == [("kiosk.clock", verdict)]


def test_counters_that_the_catalogue_does_not_have_are_named(far: FarHub) -> None:
    lines = list(hub_link.look("board", far.device(), now(), frozenset({"q1", "q9"})))
    assert bad(lines) == [("board.counters", WARN)]
    assert "q9" in english(lines)


def test_an_answer_that_is_none_of_ours_is_red(far: FarHub) -> None:
    far.body = b"<html>"
    assert bad(hub_link.look("board", far.device(), now())) == [("board.hub.version", FAIL)]


def test_a_hub_that_does_not_run_is_red(far: FarHub) -> None:
    far.close()
    lines = list(hub_link.look("kiosk", far.device(), now()))
    assert bad(lines) == [("kiosk.hub", FAIL)]
    assert "systemctl status moiso-hub" in english(lines)


def test_a_token_never_leaves_without_tls(far: FarHub) -> None:
    device = Hub("http://192.0.2.5:8080", far.folder / "ca.crt", far.folder / "token")
    assert bad(hub_link.look("kiosk", device, now())) == [("kiosk.hub", FAIL)]


def test_a_tvs_page_must_answer_by_a_certificate_that_its_browser_believes(far: FarHub) -> None:
    page = ScreenConfig(f"{far.url}/tv/1", kind="tv", ca=far.folder / "ca.crt")
    assert bad(screen.shown_page(page, now())) == [("screen.page", FAIL)]  # it knows no such page
    far.open_to_all = True
    assert bad(screen.shown_page(page, now())) == []
    assert bad(screen.shown_page(page, now() + timedelta(days=390))) == [("screen.page.certificate", FAIL)]
    strange = ScreenConfig(f"{far.url}/tv/1", kind="tv")
    assert bad(screen.shown_page(strange, now())) == [("screen.page", FAIL)]


def test_a_browser_that_is_not_installed_and_one_without_its_policies_are_told(tmp_path: Path) -> None:
    here = ScreenConfig("http://127.0.0.1:8081/", chromium="/bin/sh", compositor="none", policies=str(tmp_path))
    assert bad(screen.installed(here)) == [("screen.policies", FAIL)]
    (tmp_path / POLICY_FILE).write_text("{}", encoding="utf-8")
    assert bad(screen.installed(here)) == []
    missing = replace(here, chromium="/no/chromium")
    assert bad(screen.installed(missing)) == [("screen.browser", FAIL)]
    assert "/no/chromium" in english(screen.installed(missing))


@pytest.mark.parametrize("url", ["https://127.0.0.1:99999", "https://[", "hub.local", "https://"])
def test_an_address_that_is_none_is_red(far: FarHub, url: str) -> None:
    assert bad(hub_link.look("kiosk", Hub(url, far.folder / "ca.crt", far.folder / "token"), now())) == [
        ("kiosk.hub", FAIL)
    ]


def test_the_hubs_own_files_are_a_pair_and_for_this_machine(far: FarHub) -> None:
    crt, key = far.folder / "hub.crt", far.folder / "hub.key"
    own = {"127.0.0.1"}
    assert bad(server_files("hub.certificate", "x", crt, key, now(), own)) == []
    assert bad(server_files("hub.certificate", "x", crt, key, now(), {"192.0.2.9"})) == [
        ("hub.certificate.names", WARN)
    ]
    later = now() + timedelta(days=392)
    assert bad(server_files("hub.certificate", "x", crt, key, later, own)) == [("hub.certificate", FAIL)]
    assert bad(server_files("hub.certificate", "x", crt, far.folder / "ca.key", now(), own)) == [
        ("hub.certificate", FAIL)
    ]
    crt.write_text("no certificate", encoding="utf-8")
    assert bad(server_files("hub.certificate", "x", crt, key, now(), own)) == [("hub.certificate", FAIL)]


def test_a_hub_certificate_of_another_authority_than_the_sites_is_red(far: FarHub) -> None:
    (far.folder / "ca.crt").rename(far.folder / "site-ca.crt")
    good = list(hub_room.server(far.folder / "hub.crt", far.folder / "hub.key", now(), frozenset()))
    assert (bad(good), good[-1].check) == ([], "hub.certificate.ca")
    create_authority(far.folder / "site-ca.crt", far.folder / "site-ca-2.key", "Fictitious site authority")
    lines = hub_room.server(far.folder / "hub.crt", far.folder / "hub.key", now(), frozenset())
    assert bad(lines) == [("hub.certificate.chain", FAIL)]


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"), reserve_port())
    broker.issue("mau-01")
    broker.start()
    yield broker
    broker.kill()


def uplink(broker: Broker, name: str = "mau-01") -> config.Broker:
    folder = broker.folder
    return config.Broker(f"127.0.0.1:{broker.port}", folder / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key")


def test_a_broker_that_takes_our_certificate_is_green_and_the_running_session_stays(mosquitto: Broker) -> None:
    log = mosquitto.folder / "mosquitto.log"
    assert bad(hub_room.broker("hub", uplink(mosquitto), "mau-01", now())) == []
    assert "New client connected" not in log.read_text(encoding="utf-8")


def test_a_broker_that_does_not_take_our_certificate_is_red(mosquitto: Broker, tmp_path: Path) -> None:
    create_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "Another authority")
    crt, key = tmp_path / "mau-01.crt", tmp_path / "mau-01.key"
    issue(tmp_path / "ca.crt", tmp_path / "ca.key", crt=crt, key=key, common_name="mau-01", client=True)
    strange = config.Broker(f"127.0.0.1:{mosquitto.port}", mosquitto.folder / "ca.crt", crt, key)
    lines = list(hub_room.broker("hub", strange, "mau-01", now()))
    assert bad(lines) == [("hub.broker", FAIL)]
    assert "does not take this machine's certificate" in english(lines)


def test_a_certificate_in_another_sites_name_is_red(mosquitto: Broker) -> None:
    assert bad(hub_room.broker("hub", uplink(mosquitto), "mau-02", now())) == [("hub.broker.name", FAIL)]


def test_a_broker_that_is_away_is_yellow_for_a_site_and_red_for_the_cloud(mosquitto: Broker) -> None:
    up = uplink(mosquitto)
    away = config.Broker("127.0.0.1:9", up.ca, up.certificate, up.key)
    assert bad(hub_room.broker("hub", away, "mau-01", now())) == [("hub.broker", WARN)]
    assert bad(hub_room.broker("cloud", away, "mau-01", now())) == [("cloud.broker", FAIL)]
