"""What a press asks of the hub, and what the lamp beside the button answers. Pure."""

from enum import Enum

from edge.contracts.commands import CallNext, CounterCommand, Finish, MarkNoShow, Recall


class Action(Enum):
    """The four buttons of a counter."""

    NEXT = "next"
    RECALL = "recall"
    NO_SHOW = "no-show"
    FINISH = "finish"


class Answer(Enum):
    """What became of a press."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # nobody is waiting, nobody is at the counter, or the hub said no
    AWAY = "away"  # the hub gave no answer: the press is lost and must be made again


# How the lamp answers: levels, and seconds each. It is dark before and after.
LAMP: dict[Answer, tuple[tuple[bool, float], ...]] = {
    Answer.ACCEPTED: ((True, 1.0),),
    Answer.REFUSED: ((True, 0.4), (False, 0.4)) * 2,
    Answer.AWAY: ((True, 0.1), (False, 0.1)) * 10,
}


def command_for(action: Action, counter: str, ticket: str, command_id: str) -> CounterCommand | None:
    """The command of a press at a counter where ``ticket`` is now (empty: nobody).

    Nothing where there is nobody that it could be about: such a press is refused without asking the hub.
    """
    match action:
        case Action.NEXT:
            return CallNext(command_id, counter, seen=ticket)
        case _ if not ticket:
            return None
        case Action.RECALL:
            return Recall(command_id, counter, ticket)
        case Action.NO_SHOW:
            return MarkNoShow(command_id, counter, ticket)
        case Action.FINISH:
            return Finish(command_id, counter, ticket)
