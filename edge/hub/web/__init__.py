"""Everything that a person opens in a browser at the hub, a room in each module."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from edge.hub.catalogue.drafts import Drafts
from edge.hub.devices import DeviceRoll
from edge.hub.enrolment.desk import EnrolmentDesk
from edge.hub.enrolment.register import Register
from edge.hub.media import MediaStore
from edge.hub.payment.charges import Charges
from edge.hub.tablets import Tablets
from edge.hub.web.accounts import AccountPages
from edge.hub.web.announcements import AnnouncementPages
from edge.hub.web.audit import AuditPages
from edge.hub.web.base import PACKAGE, Office
from edge.hub.web.catalogue import CataloguePages
from edge.hub.web.catalogue_desk import CatalogueDesk
from edge.hub.web.consents import ConsentPages
from edge.hub.web.counter import CounterPages
from edge.hub.web.desk import DeskPages
from edge.hub.web.devices import DevicePages
from edge.hub.web.editions import EditionPages
from edge.hub.web.enrolment import EnrolmentPages
from edge.hub.web.faces import FacePages
from edge.hub.web.floor import FloorPages
from edge.hub.web.kiosk_settings import KioskSettingsPages
from edge.hub.web.live import Seats
from edge.hub.web.login import LoginPages
from edge.hub.web.media import MediaPages
from edge.hub.web.payment import PaymentPages
from edge.hub.web.preview import PreviewPages
from edge.hub.web.rating import RatingPages
from edge.hub.web.screens import ScreenPages
from edge.hub.web.slips import SlipPages
from edge.hub.web.switch import SwitchPages
from edge.hub.web.ticket import TicketPages
from edge.hub.web.trust import TrustPages
from edge.hub.web.visits import VisitPages
from edge.hub.web.voices import VoicePages


def pages(
    office: Office, drafts: Drafts, tablets: Tablets, media: MediaStore, devices: DeviceRoll, charges: Charges
) -> list[BaseRoute]:
    """The routes of every room."""
    seats = Seats()
    catalogue = CatalogueDesk(office, drafts, media)
    return [
        Route("/", _home),
        *LoginPages(office).routes(),
        *SwitchPages(office).routes(),
        *AccountPages(office).routes(),
        *AuditPages(office).routes(),
        *CounterPages(office, seats, devices, charges).routes(),
        *PaymentPages(office, charges).routes(),
        *FloorPages(office, seats, devices).routes(),
        *DevicePages(office, devices).routes(),
        *FacePages(office).routes(),
        *ConsentPages(office).routes(),
        *DeskPages(office).routes(),
        *MediaPages(catalogue).routes(),
        *ScreenPages(catalogue).routes(),
        *VoicePages(catalogue).routes(),
        *AnnouncementPages(catalogue).routes(),
        *SlipPages(catalogue).routes(),
        *KioskSettingsPages(catalogue).routes(),
        *CataloguePages(catalogue).routes(),
        *EditionPages(catalogue).routes(),
        *PreviewPages(catalogue).routes(),
        *TicketPages(office).routes(),
        *VisitPages(office).routes(),
        *RatingPages(office, tablets, charges).routes(),
        Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
        Mount("/static", StaticFiles(packages=[(PACKAGE, "pages/static")])),
    ]


def enrolment_pages(
    office: Office, register: Register, desk: EnrolmentDesk | None, site: str, now_s: Callable[[], float]
) -> list[BaseRoute]:
    """The routes of the rooms about whose devices these are. ``desk`` is None where the site's authority is not at
    the hub."""
    trust = TrustPages(office, desk.authority.certificate, site).routes() if desk else []
    return [*EnrolmentPages(office, register, desk, now_s).routes(), *trust]


async def _home(_: Request) -> Response:
    """Officers begin with the list of counters."""
    return RedirectResponse("/counters", 303)
