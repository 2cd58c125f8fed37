"""moiso-follower: the standby of the site's hub, and the hub itself once an officer has said so."""

import asyncio
import logging
import os
import signal
import time

from edge.daemon.config import config_path, load
from edge.daemon.copy_client import CopyClient
from edge.daemon.health_report import HealthReport
from edge.daemon.logs import start_logging
from edge.daemon.serve import run_beside, run_program, serve
from edge.daemon.terms import Terms
from edge.follower.config import FollowerConfig, load_follower
from edge.follower.copy import is_hub
from edge.follower.following import Following
from edge.follower.promotion import NotPromotable, Promoted, promote, write_config
from edge.follower.web import StandbyPage
from edge.hub import app as hub
from edge.hub.config import HubConfig
from edge.hub.media import MEGABYTE, MediaStore
from edge.hub.succession.wiring import Inheritance
from edge.kiosk.pin import Pin

log = logging.getLogger(__name__)

MOST_MEDIA_MB = 1_000_000
ANSWER_S = 0.3  # for the officer's page to be answered before this machine begins anew as the hub


async def run(config: FollowerConfig) -> None:
    """Follow the hub until an officer promotes this machine; then be the hub, and from then on after every start."""
    folder = config.data / "hub"
    if not is_hub(folder):
        await follow(config)
    if is_hub(folder):
        log.info("this machine is the hub")
        path = write_config(config.data / "config", folder, config.listen)
        await hub.run(load(path, HubConfig), Inheritance(config.url, config.hub))


async def follow(config: FollowerConfig) -> None:
    """Follow until told to stop, or promoted."""
    client = CopyClient(config.hub, Terms(config.data / "hub-term.json"))
    following = Following(client, config.data)
    media = MediaStore(following.hub_folder / "media", MOST_MEDIA_MB * MEGABYTE, time.time)

    async def become_hub(who: str) -> Promoted:
        if not following.seq or not following.has_configuration:
            raise NotPromotable("the hub was never copied in full")
        await following.stop()
        asyncio.get_running_loop().call_later(ANSWER_S, os.kill, os.getpid(), signal.SIGTERM)
        promoted = promote(following.hub_folder, following.config_folder, who)
        log.warning("this machine becomes the hub, generation %s", promoted.generation)
        return promoted

    page = StandbyPage(following, Pin(config.pin_argon2, time.monotonic), become_hub, media)
    report = HealthReport("standby", client, config.data, following.parts)
    try:
        await run_beside([following.run(), report.run()], serve(page.app(), config.listen))
    finally:
        page.copying.close()
        media.close()
        await client.close()


def main() -> None:
    """Start the standby that ``--config`` describes."""
    start_logging("follower")

    async def program() -> None:
        await run(load_follower(config_path("follower")))

    run_program(program)


if __name__ == "__main__":
    main()
