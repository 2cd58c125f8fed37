"""What staff read about a device that is not well: which part it is, and what to do."""

from collections.abc import Callable, Mapping

from edge.contracts.device_words import ADVICE_WORDS, BUTTON_WORDS, PRESENCE_WORDS, ROLE_WORDS, SILENT_WORDS
from edge.contracts.health import REASON_WORDS, SUBJECT_WORDS, Part, Subject
from edge.hub.words import N_


def which(part: Part, counters: Mapping[str, int], gettext: Callable[[str], str]) -> str:
    """Which part of several it is, in words; empty where there is but one. ``counters`` is counter id → number.

    >>> from edge.contracts.health import part
    >>> which(part(Subject.BUTTONS, Reason.HELD, "q1/next"), {"q1": 1}, str)
    'Quầy 1, Mời số'
    >>> which(part(Subject.LED_BOARD, None, "q1,q9"), {"q1": 1}, str)
    'Quầy 1, q9'
    """
    match part.subject:
        case Subject.BUTTONS if part.reason is not None:
            counter, _, button = part.detail.partition("/")
            return f"{_counters((counter,), counters, gettext)}, {_button(button, gettext)}"
        case Subject.LED_BOARD if part.detail:
            return _counters(part.detail.split(","), counters, gettext)
        case Subject.TV:
            return gettext(N_("{count} màn hình")).format(count=part.detail)
        case Subject.MEDIA if part.detail:
            return gettext(N_("{count} tệp")).format(count=part.detail)
    return part.detail


def _counters(ids: list[str] | tuple[str, ...], counters: Mapping[str, int], gettext: Callable[[str], str]) -> str:
    named = ", ".join(str(counters.get(id_, id_)) for id_ in ids)
    return f"{gettext(N_('Quầy'))} {named}"


def _button(name: str, gettext: Callable[[str], str]) -> str:
    kind, _, score = name.partition("-")
    if kind == "rate":
        return f"{gettext(N_('Đánh giá'))} {score}"
    return gettext(BUTTON_WORDS[name]) if name in BUTTON_WORDS else name


DEVICE_WORDS = {
    "subjects": SUBJECT_WORDS,
    "faults": REASON_WORDS,
    "advice": ADVICE_WORDS,
    "silent_advice": SILENT_WORDS,
    "roles": ROLE_WORDS,
    "presences": PRESENCE_WORDS,
    "which": which,
}
