"""What ``make check`` asks of two auditors: bandit of our own code, pip-audit of what we depend on.

A finding of bandit is closed by a written reason: the ``# noqa: S608 (…)`` that ruff asks for at the same place (its S
rules bear bandit's numbers), or a ``# nosec B113 (…)`` where ruff does not see it. Rules that pyproject.toml switches
off for ruff, with the reason beside them, are off here too.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "board_controller", "cloud", "provisioning")
LOCKS = ("requirements/runtime.txt", "requirements/models.txt")


def open_findings(reported: list[dict[str, Any]], root: Path, ruff: dict[str, Any]) -> Iterator[str]:
    """Bandit's findings that nobody has given a reason for, a line each."""
    for found in reported:
        rule, name = f"S{found['test_id'][1:]}", found["filename"].removeprefix("./")
        off = {*ruff["ignore"]}
        for pattern, rules in ruff.get("per-file-ignores", {}).items():
            if fnmatch(name, pattern):
                off |= {*rules}
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        statement = lines[min(found["line_range"]) - 1 : max(found["line_range"])]
        if rule not in off and not any("noqa" in line and rule in line for line in statement):
            yield f"{name}:{found['line_number']}: {found['test_id']} {found['issue_text']}"


def vulnerable(report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Of pip-audit's report, a line for each known vulnerability, and the packages that it could not look up."""
    known, unknown = [], []
    for package in report["dependencies"]:
        if "skip_reason" in package:
            unknown.append(package["name"])
        for flaw in package.get("vulns", ()):
            mended = ", ".join(flaw["fix_versions"]) or "no version yet"
            known.append(f"{package['name']} {package['version']}: {flaw['id']}, mended in {mended}")
    return known, unknown


def main() -> None:
    """Print what is open, and end with 1 where something is."""
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    bandit = _json("bandit", "-q", "-r", *PACKAGES, "-f", "json")
    faults = [*open_findings(bandit["results"], ROOT, ruff), *(str(error) for error in bandit["errors"])]
    print(f"bandit: {len(bandit['results'])} findings, {len(faults)} without a written reason")
    locks = [part for lock in LOCKS for part in ("-r", lock)]
    known, unknown = vulnerable(_json("pip_audit", "--no-deps", "--disable-pip", "-f", "json", *locks))
    print(f"pip-audit: {len(known)} known vulnerabilities")
    if unknown:
        print(f"pip-audit: {len(unknown)} packages are NOT audited: their advisories cannot be reached from here")
    print("\n".join(faults + known), end="\n" if faults + known else "")
    sys.exit(bool(faults or known))


def _json(module: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"error: {module} gave no report (status {done.returncode}): {done.stderr.strip()[-500:]}")
    return found


if __name__ == "__main__":
    main()
