"""The session as HTML: which template shows a screen, and every word and figure on it."""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import date

from jinja2 import Environment
from markupsafe import Markup
from msgspec import Struct
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from edge.contracts import tiles
from edge.contracts.catalogue import Facility, Service
from edge.contracts.eligibility import OUTCOME_WORDS, Outcome
from edge.contracts.outlook import Hours, Outlook
from edge.contracts.refusals import WORDS
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import PRIORITY_LAW, PRIORITY_WORDS, Document, Ticket
from edge.daemon.i18n import local_time, long_date, translations
from edge.daemon.templates import environment
from edge.kiosk import face_view
from edge.kiosk import screens as s
from edge.kiosk.hours import hours_text
from edge.kiosk.identifying import has_chip
from edge.kiosk.screens import Card, Outage
from edge.kiosk.session import GROUNDS
from edge.kiosk.state import Session
from edge.kiosk.ticket_words import PACKAGE, find, ground_words, standing, ticket_words
from edge.kiosk.times import closed_words, moment_text, off_words, window_text
from edge.kiosk.words import (
    DOCUMENT_WORDS,
    FAULT_WORDS,
    N_,
    OUTAGE_WORDS,
    READING_WORDS,
    SCAN_FIRST_WORDS,
    SCAN_WORDS,
    STEP_WORDS,
)

# How a number is had all the same.
_NOTHING = N_("Không có giấy tờ? Hãy chọn dịch vụ trên màn hình.")
_BY_QR = N_("Bạn vẫn lấy số được bằng mã QR: xin chọn dịch vụ.")
_WITHOUT = N_("Bạn vẫn lấy số được không cần giấy tờ: xin chọn dịch vụ.")

# An insurance look-up that came to nothing without the person's doing.
NOT_THEIR_MATTER = frozenset(
    {Outcome.QUESTION_WRONG, Outcome.NOT_AUTHORISED, Outcome.PORTAL_ERROR, Outcome.UNREACHABLE, Outcome.UNKNOWN}
)
QUIET_ZONE = 4  # modules of white around a QR: ISO/IEC 18004, 6.3.8
CLOCK_SLACK_MS = 60_000


class Tile(Struct, frozen=True):
    """One service to touch; ``waiting`` is how many wait for it, ``when`` to ``till`` when a number taken now would be
    called (empty: nobody can say), ``off`` why none can be taken, ``coloured`` whether its letter has its colour."""

    service: Service
    name: str
    other_name: str
    waiting: int
    when: str
    till: str
    off: str
    name_classes: str
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
                return render("choose.html", **_choice(session, wall_ms))
            case s.ScanTrouble(problem):
                return render("choose.html", **_choice(session, wall_ms, problem=(*SCAN_WORDS[problem], _NOTHING)))
            case s.ScanFirst():
                return render("choose.html", **_choice(session, wall_ms, problem=(*SCAN_FIRST_WORDS, _NOTHING)))
            case s.ReadingChip(step=step, share=share):
                return render("reading.html", step=STEP_WORDS[step], percent=round(100 * share))
            case s.ChipTrouble(fault, person):
                words = (*READING_WORDS[fault], _BY_QR if person else _WITHOUT)
                return render("choose.html", **_choice(session, wall_ms, problem=words))
            case s.Identified(person):
                return render("choose.html", **_choice(session, wall_ms, person))
            case s.Claimed(claim, person):
                return render("choose.html", **_choice(session, wall_ms, person, claim=ground_words(claim, _)))
            case s.Grounds():
                grounds = {ground: PRIORITY_WORDS[ground] for ground in GROUNDS}
                return render("grounds.html", grounds=grounds, law=PRIORITY_LAW)
            case s.Issuing():
                return render("issuing.html")
            case s.Printing(ticket) | s.Taken(ticket):
                return render("number.html", **self._number(session, session.screen, ticket, wall_ms))
            case s.Refused(reason, next_opens_ms):
                again = _again(session, next_opens_ms, wall_ms, _)
                return render("words.html", sentences=(_(WORDS[reason]), again), may_leave=True)
            case s.LookUp():
                return render("look_up.html", letters=_letters(session))
            case s.LookedUp(typed):
                return render("looked_up.html", typed=typed.upper(), **_looked_up(session, typed, wall_ms))
            case s.Closed():
                return render("closed.html", sentences=_closed(session, wall_ms))
            case s.OutOfService(outage):
                sentences = tuple(_(sentence) if sentence else "" for sentence in OUTAGE_WORDS[outage])
                return render("words.html", sentences=sentences, may_leave=outage is Outage.UNANSWERED)
            case about_faces:
                template, values = face_view.shown(session, about_faces)
                return render(template, **values)

    def _number(
        self, session: Session, screen: s.Printing | s.Taken, ticket: Ticket, wall_ms: int
    ) -> dict[str, object]:
        fault = screen.fault if isinstance(screen, s.Taken) else None
        words = None
        if session.site is not None:
            words = ticket_words(session.site.catalogue, ticket, screen.wait, now_ms=wall_ms, language=session.language)
        return {
            "ticket": ticket,
            "ahead": screen.ahead,
            "again": screen.again,
            "words": words,
            "law": PRIORITY_LAW,
            "printing": isinstance(screen, s.Printing),
            "fault": FAULT_WORDS[fault] if fault else "",
            "qr": qr_picture(self._lookup_url + ticket.id) if fault else "",
        }


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


def _choice(
    session: Session,
    wall_ms: int,
    person: s.Person | None = None,
    *,
    claim: str = "",
    problem: tuple[str, str, str] | tuple[()] = (),
) -> dict[str, object]:
    if session.site is None:
        raise ValueError("services are shown before the hub has told of any")
    groups = _groups(session, session.site, wall_ms)
    spans = [tiles.spans(tile.service for tile in group.tiles) for group in groups]
    fault = FAULT_WORDS[session.printer_fault] if session.printer_fault else ""
    return {
        "groups": groups,
        "all_off": all(tile.off for group in groups for tile in group.tiles),
        "portrait": tiles.portrait(spans),
        "landscape": tiles.landscape(spans),
        "compact": tiles.is_compact(spans),
        "fault": fault,
        "person": person.name if person else "",
        "document": DOCUMENT_WORDS[person.document] if person else "",
        "masked": _masked(person.id_number or person.insurance_number) if person else "",
        "by_chip": person is not None and person.document is Document.CCCD_CHIP,
        "invitation": _invitation(session.card, person) if person else "",
        "insured": _insured(session) if person else "",
        "claim": claim,
        "problem": problem,
        "erases": session.eyes is not None and session.hub_up and isinstance(session.screen, s.Start),
        "looks_up": isinstance(session.screen, s.Start | s.ScanTrouble | s.ScanFirst),
    }


def _invitation(card: Card | None, person: s.Person) -> str:
    """What a person identified by a QR alone may do to be identified by the chip; empty where that cannot be done."""
    if not has_chip(person) or person.document is Document.CCCD_CHIP:
        return ""
    match card:
        case Card.EMPTY:
            return N_("Đặt thẻ lên đầu đọc để xác thực bằng chip")
        case Card.LAID | Card.READ:
            return N_("Nhấc thẻ ra rồi đặt lại để xác thực bằng chip")
    return ""


def _insured(session: Session) -> str:
    """What the insurance portal said, in one sentence; empty where it said nothing that is the person's matter."""
    insured = session.insured
    if insured is None or insured.outcome in NOT_THEIR_MATTER:
        return ""
    sentence = translations(session.language, PACKAGE).gettext(OUTCOME_WORDS[insured.outcome]).partition(". ")[0]
    until = f" ({date.fromisoformat(insured.valid_to):%d/%m/%Y})" if insured.valid_to else ""
    return sentence + until


def _groups(session: Session, site: Snapshot, wall_ms: int) -> list[TileGroup]:
    english = session.language == "en"
    groups = []
    for group in site.catalogue.groups:
        shown = tuple(
            _tile(session, site, service, wall_ms)
            for service in site.catalogue.services
            if service.group == group.id and service.active
        )
        if shown:
            groups.append(TileGroup(group.name_en if english else group.name, shown))
    return groups


def _tile(session: Session, site: Snapshot, service: Service, wall_ms: int) -> Tile:
    english = session.language == "en"
    zone = site.catalogue.facility.time_zone
    expected = session.outlook.services.get(service.id) if session.outlook else None
    off = window = ""
    if service.id in session.off:
        off = off_words(expected, wall_ms, zone, translations(session.language, PACKAGE).gettext)
    elif expected and expected.wait and session.hub_up:
        window = window_text(expected.wait, wall_ms, zone)
    when, _, till = window.partition("–")
    return Tile(
        service=service,
        name=service.name_en if english else service.name,
        other_name=service.name if english else service.name_en,
        waiting=len(site.waiting.get(service.id, ())),
        when=when,
        till=till,
        off=off,
        name_classes=tiles.name_classes(service.name_en if english else service.name),
        coloured=tiles.is_readable(service.colour),
    )


def _again(session: Session, next_opens_ms: int, wall_ms: int, translate: Callable[[str], str]) -> str:
    """When a refused number can be asked for again; empty where that is not known."""
    if session.site is None or next_opens_ms <= wall_ms:
        return ""
    when = moment_text(next_opens_ms, wall_ms, session.site.catalogue.facility.time_zone, translate)
    return translate(N_("Phát số lại lúc %(when)s.")) % {"when": when}


def _closed(session: Session, wall_ms: int) -> tuple[str, ...]:
    outlook: Outlook | None = session.outlook
    zone = session.site.catalogue.facility.time_zone if session.site else Facility("", "").time_zone
    translate = translations(session.language, PACKAGE).gettext
    english = session.language == "en"
    return closed_words(outlook.hours if outlook else Hours(), wall_ms, zone, english=english, translate=translate)


def _letters(session: Session) -> list[str]:
    """The letters that today's numbers begin with, for the keypad."""
    services = session.site.catalogue.services if session.site else ()
    prefixes = [service.prefix for service in services] + [
        re.sub("[0-9]", "", ticket.label) for ticket in (session.site.tickets.values() if session.site else ())
    ]
    return sorted({letter for prefix in prefixes for letter in prefix.upper()})


def _looked_up(session: Session, typed: str, wall_ms: int) -> dict[str, object]:
    ticket = find(session.site, typed) if session.site else None
    if session.site is None or ticket is None:
        return {"label": "", "lines": ()}
    lines = standing(session.site, session.outlook, ticket, now_ms=wall_ms, language=session.language)
    return {"label": ticket.label, "lines": lines}


def _masked(number: str) -> str:
    """The number of a document with only its last three digits: enough to see that it is one's own.

    >>> _masked("001099000017")
    '•••••••••017'
    """
    return "•" * (len(number) - 3) + number[-3:]
