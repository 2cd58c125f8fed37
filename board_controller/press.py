"""What a press asks of the hub, and what the lamp beside the button answers. Pure."""

from enum import Enum

from msgspec import Struct

from edge.contracts.commands import CallNext, CounterCommand, Finish, MarkNoShow, Rate, Recall, Refused, Reply
from edge.contracts.refusals import Refusal


class Action(Enum):
    """The four buttons of a counter."""

    NEXT = "next"
    RECALL = "recall"
    NO_SHOW = "no-show"
    FINISH = "finish"


class Rating(Struct, frozen=True):
    """A button that says how satisfied the patient is: 1 (not at all) to 5 (very)."""

    score: int

    @property
    def value(self) -> str:
        """The button's name beside its counter's."""
        return f"rate-{self.score}"


class Answer(Enum):
    """What became of a press."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # nobody is waiting, nobody is at the counter, or the hub said no
    AWAY = "away"  # the hub gave no answer: the press is lost and must be made again
    QUIET = "quiet"  # a rating of nothing, such as a second one or a child's play: no fault of anybody


# How the lamp answers: levels, and seconds each. It is dark before and after.
LAMP: dict[Answer, tuple[tuple[bool, float], ...]] = {
    Answer.ACCEPTED: ((True, 1.0),),
    Answer.REFUSED: ((True, 0.4), (False, 0.4)) * 2,
    Answer.AWAY: ((True, 0.1), (False, 0.1)) * 10,
    Answer.QUIET: (),
}


def command_for(action: Action | Rating, counter: str, ticket: str, command_id: str) -> CounterCommand | None:
    """The command of a press at a counter where ``ticket`` is now (empty: nobody).

    Nothing where there is nobody that it could be about: such a press is refused without asking the hub.
    """
    match action:
        case Action.NEXT:
            return CallNext(command_id, counter, seen=ticket)
        case Rating(score):
            return Rate(command_id, counter, score)
        case _ if not ticket:
            return None
        case Action.RECALL:
            return Recall(command_id, counter, ticket)
        case Action.NO_SHOW:
            return MarkNoShow(command_id, counter, ticket)
        case Action.FINISH:
            return Finish(command_id, counter, ticket)


def answer_to(reply: Reply) -> Answer:
    """What the lamp makes of the hub's reply."""
    if not isinstance(reply, Refused):
        return Answer.ACCEPTED
    return Answer.QUIET if reply.reason is Refusal.NOTHING_TO_RATE else Answer.REFUSED
