"""Who is next."""

from collections.abc import Iterable, Mapping

from edge.contracts.ticket import Ticket


def next_of(services: Iterable[str], waiting: Mapping[str, tuple[str, ...]], tickets: Mapping[str, Ticket]) -> str:
    """The id of the ticket to call next for these services, empty where nobody waits: the longest waiting one.

    ``waiting`` is service id → ticket ids in the order of their issue.
    """
    heads = [tickets[waiting[service][0]] for service in services if waiting.get(service)]
    if not heads:
        return ""
    return min(heads, key=lambda ticket: (ticket.issued_at_ms, ticket.id)).id
