"""What a press asks of the hub, and what the lamp beside the button answers. Pure."""

from enum import Enum

from msgspec import Struct

from board_controller.debounce import Signal
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
    NOBODY = "nobody"  # nobody is waiting
    REFUSED = "refused"  # nobody is at the counter, or just called, or the hub said no for another reason
    AWAY = "away"  # the hub gave no answer: the press is lost and must be made again
    QUIET = "quiet"  # a rating of nothing, such as a second one or a child's play: no fault of anybody


# How the lamp answers: levels, and seconds each. It is dark before and after.
LAMP: dict[Answer, tuple[tuple[bool, float], ...]] = {
    Answer.ACCEPTED: ((True, 1.0),),
    Answer.NOBODY: ((True, 0.4), (False, 0.4)) * 2,
    Answer.REFUSED: ((True, 0.2), (False, 0.2), (True, 0.2), (False, 0.2), (True, 0.8)),
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


def meaning(signal: Signal, short: Action | Rating, long: Action | None) -> Action | Rating | None:
    """What a button asks for by this signal of its contact, or nothing.

    A button without a second meaning acts as it is pressed. One with a second meaning acts as it is let go, or, with
    that other meaning, as soon as it has been held.
    """
    match signal:
        case Signal.PRESSED if long is None:
            return short
        case Signal.RELEASED if long is not None:
            return short
        case Signal.HELD:
            return long
        case _:
            return None


def answer_to(reply: Reply) -> Answer:
    """What the lamp makes of the hub's reply."""
    if not isinstance(reply, Refused):
        return Answer.ACCEPTED
    match reply.reason:
        case Refusal.NOTHING_TO_RATE:
            return Answer.QUIET
        case Refusal.NOBODY_WAITING:
            return Answer.NOBODY
        case _:
            return Answer.REFUSED
