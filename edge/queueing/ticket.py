"""The life of a ticket, as a table."""

from enum import Enum

from edge.contracts.ticket import State


class Move(Enum):
    """What can be done with a ticket."""

    CALL = "call"
    RECALL = "recall"
    FINISH = "finish"
    NO_SHOW = "no-show"
    SEND_ON = "send on"
    PARK = "park"
    RETURN = "return"
    CANCEL = "cancel"
    MERGE = "merge"
    LAPSE = "lapse"


TRANSITIONS: dict[State, dict[Move, State]] = {
    State.WAITING: {
        Move.CALL: State.CALLED,
        Move.SEND_ON: State.WAITING,
        Move.CANCEL: State.CANCELLED,
        Move.MERGE: State.MERGED,
        Move.LAPSE: State.LAPSED,
    },
    State.CALLED: {
        Move.RECALL: State.CALLED,
        Move.FINISH: State.FINISHED,
        Move.NO_SHOW: State.NO_SHOW,
        Move.SEND_ON: State.WAITING,
        Move.PARK: State.PARKED,
        Move.LAPSE: State.LAPSED,
    },
    State.PARKED: {
        Move.CALL: State.CALLED,
        Move.RETURN: State.WAITING,
        Move.CANCEL: State.CANCELLED,
        Move.LAPSE: State.LAPSED,
    },
    State.NO_SHOW: {
        Move.RETURN: State.WAITING,
        Move.CANCEL: State.CANCELLED,
        Move.LAPSE: State.LAPSED,
    },
    State.FINISHED: {},
    State.CANCELLED: {},
    State.MERGED: {},
    State.LAPSED: {},
}

LIVE = frozenset(state for state, moves in TRANSITIONS.items() if moves)


def may(state: State, move: Move) -> bool:
    """Whether this can be done with a ticket in this state."""
    return move in TRANSITIONS[state]


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation.

    Source: Mermaid, "State diagrams", stateDiagram-v2.
    """
    lines = ["stateDiagram-v2", "    [*] --> waiting: issue"]
    for state, moves in TRANSITIONS.items():
        lines += [f"    {_name(state)} --> {_name(after)}: {move.value}" for move, after in moves.items()]
        if not moves:
            lines.append(f"    {_name(state)} --> [*]")
    return "\n".join(lines)


def _name(state: State) -> str:
    return state.value.replace("-", "_")  # Mermaid takes no hyphen in a state's name
