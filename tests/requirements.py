"""Print every requirement with the tests that prove it, and which have none yet (``make requirements``)."""

import contextlib
import io
import re
from collections import defaultdict
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent.parent / "docs/requirements.md"
_ROW = re.compile(r"^\| ([A-Z][0-9]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def requirements() -> dict[str, str]:
    """Every requirement of docs/requirements.md: its ID and its English sentence."""
    return dict(_ROW.findall(REQUIREMENTS.read_text(encoding="utf-8")))


class Proofs:
    """A pytest plugin that notes which test is marked with which requirement."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("req"):
                for requirement in mark.args:
                    self.tests[requirement].add(item.nodeid.split("[")[0])


def proofs() -> dict[str, set[str]]:
    """Requirement ID → the tests marked with it."""
    found = Proofs()
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main(["--collect-only", "-q"], plugins=[found])
    if status != pytest.ExitCode.OK:
        raise SystemExit("the tests cannot be collected: run make test")
    return found.tests


def main() -> None:
    """Print the matrix."""
    tests = proofs()
    unknown = set(tests) - set(requirements())
    if unknown:
        raise SystemExit(f"tests name requirements that do not exist: {', '.join(sorted(unknown))}")
    for requirement, sentence in requirements().items():
        print(f"{requirement:4} {sentence}")
        for test in sorted(tests.get(requirement, ())):
            print(f"       {test}")
    without = [requirement for requirement in requirements() if requirement not in tests]
    print(f"\n{len(requirements()) - len(without)} of {len(requirements())} requirements have tests.")
    print(f"None yet: {', '.join(without)}")


if __name__ == "__main__":
    main()
