"""A ticket's life today, told from the journal's entries; pure."""

from collections.abc import Iterable

from msgspec import Struct

from edge.contracts.catalogue import Catalogue, Counter, Service
from edge.contracts.events import (
    ActionUndone,
    Entry,
    Onward,
    PaymentTaken,
    PrintFailed,
    PrioritySet,
    RoomChanged,
    TicketAskedAgain,
    TicketCalled,
    TicketCancelled,
    TicketFinished,
    TicketIssued,
    TicketMerged,
    TicketNoShow,
    TicketParked,
    TicketPrinted,
    TicketRated,
    TicketRecalled,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.ticket import PRIORITY_WORDS
from edge.hub.words import N_, PAYMENTS, REASONS

_ONWARD = {
    Onward.STEP: N_("Sang bước tiếp theo"),
    Onward.TESTS: N_("Gửi xét nghiệm"),
    Onward.TRANSFER: N_("Chuyển dịch vụ"),
    Onward.REFERRAL: N_("Chuyển khi đang chờ"),
}


class Happening(Struct, frozen=True):
    """One line: ``words`` and ``why`` are gettext sources, ``why`` often empty."""

    at_ms: int
    words: str
    why: str = ""
    service: Service | None = None
    counter: Counter | None = None


def is_birth(entry: Entry, ticket_id: str) -> bool:
    """Whether this entry begins the ticket's life."""
    return isinstance(entry.event, TicketIssued) and entry.event.ticket == ticket_id


def life_of(ticket_id: str, entries: Iterable[Entry], catalogue: Catalogue) -> tuple[Happening, ...]:
    """What happened to the ticket, in order; what a catalogue no longer knows is left out of a line."""
    services = {service.id: service for service in catalogue.services}
    counters = {counter.id: counter for counter in catalogue.counters}
    life = []
    for entry in entries:
        event = entry.event
        if isinstance(event, ActionUndone):
            if ticket_id in {ticket.id for ticket in event.tickets}:
                life.append(Happening(entry.at_ms, N_("Hoàn tác"), counter=counters.get(event.counter)))
        elif getattr(event, "ticket", "") == ticket_id:
            words, why = _told(event)
            service = services.get(getattr(event, "service", ""))
            life.append(Happening(entry.at_ms, words, why, service, counters.get(_counter(event))))
    return tuple(life)


def _counter(event: object) -> str:
    """The counter that a line names: where a changed or onward way leads, else where it happened."""
    if isinstance(event, TicketSentOn | RoomChanged | TicketIssued):
        return event.room
    counter: str = getattr(event, "counter", "")
    return counter


def _told(event: object) -> tuple[str, str]:
    match event:
        case TicketIssued():
            return N_("Lấy số"), PRIORITY_WORDS[event.priority] if event.priority.value != "none" else ""
        case TicketAskedAgain():
            return N_("Xin lại cùng một số"), ""
        case TicketPrinted():
            return N_("Đã in phiếu"), ""
        case PrintFailed():
            return N_("Phiếu không in được"), ""
        case PrioritySet():
            return N_("Nhân viên xác nhận diện"), PRIORITY_WORDS[event.priority]
        case TicketCalled():
            return N_("Được gọi"), REASONS[event.reason] if event.reason else ""
        case TicketRecalled():
            return N_("Gọi lại"), ""
        case TicketFinished():
            return N_("Phục vụ xong"), ""
        case TicketNoShow():
            return N_("Vắng mặt"), ""
        case TicketSentOn():
            return _ONWARD[event.why], ""
        case TicketParked():
            return N_("Tạm giữ"), ""
        case TicketReturned():
            return N_("Quay lại hàng chờ"), ""
        case TicketCancelled():
            return N_("Huỷ số"), ""
        case TicketMerged():
            return N_("Gộp vào số khác"), ""
        case RoomChanged():
            return N_("Đổi phòng"), ""
        case TicketRated():
            return N_("Đã đánh giá"), ""
        case PaymentTaken():
            return N_("Đã thu phí"), PAYMENTS[event.means]
        case _:
            return "", ""
