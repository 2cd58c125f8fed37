"""The pictures, clips and sounds of the hall: kept by ``edge.daemon.media``, as the signage names them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from board_controller.config import Media
from board_controller.signage import Signage
from edge.daemon.hub_client import HubClient
from edge.daemon.media import MEGABYTE, KeptMedia, MediaHealth, free_on_disk


class MediaStore(KeptMedia):
    """The folder of ``[media]``; ``show`` says what is wanted."""

    def __init__(self, config: Media, client: HubClient, free_bytes: Callable[[Path], int] = free_on_disk) -> None:
        super().__init__(config.folder, config.most_mb * MEGABYTE, client, free_bytes)

    def show(self, signage: Signage) -> None:
        """Want the media of this signage; before the hub was first heard, nothing is known of them."""
        if signage.facility.name:
            self.want(signage.media)


class NoMedia:
    """What stands for the folder where none is configured: nothing is kept, so nothing plays."""

    def held(self) -> Mapping[str, tuple[Path, str]]:
        """Nothing."""
        return {}

    def show(self, signage: Signage) -> None:
        """Want nothing."""

    def health(self) -> MediaHealth:
        """Nothing is missing."""
        return MediaHealth()

    async def run(self, arrived: Callable[[], None]) -> None:
        """Bring nothing."""
