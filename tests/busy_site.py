"""A demo site in the middle of a morning, for whoever looks at every page: people at counters, in queues, gone."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import msgspec
from msgspec.structs import replace

from edge.contracts.commands import (
    CallNext,
    CancelTicket,
    Command,
    ConfirmPrint,
    Done,
    Finish,
    IssueTicket,
    MarkNoShow,
    Park,
    SetCounter,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.face import MAX_PORTRAIT_BYTES
from edge.contracts.ticket import Document, Priority
from edge.daemon.hub_client import new_command_id
from edge.face.picture import decode, encode_portrait
from provisioning.demo.control import Control
from provisioning.demo.officer import Officer
from provisioning.demo.site import OFFICER, Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from provisioning.demo.table import Action, Scan
from tests.captures import capture, contested, handed_over
from tests.faces import ASTRONAUT
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import KioskPage

PERSON = "001099000017"  # fictitious; held by one ticket of the morning

_CLAIMS = {3: Priority.PREGNANT, 9: Priority.DISABLED, 17: Priority.MERIT}
_BIRTH_DATES = {5: "1941-05-17", 11: "2023-02-01"}
_SOME = {"insurance": 7, "maternity": 3, "internal": 5, "laboratory": 1, "cashier": 4, "pharmacy": 3}
_PICTURED = 20  # of those for the general service, who agreed to a picture


class Hand:
    """A person at the kiosk and at the counters, acting through the workbench as a technician would."""

    def __init__(self, site: Site) -> None:
        address = site.addresses["workbench"].rstrip("/")
        self._http = httpx.Client(base_url=address, headers={"Origin": address}, trust_env=False, timeout=10)
        self._kiosk = KioskPage(site)

    def act(self, action: Action) -> None:
        """Do something with the hardware on the table."""
        self._http.post("/act", content=msgspec.json.encode(action)).raise_for_status()

    def slip(self, number: int) -> bytes:
        """The picture of a slip that came out; empty where there is none of this number yet."""
        answer = self._http.get(f"/slips/{number}.png")
        return answer.content if answer.status_code == 200 else b""

    def take_number(self, card: str, service: str) -> None:
        """Show a card (empty: none), choose the service, take the slip, leave."""
        if card:
            self.act(msgspec.convert({"type": "Scan", "card": card}, Scan))
            until(lambda: self._kiosk.shows('data-touch="dismiss"'), what="the card to be read")
        self.touch("service", lambda: not self._kiosk.shows('data-touch="service"'), service=service)
        self.leave()

    def seen(self) -> bool:
        """Whether the kiosk's camera sees somebody."""
        return bool(self._kiosk.health().get("somebody"))

    def leave(self) -> None:
        """Wait for the slip and touch "Xong", until the first screen is there."""
        until(lambda: self._kiosk.shows('data-touch="dismiss"'), within_s=20, what="the slip")
        self.touch("dismiss", lambda: not self._kiosk.shows('data-touch="dismiss"'))

    def touch(self, kind: str, done: Callable[[], bool], **values: str) -> None:
        """Touch again and again, as the screen needs a moment to settle, until it is done."""

        def touched() -> bool:
            if done():
                return True
            self._kiosk.touch(kind, **values)
            return done()

        until(touched, within_s=10, what=f"the touch on {kind}")


class BusySite:
    """A running demo site, and the tickets of its morning by how it stands with them."""

    def __init__(self, site: Site, supervisor: Supervisor) -> None:
        self.site = site
        self.supervisor = supervisor
        self.hand = Hand(site)
        self.tickets: dict[str, str] = {}
        self._kiosk = Device(site, "morning-kiosk")  # not the one that runs: it would print what it did not ask for
        self._desk = Device(site, "morning-board")  # its token reaches every counter

    def fill(self) -> None:
        """Thirty people wait for one counter; the others serve, pause, are closed or do something else."""
        for counter, state, pause in (
            ("q1", CounterState.OPEN, Pause.NONE),
            ("q3", CounterState.PAUSED, Pause.MEETING),
            ("q4", CounterState.OPEN, Pause.NONE),
            ("q5", CounterState.OPEN, Pause.NONE),
            ("q7", CounterState.ONLINE_DOSSIERS, Pause.NONE),
        ):
            self._desk.send(SetCounter(new_command_id(), counter, state, pause))
        general = [
            self._issue(
                "general",
                claim=_CLAIMS.get(at, Priority.NONE),
                birth_date=_BIRTH_DATES.get(at, ""),
                pictured_as=at if at < _PICTURED else None,
            )
            for at in range(34)
        ]
        last = _PICTURED - 1
        contested(self._kiosk, "general", general[last], capture(last, portrait=_portrait()))
        for service, people in _SOME.items():
            for _ in range(people):
                self._issue(service)
        self.tickets["known"] = self._issue("registration", person=PERSON)
        self.tickets["waiting"] = general[20]
        self.tickets["cancelled"] = general[30]
        with ThreadPoolExecutor(1) as beside:  # Playwright has an event loop in this thread
            beside.submit(asyncio.run, self._at_the_desk(CancelTicket(new_command_id(), general[30]))).result()
        self.tickets["no-show"] = self.call("q1")
        self._desk.send(MarkNoShow(new_command_id(), "q1", self.tickets["no-show"]))
        self.tickets["parked"] = self.call("q1")
        self._desk.send(Park(new_command_id(), "q1", self.tickets["parked"]))
        self.tickets["called"] = self.call("q1")
        self.call("q5")
        self.serve()

    def serve(self) -> None:
        """Somebody is called to counter 4 and served, so that its tablet asks."""
        self.tickets["finished"] = self.call("q4")
        self._desk.do(Finish(new_command_id(), "q4", self.tickets["finished"]))

    def call(self, counter: str) -> str:
        """The next ticket is called to the counter, as soon as the hub takes another call there."""
        called: list[str] = []

        def taken() -> bool:
            command: Command = CallNext(new_command_id(), counter)
            reply = self._desk.send(command)
            if isinstance(reply, Done):
                called.append(reply.ticket.id)
            return bool(called)

        until(taken, what=f"the call to {counter}")
        return called[-1]

    async def _at_the_desk(self, work: CancelTicket) -> None:
        officer = Officer(self.site, OFFICER, self.site.passwords.officer)
        assert await officer.press(work)
        await officer.close()

    def _issue(
        self,
        service: str,
        *,
        claim: Priority = Priority.NONE,
        birth_date: str = "",
        person: str = "",
        pictured_as: int | None = None,
    ) -> str:
        document = Document.CCCD_QR if person or birth_date else Document.NONE
        number = person or (f"0010{birth_date[2:4]}0000{birth_date[-2:]}" if birth_date else "")
        command = IssueTicket(new_command_id(), service, document, number, birth_date, claim)
        if pictured_as is not None:
            taken = handed_over(self._kiosk, capture(pictured_as, portrait=_portrait()))
            command = replace(command, face=taken.id)
        ticket = self._kiosk.do(command).ticket.id
        if service != "maternity":  # the printer had trouble with those
            self._kiosk.send(ConfirmPrint(new_command_id(), ticket))
        return ticket


@cache
def _portrait() -> bytes:
    """NASA's photograph of Eileen Collins, in the public domain, as a kiosk would send it."""
    return encode_portrait(decode(ASTRONAUT.read_bytes()), MAX_PORTRAIT_BYTES)


@contextmanager
def busy_site(folder: Path) -> Iterator[BusySite]:
    """Every program of a demo site, and the morning in it."""
    site = provision(folder, Ports.free())
    supervisor = Supervisor(site.programs())
    control = Control(supervisor, site.control_socket)
    try:
        supervisor.start()
        busy = BusySite(site, supervisor)
        busy.fill()
        yield busy
    finally:
        supervisor.stop()
        control.close()
