"""Whose face is like one that was seen today. It says so and decides nothing: ``edge.queueing.faces`` does."""

from collections.abc import Sequence

from edge.face.likeness import Vector, alike, unpack_template


class Guard:
    """The templates of the day's tickets, compared with cosine similarity."""

    def __init__(self) -> None:
        self._tickets: list[str] = []
        self._vectors: list[Vector] = []

    def add(self, ticket: str, template: bytes) -> None:
        """One more holder. Raises ValueError where these bytes are no template."""
        vector = unpack_template(template)
        self._tickets.append(ticket)
        self._vectors.append(vector)

    def drop(self, ticket: str) -> None:
        """Forget a holder; nothing where they are not known."""
        if ticket in self._tickets:
            at = self._tickets.index(ticket)
            del self._tickets[at], self._vectors[at]

    def clear(self) -> None:
        """Forget everybody."""
        self._tickets.clear()
        self._vectors.clear()

    def alike(self, template: bytes, others: Sequence[tuple[str, bytes]] = ()) -> tuple[str, ...]:
        """The tickets whose holder is like this one (see edge.face.likeness), the likest first.

        ``others`` are holders of a moment ago, who are not added yet. Raises ValueError where something is no template.
        """
        vectors = [*self._vectors, *(unpack_template(other) for _, other in others)]
        tickets = [*self._tickets, *(ticket for ticket, _ in others)]
        return tuple(tickets[at] for _, at in alike(template, vectors))
