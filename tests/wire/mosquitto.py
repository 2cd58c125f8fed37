"""A real Mosquitto with its own authority, as the product's provisioning sets it up, on a free port of loopback."""

import contextlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from provisioning.broker import write_broker_config
from provisioning.certificates import create_authority, issue
from provisioning.demo.ports import reserve_port
from tests.waiting import until


class Broker:
    """``folder`` holds the authority (``ca.crt``), and ``<name>.crt`` and ``.key`` of every client that was issued."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        create_authority(folder / "ca.crt", folder / "ca.key", "Fictitious broker authority")
        self.issue("broker", hosts=("127.0.0.1",))
        self.configuration = write_broker_config(
            folder,
            port=port,
            bind="127.0.0.1",
            ca=folder / "ca.crt",
            certificate=folder / "broker.crt",
            key=folder / "broker.key",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def issue(self, name: str, *, hosts: tuple[str, ...] = ()) -> None:
        """Give ``name`` a certificate: a client's, or a server's where it has hosts."""
        issue(
            self.folder / "ca.crt",
            self.folder / "ca.key",
            crt=self.folder / f"{name}.crt",
            key=self.folder / f"{name}.key",
            common_name=name,
            hosts=hosts,
            client=not hosts,
        )

    def start(self) -> None:
        """Start the broker and wait until it answers."""
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self._process = subprocess.Popen(["mosquitto", "-c", str(self.configuration)], stderr=log)
        until(self._answers, within_s=10, what="the broker's port")

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """The broker's process."""
        assert self._process is not None
        return self._process.pid

    def reload(self) -> None:
        """Have it read its lists again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


class Client:
    """A bare MQTT 5 client that writes down what happens to it."""

    def __init__(self, broker: Broker, name: str, *, ca: Path | None = None, certificate: str = "") -> None:
        folder = broker.folder
        self.messages: list[tuple[str, bytes]] = []
        self.connections: list[str] = []
        self.published: dict[int, str] = {}
        self.granted: list[str] = []
        self.lost: list[str] = []
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        if certificate:
            self.mqtt.tls_set(
                str(ca or folder / "ca.crt"), str(folder / f"{certificate}.crt"), str(folder / f"{certificate}.key")
            )
        else:
            self.mqtt.tls_set(str(ca or folder / "ca.crt"))
        self.mqtt.on_connect = self._on_connect
        self.mqtt.on_disconnect = self._on_disconnect
        self.mqtt.on_message = self._on_message
        self.mqtt.on_publish = self._on_publish
        self.mqtt.on_subscribe = self._on_subscribe
        self.mqtt.on_socket_open = _on_socket_open
        self._port = broker.port

    def connect(self) -> None:
        """Open the connection; raises what the TLS handshake raises."""
        self.mqtt.connect("127.0.0.1", self._port, keepalive=30)
        self.mqtt.loop_start()

    def close(self) -> None:
        """Disconnect and end the client's thread."""
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def publish(self, topic: str, payload: bytes) -> str:
        """The broker's reason code for this message at QoS 1."""
        mid = self.mqtt.publish(topic, payload, qos=1).mid
        return until(lambda: self.published.get(mid, ""), what="the broker's PUBACK")

    def subscribe(self, topic: str) -> str:
        """The broker's reason code for this subscription."""
        before = len(self.granted)
        self.mqtt.subscribe(topic, qos=1)
        until(lambda: len(self.granted) > before, what="the broker's SUBACK")
        return self.granted[-1]

    def _on_connect(
        self, client: mqtt.Client, userdata: object, flags: object, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.connections.append(str(reason))

    def _on_disconnect(
        self, client: mqtt.Client, userdata: object, flags: object, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.lost.append(str(reason))

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        self.messages.append((message.topic, bytes(message.payload)))

    def _on_publish(
        self, client: mqtt.Client, userdata: object, mid: int, reason: ReasonCode, properties: Properties
    ) -> None:
        self.published[mid] = str(reason)

    def _on_subscribe(
        self, client: mqtt.Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties
    ) -> None:
        self.granted.append(str(reasons[0]))


def free_port() -> int:
    """A port of loopback that nothing listens at, for this process alone."""
    return reserve_port()


@contextlib.contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker that runs while the block does."""
    broker = Broker(folder, free_port())
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def _on_socket_open(_client: mqtt.Client, _data: object, sock: object) -> None:
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
