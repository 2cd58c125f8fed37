"""What is found: one line each, and under a bad one what to do."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from msgspec import Struct

N_ = str  # marks a Vietnamese source sentence whose English stands in locale/en.po


class Verdict(Enum):
    """OK: green. WARN: it works, and somebody should look. FAIL: something does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One thing that was looked at: ``check`` names it for machines and never changes.

    ``subject``, ``says`` and ``advice`` are Vietnamese source sentences; ``values`` fill the ``{places}`` in them.
    """

    check: str
    subject: str
    verdict: Verdict
    says: str
    advice: str = ""
    values: Mapping[str, str] = {}


class Room(NamedTuple):
    """The findings of one program, or of the machine itself, under a heading; each is made when it is asked for."""

    name: str
    title: str
    findings: Iterable[Finding]


def ok(check: str, subject: str, says: str, **values: object) -> Finding:
    """A green line."""
    return Finding(check, subject, Verdict.OK, says, "", _texts(values))


def warn(check: str, subject: str, says: str, advice: str, **values: object) -> Finding:
    """A yellow line."""
    return Finding(check, subject, Verdict.WARN, says, advice, _texts(values))


def fail(check: str, subject: str, says: str, advice: str, **values: object) -> Finding:
    """A red line."""
    return Finding(check, subject, Verdict.FAIL, says, advice, _texts(values))


def bad(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those of them that are not green."""
    return (finding for finding in findings if finding.verdict is not Verdict.OK)


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
