"""What screen and slip say about a ticket: where, when, why first, and what comes after."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from edge.contracts.catalogue import Catalogue, Counter, Service
from edge.contracts.outlook import Outlook, Window
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import PRIORITY_LAW, PRIORITY_WORDS, Priority, State, Ticket
from edge.daemon.i18n import local_time, translations
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.times import window_text
from edge.kiosk.words import N_
from edge.slip.facts import Slip

PACKAGE = "edge.kiosk"


class TicketWords(Struct, frozen=True):
    """A ticket in one language; what is not known is empty.

    ``priority`` is the ground in force, ``claim`` the ground that an officer has yet to confirm, ``route`` the services
    that follow.
    """

    service: str
    places: str
    expected: str
    priority: str
    claim: str
    route: tuple[str, ...]


def ticket_words(
    catalogue: Catalogue, ticket: Ticket, wait: Window | None, *, now_ms: int, language: str
) -> TicketWords:
    """The words for a ticket that is expected to be called within ``wait``."""
    translate = translations(language, PACKAGE).gettext
    services = {service.id: service for service in catalogue.services}

    def named(service: Service) -> str:
        return service.name_en if language == "en" else service.name

    service = services.get(ticket.service)  # None: it was taken off the list a moment ago
    steps = [services[step.service] for step in ticket.steps if step.service in services]
    return TicketWords(
        service=named(service) if service else "",
        places=places(counters_of(catalogue, ticket), translate),
        expected=window_text(wait, now_ms, catalogue.facility.time_zone) if wait else "",
        priority=ground_words(ticket.priority, translate),
        claim=ground_words(ticket.claim, translate) if ticket.priority is Priority.NONE else "",
        route=tuple(named(step) for step in steps),
    )


def slip_of(site: Snapshot, job: h.Print, lookup_url: str, *, reserve: bool = False) -> Slip:
    """The slip of a ticket, in both languages; Vietnamese comes first where the person chose neither of them."""
    catalogue, ticket = site.catalogue, job.ticket
    facility = catalogue.facility
    issued_ms = ticket.issued_at_ms
    vi, en = (
        ticket_words(catalogue, ticket, job.wait, now_ms=issued_ms, language=language) for language in s.LANGUAGES
    )
    return Slip(
        facility=facility.name,
        department=facility.department,
        service=vi.service,
        service_en=en.service,
        facility_en=facility.name_en,
        label=ticket.label,
        counters=vi.places,
        counters_en=en.places,
        language="en" if job.language == "en" else "vi",
        ahead=job.ahead,
        taken_at=local_time(issued_ms, facility.time_zone),
        lookup_url=lookup_url + ticket.id,
        reprint=job.copy,
        expected=vi.expected,
        priority=(vi.priority, en.priority),
        claim=(vi.claim, en.claim),
        law=(PRIORITY_LAW, translations("en", PACKAGE).gettext(PRIORITY_LAW)),
        route=(vi.route, en.route),
        reserve=reserve,
    )


def places(counters: Sequence[Counter], translate: Callable[[str], str] = str) -> str:
    """Where a service is served, as the slip and the screen say it.

    >>> places([Counter("q1", 1, "101", ()), Counter("q2", 2, "102", ())])
    'Quầy 1, 2 · Phòng 101, 102'
    """
    numbers = ", ".join(str(counter.number) for counter in counters)
    rooms = ", ".join(dict.fromkeys(counter.room for counter in counters if counter.room))
    parts = [f"{translate(N_('Quầy'))} {numbers}"] if numbers else []
    return " · ".join([*parts, f"{translate(N_('Phòng'))} {rooms}"] if rooms else parts)


def counters_of(catalogue: Catalogue, ticket: Ticket) -> tuple[Counter, ...]:
    """The counters that may call the ticket: its room's only, where one was assigned."""
    assigned = tuple(counter for counter in catalogue.counters if counter.id == ticket.room)
    return assigned or catalogue.counters_for(ticket.service)


def ground_words(ground: Priority, translate: Callable[[str], str]) -> str:
    """A legal ground within a sentence; empty for none.

    >>> ground_words(Priority.FROM_75, str)
    'từ đủ 75 tuổi'
    """
    if ground is Priority.NONE:
        return ""
    words = translate(PRIORITY_WORDS[ground])
    return words[:1].lower() + words[1:]


def find(site: Snapshot, typed: str) -> Ticket | None:
    """The live ticket with this number, however many zeros were typed: "a47" finds A047."""
    wanted = _plain(typed)
    return next((ticket for ticket in site.tickets.values() if _plain(ticket.label) == wanted), None)


def standing(site: Snapshot, outlook: Outlook | None, ticket: Ticket, *, now_ms: int, language: str) -> tuple[str, ...]:
    """How it stands with a ticket, for anybody who knows its number: nothing of whose it is, or why it is first."""
    _ = translations(language, PACKAGE).gettext
    catalogue = site.catalogue
    where = places([counter for counter in catalogue.counters if counter.id == ticket.counter], _)
    match ticket.state:
        case State.CALLED:
            return (_(N_("Đang được gọi. Xin đến %(where)s ngay.")) % {"where": where},)
        case State.PARKED:
            return (_(N_("Xin chờ cạnh %(where)s: số sẽ được gọi lại.")) % {"where": where},)
        case State.NO_SHOW:
            return (_(N_("Số này đã được gọi mà chưa có người đến. Xin gặp nhân viên.")),)
    queue = site.waiting.get(ticket.service, ())
    ahead = queue.index(ticket.id) if ticket.id in queue else 0
    soon = outlook is not None and any(ticket.label in counter.next for counter in outlook.counters.values())
    words = []
    if soon:
        words.append(_(N_("Sắp đến lượt. Xin ngồi gần quầy.")))
    elif ahead:
        words.append(_(N_("Còn khoảng %(n)d người chờ trước")) % {"n": ahead})
    window = None if soon else _expected(outlook, ticket, (ahead + 1) / (len(queue) + 1), now_ms)
    if window:
        when = window_text(window, now_ms, catalogue.facility.time_zone)
        words.append(_(N_("Dự kiến gọi khoảng %(when)s")) % {"when": when})
    where = places(counters_of(catalogue, ticket), _)
    return (*words, where) if where else tuple(words)


def _expected(outlook: Outlook | None, ticket: Ticket, share: float, now_ms: int) -> Window | None:
    """The wait that was estimated when it began, as uncertain as the hub is now about so many people; None where
    nobody can say, or the time has passed."""
    service = outlook.services.get(ticket.service) if outlook else None
    middle_ms = ticket.waiting_since_ms + ticket.expected_ms
    if service is None or service.wait is None or ticket.expected_ms < 0 or middle_ms < now_ms:
        return None
    half_ms = round((service.wait.high_ms - service.wait.low_ms) * share / 2)
    return Window(max(now_ms, middle_ms - half_ms), middle_ms + half_ms)


def _plain(label: str) -> tuple[str, str]:
    letters = "".join(letter for letter in label.upper() if letter.isalpha())
    return letters, "".join(digit for digit in label if digit.isdecimal()).lstrip("0")
