"""The session as HTML: which template shows a screen, and every word and figure on it."""

from base64 import b64encode
from collections.abc import Callable, Sequence

from jinja2 import Environment
from markupsafe import Markup
from msgspec import Struct
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from edge.contracts.catalogue import Catalogue, Counter, Facility, Service
from edge.contracts.refusals import WORDS
from edge.contracts.snapshot import Snapshot
from edge.daemon.i18n import local_time, long_date, translations
from edge.daemon.templates import environment
from edge.kiosk import screens as s
from edge.kiosk.hours import hours_text
from edge.kiosk.layout import fit
from edge.kiosk.screens import Outage
from edge.kiosk.session import Session
from edge.kiosk.words import FAULT_WORDS, N_, OUTAGE_WORDS, SCAN_WORDS

PACKAGE = "edge.kiosk"
QUIET_ZONE = 4  # modules of white around a QR: ISO/IEC 18004, 6.3.8
READABLE = 4.5  # WCAG 2.1, 1.4.3
COMPACT_FROM = 17  # services: from here on head, invitation and foot give room to the tiles
CLOCK_SLACK_MS = 60_000


class Tile(Struct, frozen=True):
    """One service to touch; ``waiting`` is how many wait for it, ``coloured`` whether its letter has its colour."""

    service: Service
    name: str
    other_name: str
    waiting: int
    coloured: bool


class TileGroup(Struct, frozen=True):
    """One group of services, in the catalogue's order."""

    name: str
    tiles: tuple[Tile, ...]


class Head(Struct, frozen=True):
    """The top of every screen; ``clock`` is empty while the kiosk's own clock cannot be believed."""

    name: str
    place: str
    clock: str
    date: str
    hours: str


class View:
    """Turns a session into HTML. ``lookup_url`` + ticket id is what the QR on the screen holds."""

    def __init__(self, lookup_url: str) -> None:
        self._lookup_url = lookup_url

    def page(self, session: Session, *, now_ms: int, wall_ms: int, token: str) -> str:
        """The whole document; ``token`` is what each touch must bring back."""
        lost = dict.fromkeys(s.LANGUAGES, OUTAGE_WORDS[Outage.HUB][0])
        lost = {language: translations(language, PACKAGE).gettext(words) for language, words in lost.items()}
        screen = Markup(self.screen(session, now_ms=now_ms, wall_ms=wall_ms))  # noqa: S704 - escaped by its template
        template = _templates(session).get_template("page.html")
        return template.render(session=session, token=token, lost=lost, screen=screen)

    def screen(self, session: Session, *, now_ms: int, wall_ms: int) -> str:
        """The ``<main>`` of the screen that the session shows now."""
        _ = translations(session.language, PACKAGE).gettext
        left_ms = max(0, session.until_ms - now_ms) if session.until_ms else 0
        head = _head(session, wall_ms, _)

        def render(template: str, **values: object) -> str:
            return (
                _templates(session).get_template(template).render(session=session, head=head, left_ms=left_ms, **values)
            )

        match session.screen:
            case s.Start():
                return render("choose.html", problem=(), person="", masked="", **_services(session))
            case s.ScanTrouble(problem):
                return render("choose.html", problem=SCAN_WORDS[problem], person="", masked="", **_services(session))
            case s.Identified(person):
                values = _services(session)
                return render("choose.html", problem=(), person=person.name, masked=_masked(person.id_number), **values)
            case s.Issuing():
                return render("issuing.html")
            case s.Printing(ticket, ahead, again):
                values = {"printing": True, "again": again, "fault": "", "qr": ""}
                return render("number.html", ticket=ticket, ahead=ahead, **values, **_where(session, ticket.service))
            case s.Taken(ticket, ahead, again, fault):
                values = {"printing": False, "again": again, "fault": "", "qr": ""}
                if fault is not None:
                    values |= {"fault": FAULT_WORDS[fault], "qr": qr_picture(self._lookup_url + ticket.id)}
                return render("number.html", ticket=ticket, ahead=ahead, **values, **_where(session, ticket.service))
            case s.Refused(reason):
                return render("words.html", words=(WORDS[reason], ""), may_leave=True)
            case s.OutOfService(outage):
                words = OUTAGE_WORDS[outage]
                return render("words.html", words=words, may_leave=outage is Outage.UNANSWERED)


def places(counters: Sequence[Counter], translate: Callable[[str], str] = str) -> str:
    """Where a service is served, as the slip and the screen say it.

    >>> places([Counter("q1", 1, "101", ()), Counter("q2", 2, "102", ())])
    'Quầy 1, 2 · Phòng 101, 102'
    """
    numbers = ", ".join(str(counter.number) for counter in counters)
    rooms = ", ".join(dict.fromkeys(counter.room for counter in counters if counter.room))
    parts = [f"{translate(N_('Quầy'))} {numbers}"] if numbers else []
    return " · ".join([*parts, f"{translate(N_('Phòng'))} {rooms}"] if rooms else parts)


def place_of(facility: Facility) -> str:
    """The line under the facility's name (K5)."""
    parts = (facility.department, facility.ward, facility.district, facility.province)
    return " · ".join(part for part in parts if part)


def qr_picture(text: str) -> str:
    """The QR of this text with its quiet zone, black on white, as the ``data:`` address of an SVG picture."""
    code = QRCode(border=QUIET_ZONE, error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    matrix = code.get_matrix()
    side = len(matrix)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, is_dark in enumerate(row) if is_dark)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{dark}"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(picture.encode()).decode()


def contrast_on_white(colour: str) -> float:
    """The contrast ratio of a ``#rrggbb`` colour against white.

    Source: WCAG 2.1, definitions of contrast ratio and relative luminance.

    >>> round(contrast_on_white("#767676"), 2)
    4.54
    """
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _templates(session: Session) -> Environment:
    return environment(PACKAGE, session.language)


def _head(session: Session, wall_ms: int, translate: Callable[[str], str]) -> Head:
    if session.site is None:
        return Head("MờiSố", "", "", "", "")
    catalogue = session.site.catalogue
    facility = catalogue.facility
    name = facility.name_en if session.language == "en" else facility.name
    hours = hours_text(catalogue.hours, translate)
    if wall_ms < session.site.at_ms - CLOCK_SLACK_MS:  # the hub has already lived through later times
        return Head(name, place_of(facility), "", "", hours)
    now = local_time(wall_ms, facility.time_zone)
    return Head(name, place_of(facility), f"{now:%H:%M}", long_date(now, session.language), hours)


def _services(session: Session) -> dict[str, object]:
    if session.site is None:
        raise ValueError("services are shown before the hub has told of any")
    groups = _groups(session.site, english=session.language == "en")
    sizes = [len(group.tiles) for group in groups]
    compact = sum(sizes) >= COMPACT_FROM
    fault = FAULT_WORDS[session.printer_fault] if session.printer_fault else ""
    return {
        "groups": groups,
        "portrait": fit(sizes, 1440 if compact else 1060, apart=(2, 3), joined=(3, 4)),
        "landscape": fit(sizes, 910 if compact else 860, apart=(2, 3, 4), joined=(4, 5, 6)),
        "compact": compact,
        "fault": fault,
    }


def _groups(site: Snapshot, *, english: bool) -> list[TileGroup]:
    groups = []
    for group in site.catalogue.groups:
        tiles = tuple(
            Tile(
                service=service,
                name=service.name_en if english else service.name,
                other_name=service.name if english else service.name_en,
                waiting=len(site.waiting.get(service.id, ())),
                coloured=contrast_on_white(service.colour) >= READABLE,
            )
            for service in site.catalogue.services
            if service.group == group.id
        )
        if tiles:
            groups.append(TileGroup(group.name_en if english else group.name, tiles))
    return groups


def _where(session: Session, service_id: str) -> dict[str, object]:
    """The names of the service and its places; empty for a service that is no longer in the catalogue."""
    translate = translations(session.language, PACKAGE).gettext
    catalogue: Catalogue | None = session.site.catalogue if session.site else None
    for service in catalogue.services if catalogue else ():
        if catalogue and service.id == service_id:
            name = service.name_en if session.language == "en" else service.name
            return {"service": name, "places": places(catalogue.counters_for(service_id), translate)}
    return {"service": "", "places": ""}


def _masked(id_number: str) -> str:
    """The ID number with only its last three digits: enough to see that it is one's own card.

    >>> _masked("001099000017")
    '•••••••••017'
    """
    return "•" * (len(id_number) - 3) + id_number[-3:]
