"""How the kiosk's parts are, told from its session: for the hub, and for ``/health``."""

from edge.contracts.health import Part, Reason, Subject, part
from edge.kiosk.home import outage
from edge.kiosk.screens import Card, Outage
from edge.kiosk.state import Session

PAGE_S = 30.0  # a page that is shown says so every 5 s
BEGIN_S = 90.0  # for the browser to start

# As the camera says it; "starting" and "up" are well.
_CAMERA = {
    "absent": Reason.ABSENT,
    "busy": Reason.BUSY,
    "stuck": Reason.STUCK,
    "off": Reason.SWITCHED_OFF,
}


def kiosk_parts(session: Session, page_seen_s: float | None, up_s: float) -> tuple[Part, ...]:
    """Each part of this kiosk; what it does not have is left out.

    ``page_seen_s`` is how many seconds ago the page last said that it is shown (None: never), ``up_s`` how long the
    program runs.
    """
    parts = [
        part(Subject.NUMBERS, _numbers(session)),
        part(Subject.PRINTER, _printer(session)),
        part(Subject.SCANNER, None if session.scanner_up else Reason.ABSENT),
    ]
    if session.card is not None:
        parts.append(part(Subject.CARD_READER, Reason.ABSENT if session.card is Card.NO_READER else None))
    if session.eyes is not None:
        parts.append(part(Subject.CAMERA, _CAMERA.get(session.eyes.camera)))
    parts.append(part(Subject.SCREEN, _screen(page_seen_s, up_s)))
    parts.append(part(Subject.HUB_LINK, None if session.hub_up else Reason.HUB_AWAY))
    return tuple(parts)


def _numbers(session: Session) -> Reason | None:
    match outage(session):
        case Outage.WITHDRAWN:
            return Reason.WITHDRAWN
        case Outage.SHUT:
            return Reason.SHUT
        case None | Outage.STARTING:
            return Reason.RESERVE if session.hub_away else None
        case _:
            return Reason.NO_NUMBERS


def _printer(session: Session) -> Reason | None:
    if session.printer_fault is not None:
        return Reason(session.printer_fault.value)
    return Reason.PAPER_LOW if session.paper_low else None


def _screen(page_seen_s: float | None, up_s: float) -> Reason | None:
    unseen = up_s > BEGIN_S if page_seen_s is None else page_seen_s > PAGE_S
    return Reason.NOT_SEEN if unseen else None
