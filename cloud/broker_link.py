"""A program's way to the broker: a connection that comes back by itself, and what came by it, turn by turn.

One thread: while the program works on a turn nothing is read, and the broker holds only so much out to us, so no queue
grows here.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence

import paho.mqtt.client as mqtt
from msgspec import Struct
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.daemon.config import Broker
from edge.daemon.mqtt import secure
from edge.daemon.notify import Alive, notify

KEEPALIVE_S = 30
CONNECT_S = 5.0
LOOK_UP_S = 0.5  # how soon a signal is noticed
RETRY_FIRST_S, RETRY_MOST_S = 0.5, 15.0


class Held(Struct, frozen=True):
    """What the broker is to hold until the program has said ``acknowledge``: at most ``in_flight`` messages, and
    while it is away for ``session_s`` seconds."""

    in_flight: int
    session_s: int = 0


class BrokerLink:
    """Hears what ``filters`` (topic filter, QoS) match. ``client_id`` is its certificate's name, by which the broker
    goes. Up to ``together`` messages make a turn. ``needed``: without a broker the program is not ready.

    Raises ConfigError where the certificate cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        filters: Sequence[tuple[str, int]],
        log: logging.Logger,
        *,
        together: int = 1,
        held: Held | None = None,
        needed: bool = True,
        look_up_s: float = LOOK_UP_S,
    ) -> None:
        self.inbox: list[mqtt.MQTTMessage] = []  # the turn's messages; the program empties it
        self.up = False  # whether what is published now is heard here
        self.known = False  # whether it is known if there is a broker
        self._host, self._port = broker.host_port
        self._filters = list(filters)
        self._log = log
        self._together = together
        self._held = held
        self._needed = needed
        self._look_up_s = look_up_s
        self._lost = False
        self._alive = Alive()
        self._mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            manual_ack=held is not None,
            reconnect_on_failure=False,
        )
        self._mqtt.connect_timeout = CONNECT_S
        self._mqtt.max_queued_messages_set(10 * held.in_flight if held else 0)
        secure(self._mqtt, broker)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_subscribe = self._on_subscribe
        self._mqtt.on_message = lambda _client, _data, message: self.inbox.append(message)

    def run(self, stop: threading.Event, turn: Callable[[], None]) -> None:
        """Until ``stop``; a broker that is away is tried again and again, and the turns go on meanwhile."""
        pause_s = RETRY_FIRST_S
        while not stop.is_set():
            try:
                self._connect()
            except OSError as error:
                self._note_loss(f"{type(error).__name__}: {error}")
            else:
                if self._listen(stop, turn):
                    pause_s = RETRY_FIRST_S
            # Everybody was cut off at the same moment; nobody need come back at the same one.
            self._rest(stop, turn, pause_s * secrets.SystemRandom().uniform(0.5, 1.5))
            pause_s = min(2 * pause_s, RETRY_MOST_S)
        self._mqtt.disconnect()

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Send a message, where there is a broker."""
        self._mqtt.publish(topic, payload, qos=qos)

    def acknowledge(self) -> None:
        """Tell the broker that the turn's messages are done with, and empty the inbox."""
        for message in self.inbox:
            self._mqtt.ack(message.mid, message.qos)
        self.inbox.clear()

    def _connect(self) -> None:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no annotation there
        session_s = 0
        if self._held:
            session_s = session.SessionExpiryInterval = self._held.session_s
            session.ReceiveMaximum = self._held.in_flight
        self._mqtt.connect(self._host, self._port, keepalive=KEEPALIVE_S, clean_start=not session_s, properties=session)

    def _listen(self, stop: threading.Event, turn: Callable[[], None]) -> bool:
        """Listen until the connection ends; whether there was one."""
        answered = False
        while not stop.is_set():
            self._alive.tell()
            state = self._mqtt.loop(self._look_up_s)
            read = 0
            while state is MQTTErrorCode.MQTT_ERR_SUCCESS and read < len(self.inbox) < self._together:
                read = len(self.inbox)
                state = self._mqtt.loop(0)
            answered = answered or self._mqtt.is_connected()
            if state is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._note_loss(mqtt.error_string(state))
            turn()
            if state is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        return answered

    def _rest(self, stop: threading.Event, turn: Callable[[], None], pause_s: float) -> None:
        until = time.monotonic() + pause_s
        while not stop.is_set() and (left_s := until - time.monotonic()) > 0:
            self._alive.tell()
            turn()
            stop.wait(min(left_s, self._look_up_s))

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._note_loss(f"the broker refuses: {reason}")
            return
        client.subscribe(self._filters)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._note_loss(f"the broker refuses the subscription: {reason}")
                return
        if self._lost:
            self._log.info("broker is back")
            self._lost = False
        self.up = self.known = True
        notify("READY=1")

    def _note_loss(self, why: str) -> None:
        if not self._lost:
            self._log.warning("broker is lost: %s", why)
            self._lost = True
        self.up, self.known = False, True
        if not self._needed:
            notify("READY=1")
