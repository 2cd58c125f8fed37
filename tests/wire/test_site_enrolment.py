"""A site's hub that joins the cloud: the real command over real TLS, a real issuer, and a broker that believes both."""

import socket
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from paho.mqtt.enums import CallbackAPIVersion

from cloud.enrolment import Unavailable, ask_issuer, certificates, make_code, open_codes, revoke
from cloud.issuer import Issue, Revoke
from edge.contracts.code_words import typeable
from edge.daemon import identity
from edge.daemon.config import Broker as BrokerConfig
from edge.daemon.mqtt import secure
from edge.daemon.x509 import load_certificate, make_request, new_key
from tests.cloud_enrolment import CloudEnd, cloud_end, served
from tests.cloud_people import Visitor
from tests.enrolment import Command
from tests.waiting import until
from tests.wire.mosquitto import Broker, free_port

SITE = "mau-01"


@pytest.fixture
def end(tmp_path: Path) -> Iterator[CloudEnd]:
    with cloud_end(tmp_path) as made:
        yield made


@pytest.fixture
def dashboard(end: CloudEnd, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    (tmp_path / "web").mkdir()
    with served(end.app(), tmp_path / "web") as made:
        yield made


def join(dashboard: tuple[str, Path], folder: Path, code: str, site: str = SITE) -> Command:
    url, ca = dashboard
    return Command("cloud", "--url", url, "--ca", str(ca), "--site", site, "--code", code, "--folder", str(folder))


def renewed(folder: Path) -> Command:
    return Command("renew", "--folder", str(folder), "--now")


def certificate(folder: Path) -> x509.Certificate:
    return load_certificate((identity.current(folder) / "certificate.pem").read_bytes())


@pytest.mark.req("X1", "X3", "X6")
def test_a_hub_joins_with_a_code_and_has_a_certificate_of_its_own_key(
    end: CloudEnd, dashboard: tuple[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "identity"
    command = join(dashboard, folder, typeable(make_code(end.data, SITE, "lan")))
    assert command.status() == 0, command.said
    made = certificate(folder)
    assert [str(name.value) for name in made.subject] == [SITE]
    assert made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value == x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    broker = BrokerConfig(identity=folder)
    assert (broker.address, broker.ca) == ("broker.example.org:8883", folder / "current/ca.crt")
    assert [(one.site, one.revoked_ms) for one in certificates(end.data)] == [(SITE, 0)]
    assert f"issued to {SITE}" in end.issuer.log.read_text()


@pytest.mark.req("X1", "X6")
def test_a_wrong_code_a_code_of_another_site_and_one_that_was_used_are_refused_alike(
    end: CloudEnd, dashboard: tuple[str, Path], tmp_path: Path
) -> None:
    code = make_code(end.data, SITE, "lan")
    wrong = join(dashboard, tmp_path / "a", typeable(bytes(6)))
    assert wrong.status() == 3, wrong.said
    assert join(dashboard, tmp_path / "b", typeable(code), "mau-02").status() == 3
    assert join(dashboard, tmp_path / "c", typeable(code)).status() == 0
    replayed = join(dashboard, tmp_path / "d", typeable(code))
    assert replayed.status() == 3
    assert not (tmp_path / "d/current").exists()
    assert len(certificates(end.data)) == 1


def test_a_lost_answer_costs_nothing_the_same_key_asks_again_and_gets_the_same(
    end: CloudEnd, dashboard: tuple[str, Path], tmp_path: Path
) -> None:
    folder, code = tmp_path / "identity", typeable(make_code(end.data, SITE, "lan"))
    end.issuer.kill()
    unlucky = join(dashboard, folder, code)
    assert unlucky.status() == 1, unlucky.said
    end.issuer.start()
    assert join(dashboard, folder, code).status() == 0
    first = certificate(folder)
    (folder / "current").unlink()  # the power went before it was put in force
    assert join(dashboard, folder, code).status() == 0
    assert certificate(folder) == first
    assert [one.used for one in open_codes(end.data)] == [True]


@pytest.mark.req("X1", "X6")
def test_a_hub_renews_with_the_key_that_it_has_and_a_revoked_one_does_not(
    end: CloudEnd, dashboard: tuple[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "identity"
    assert join(dashboard, folder, typeable(make_code(end.data, SITE, "lan"))).status() == 0
    first = certificate(folder)
    command = renewed(folder)
    assert command.status() == 0, command.said
    second = certificate(folder)
    assert second.public_key() != first.public_key()
    assert renewed(folder).status() == 0
    serials = {one.serial: one.revoked_ms for one in certificates(end.data)}
    assert serials[f"{first.serial_number:x}"] > 0, "the one before the one that was shown is good no more"
    assert f"{first.serial_number:x}" in listed(end)
    admin = Visitor(end.app())
    admin.log_in("lan")
    assert admin.post(f"/enrolment/{SITE}/revoke").status_code == 302
    refused = renewed(folder)
    assert refused.status() == 3
    assert "thu hồi" in refused.said
    assert listed(end) == set(serials) | {one.serial for one in certificates(end.data)}


def listed(end: CloudEnd) -> set[str]:
    return {f"{one.serial_number:x}" for one in x509.load_pem_x509_crl(end.revoked.read_bytes())}


@pytest.mark.req("X3", "X6")
def test_the_broker_takes_an_enrolled_site_and_refuses_it_once_it_is_revoked(
    end: CloudEnd, dashboard: tuple[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "identity"
    assert join(dashboard, folder, typeable(make_code(end.data, SITE, "lan"))).status() == 0
    place = tmp_path / "broker"
    place.mkdir()
    broker = Broker(place, free_port())
    configuration = broker.configuration.read_text()
    configuration = configuration.replace(str(place / "ca.crt"), str(end.folder / "ca.crt"))
    write = configuration.replace("tls_version tlsv1.2", f"crlfile {end.revoked}\ntls_version tlsv1.2")
    broker.configuration.write_text(write)
    broker.start()
    try:
        mine = BrokerConfig(identity=folder)
        ours = BrokerConfig(f"127.0.0.1:{broker.port}", place / "ca.crt", mine.certificate, mine.key)

        def connects() -> list[str]:
            told: list[str] = []
            client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=SITE, protocol=mqtt.MQTTv5)
            secure(client, ours)
            client.on_connect = lambda *args: told.append(str(args[3]))
            client.on_disconnect = lambda *_: told.append("gone")
            client.connect("127.0.0.1", broker.port)
            client.loop_start()
            until(lambda: told, what="the broker's word")
            client.loop_stop()
            client.disconnect()
            return told

        assert connects()[0] == "Success"
        serials = revoke(end.data, SITE)
        ask_issuer(end.socket, Revoke(serials))
        broker.reload()

        def is_refused() -> bool:
            try:
                return connects()[0] != "Success"
            except OSError:
                return True

        until(is_refused, what="the broker's refusal")
    finally:
        broker.kill()


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    "order",
    [
        b"",
        b"{}",
        b"x" * 40_000,
        b'{"type":"issue","site":"ingest","csr":""}',
        b'{"type":"issue","site":"../etc","csr":""}',
        b'{"type":"issue","site":"mau-01","csr":"-----BEGIN"}',
        b'{"type":"revoke","serials":["zz"]}',
    ],
)
def test_the_issuer_signs_nothing_but_a_sites_request(end: CloudEnd, order: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(end.socket))
        sock.sendall(order + b"\n")
        try:
            answer = sock.recv(4096)
        except ConnectionError:
            answer = b""
    assert b"CERTIFICATE" not in answer
    assert "issued" not in end.issuer.log.read_text()


@pytest.mark.req("X6")
def test_the_issuer_never_makes_a_servers_certificate(end: CloudEnd) -> None:
    with pytest.raises(Unavailable, match="hosts"):
        ask_issuer(end.socket, Issue(SITE, make_request(new_key(), SITE, ["broker.example.org"])))
    assert ask_issuer(end.socket, Issue(SITE, make_request(new_key(), "ingest")))  # the name is the order's
    assert (end.socket.stat().st_mode & 0o007) == 0
