"""moiso-hub: tickets, counters and the officers' pages of one site."""

import time
from collections.abc import Sequence

from starlette.applications import Starlette

from edge.contracts.events import Entry
from edge.daemon.config import ConfigError, config_path, load, read_secret
from edge.daemon.logs import start_logging
from edge.daemon.serve import run_beside, run_program, serve
from edge.daemon.streams import Broadcast
from edge.hub.catalogue.drafts import Drafts
from edge.hub.config import Devices, HubConfig, load_catalogue
from edge.hub.config import Officers as OfficerAccounts
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.forecast import Forecast
from edge.hub.inbox import Inbox
from edge.hub.insurance.portal import Portal
from edge.hub.journal import Journal
from edge.hub.media import MEGABYTE, MediaStore
from edge.hub.officers import Officers
from edge.hub.server import Api, entry_frame
from edge.hub.tablets import Tablets
from edge.hub.uplink import Uplink
from edge.hub.vault import Vault
from edge.hub.web import pages
from edge.hub.web.base import Office


async def run(config: HubConfig) -> None:
    """Wire the hub together and serve until told to stop."""
    journal = Journal(config.data / "hub.db")
    vault = Vault(config.data / "keys", read_secret(config.site_secret_file), config.faces.keep_days)
    faces = FaceKeeper.at(config.data, vault, monotonic_ms)
    stream = Broadcast()

    def tell(entries: Sequence[Entry]) -> None:
        for entry in entries:
            stream.publish(entry_frame(entry))
        forecast.wake()
        for uplink in uplinks:
            uplink.wake()

    vouched = config.data / "clock-is-right"  # a technician's word, for one start
    inbox = Inbox(
        journal,
        vault,
        load_catalogue(config.catalogue),
        faces,
        clock_ms=wall_clock_ms,
        told=tell,
        believe_clock=vouched.exists(),
    )
    vouched.unlink(missing_ok=True)
    forecast = Forecast(inbox, stream, wall_clock_ms, keep_faces_days=vault.keep_days)
    uplinks = [Uplink(config.uplink, config.site, inbox, journal)] if config.uplink else []
    officers = Officers(config.data / "officers.db", load(config.officers, OfficerAccounts).officer, time.time)
    drafts = Drafts(config.data / "drafts.db")
    tablets = Tablets(config.data / "tablets.db", time.time)
    media = MediaStore(config.data / "media", config.media.most_mb * MEGABYTE, time.time)
    office = Office(inbox, stream, forecast, officers, journal, faces)
    portal = Portal(config.insurance) if config.insurance else None
    api = Api(inbox, stream, forecast, load(config.devices, Devices).device, portal, faces.captures, media)
    app = Starlette(routes=[*api.routes(), *pages(office, drafts, tablets, media)])
    await run_beside([inbox.run(), forecast.run(), *(uplink.run() for uplink in uplinks)], serve(app, config.listen))
    if portal:
        await portal.close()
    inbox.close()
    journal.close()
    faces.album.close()
    drafts.close()
    media.close()


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
        await run(config)

    run_program(program)


if __name__ == "__main__":
    main()
