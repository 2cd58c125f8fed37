"""The services to choose from, and who chooses: every word and figure above the tiles and on them."""

from datetime import date

from msgspec import Struct

from edge.contracts import tiles
from edge.contracts.catalogue import Service
from edge.contracts.eligibility import OUTCOME_WORDS, Outcome
from edge.contracts.priority import priority_from
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import PRIORITY_LAW, Document
from edge.daemon.i18n import local_time, translations
from edge.kiosk import screens as s
from edge.kiosk.identifying import has_chip
from edge.kiosk.screens import Card
from edge.kiosk.state import Session
from edge.kiosk.ticket_words import PACKAGE, ground_words
from edge.kiosk.times import off_words, window_text
from edge.kiosk.words import DOCUMENT_WORDS, FAULT_WORDS, N_

# An insurance look-up that came to nothing without the person's doing.
NOT_THEIR_MATTER = frozenset(
    {Outcome.QUESTION_WRONG, Outcome.NOT_AUTHORISED, Outcome.PORTAL_ERROR, Outcome.UNREACHABLE, Outcome.UNKNOWN}
)
PAGE_TILES = 12  # of a lowered screen
LOWERED_PX = 700  # the room for them on 1080×1920


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


def choice(
    session: Session,
    wall_ms: int,
    person: s.Person | None = None,
    *,
    claim: str = "",
    problem: tuple[str, str, str] | tuple[()] = (),
) -> dict[str, object]:
    """The values of choose.html; ``claim`` is the ground that the person named, ``problem`` what did not go well."""
    if session.site is None:
        raise ValueError("services are shown before the hub has told of any")
    every = _groups(session, session.site, wall_ms)
    pages = paged(every) if session.lowered else [every]
    page = session.page % max(1, len(pages))
    groups = pages[page] if pages else []
    spans = [tiles.spans(tile.service for tile in group.tiles) for group in groups]
    fault = FAULT_WORDS[session.printer_fault] if session.printer_fault else ""
    return {
        "groups": groups,
        "all_off": all(tile.off for group in every for tile in group.tiles),
        "pages": len(pages),
        "page": page,
        "proven": _proven(session, person, wall_ms) if person and not claim else "",
        "law": PRIORITY_LAW,
        "begin": own_words(session, "begin"),
        "without": own_words(session, "without"),
        "portrait": _lowered(spans) if session.lowered else tiles.portrait(spans),
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


def _lowered(spans: list[tuple[tiles.Span, ...]]) -> tiles.Grid:
    return tiles.fit(spans, LOWERED_PX, apart=(2, 3), joined=(3,))


def own_words(session: Session, name: str) -> str:
    """The facility's own text of this name in the language of the screen; empty where the product's is to be shown."""
    if session.site is None or session.language not in ("vi", "en"):
        return ""
    suffix = "_en" if session.language == "en" else ""
    return str(getattr(session.site.catalogue.kiosk, name + suffix))


def paged(groups: list[TileGroup]) -> list[list[TileGroup]]:
    """The groups on pages of at most ``PAGE_TILES`` tiles, in their order; a group that its page has no room for goes
    on on the next one, under its name again."""
    pages: list[list[TileGroup]] = [[]]
    room = PAGE_TILES
    for group in groups:
        left = group.tiles
        while left:
            if not room:
                pages.append([])
                room = PAGE_TILES
            pages[-1].append(TileGroup(group.name, left[:room]))
            left, room = left[room:], room - len(left[:room])
    return pages


def _proven(session: Session, person: s.Person, wall_ms: int) -> str:
    """The legal ground that the document itself proves, in words; empty for none."""
    if not person.birth_date or session.site is None:
        return ""
    day = session.site.day or f"{local_time(wall_ms, session.site.catalogue.facility.time_zone):%Y-%m-%d}"
    return ground_words(priority_from(person.birth_date, day), translations(session.language, PACKAGE).gettext)


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


def _masked(number: str) -> str:
    """The number of a document with only its last three digits: enough to see that it is one's own.

    >>> _masked("001099000017")
    '•••••••••017'
    """
    return "•" * (len(number) - 3) + number[-3:]
