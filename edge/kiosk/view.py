"""The session as HTML: which template shows a screen, and every word and figure on it."""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable

from jinja2 import Environment
from markupsafe import Markup
from msgspec import Struct
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from edge.contracts.catalogue import Facility
from edge.contracts.kiosk import LANGUAGES
from edge.contracts.outlook import Hours, Outlook
from edge.contracts.refusals import WORDS
from edge.contracts.ticket import PRIORITY_LAW, PRIORITY_WORDS, Ticket
from edge.daemon.i18n import local_time, long_date, translations
from edge.daemon.templates import environment
from edge.kiosk import face_view, staff_view
from edge.kiosk import screens as s
from edge.kiosk.choose_view import choice, own_words
from edge.kiosk.hours import hours_text
from edge.kiosk.screens import Outage
from edge.kiosk.session import GROUNDS
from edge.kiosk.slips import BRAND_LOGO, Slips
from edge.kiosk.state import Session, link_base, next_language
from edge.kiosk.ticket_words import PACKAGE, find, ground_words, standing, ticket_words
from edge.kiosk.times import closed_words, moment_text
from edge.kiosk.words import (
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

# Whoever stands there is asked whether they need more time. A number that was given goes by itself: it is on paper.
_WARNS = (
    s.Identified
    | s.Grounds
    | s.Claimed
    | s.ScanTrouble
    | s.ScanFirst
    | s.ChipTrouble
    | s.AskConsent
    | s.NoPicture
    | s.SeemsHeld
    | s.LookUp
    | s.LookedUp
    | s.Erasing
)
_MORE_TIME = (N_("Bạn cần thêm thời gian không?"), N_("Tôi cần thêm thời gian"))
QUIET_ZONE = 4  # modules of white around a QR: ISO/IEC 18004, 6.3.8
CLOCK_SLACK_MS = 60_000
MOST_GROUPS = 6  # on the greeting


class Head(Struct, frozen=True):
    """The top of every screen; ``clock`` is empty while the kiosk's own clock cannot be believed."""

    name: str
    place: str
    clock: str
    date: str
    hours: str


class View:
    """Turns a session into HTML. ``lookup_url`` + ticket id is what the QR on the screen holds; without ``slips`` it
    shows the product's logo, and no picture of a slip."""

    def __init__(self, lookup_url: str, slips: Slips | None = None) -> None:
        self._lookup_url = lookup_url
        self._slips = slips

    def page(self, session: Session, *, now_ms: int, wall_ms: int, token: str) -> str:
        """The whole document; ``token`` is what each touch must bring back."""
        lost = dict.fromkeys(s.LANGUAGES, OUTAGE_WORDS[Outage.HUB][0])
        lost = {language: translations(language, PACKAGE).gettext(words) for language, words in lost.items()}
        more_time = {code: tuple(map(translations(code, PACKAGE).gettext, _MORE_TIME)) for code in session.spoken}
        screen = Markup(self.screen(session, now_ms=now_ms, wall_ms=wall_ms))  # noqa: S704 - escaped by its template
        template = _templates(session).get_template("page.html")
        return template.render(session=session, token=token, lost=lost, more_time=more_time, screen=screen)

    def screen(self, session: Session, *, now_ms: int, wall_ms: int) -> str:
        """The ``<main>`` of the screen that the session shows now."""
        _ = translations(session.language, PACKAGE).gettext
        left_ms = max(0, session.until_ms - now_ms) if session.until_ms else 0
        head = _head(session, wall_ms, _)
        other = next_language(session)
        frame = {
            "head": head,
            "logo": self._slips.logo_address() if self._slips else BRAND_LOGO,
            "left_ms": left_ms,
            "warns": bool(left_ms) and isinstance(session.screen, _WARNS),
            "other": (other, LANGUAGES[other]) if other != session.language else (),
        }

        def render(template: str, **values: object) -> str:
            return _templates(session).get_template(template).render(session=session, **frame, **values)

        match session.screen:
            case s.Start():
                return render("choose.html", **choice(session, wall_ms))
            case s.ScanTrouble(problem):
                return render("choose.html", **choice(session, wall_ms, problem=(*SCAN_WORDS[problem], _NOTHING)))
            case s.ScanFirst():
                return render("choose.html", **choice(session, wall_ms, problem=(*SCAN_FIRST_WORDS, _NOTHING)))
            case s.ReadingChip(step=step, share=share):
                return render("reading.html", step=STEP_WORDS[step], percent=round(100 * share))
            case s.ChipTrouble(fault, person):
                words = (*READING_WORDS[fault], _BY_QR if person else _WITHOUT)
                return render("choose.html", **choice(session, wall_ms, problem=words))
            case s.Identified(person):
                return render("choose.html", **choice(session, wall_ms, person))
            case s.Claimed(claim, person):
                return render("choose.html", **choice(session, wall_ms, person, claim=ground_words(claim, _)))
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
            case s.Resting():
                return render("resting.html", greeting=own_words(session, "greeting"), waiting=_crowd(session))
            case s.StaffPin() | s.Staff() as staff:
                template, values = staff_view.shown(session, staff)
                return render(template, **values)
            case about_faces:
                template, values = face_view.shown(session, about_faces)
                return render(template, **values)

    def _number(
        self, session: Session, screen: s.Printing | s.Taken, ticket: Ticket, wall_ms: int
    ) -> dict[str, object]:
        fault = screen.fault if isinstance(screen, s.Taken) else None
        picture = self._slips.picture(session, screen) if self._slips and fault and isinstance(screen, s.Taken) else ""
        words = None
        if session.site is not None:
            words = ticket_words(session.site.catalogue, ticket, screen.wait, now_ms=wall_ms, language=session.language)
        return {
            "ticket": ticket,
            "ahead": screen.ahead,
            "again": screen.again,
            "words": words,
            "law": PRIORITY_LAW,
            "after": own_words(session, "after"),
            "may_come": isinstance(screen, s.Taken) and screen.may_come,
            "printing": isinstance(screen, s.Printing),
            "fault": FAULT_WORDS[fault] if fault else "",
            "qr": qr_picture(link_base(session, self._lookup_url) + ticket.id) if fault else "",
            "picture": picture,
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


def _crowd(session: Session) -> tuple[tuple[str, int], ...]:
    """How many wait in each group, the most first; groups in which nobody waits are left out."""
    if session.site is None:
        return ()
    catalogue = session.site.catalogue
    count: Counter[str] = Counter()
    for service in catalogue.services:
        count[service.group] += len(session.site.waiting.get(service.id, ()))
    groups = {group.id: group for group in catalogue.groups}
    english = session.language == "en"
    most = [(groups[id_], n) for id_, n in count.most_common(MOST_GROUPS) if n and id_ in groups]
    return tuple((group.name_en if english else group.name, n) for group, n in most)


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
