"""A whole site: the real programs, and in the test's hands the far ends of every wire."""

import re
import sqlite3
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx
import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from board_controller.sim.button_panel import ButtonPanel
from board_controller.sim.led_board import SimLedBoard
from edge.contracts.events import (
    ActionUndone,
    Entry,
    Event,
    TicketCalled,
    TicketCancelled,
    TicketFinished,
    TicketIssued,
    TicketMerged,
    TicketNoShow,
    TicketParked,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.ticket import State
from edge.contracts.topics import ROOT
from edge.daemon.config import Broker
from edge.daemon.mqtt import secure
from edge.devices.sim.printer import SimPrinter
from edge.devices.sim.scanner import SimScanner
from edge.hub.uplink import for_outside
from provisioning.certificates import issue
from provisioning.demo.chips import ReaderOnTable
from provisioning.demo.configuration import PINS
from provisioning.demo.site import Site
from provisioning.demo.supervisor import Supervisor
from tests.waiting import until

ACTIONS = ("next", "recall", "no_show", "finish")
LED = 4

T = TypeVar("T")

_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class WholeSite:
    """Everything that runs at a site, and the cloud, with the hardware's side of each wire."""

    def __init__(self, site: Site, *programs: str) -> None:
        self.site = site
        self.programs = programs or ("broker", "hub", "ingest", "cloud", "kiosk", "board")
        self.printer = SimPrinter(port=site.ports.printer)
        self.scanner = SimScanner(site.scanner_link)
        self.card_reader = ReaderOnTable(site)
        self.led_board = SimLedBoard(site.led_link)
        self.panel = ButtonPanel(site.pins_socket)
        self.supervisor = Supervisor(site.programs(*self.programs))

    def __enter__(self) -> "WholeSite":
        self.printer.start()
        self.supervisor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.supervisor.stop()
        self.panel.close()
        self.led_board.close()
        self.card_reader.take()
        self.scanner.close()
        self.printer.stop()

    def press(self, counter: str, action: str) -> None:
        """Press a hardware button at a counter."""
        pin = PINS[counter][ACTIONS.index(action)]
        until(lambda: self.panel.press(pin), what=f"the wire to {counter}'s {action} button")

    def journal(self) -> list[Entry]:
        """Every entry of the hub's journal, read from its file."""
        with sqlite3.connect(f"file:{self.site.folder}/data/hub/hub.db?mode=ro", uri=True) as db:
            rows = db.execute("SELECT seq, at_ms, event FROM entries ORDER BY seq").fetchall()
        return [Entry(seq, at_ms, _event.decode(event)) for seq, at_ms, event in rows]

    def happened(self, kind: type[T]) -> list[T]:
        """The events of one kind, in order."""
        return [entry.event for entry in self.journal() if isinstance(entry.event, kind)]

    def has_caught_up(self) -> bool:
        """Whether the cloud's ledger holds the journal, entry by entry, but for what stays in the building."""
        told = (for_outside(entry) for entry in self.journal())
        return self.ledger() == [(entry.seq, msgspec.json.encode(entry.event)) for entry in told]

    def ledger(self) -> list[tuple[int, bytes]]:
        """Every (seq, event) of the cloud's ledger, read from its file."""
        with sqlite3.connect(f"file:{self.site.folder}/data/cloud/ledger.db?mode=ro", uri=True) as db:
            return db.execute("SELECT seq, event FROM events ORDER BY seq").fetchall()

    def files_written(self) -> list[Path]:
        """Every file that the site's programs wrote: journal, ledger, logs, the broker's store, caches."""
        folders = [self.site.folder / name for name in ("data", "logs", "broker", "run")]
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


class MqttListener:
    """Hears every MQTT message between site and cloud; the broker must be told of it before it starts."""

    NAME = "listener"

    def __init__(self, site: Site) -> None:
        self.payloads: list[bytes] = []
        tls = site.folder / "tls"
        crt, key = tls / f"{self.NAME}.crt", tls / f"{self.NAME}.key"
        issue(tls / "broker-ca.crt", tls / "broker-ca.key", crt=crt, key=key, common_name=self.NAME, client=True)
        with (site.folder / "broker/acl").open("a", encoding="utf-8") as access:
            access.write(f"\nuser {self.NAME}\ntopic read {ROOT}/#\n")
        self._broker = Broker(f"127.0.0.1:{site.ports.broker}", tls / "broker-ca.crt", crt, key)
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.NAME, protocol=mqtt.MQTTv5)
        self._mqtt.on_message = lambda _client, _data, message: self.payloads.append(bytes(message.payload))

    def start(self) -> None:
        """Connect to the running broker and listen."""
        subscribed = threading.Event()
        self._mqtt.on_subscribe = lambda *_: subscribed.set()
        secure(self._mqtt, self._broker)
        self._mqtt.connect(*self._broker.host_port)
        self._mqtt.subscribe(f"{ROOT}/#", qos=1)
        self._mqtt.loop_start()
        until(subscribed.is_set, what="the listener's subscription")

    def stop(self) -> None:
        """Leave."""
        self._mqtt.disconnect()
        self._mqtt.loop_stop()


class KioskPage:
    """The kiosk's page as its browser uses it, without a browser."""

    def __init__(self, site: Site) -> None:
        self._url = site.addresses["kiosk"].rstrip("/")
        self._http = httpx.Client(base_url=self._url, trust_env=False, timeout=5)

    def html(self) -> str:
        """The page as it is now."""
        return self._http.get("/").raise_for_status().text

    def shows(self, text: str) -> bool:
        """Whether this text stands on the page."""
        return text in self.html()

    def health(self) -> dict[str, object]:
        """How the kiosk and its devices are; empty while it does not answer."""
        try:
            state: dict[str, object] = self._http.get("/health").json()
        except httpx.HTTPError:
            return {}
        return state

    def touch(self, kind: str, **values: str) -> None:
        """Touch the picture that is shown now."""
        html = self.html()
        token = re.search(r'name="touch-token" content="([^"]+)"', html)
        step = re.search(r'data-step="(\d+)"', html)
        assert token, html
        assert step, html
        body = {"touch": kind, "step": int(step[1]), **values}
        headers = {"Origin": self._url, "X-Touch-Token": token[1]}
        self._http.post("/touch", content=msgspec.json.encode(body), headers=headers).raise_for_status()


def assert_truthful(journal: list[Entry]) -> None:
    """What must hold of every journal: no gap, no number twice on a day, time never back; nobody is called who does not
    wait, and nobody to a counter where somebody is."""
    assert [entry.seq for entry in journal] == list(range(1, len(journal) + 1))
    assert [entry.at_ms for entry in journal] == sorted(entry.at_ms for entry in journal)
    labels = Counter(entry.event.label for entry in journal if isinstance(entry.event, TicketIssued))
    assert not [label for label, times in labels.items() if times > 1], "a number was given twice"
    waits: dict[str, bool] = {}
    at_counter: dict[str, str] = {}
    for entry in journal:
        event = entry.event
        match event:
            case TicketCalled():
                assert waits[event.ticket], f"{event.label} was called twice"
                assert event.counter not in at_counter.values(), f"two at {event.counter}"
                waits[event.ticket] = False
                at_counter[event.ticket] = event.counter
            case TicketIssued() | TicketSentOn() | TicketReturned() | TicketParked():
                waits[event.ticket] = True
                at_counter.pop(event.ticket, None)
            case TicketFinished() | TicketNoShow() | TicketCancelled() | TicketMerged():
                waits[event.ticket] = False
                at_counter.pop(event.ticket, None)
            case ActionUndone():
                for ticket in event.tickets:
                    waits[ticket.id] = ticket.state in (State.WAITING, State.PARKED)
                    at_counter.pop(ticket.id, None)
                    if ticket.state is State.CALLED:
                        at_counter[ticket.id] = ticket.counter
