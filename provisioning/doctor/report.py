"""What was found, for people (a line each, in colours on a terminal) and for machines (JSON)."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from edge.daemon.i18n import translations
from provisioning.doctor.findings import N_, Finding, Verdict

PACKAGE = "provisioning.doctor"
_MARKS = {Verdict.OK: "✓", Verdict.WARN: "!", Verdict.FAIL: "✗"}
_PLAIN_MARKS = {Verdict.OK: "[OK]", Verdict.WARN: "[! ]", Verdict.FAIL: "[X ]"}
_COLOURS = {Verdict.OK: "\x1b[32m", Verdict.WARN: "\x1b[33m", Verdict.FAIL: "\x1b[31m"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class Style(NamedTuple):
    """In colours, and with signs that a text console's font may not have."""

    coloured: bool = False
    signs: bool = True


PLAIN = Style()


class Words:
    """Findings in one language. Raises KeyError on one that the product does not speak."""

    def __init__(self, language: str) -> None:
        self._catalogue = translations(language, PACKAGE)

    def say(self, sentence: str, values: dict[str, str] | None = None) -> str:
        """The sentence in this language, on one line and without control characters: some of it comes from outside."""
        said = self._catalogue.gettext(sentence).format(**(values or {})) if sentence else ""
        return "".join(letter if letter.isprintable() else " " for letter in said)

    def lines(self, finding: Finding, style: Style = PLAIN) -> list[str]:
        """One line, and a second one with what to do where the first is not green."""
        values = dict(finding.values)
        mark = (_MARKS if style.signs else _PLAIN_MARKS)[finding.verdict]
        if style.coloured:
            mark = f"{_COLOURS[finding.verdict]}{mark}{_PLAIN}"
        lines = [f"  {mark} {self.say(finding.subject)}: {self.say(finding.says, values)}"]
        if finding.advice:
            lines.append(f"      {'→' if style.signs else '->'} {self.say(finding.advice, values)}")
        return lines

    def heading(self, title: str, style: Style = PLAIN) -> str:
        """The heading over a room's findings."""
        return f"{_BOLD}{self.say(title)}{_PLAIN}" if style.coloured else self.say(title)

    def total(self, findings: Sequence[Finding]) -> str:
        """The last line."""
        counts = Counter(finding.verdict for finding in findings)
        values = {verdict.value: str(counts[verdict]) for verdict in Verdict}
        if counts[Verdict.FAIL]:
            return self.say(N_("{fail} mục hỏng, {warn} mục cần để ý, {ok} mục tốt."), values)
        if counts[Verdict.WARN]:
            return self.say(N_("Không mục nào hỏng; {warn} mục cần để ý, {ok} mục tốt."), values)
        return self.say(N_("Tất cả {ok} mục đều tốt."), values)


def worst(findings: Sequence[Finding]) -> Verdict:
    """The worst of them; OK where there are none."""
    found = {finding.verdict for finding in findings}
    return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if verdict in found), Verdict.OK)


def as_json(rooms: Sequence[tuple[str, Sequence[Finding]]], words: Words, at: datetime, moiso: str) -> str:
    """Everything as one document; ``check`` and ``values`` are for machines, the sentences for people."""
    document = {
        "version": 1,
        "moiso": moiso,
        "at": at.isoformat(timespec="seconds"),
        "verdict": worst([finding for _, findings in rooms for finding in findings]).value,
        "findings": [
            {
                "room": room,
                "check": finding.check,
                "verdict": finding.verdict.value,
                "subject": words.say(finding.subject),
                "says": words.say(finding.says, dict(finding.values)),
                "advice": words.say(finding.advice, dict(finding.values)),
                "values": dict(finding.values),
            }
            for room, findings in rooms
            for finding in findings
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
