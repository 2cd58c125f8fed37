"""moiso-board: what the hall sees and hears, and the officers' buttons."""

import os
from pathlib import Path

import msgspec

from board_controller.buttons import Buttons, open_pins
from board_controller.config import BoardConfig, read
from board_controller.displays import LedBoards
from board_controller.health import Health, SpeakerHealth, board_parts
from board_controller.hub_link import HubLink
from board_controller.media import MediaStore, NoMedia
from board_controller.tv.server import Tv, application
from board_controller.voice.speaker import Speaker
from edge.daemon.config import config_path
from edge.daemon.health_report import HealthReport
from edge.daemon.hub_client import HubClient
from edge.daemon.logs import start_logging
from edge.daemon.serve import run_beside, run_program, serve
from edge.daemon.terms import Terms
from edge.speech.synthesis import Speech


async def run(config: BoardConfig) -> None:
    """Wire the board controller together and serve until told to stop."""
    state = os.environ.get("STATE_DIRECTORY")  # systemd.exec(5)
    client = HubClient(config.hub, Terms(Path(state, "hub-term.json") if state else None))
    led_boards = LedBoards(config.led_board)
    media = MediaStore(config.media, client) if config.media else NoMedia()
    speakers = [
        Speaker(Speech(one.cache, media.held), one.player, one.zones, client.clock.now_ms) for one in config.speaker
    ]
    tv = Tv(client.clock.now_ms, media)
    hub = HubLink(
        client,
        displays=[led_boards.show, media.show, tv.show],
        voices=[speaker.say for speaker in speakers],
        editions=[speaker.adopt for speaker in speakers],
    )
    pins = open_pins(config.buttons)
    buttons = Buttons(config.counter, pins.factory, hub.press)

    def health() -> Health:
        return Health(
            hub_lost_since_ms=hub.lost_since_ms,
            led_boards=led_boards.health(),
            speaker_faults=[
                ": ".join(filter(None, (", ".join(speaker.zones), speaker.fault)))
                for speaker in speakers
                if speaker.fault
            ],
            stuck_buttons=buttons.stuck(),
            bouncing_buttons=buttons.bouncing(),
            screens=tv.screens,
            media_missing=media.health().missing,
            media_fault=media.health().fault,
            unplayable=tv.unplayable,
            speakers=[SpeakerHealth(speaker.zones, speaker.fault) for speaker in speakers],
            buttons=len(buttons),
        )

    report = HealthReport(
        "board", client, config.media.folder if config.media else Path("/"), lambda: board_parts(health())
    )

    led_boards.start()
    for speaker in speakers:
        speaker.start()
    try:
        await run_beside(
            [hub.run(), tv.run(), media.run(tv.refresh), buttons.run(), pins.run(), report.run()],
            serve(application(tv, lambda: msgspec.json.encode(health()), media), config.listen),
        )
    finally:
        buttons.close()
        led_boards.close()
        for speaker in speakers:
            speaker.close()
        await client.close()


def main() -> None:
    """Start the board controller that ``--config`` describes."""
    start_logging("board")

    async def program() -> None:
        await run(read(config_path("board")))

    run_program(program)


if __name__ == "__main__":
    main()
