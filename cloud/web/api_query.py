"""The parameters of the API: each is written in one way, sent at most once, and what is not known is refused.

The document that describes the API is made from the same table, so that neither says what the other does not.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct
from werkzeug.datastructures import MultiDict

from cloud.web.bearer import Fault, Refused

MOST_QUERY = 1024  # bytes
MOST_LIMIT = 200
_SAYABLE = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
_YEAR, _MONTH, _DAY = "20[0-9]{2}", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_DATE = f"{_YEAR}-{_MONTH}-{_DAY}"
_NAME = "[A-Za-z0-9._-]{1,64}"


class Group(Enum):
    """By what counts are told apart."""

    SITE = "site"
    SERVICE = "service"
    HOUR = "hour"
    DAY = "day"


class Shown(Enum):
    """Which alarms are asked for."""

    OPEN = "open"
    CLOSED = "closed"


class Parameter(Struct, frozen=True):
    """One parameter: ``pattern`` for its text (anchored), or its ``values``, or, with neither, a number up to ``most``.

    ``default`` is what counts where it is not sent; "" is told as none.
    """

    name: str
    meaning: str
    pattern: str = ""
    values: tuple[str, ...] = ()
    most: int = 0
    default: str = ""

    def fits(self, text: str) -> bool:
        """Whether it may be written so."""
        if self.values:
            return text in self.values
        if self.pattern:
            return bool(re.fullmatch(self.pattern, text, re.ASCII)) and not text.endswith("\n")
        return bool(re.fullmatch("[1-9][0-9]{0,5}", text, re.ASCII)) and int(text) <= self.most


PERIOD = Parameter(
    "period",
    "A day 2026-11-26, ISO week 2026-W48, month 2026-11, quarter 2026-Q3, the first six or nine months 2026-6m,"
    " 2026-9m, a year 2026, or days of one's own 2026-01-05..2026-03-17, at most three years. Without it: this month in"
    " Viet Nam.",
    f"^({_YEAR}(-[69]m|-Q[1-4]|-W(0[1-9]|[1-4][0-9]|5[0-3])|-{_MONTH}(-{_DAY})?)?|{_DATE}\\.\\.{_DATE})$",
)
SITE = Parameter("site", "Only this facility", f"^{_NAME}$")
GROUP = Parameter(
    "group",
    "By what counts are told apart. All but site are about one facility, and need site.",
    values=tuple(group.value for group in Group),
    default=Group.SITE.value,
)
STATE = Parameter("state", "Which alarms", values=tuple(shown.value for shown in Shown), default=Shown.OPEN.value)
AFTER = Parameter("after", "What next of the page before was", f"^{_NAME}$")
AFTER_NUMBER = Parameter("after", "What next of the page before was", "^[0-9]{1,15}$")
LIMIT = Parameter("limit", "How many a page has", most=MOST_LIMIT, default=str(MOST_LIMIT))


def read(sent: MultiDict[str, str], parameters: Sequence[Parameter]) -> Mapping[str, str]:
    """What was sent, with the defaults of what was not ("": none). Raises Refused.

    >>> dict(read(MultiDict({"site": "mau-01"}), (SITE, LIMIT)))
    {'site': 'mau-01', 'limit': '200'}
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name, values in sent.lists():
        if name not in known:
            raise Refused(Fault.UNKNOWN_PARAMETER, name if _SAYABLE.fullmatch(name) else "")
        if len(values) > 1:
            raise Refused(Fault.REPEATED_PARAMETER, name)
        if not known[name].fits(values[0]):
            raise Refused(Fault.MALFORMED_PARAMETER, name)
    return {name: sent.get(name, parameter.default) for name, parameter in known.items()}
