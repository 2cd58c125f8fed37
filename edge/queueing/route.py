"""Where a ticket goes from here: the next step of its route, another service, tests and back."""

from edge.contracts.counter import CounterState
from edge.contracts.events import Onward, TicketSentOn
from edge.contracts.ticket import Step, Ticket
from edge.queueing import rooms
from edge.queueing.queue import Queue
from edge.queueing.wait import expect


def onward(queue: Queue, ticket: Ticket, now_ms: int) -> TicketSentOn | None:
    """What follows when a ticket was served: its next step, or nothing where the route ends here.

    Steps that a new catalogue did away with are passed over. Whoever comes back to a doctor after tests has the place
    that the first arrival gave; for any other step the person arrives now.
    """
    steps = ticket.steps
    while steps and not queue.plan.desks.get(steps[0].service):
        steps = steps[1:]
    if not steps:
        return None
    arrived_ms = ticket.issued_at_ms if steps[0].room else now_ms
    return sent_on(queue, ticket, steps[0], steps[1:], Onward.STEP, arrived_ms, now_ms)


def sent_on(
    queue: Queue, ticket: Ticket, step: Step, steps: tuple[Step, ...], why: Onward, arrived_ms: int, now_ms: int
) -> TicketSentOn:
    """The ticket waits for this step, in a room that can serve it."""
    serving = {desk.id for desk in queue.plan.desks[step.service]}
    same_doctor = step.room in serving and queue.standing(step.room).state is not CounterState.CLOSED
    room = step.room if same_doctor else rooms.assigned(queue, step.service)
    expected = expect(
        queue, step.service, room=room, priority=ticket.priority, arrived_ms=arrived_ms, now_ms=now_ms
    ).expected_ms
    return TicketSentOn(
        ticket=ticket.id,
        label=ticket.label,
        service=step.service,
        counter=ticket.counter,
        why=why,
        arrived_ms=arrived_ms,
        room=room,
        steps=steps,
        returning=why is Onward.STEP and bool(step.room) and same_doctor,
        expected_ms=expected,
    )
