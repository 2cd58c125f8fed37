"""moiso-ingest: takes the sites' batches from the broker, commits them to the ledger, and then gives its word.

One thread: while a transaction is written nothing is read from the broker, and the broker holds no more than
``IN_FLIGHT`` messages out to us, so no queue grows here. A message is answered twice, both after the commit: with the
ingest's acknowledgement to the site, which may then forget, and with PUBACK to the broker. Whatever dies in between
leads to the same batch once more, which the ledger knows.
"""

import logging
import secrets
import signal
import threading
import time

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cloud.admission import VERSION, NotAdmitted, Reason, admit
from cloud.config import configured
from cloud.ledger import Ledger
from edge.contracts import topics
from edge.contracts.events import Acknowledgement
from edge.daemon.config import Broker
from edge.daemon.logs import start_logging
from edge.daemon.mqtt import secure
from edge.daemon.notify import notify

log = logging.getLogger("moiso-ingest")

CLIENT_ID = "ingest"  # the broker goes by the certificate's name instead, which is the same
IN_FLIGHT = 100
SESSION_S = 3600  # how long the broker keeps messages for an ingest that is away; the sites keep them for ever
KEEPALIVE_S = 30
CONNECT_S = 5.0
LOOK_UP_S = 0.5  # how soon a signal is noticed
RETRY_FIRST_S, RETRY_MOST_S = 0.5, 15.0


class Ingest:
    """The way from the broker into a ledger."""

    def __init__(self, broker: Broker, ledger: Ledger) -> None:
        self._host, self._port = broker.host_port
        self._ledger = ledger
        self._inbox: list[mqtt.MQTTMessage] = []
        self._refusing: set[tuple[str, Reason]] = set()
        self._lost = False
        self._mqtt = _client(broker)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_subscribe = self._on_subscribe
        self._mqtt.on_message = self._on_message

    def run(self, stop: threading.Event) -> None:
        """Take batches until ``stop``; a broker that is away is tried again and again."""
        pause = RETRY_FIRST_S
        while not stop.is_set():
            try:
                self._connect()
            except OSError as error:
                self._note_loss(f"{type(error).__name__}: {error}")
            else:
                if self._take(stop):
                    pause = RETRY_FIRST_S
            # Everybody was cut off at the same moment; nobody need come back at the same one.
            stop.wait(pause * secrets.SystemRandom().uniform(0.5, 1.5))
            pause = min(2 * pause, RETRY_MOST_S)
        self._mqtt.disconnect()

    def _connect(self) -> None:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no annotation there
        session.SessionExpiryInterval = SESSION_S
        session.ReceiveMaximum = IN_FLIGHT
        self._mqtt.connect(self._host, self._port, keepalive=KEEPALIVE_S, clean_start=False, properties=session)

    def _take(self, stop: threading.Event) -> bool:
        """Take batches until the connection ends; whether there was one."""
        answered = False
        while not stop.is_set():
            state = self._mqtt.loop(LOOK_UP_S)
            read = 0
            while state is MQTTErrorCode.MQTT_ERR_SUCCESS and read < len(self._inbox) < IN_FLIGHT:
                read = len(self._inbox)
                state = self._mqtt.loop(0)
            answered = answered or self._mqtt.is_connected()
            self._commit()
            if state is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._note_loss(mqtt.error_string(state))
                break
        return answered

    def _commit(self) -> None:
        """Write everything in the inbox in one transaction, then answer it."""
        if not self._inbox:
            return
        received_ms = time.time_ns() // 1_000_000
        admitted = []
        for message in self._inbox:
            site = topics.site_of(message.topic)
            try:
                admitted.append((site, admit(bytes(message.payload))))
            except NotAdmitted as refusal:
                self._ledger.note_refusal(site, refusal.reason, len(message.payload), received_ms=received_ms)
                self._note_refusal(site, refusal.reason)
        answers: dict[tuple[str, str], Acknowledgement] = {}
        committed = self._ledger.record_all(admitted, received_ms=received_ms)
        for (site, batch), seq in zip(admitted, committed, strict=True):
            answers[site, batch.epoch] = Acknowledgement(VERSION, batch.epoch, seq)
            if seq < batch.entries[-1].seq:
                self._note_refusal(site, Reason.GAP)
            else:
                self._note_acceptance(site)
        for (site, _), answer in answers.items():
            self._mqtt.publish(topics.acknowledgements(site), msgspec.json.encode(answer), qos=1)
        for message in self._inbox:
            self._mqtt.ack(message.mid, message.qos)
        self._inbox.clear()

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._note_loss(f"the broker refuses: {reason}")
            return
        client.subscribe(topics.UP_FILTER, qos=1)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties
    ) -> None:
        if reasons[0].is_failure:
            self._note_loss(f"the broker refuses the subscription: {reasons[0]}")
            return
        if self._lost:
            log.info("broker is back")
            self._lost = False
        notify("READY=1")

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._inbox.append(message)

    def _note_loss(self, why: str) -> None:
        if not self._lost:
            log.warning("broker is lost: %s", why)
            self._lost = True

    def _note_refusal(self, site: str, reason: Reason) -> None:
        if (site, reason) not in self._refusing:
            log.error("what site %s sends is refused: %s", site, reason.value)
            self._refusing.add((site, reason))

    def _note_acceptance(self, site: str) -> None:
        refused = {(s, reason) for s, reason in self._refusing if s == site}
        if refused:
            log.info("what site %s sends is taken again", site)
            self._refusing -= refused


def _client(broker: Broker) -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=CLIENT_ID,
        protocol=mqtt.MQTTv5,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    client.connect_timeout = CONNECT_S
    client.max_queued_messages_set(10 * IN_FLIGHT)  # an acknowledgement lost here is asked for again by the site
    secure(client, broker)
    return client


def main() -> None:
    """Run until SIGTERM."""
    start_logging("moiso-ingest")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with configured() as config:
        ingest = Ingest(config.broker, Ledger(config.data))
        ingest.run(stop)
        notify("STOPPING=1")


if __name__ == "__main__":
    main()
