"""Reports that fall due go out by e-mail, each once, whatever ends the program on the way."""

import io
import smtplib
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from cloud.delivery import State
from cloud.entries import USUAL
from cloud.mail import Mail, MaybeSent, Security, send
from cloud.reports.schedule import Cadence
from cloud.reports.store import Format, Subscription, Subscriptions
from cloud.targets import Change, Kind, Targets
from edge.daemon.config import ConfigError, load
from provisioning.certificates import create_authority, issue
from tests.cloud_people import add_sites
from tests.smtp_server import Received, smtp_server
from tests.waiting import until
from tests.wire.daemon import Daemon

DAY_MS = 24 * 3600 * 1000
CONFIG = """
data = "cloud"
[web]
listen = "127.0.0.1:1"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:1"
ca = "ca.crt"
certificate = "ingest.crt"
key = "ingest.key"
[mail]
host = "127.0.0.1"
port = {port}
sender = "moiso@mau.example"
security = "none"
"""


class Office:
    """moiso-reports in a folder of its own, with a mail server; a report has just fallen due for every recipient."""

    def __init__(self, folder: Path, received: Received, port: int) -> None:
        self.received = received
        self.data = folder / "cloud"
        self.log = folder / "reports.log"
        (folder / "cloud.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
        self.data.mkdir()
        add_sites(self.data)
        self.store = Subscriptions(self.data)
        self.daemon = Daemon("cloud.reports.app", folder / "cloud.toml", self.log)

    def subscribe(self, address: str, wish: Format = Format.XLSX, site: str = "") -> int:
        """A subscription whose first report, of the month before, was due yesterday or the day before."""
        month_ago_ms = time.time_ns() // 1_000_000 - 3 * DAY_MS
        day = min(28, max(1, datetime.fromtimestamp(month_ago_ms / 1000 + 86400, UTC).day))
        wished = Subscription(
            0, "all", site, Cadence.MONTHLY, day, wish, "vi", address, "lan", month_ago_ms - 28 * DAY_MS
        )
        return self.store.add(wished)

    def states(self, subscription: int) -> list[State]:
        """How far its sendings are."""
        return [sending.state for sending in self.store.sendings(subscription, 9)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with smtp_server() as (received, port):
        office = Office(tmp_path, received, port)
        yield office
        office.daemon.kill()


def all_sent(office: Office, *subscriptions: int) -> bool:
    states = [office.states(one) for one in subscriptions]
    return all(found and set(found) == {State.SENT} for found in states)


@pytest.mark.req("D3")
def test_a_report_that_is_due_goes_out_with_its_files(office: Office) -> None:
    number = office.subscribe("so.yte@mau.example", Format.BOTH)
    office.daemon.start()
    until(lambda: all_sent(office, number), within_s=30, what="the report sent")
    message = office.received.messages[0]
    assert message["To"] == "so.yte@mau.example"
    assert message["From"] == "moiso@mau.example"
    assert message["Subject"].startswith("Báo cáo Tháng ")
    assert message["Auto-Submitted"] == "auto-generated"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Số liệu đến " in body.get_content()
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    (pdf,) = [content for name, content in files.items() if name and name.endswith(".pdf")]
    (xlsx,) = [content for name, content in files.items() if name and name.endswith(".xlsx")]
    assert (pdf[:4], xlsx[:2]) == (b"%PDF", b"PK")
    assert office.daemon.stop() == 0
    assert "mau.example" not in office.log.read_text(encoding="utf-8")


@pytest.mark.req("D1", "D3")
def test_a_report_goes_by_the_targets_that_the_department_has_set_by_then(office: Office) -> None:
    office.daemon.start()
    Targets(office.data, {}).change(Kind.TARGET, "all", {"look-ups": Change(USUAL, "0.875")}, "lan", 1)
    number = office.subscribe("so.yte@mau.example")
    office.daemon.kill()
    office.daemon.start()  # it looks at its start; otherwise once a minute
    until(lambda: all_sent(office, number), within_s=30, what="the report sent")
    (workbook,) = [part.get_content() for part in office.received.messages[0].iter_attachments()]
    cells = {cell.value for row in openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[0] for cell in row}
    assert {"≥\u00a087,50\u00a0%", "≥\u00a090,00\u00a0%"} <= cells


@pytest.mark.req("D3")
def test_after_a_power_cut_nothing_is_sent_twice_and_nothing_forgotten(office: Office) -> None:
    numbers = [office.subscribe(f"nguoi-{n}@mau.example") for n in range(6)]
    office.daemon.start()
    until(lambda: len(office.received.messages) >= 2, within_s=30, what="two reports sent")
    office.daemon.kill()
    office.daemon.start()
    settled = {State.SENT, State.UNSURE}
    until(lambda: all(office.states(one) and set(office.states(one)) <= settled for one in numbers), within_s=30)
    office.daemon.stop()
    came = Counter((message["To"], message["Message-ID"]) for message in office.received.messages)
    assert set(came.values()) == {1}
    unsure = [one for one in numbers if State.UNSURE in office.states(one)]
    assert len(unsure) <= 1  # it was between the server's taking it on and our noting that
    assert len({address for address, _ in came}) >= len(numbers) - len(unsure)


def test_what_a_server_took_and_never_answered_is_shown_as_unsure(office: Office) -> None:
    number = office.subscribe("so.yte@mau.example")
    office.received.holding.set()
    office.daemon.start()
    until(office.received.held.is_set, within_s=30, what="the message with the server")
    office.daemon.kill()
    office.received.holding.clear()
    office.daemon.start()
    until(lambda: State.UNSURE in office.states(number), what="the report shown as unsure")
    other = office.subscribe("khac@mau.example")
    office.daemon.kill()
    office.daemon.start()
    until(lambda: all_sent(office, other), within_s=30, what="the other's report")
    sent = [message["Message-ID"] for message in office.received.messages]
    assert len(sent) == len(set(sent))
    assert "page of subscriptions" in office.log.read_text(encoding="utf-8")


def test_a_refusal_is_noted_without_the_address_and_others_go_out(office: Office) -> None:
    gone = office.subscribe("so.yte@mau.example", site="no-such-site")
    kept = office.subscribe("khac@mau.example")
    office.received.refuse = "554 5.1.1 so.yte@mau.example is unknown"
    office.daemon.start()
    until(lambda: [one.fault for one in office.store.sendings(kept, 1)] == ["SMTPDataError 554"], within_s=30)
    (tried,) = office.store.sendings(kept, 1)
    assert (tried.state, tried.tries) == (State.DUE, 1)
    assert [one.fault for one in office.store.sendings(gone, 1)] == ["NoFacility"]
    assert "mau.example" not in office.log.read_text(encoding="utf-8")


def test_without_a_mail_server_it_says_so_and_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "cloud.toml").write_text(CONFIG.partition("[mail]")[0], encoding="utf-8")
    daemon = Daemon("cloud.reports.app", tmp_path / "cloud.toml", tmp_path / "log")
    daemon.launch()
    assert daemon.exit_status() == 78
    assert "[mail]" in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    create_authority(folder / "ca.crt", folder / "ca.key", "Fictitious mail authority")
    issue(
        folder / "ca.crt",
        folder / "ca.key",
        crt=folder / "mail.crt",
        key=folder / "mail.key",
        common_name="mail",
        hosts=("127.0.0.1",),
        client=False,
    )
    return folder


@pytest.fixture(scope="module")
def private(authority: Path) -> Iterator[tuple[Received, int]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "mail.crt", authority / "mail.key")
    with smtp_server(tls=context, login=("moiso", "right-password")) as server:
        yield server


def private_mail(authority: Path, port: int, password: str, ca: Path | None) -> Mail:
    path = authority / f"secret-{password}"
    path.write_text(password, encoding="utf-8")
    return Mail("127.0.0.1", "moiso@mau.example", port, Security.STARTTLS, "moiso", path, ca)


def test_a_message_goes_over_tls_to_a_server_that_is_known(authority: Path, private: tuple[Received, int]) -> None:
    received, port = private
    mail = private_mail(authority, port, "right-password", authority / "ca.crt")
    send(mail, "a@mau.example", "Báo cáo", "Kính gửi", [("ốp.csv", "text/csv", b"a")])
    (message,) = received.messages
    assert [part.get_filename() for part in message.iter_attachments()] == ["ốp.csv"]
    with pytest.raises(ssl.SSLError):
        send(private_mail(authority, port, "right-password", None), "a@mau.example", "x", "x")
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        send(private_mail(authority, port, "wrong-password", authority / "ca.crt"), "a@mau.example", "x", "x")
    assert "wrong-password" not in str(refused.value)
    assert len(received.messages) == 1


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "", "a b@c.example"])
def test_an_address_that_is_not_one_is_refused_before_anything_is_sent(to: str) -> None:
    mail = Mail("127.0.0.1", "moiso@mau.example", 9, Security.NONE)
    with pytest.raises(ValueError, match=r"."):
        send(mail, to, "x", "x")
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        send(mail, "a@b.example", "x\r\nBcc: c@d.example", "x")


def test_a_server_that_is_away_is_an_error_and_nothing_is_perhaps_sent() -> None:
    with pytest.raises(ConnectionRefusedError):
        send(Mail("127.0.0.1", "moiso@mau.example", 9, Security.NONE), "a@b.example", "x", "x")
    assert not issubclass(MaybeSent, OSError)


@pytest.mark.parametrize(
    "section",
    [
        'host = "mail.mau.example"\nsender = "a@b.example"\nsecurity = "none"',
        'host = "mail.mau.example"\nsender = "a@b.example"\nuser = "a"',
        'host = "mail.mau.example"',
    ],
)
def test_a_mail_server_that_is_not_private_is_refused_at_the_start(tmp_path: Path, section: str) -> None:
    (tmp_path / "mail.toml").write_text(section, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mail\.toml"):
        load(tmp_path / "mail.toml", Mail)
