"""moiso-hub: tickets, counters and the officers' pages of one site."""

import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette

from edge.contracts.events import Entry
from edge.daemon.addresses import own_hosts
from edge.daemon.config import ConfigError, config_path, load, read_secret
from edge.daemon.logs import start_logging
from edge.daemon.serve import run_beside, run_program, serve
from edge.daemon.streams import Broadcast
from edge.daemon.x509 import der_of
from edge.hub.catalogue.drafts import Drafts
from edge.hub.config import Devices, HubConfig, load_catalogue
from edge.hub.config import Officers as OfficerAccounts
from edge.hub.devices import DeviceRoll
from edge.hub.enrolment.api import EnrolmentApi
from edge.hub.enrolment.authority import keep_own, wanted_hosts
from edge.hub.enrolment.authority import load as load_authority
from edge.hub.enrolment.desk import EnrolmentDesk
from edge.hub.enrolment.register import Register
from edge.hub.enrolment.waiting import WaitingRoom
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.fleet_report import FleetReports
from edge.hub.forecast import Forecast
from edge.hub.inbox import Inbox
from edge.hub.insurance.portal import Portal
from edge.hub.journal import Journal
from edge.hub.media import MEGABYTE, MediaStore
from edge.hub.officers import Officers
from edge.hub.payment.charges import Charges
from edge.hub.phone_report import PhoneReports
from edge.hub.remote import RemoteConfiguration, public_keys
from edge.hub.remote_record import Record
from edge.hub.room import Room
from edge.hub.server import Api, entry_frame
from edge.hub.succession.fence import stepped_down
from edge.hub.succession.retired import application as retired_application
from edge.hub.succession.retired import run_retired
from edge.hub.succession.wiring import NO_INHERITANCE, Inheritance, Succession
from edge.hub.tablets import Tablets
from edge.hub.uplink import Uplink
from edge.hub.vault import Vault
from edge.hub.web import enrolment_pages, pages
from edge.hub.web.base import Office

DEVICES_CHANGED = b": devices\n\n"  # a comment: to kiosks and boards it is a heartbeat, and the pages look anew
CHARGES_CHANGED = b": charges\n\n"


async def run(config: HubConfig, inheritance: Inheritance = NO_INHERITANCE) -> None:
    """Wire the hub together and serve until told to stop; where another hub has taken over, only what it has."""
    if stepped_down(config.data):
        await run_retired(config)
        return
    journal = Journal(config.data / "hub.db")
    vault = Vault(config.data / "keys", read_secret(config.site_secret_file), config.faces.keep_days)
    faces = FaceKeeper.at(config.data, vault, monotonic_ms)
    stream = Broadcast()

    def wake_uplinks() -> None:
        for uplink in uplinks:
            uplink.wake()

    charges = Charges(lambda: stream.publish(CHARGES_CHANGED))

    def tell(entries: Sequence[Entry]) -> None:
        charges.settle(inbox.queue)
        for entry in entries:
            stream.publish(entry_frame(entry))
        forecast.wake()
        for report in reports:
            report.wake(entries)
        succession.wake()
        wake_uplinks()

    vouched = config.data / "clock-is-right"  # a technician's word, for one start
    inbox = Inbox(
        journal,
        vault,
        load_catalogue(config.catalogue),
        faces,
        clock_ms=wall_clock_ms,
        told=tell,
        believe_clock=vouched.exists(),
        copied=lambda seq: succession.copied(seq),
    )
    vouched.unlink(missing_ok=True)
    lookup_url = config.phone.lookup_url if config.phone else ""
    forecast = Forecast(inbox, stream, wall_clock_ms, keep_faces_days=vault.keep_days, lookup_url=lookup_url)
    uplinks = [Uplink(config.uplink, config.site, inbox, journal)] if config.uplink else []
    reports = [PhoneReports(inbox, uplink, config.site) for uplink in uplinks if config.phone]
    officers = Officers(config.data / "officers.db", load(config.officers, OfficerAccounts).officer, time.time)
    drafts = Drafts(config.data / "drafts.db")
    tablets = Tablets(config.data / "tablets.db", time.time)
    media = MediaStore(config.data / "media", config.media.most_mb * MEGABYTE, time.time)
    room = Room(config.data, lambda: media.give_way(drafts.named_media(inbox.queue.catalogue)))
    office = Office(inbox, stream, forecast, officers, journal, faces)
    portal = Portal(config.insurance) if config.insurance else None
    register = Register(config.data / "enrolled.db", load(config.devices, Devices).device, time.time)
    roll = DeviceRoll(register.devices, monotonic_ms, lambda: stream.publish(DEVICES_CHANGED))

    def devices_changed() -> None:
        roll.expect(register.devices)
        stream.publish(DEVICES_CHANGED)  # whoever was thrown out is cut off now

    register.changed = devices_changed
    fleet = [FleetReports(inbox, roll, uplink, config, wall_clock_ms) for uplink in uplinks]
    record = Record(config.data / "remote.db")
    remote = [
        RemoteConfiguration(
            public_keys(config.remote.public_key_file),
            config.site,
            record,
            uplink=uplink,
            inbox=inbox,
            journal=journal,
            drafts=drafts,
            media=media,
            devices=lambda: register.devices,
            forecast=forecast,
        )
        for uplink in uplinks
        if config.remote
    ]
    enrolment = enrolled_here(config, register, lambda: inbox.clock_trusted)
    desk, keeping = enrolment if enrolment else (None, ())
    succession = Succession(config, inheritance, inbox, journal, register, wake_uplinks)
    api = Api(inbox, stream, forecast, register, portal, faces.captures, media, roll, succession.state)
    app = Starlette(
        routes=[
            *succession.routes(office),
            *api.routes(),
            *(EnrolmentApi(desk, office.note, lambda: inbox.now_ms).routes() if desk else ()),
            *enrolment_pages(office, register, desk, config.site, time.time),
            *pages(office, drafts, tablets, media, roll, charges),
        ]
    )
    await run_beside(
        [
            *keeping,
            *succession.work(),
            inbox.run(),
            room.run(),
            forecast.run(),
            roll.run(config.data, lambda: inbox.now_ms),
            *(uplink.run() for uplink in uplinks),
            *(report.run() for report in reports),
            *(report.run() for report in fleet),
            *(department.run() for department in remote),
        ],
        serve(succession.fence.around(app, retired_application(succession.fence, succession.copying)), config.listen),
    )
    if portal:
        await portal.close()
    inbox.close()
    journal.close()
    faces.album.close()
    record.close()
    drafts.close()
    media.close()
    register.close()
    succession.close()


def enrolled_here(
    config: HubConfig, register: Register, clock_trusted: Callable[[], bool]
) -> tuple[EnrolmentDesk, tuple[Coroutine[Any, Any, None], ...]] | None:
    """What lets devices in, and what keeps the hub's own certificate good; None without ``[enrolment]``."""
    if config.enrolment is None:
        return None
    folder, named = config.enrolment.folder, config.enrolment.hosts
    authority = load_authority(folder)

    def hosts() -> tuple[str, ...]:
        return wanted_hosts(authority.certificate, named, own_hosts())

    waiting = WaitingRoom(der_of(authority.certificate), time.monotonic)
    desk = EnrolmentDesk(register, authority, waiting, hosts, time.time, clock_trusted)
    return desk, (keep_own(folder, authority, hosts, lambda: datetime.now(UTC), clock_trusted),)


def wall_clock_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Milliseconds on a clock that never runs backwards."""
    return time.monotonic_ns() // 1_000_000


def main() -> None:
    """Start the hub that ``--config`` describes."""
    start_logging("hub")

    async def program() -> None:
        config = load(config_path("hub"), HubConfig)
        if not config.listen:
            raise ConfigError("listen: at least one [[listen]] with an address is expected")
        if config.phone and not config.uplink:
            raise ConfigError("phone: telephones are told through the cloud; [uplink] is expected")
        if config.remote and not config.uplink:
            raise ConfigError("remote: the Department is heard through the cloud; [uplink] is expected")
        await run(config)

    run_program(program)


if __name__ == "__main__":
    main()
