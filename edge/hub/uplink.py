"""Events go up in batches; the outbox is the journal itself, and forgets only what the ingest has committed."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from random import uniform

import msgspec
import paho.mqtt.client as mqtt
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.contracts.events import Acknowledgement, Announced, Batch, CatalogueAdopted, Entry
from edge.contracts.fleet import HERE, LOST
from edge.contracts.payment import Payment
from edge.contracts.topics import acknowledgements, events, link
from edge.daemon.config import Broker
from edge.daemon.mqtt import secure
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.succession.lineage import Lineage, read_epochs
from edge.hub.succession.tail import Tail

log = logging.getLogger(__name__)

VERSION = 1
TOGETHER = 200
MOST_BYTES = 512 * 1024  # the ingest refuses twice that
GATHER_S = 0.2  # live within seconds, without a message for every event
ANSWER_S = 5.0
KEEPALIVE_S = 30
RECONNECT_FIRST_MOST_S, RECONNECT_MOST_S = 4, 30

_acknowledgement = msgspec.json.Decoder(Acknowledgement)


class Uplink:
    """The hub's MQTT 5 link: one batch under way at a time, sent again until it is acknowledged."""

    def __init__(self, config: Broker, site: str, inbox: Inbox, journal: Journal) -> None:
        self._config = config
        self._site = site
        self._inbox = inbox
        self._journal = journal
        self._lineage = Lineage(read_epochs(journal.epochs(), journal.epoch))
        self._tail = Tail.beside(journal)
        self._sent = journal.epoch
        self._acknowledged = journal.acknowledged()
        self._connected = asyncio.Event()
        self._news = asyncio.Event()
        self._answered = asyncio.Event()
        self._client: mqtt.Client | None = None
        self._telling: mqtt.MQTTMessageInfo | None = None
        self._listeners: dict[str, Callable[[bytes], None]] = {}
        self._joins = 0

    @property
    def joins(self) -> int:
        """How often the broker was reached: after each time nobody knows any more what was told before."""
        return self._joins

    def listen(self, topic: str, hear: Callable[[bytes], None]) -> None:
        """Call ``hear`` in the event loop with what comes down under this topic; to be said before :meth:`run`."""
        self._listeners[topic] = hear

    @property
    def ready(self) -> bool:
        """Whether the broker is there and has taken what it was told last."""
        return self._connected.is_set() and (self._telling is None or self._telling.is_published())

    @property
    def acknowledged(self) -> int:
        """Up to which entry of the journal the ingest has committed."""
        return self._acknowledged

    def tell(self, topic: str, payload: bytes) -> bool:
        """Publish what only counts now (QoS 0), once :attr:`ready`; False where the broker has just gone."""
        if self._client is None:
            return False
        told = self._client.publish(topic, payload, qos=0)
        if told.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        self._telling = told
        return True

    def wake(self) -> None:
        """There is something new in the journal."""
        self._news.set()

    async def run(self) -> None:
        """Send for ever."""
        self._client = client = self._connect()
        try:
            while True:
                await self._connected.wait()
                self._news.clear()
                if self._acknowledged >= self._inbox.queue.seq:
                    if self._tail.left():
                        await self._send_tail(client)
                        continue
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
        self._sent, entries = self._lineage.as_sent(entries)
        if await self._is_answered(client, payload_of(self._sent, entries)):
            await self._inbox.on_disk(self._journal.set_acknowledged, self._acknowledged)

    async def _send_tail(self, client: mqtt.Client) -> None:
        """What the hub before this one had and never gave this one goes up under that one's epoch."""
        self._sent = self._tail.epoch
        await self._is_answered(client, payload_of(self._sent, self._tail.left()[:TOGETHER]))

    async def _is_answered(self, client: mqtt.Client, payload: bytes) -> bool:
        """Send a batch; False where no answer came: it is sent again, and the ingest counts an entry once."""
        self._answered.clear()
        client.publish(events(self._site), payload, qos=1)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            return False
        return True

    def _connect(self) -> mqtt.Client:
        """A client with its own thread; what it hears is handed to the event loop."""
        loop = asyncio.get_running_loop()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._site, protocol=mqtt.MQTTv5)
        secure(client, self._config)
        client.max_queued_messages_set(4)
        # Chance spreads the sites that were cut off together. paho counts in seconds of any kind, and says int.
        first_s = uniform(1, RECONNECT_FIRST_MOST_S)  # noqa: S311 - no secret
        client.reconnect_delay_set(first_s, RECONNECT_MOST_S)  # type: ignore[arg-type]
        client.will_set(link(self._site), LOST, qos=1)

        def on_connect(client: mqtt.Client, _: object, __: object, reason: ReasonCode, ___: Properties | None) -> None:
            if reason.is_failure:
                log.error("the broker refuses this site: %s", reason)
                return
            log.info("broker is there")
            for topic in (acknowledgements(self._site), *self._listeners):
                client.subscribe(topic, qos=1)
            client.publish(link(self._site), HERE, qos=1)
            loop.call_soon_threadsafe(self._joined)

        def on_disconnect(_: mqtt.Client, __: object, ___: object, reason: ReasonCode, ____: Properties | None) -> None:
            log.warning("broker is lost: %s", reason)
            loop.call_soon_threadsafe(self._connected.clear)

        def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._listeners.get(message.topic, self._hear), bytes(message.payload))

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_message = on_message
        host, port = self._config.host_port
        client.connect_async(host, port, keepalive=KEEPALIVE_S, clean_start=True)
        client.loop_start()
        return client

    def _joined(self) -> None:
        self._joins += 1
        self._telling = None  # what the old connection did not carry any more is told by nobody
        self._connected.set()

    def _hear(self, payload: bytes) -> None:
        try:
            heard = _acknowledgement.decode(payload)
        except (msgspec.ValidationError, msgspec.DecodeError):
            log.warning("an acknowledgement cannot be read: is the ingest of another version?")
            return
        if heard.version != VERSION or heard.epoch != self._sent:
            return
        of_tail = self._tail.epoch == heard.epoch and self._tail.acknowledge(heard.seq)
        if of_tail and self._acknowledged >= self._inbox.queue.seq:
            self._answered.set()
            return
        seq = self._lineage.seq_of(heard.epoch, heard.seq)
        if seq is not None and seq <= self._inbox.queue.seq:
            self._acknowledged = seq  # lower than before where the cloud was restored from a backup
            self._answered.set()


def payload_of(epoch: str, entries: Sequence[Entry]) -> bytes:
    """A batch of as many of these entries, from the first, as one message takes; the others go with the next.

    A catalogue or the opening of a day is as long as hundreds of tickets.
    """
    entries = [for_outside(entry) for entry in entries]
    payload = msgspec.json.encode(Batch(VERSION, epoch, tuple(entries)))
    while len(payload) > MOST_BYTES and len(entries) > 1:
        entries = entries[: len(entries) // 2]
        payload = msgspec.json.encode(Batch(VERSION, epoch, tuple(entries)))
    return payload


def for_outside(entry: Entry) -> Entry:
    """What somebody typed for the hall may name a person, and where the facility is paid is for those who stand before
    its counters: neither leaves the building."""
    match entry.event:
        case Announced():
            return replace(entry, event=replace(entry.event, text_vi="", text_en=""))
        case CatalogueAdopted(catalogue=catalogue):
            return replace(entry, event=CatalogueAdopted(replace(catalogue, payment=Payment())))
    return entry
