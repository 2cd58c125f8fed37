"""The broker, as provisioned: every site under its own topics only, and nobody without a certificate of ours."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contracts import topics
from edge.daemon.x509 import Authority, load_certificate
from provisioning.broker import write_broker_config
from provisioning.certificates import create_authority, issue
from tests.waiting import until
from tests.wire.mosquitto import Broker, Client, running_broker

# MQTT 5.0, 3.1 and 3.2: CONNECT with clean start, keep alive 60 s, no properties, client id "x"; CONNACK's first byte.
MQTT_CONNECT = bytes.fromhex("10 0e 0004 4d515454 05 02 003c 00 0001 78")
MQTT_CONNACK = b"\x20"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        for name in ("ingest", "mau-01", "mau-02"):
            broker.issue(name)
        yield broker


@pytest.fixture
def connected(broker: Broker) -> Iterator[dict[str, Client]]:
    clients = {name: Client(broker, name, certificate=name) for name in ("ingest", "mau-01", "mau-02")}
    for client in clients.values():
        client.connect()
    until(lambda: all(client.connections for client in clients.values()))
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.req("X3", "X6")
def test_a_site_publishes_under_its_own_name_and_the_ingest_reads_it(connected: dict[str, Client]) -> None:
    assert connected["ingest"].subscribe(topics.UP_FILTER) == "Granted QoS 1"
    assert connected["mau-01"].publish(topics.events("mau-01"), b"mine") == "Success"
    until(lambda: connected["ingest"].messages == [(topics.events("mau-01"), b"mine")])


@pytest.mark.req("X1", "X6")
def test_a_site_may_not_publish_for_another_and_is_told_so(connected: dict[str, Client]) -> None:
    connected["ingest"].subscribe(topics.UP_FILTER)
    assert connected["mau-02"].publish(topics.events("mau-01"), b"forged") == "Not authorized"
    assert connected["mau-02"].publish(topics.acknowledgements("mau-01"), b"forged") == "Not authorized"
    assert connected["mau-02"].publish(topics.acknowledgements("mau-02"), b"forged") == "Not authorized"
    connected["mau-02"].publish(topics.events("mau-02"), b"honest")
    until(lambda: connected["ingest"].messages)
    assert connected["ingest"].messages == [(topics.events("mau-02"), b"honest")]


@pytest.mark.req("X1", "X6")
def test_a_site_reads_only_what_is_meant_for_it(connected: dict[str, Client]) -> None:
    connected["mau-02"].subscribe("moiso/v1/#")
    connected["mau-02"].subscribe(topics.acknowledgements("mau-01"))
    connected["mau-01"].subscribe(topics.acknowledgements("mau-01"))
    connected["ingest"].publish(topics.acknowledgements("mau-01"), b"for mau-01")
    connected["mau-01"].publish(topics.events("mau-01"), b"to the ingest")
    connected["ingest"].publish(topics.acknowledgements("mau-02"), b"for mau-02")
    until(lambda: connected["mau-02"].messages)
    assert set(connected["mau-02"].messages) == {(topics.acknowledgements("mau-02"), b"for mau-02")}
    until(lambda: connected["mau-01"].messages == [(topics.acknowledgements("mau-01"), b"for mau-01")])


@pytest.mark.req("X1")
def test_the_ingest_reads_events_and_nothing_else_that_sites_send(connected: dict[str, Client]) -> None:
    connected["ingest"].subscribe("moiso/v1/#")
    assert connected["ingest"].publish(f"{topics.ROOT}/mau-01/down/config", b"not its business") == "Not authorized"
    connected["mau-01"].publish(f"{topics.ROOT}/mau-01/up/other", b"for others")
    connected["mau-01"].publish(topics.events("mau-01"), b"for the ingest")
    until(lambda: connected["ingest"].messages)
    assert connected["ingest"].messages == [(topics.events("mau-01"), b"for the ingest")]


@pytest.mark.req("X1", "X6")
def test_a_site_that_listens_beside_the_ingest_reads_nothing_and_takes_nothing_from_it(
    connected: dict[str, Client],
) -> None:
    connected["ingest"].subscribe(topics.UP_FILTER)
    connected["mau-02"].subscribe(topics.UP_FILTER)
    connected["mau-02"].subscribe(f"$share/ingest/{topics.UP_FILTER}")
    sent = [f"batch {number}".encode() for number in range(10)]
    for payload in sent:
        assert connected["mau-01"].publish(topics.events("mau-01"), payload) == "Success"
    until(lambda: [payload for _, payload in connected["ingest"].messages] == sent)
    assert connected["mau-02"].messages == []


@pytest.mark.req("X6")
def test_a_site_cannot_put_another_out_by_taking_its_client_id(broker: Broker, connected: dict[str, Client]) -> None:
    thief = Client(broker, "mau-01", certificate="mau-02")
    connected["mau-02"].close()
    thief.connect()
    until(lambda: thief.connections == ["Success"])
    assert connected["mau-01"].publish(topics.events("mau-01"), b"still here") == "No matching subscribers"
    assert connected["mau-01"].lost == []
    assert thief.publish(topics.events("mau-01"), b"forged") == "Not authorized"
    thief.close()


@pytest.mark.req("X6")
def test_no_certificate_no_connection(broker: Broker) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _first_answer(broker, broker.folder / "ca.crt", "")
    assert _first_answer(broker, broker.folder / "ca.crt", "mau-01") == MQTT_CONNACK


@pytest.mark.req("X6")
def test_a_certificate_of_another_authority_is_refused(broker: Broker, tmp_path: Path) -> None:
    create_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "Fictitious broker authority")
    issue(
        tmp_path / "ca.crt",
        tmp_path / "ca.key",
        crt=broker.folder / "forged.crt",
        key=broker.folder / "forged.key",
        common_name="mau-01",
        client=True,
    )
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _first_answer(broker, broker.folder / "ca.crt", "forged")


@pytest.mark.req("X6")
def test_a_revoked_certificate_opens_no_new_connection_nor_an_old_session(tmp_path: Path) -> None:
    crl = tmp_path / "revoked.crl"
    with running_broker(tmp_path) as broker:
        for name in ("mau-01", "mau-02"):
            broker.issue(name)
        write_broker_config(
            tmp_path,
            port=broker.port,
            bind="127.0.0.1",
            ca=tmp_path / "ca.crt",
            certificate=tmp_path / "broker.crt",
            key=tmp_path / "broker.key",
            crl=crl,
        )
        authority, now = Authority.load(tmp_path / "ca.crt", tmp_path / "ca.key"), datetime.now(UTC)
        crl.write_bytes(authority.revocation_list([], now))
        broker.kill()
        broker.start()
        context = _context(broker, "mau-02")
        with _link(broker, context) as link:
            link.sendall(MQTT_CONNECT)
            assert link.recv(1) == MQTT_CONNACK
            session = link.session
        revoked = load_certificate((tmp_path / "mau-02.crt").read_bytes())
        crl.write_bytes(authority.revocation_list([(revoked.serial_number, now)], now))
        broker.reload()
        until(lambda: _is_refused(broker, context, None), what="the revoked certificate refused")
        assert _is_refused(broker, context, session)
        assert not _is_refused(broker, _context(broker, "mau-01"), None)


@pytest.mark.req("X6")
def test_a_site_refuses_a_broker_of_another_authority(broker: Broker, tmp_path: Path) -> None:
    create_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "Somebody else")
    with pytest.raises(ssl.SSLCertVerificationError):
        _first_answer(broker, tmp_path / "ca.crt", "mau-01")


def test_a_message_beyond_the_limit_ends_the_connection(connected: dict[str, Client]) -> None:
    connected["mau-01"].mqtt.publish(topics.events("mau-01"), bytes(1024 * 1024 + 8192), qos=1)
    until(lambda: connected["mau-01"].lost)


def _first_answer(broker: Broker, ca: Path, certificate: str) -> bytes:
    """The first byte after an MQTT 5 CONNECT; under TLS 1.3 a refused certificate shows only here."""
    with _link(broker, _context(broker, certificate, ca)) as link:
        link.sendall(MQTT_CONNECT)
        answer = link.recv(1)
        if not answer:
            raise ConnectionResetError
        return answer


def _context(broker: Broker, certificate: str, ca: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca or broker.folder / "ca.crt")
    if certificate:
        context.load_cert_chain(broker.folder / f"{certificate}.crt", broker.folder / f"{certificate}.key")
    return context


def _link(broker: Broker, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
    try:
        return context.wrap_socket(sock, server_hostname="127.0.0.1", session=session)
    except OSError:
        sock.close()
        raise


def _is_refused(broker: Broker, context: ssl.SSLContext, session: ssl.SSLSession | None) -> bool:
    try:
        with _link(broker, context, session) as link:
            link.sendall(MQTT_CONNECT)
            return link.recv(1) != MQTT_CONNACK
    except OSError:
        return True
