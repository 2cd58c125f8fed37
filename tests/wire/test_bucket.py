"""What InfluxDB, or whoever answers in its place, can do to the dashboard: one kind of error, and no secret in it."""

import contextlib
import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from cloud.bucket import MOST_BYTES, Bucket
from cloud.changes import follow, months, note_all, note_whole
from cloud.influx import Influx, InfluxStatistics
from cloud.ledger import Ledger
from cloud.periods import parse
from cloud.statistics import StatisticsAway
from edge.daemon.config import ConfigError
from provisioning.certificates import create_authority, issue
from tests.journals import OPENING_MS, Journal
from tests.wire.influxdb import TOKEN
from tests.wire.mosquitto import free_port

pytestmark = pytest.mark.req("P4", "X1")

NOTHING = b'{"results":[{"statement_id":0}]}'
ANSWERS = {
    "/denied": (401, f'{{"code":"unauthorized","message":"bad token {TOKEN}"}}'.encode()),
    "/broken": (500, b"<html>" + TOKEN.encode()),
    "/moved": (302, b""),
    "/garbage": (200, b"\xff\xfe{"),
    "/another": (200, b'{"results":[{"series":[{"values":{"a":1}}]}]}'),
    "/fault": (200, f'{{"results":[{{"error":"database not found: {TOKEN}"}}]}}'.encode()),
    "/cut": (200, b'{"results":[{"series":[],"partial":true}]}'),
    "/none": (200, b'{"results":[]}'),
    "/two": (200, b'{"results":[{},{}]}'),
    "/empty": (200, b""),
    "/fine": (200, NOTHING),
    "/large": (200, b" " * (MOST_BYTES + 10) + NOTHING),
}
AWAY = [path for path in ANSWERS if path != "/fine"]


class Answering(BaseHTTPRequestHandler):
    """Answers what the first part of the path asks for; at ``/silent`` not before the server ends."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # noqa: RUF012 - of the one server
    ended = threading.Event()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        self.asked.append(self.path)
        first = "/" + self.path.split("/")[1].partition("?")[0]
        if first == "/silent":
            self.ended.wait(10)
        status, body = ANSWERS.get(first, (404, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/fine/query")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # who asked for too much is gone by then
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    """A server that says nothing of handshakes that fail, which is what they are to do."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", free_port()), Answering)
    httpd.daemon_threads = True
    threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    Answering.ended.set()
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return path


@pytest.mark.parametrize("path", AWAY)
def test_whatever_is_wrong_is_told_in_one_way_and_without_the_token(
    path: str, server: str, token: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    statistics = InfluxStatistics(Bucket(Influx(server + path, "moiso", token)))
    with pytest.raises(StatisticsAway) as away:
        statistics.by_site(parse("2026"), ["mau-01"])
    assert TOKEN not in str(away.value)
    assert "\n" not in str(away.value)
    assert TOKEN not in repr(statistics) + repr(statistics._bucket)
    assert not [
        record for record in caplog.records if record.name.startswith("influxdb_client") and TOKEN in record.msg
    ]
    assert "/fine/query" not in Answering.asked  # whoever sends us on is not followed with the token


@pytest.mark.parametrize("path", ["/denied", "/broken", "/moved", "/nowhere"])
def test_a_refused_point_is_told_in_the_same_way(path: str, server: str, token: Path) -> None:
    with pytest.raises(StatisticsAway) as away:
        Bucket(Influx(server + path, "moiso", token)).write(["day,site=mau-01 rows=1i 1"])
    assert TOKEN not in str(away.value)


def test_after_an_answer_that_was_too_large_the_next_is_read(server: str, token: Path) -> None:
    bucket = Bucket(Influx(server + "/large", "moiso", token))
    for _ in range(2):
        with pytest.raises(StatisticsAway, match="too large"):
            bucket.select("SELECT 1")
    assert Bucket(Influx(server + "/fine", "moiso", token)).select("SELECT 1") == []


def test_nobody_waits_for_ever(server: str, token: Path) -> None:
    with pytest.raises(StatisticsAway, match="ReadTimeoutError"):
        Bucket(Influx(server + "/silent", "moiso", token), timeout_ms=50).select("SELECT 1")
    with pytest.raises(StatisticsAway, match="Error"):
        Bucket(Influx(f"http://127.0.0.1:{free_port()}", "moiso", token)).select("SELECT 1")


def test_only_a_server_that_the_authority_vouches_for_is_told_the_token(tmp_path: Path, token: Path) -> None:
    for name in ("ours", "other"):
        create_authority(tmp_path / f"{name}.crt", tmp_path / f"{name}.key", f"Fictitious {name}")
    crt, key = tmp_path / "influx.crt", tmp_path / "influx.key"
    issue(tmp_path / "ours.crt", tmp_path / "ours.key", crt=crt, key=key, common_name="influx", hosts=("127.0.0.1",))
    httpd = Quiet(("127.0.0.1", free_port()), Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"https://127.0.0.1:{httpd.server_port}/fine"
    try:
        assert Bucket(Influx(url, "moiso", token, ca=tmp_path / "ours.crt")).select("SELECT 1") == []
        for ca in (tmp_path / "other.crt", None):
            with pytest.raises(StatisticsAway, match="SSLError"):
                Bucket(Influx(url, "moiso", token, ca=ca)).select("SELECT 1")
    finally:
        httpd.shutdown()
        httpd.server_close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://influx.example:8086"}, "https"),
        ({"url": "ftp://127.0.0.1"}, "https"),
        ({"url": "https://user:secret@influx.example"}, "token_file"),
        ({"url": "https://influx.example?token=secret"}, "token_file"),
        ({"bucket": ""}, "bucket"),
        ({"every_s": 0}, "every_s"),
        ({"token": "secret"}, "token"),
    ],
)
def test_a_wrong_configuration_is_told_and_no_secret_with_it(wrong: dict[str, object], message: str) -> None:
    right = {"url": "https://influx.example", "bucket": "moiso", "token_file": "/nowhere"}

    def decode(target: type, value: object) -> object:
        return Path(str(value)) if target is Path else value

    msgspec.convert(right, Influx, dec_hook=decode)
    with pytest.raises(msgspec.ValidationError, match=message) as error:
        msgspec.convert(right | wrong, Influx, dec_hook=decode)
    assert "secret" not in str(error.value).replace("the secret is in token_file", "")


def test_without_its_token_nothing_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the secret cannot be read"):
        Bucket(Influx("https://influx.example", "moiso", tmp_path / "none"))


def test_a_month_whose_copy_has_too_much_is_not_forgotten_for_one_that_has_too_little(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    journal = Journal()
    journal.open()
    journal.issue("t1")
    ledger.record("mau-01", journal.batch(), received_ms=OPENING_MS)
    db = follow(tmp_path)
    assert [month.whole for month in months(db, 10)] == [False]
    note_whole(db, [("mau-01", "2026-11")])
    note_all(db, whole=False)
    assert [month.whole for month in months(db, 10)] == [True]
    db.close()
    ledger.close()
