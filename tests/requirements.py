"""Print every requirement with the tests that prove it, and which have none yet (``make requirements``)."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
REQUIREMENTS = TESTS.parent / "docs/requirements.md"
_ROW = re.compile(r"^\| ([A-Z][0-9]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def requirements() -> dict[str, str]:
    """Every requirement of docs/requirements.md: its ID and its English sentence."""
    return dict(_ROW.findall(REQUIREMENTS.read_text(encoding="utf-8")))


def proofs() -> dict[str, set[str]]:
    """Requirement ID → the tests marked with it, as their files say."""
    tests: dict[str, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        assigned = {ast.unparse(node.targets[0]): node for node in module.body if isinstance(node, ast.Assign)}
        marks: dict[str, list[ast.AST]] = {
            name: [node] for name, node in assigned.items() if name.lower().startswith("test")
        }
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                marks[node.name] = [*node.decorator_list, *filter(None, [assigned.get("pytestmark")])]
        for name, nodes in marks.items():
            for requirement in _named(*nodes):
                tests[requirement].add(f"{path.relative_to(TESTS.parent)}::{name}")
    return tests


def _named(*nodes: ast.AST) -> Iterator[str]:
    """The requirements that ``pytest.mark.req("…")`` names anywhere in these."""
    for node in (node for top in nodes for node in ast.walk(top)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "req":
            yield from (str(ast.literal_eval(named)) for named in node.args)


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
