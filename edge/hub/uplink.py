"""Events go up in batches; the outbox is the journal itself, and forgets only what the ingest has committed."""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
import paho.mqtt.client as mqtt
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.contracts.events import Acknowledgement, Announced, Batch, Entry
from edge.contracts.topics import acknowledgements, events
from edge.daemon.config import Broker
from edge.daemon.mqtt import secure
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal

log = logging.getLogger(__name__)

VERSION = 1
TOGETHER = 200
MOST_BYTES = 512 * 1024  # the ingest refuses twice that
GATHER_S = 0.2  # live within seconds, without a message for every event
ANSWER_S = 5.0
KEEPALIVE_S = 30
RECONNECT_MOST_S = 30

_acknowledgement = msgspec.json.Decoder(Acknowledgement)


class Uplink:
    """The hub's MQTT 5 link: one batch under way at a time, sent again until it is acknowledged."""

    def __init__(self, config: Broker, site: str, inbox: Inbox, journal: Journal) -> None:
        self._config = config
        self._site = site
        self._inbox = inbox
        self._journal = journal
        self._acknowledged = journal.acknowledged()
        self._connected = asyncio.Event()
        self._news = asyncio.Event()
        self._answered = asyncio.Event()

    def wake(self) -> None:
        """There is something new in the journal."""
        self._news.set()

    async def run(self) -> None:
        """Send for ever."""
        client = self._connect()
        try:
            while True:
                await self._connected.wait()
                self._news.clear()
                if self._acknowledged >= self._inbox.queue.seq:
                    await self._news.wait()
                    await asyncio.sleep(GATHER_S)
                    continue
                await self._send_one(client)
        finally:
            client.disconnect()
            client.loop_stop()

    async def _send_one(self, client: mqtt.Client) -> None:
        upto = min(self._inbox.queue.seq, self._acknowledged + TOGETHER)
        entries = await self._inbox.entries(self._acknowledged, upto)
        self._answered.clear()
        client.publish(events(self._site), payload_of(self._inbox.epoch, entries), qos=1)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            return  # sent again: the ingest counts an entry once
        await self._inbox.on_disk(self._journal.set_acknowledged, self._acknowledged)

    def _connect(self) -> mqtt.Client:
        """A client with its own thread; what it hears is handed to the event loop."""
        loop = asyncio.get_running_loop()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._site, protocol=mqtt.MQTTv5)
        secure(client, self._config)
        client.max_queued_messages_set(4)
        client.reconnect_delay_set(1, RECONNECT_MOST_S)

        def on_connect(client: mqtt.Client, _: object, __: object, reason: ReasonCode, ___: Properties | None) -> None:
            if reason.is_failure:
                log.error("the broker refuses this site: %s", reason)
                return
            log.info("broker is there")
            client.subscribe(acknowledgements(self._site), qos=1)
            loop.call_soon_threadsafe(self._connected.set)

        def on_disconnect(_: mqtt.Client, __: object, ___: object, reason: ReasonCode, ____: Properties | None) -> None:
            log.warning("broker is lost: %s", reason)
            loop.call_soon_threadsafe(self._connected.clear)

        def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._hear, bytes(message.payload))

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_message = on_message
        host, port = self._config.host_port
        client.connect_async(host, port, keepalive=KEEPALIVE_S, clean_start=True)
        client.loop_start()
        return client

    def _hear(self, payload: bytes) -> None:
        try:
            heard = _acknowledgement.decode(payload)
        except (msgspec.ValidationError, msgspec.DecodeError):
            log.warning("an acknowledgement cannot be read: is the ingest of another version?")
            return
        if heard.version != VERSION or heard.epoch != self._inbox.epoch:
            return
        if heard.seq <= self._inbox.queue.seq:
            self._acknowledged = heard.seq  # lower than before where the cloud was restored from a backup
            self._answered.set()


def payload_of(epoch: str, entries: Sequence[Entry]) -> bytes:
    """A batch of as many of these entries, from the first, as one message takes; the others go with the next.

    A catalogue or the opening of a day is as long as hundreds of tickets.
    """
    entries = [_without_words(entry) for entry in entries]
    payload = msgspec.json.encode(Batch(VERSION, epoch, tuple(entries)))
    while len(payload) > MOST_BYTES and len(entries) > 1:
        entries = entries[: len(entries) // 2]
        payload = msgspec.json.encode(Batch(VERSION, epoch, tuple(entries)))
    return payload


def _without_words(entry: Entry) -> Entry:
    """What somebody typed for the hall may name a person, and so does not leave the building."""
    if isinstance(entry.event, Announced):
        return replace(entry, event=replace(entry.event, text_vi="", text_en=""))
    return entry
