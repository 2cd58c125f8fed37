"""The slips of this kiosk: set out as the catalogue says, under the facility's logo, which is kept on its own disk."""

import io
import logging
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from PIL import Image

from edge.contracts.catalogue import Catalogue
from edge.contracts.slip import SlipTemplate
from edge.daemon.media import MEGABYTE, KeptMedia
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.state import Session, link_base
from edge.kiosk.ticket_words import slip_of
from edge.slip.facts import Slip
from edge.slip.logo import NotAPicture, read_logo
from edge.slip.render import render_slip

MOST_BYTES = 40 * MEGABYTE
BRAND_LOGO = "/brand/logo.svg"
log = logging.getLogger("kiosk")


class Slips:
    """Used from the event loop's thread; ``lookup_url`` + ticket id is what a slip's QR holds, where the hub names no
    other address."""

    def __init__(self, media: KeptMedia, lookup_url: str, width_dots: int) -> None:
        self._media = media
        self._lookup_url = lookup_url
        self._width_dots = width_dots
        self._logo = ""  # the SHA-256 of the picture that the catalogue names

    def adopt(self, catalogue: Catalogue) -> None:
        """Want the logo of this catalogue, on the disk and for every slip from now on."""
        logo = catalogue.logo
        self._logo = logo.sha256 if logo else ""
        self._media.want([logo] if logo else [])

    async def run(self, arrived: Callable[[], None]) -> None:
        """Bring the logo here, for ever; ``arrived`` is called when it is."""
        await self._media.run(arrived)

    def logo(self) -> tuple[Path, str] | None:
        """The logo's file, named by its SHA-256, and its content type; None where there is none, or it is not here."""
        return self._media.held().get(self._logo)

    def logo_address(self) -> str:
        """Where the kiosk's page finds the logo; another address for another picture."""
        return f"/logo?{self._logo}" if self.logo() else BRAND_LOGO

    def drawing(self, session: Session, job: h.Print) -> Callable[[], Image.Image]:
        """What draws the slip of this job, in whatever thread."""
        return partial(_drawn, *self._parts(session, job), self._width_dots)

    def picture(self, session: Session, shown: s.Taken) -> str:
        """The slip that did not come out, as the ``data:`` address of a PNG; empty before the hub has been heard."""
        if session.site is None:
            return ""
        job = h.Print(shown.ticket, shown.ahead, shown.again, shown.wait, session.language)
        return _data_address(*self._parts(session, job), self._width_dots)

    def _parts(self, session: Session, job: h.Print) -> tuple[Slip, SlipTemplate, Path | None]:
        if session.site is None:
            raise ValueError("a slip is to be printed before the hub has told of any service")
        kept = self.logo()
        address = link_base(session, self._lookup_url)
        slip = slip_of(session.site, job, address, reserve=job.ticket.id in session.reserved)
        return slip, session.site.catalogue.slip, kept[0] if kept else None


def _drawn(slip: Slip, template: SlipTemplate, logo: Path | None, width_dots: int) -> Image.Image:
    return render_slip(slip, width_dots, template, _logo_at(logo) if logo else None)


@lru_cache(maxsize=1)  # the screen is made anew with every figure on it
def _data_address(slip: Slip, template: SlipTemplate, logo: Path | None, width_dots: int) -> str:
    buffer = io.BytesIO()
    _drawn(slip, template, logo, width_dots).save(buffer, "PNG")
    return "data:image/png;base64," + b64encode(buffer.getvalue()).decode()


@lru_cache(maxsize=1)
def _logo_at(path: Path) -> Image.Image | None:
    """The logo in this file; None where the disk has damaged it, which stops no number from coming out."""
    try:
        return read_logo(path.read_bytes())
    except (OSError, NotAPicture) as error:
        log.warning("the facility's logo cannot be read, slips come with the product's: %s", type(error).__name__)
        return None
