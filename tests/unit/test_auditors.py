"""The auditors' findings count until somebody writes why they may stand."""

from pathlib import Path
from typing import Any

import pytest

from tests.audit import open_findings, vulnerable

RUFF = {"ignore": ["S603"], "per-file-ignores": {"**/sim/**": ["S311"]}}


def finding(name: str, rule: str, lines: list[int]) -> dict[str, Any]:
    return {
        "filename": f"./{name}",
        "test_id": rule,
        "line_number": lines[-1],
        "line_range": lines,
        "issue_text": "It is said to be weak.",
    }


@pytest.mark.req("X5")
def test_a_finding_stays_open_until_its_line_says_why(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("a = (\n  1,\n)  # noqa: S608 (a constant)\nb = 2  # noqa: S105 (no)\n")
    reported = [finding("one.py", "B608", [1, 2, 3]), finding("one.py", "B608", [4])]
    assert list(open_findings(reported, tmp_path, RUFF)) == ["one.py:4: B608 It is said to be weak."]


def test_what_is_off_for_ruff_is_off_here_and_only_there(tmp_path: Path) -> None:
    (tmp_path / "edge/sim").mkdir(parents=True)
    for name in ("edge/sim/card.py", "edge/one.py"):
        (tmp_path / name).write_text("a = Random(1)\n")
    reported = [finding(name, rule, [1]) for name in ("edge/sim/card.py", "edge/one.py") for rule in ("B311", "B603")]
    assert list(open_findings(reported, tmp_path, RUFF)) == ["edge/one.py:1: B311 It is said to be weak."]


@pytest.mark.req("X6")
def test_a_known_vulnerability_is_named_with_the_version_that_mends_it() -> None:
    report = {
        "dependencies": [
            {"name": "well", "version": "1.0", "vulns": []},
            {"name": "ill", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]},
            {"name": "hidden", "skip_reason": "Dependency not found"},
        ]
    }
    assert vulnerable(report) == (["ill 1.0: PYSEC-1, mended in 1.1"], ["hidden"])
