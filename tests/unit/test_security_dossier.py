"""docs/security.md and docs/impact-assessment.md say what the product has: derived from the code, so it cannot rot."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.contracts.commands import PersonKey
from edge.contracts.face import Purpose

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ASSESSMENT = (ROOT / "docs/impact-assessment.md").read_text(encoding="utf-8")
PACKAGES = ("edge", "board_controller", "cloud", "provisioning")
APART = ("/sim/", "/demo/")  # far ends of wires and the demo: on no real machine

LISTENING = re.compile(r"(?<!def )\b(open_socket|serve|start_unix_server|start_server|create_server)\(|\.bind\(")
CALLING = re.compile(r"\b(create_connection|open_connection|open_unix_connection)\(|\bsocket\.socket\(|\.connect_ex\(")
CLIENTS = ("httpx", "paho", "smtplib", "http.client", "requests", "urllib.request", "influxdb_client")
HANGS_UP = re.compile(r"(^Route|\.on_(get|form|press|stream|upload)|\.add_url_rule)$")
DATABASE = re.compile(r"[a-z]+\.db")
KEY_FILE = re.compile(r"(?:[\w/-]*/)?((?:[a-z-]+\.key)|key\.pem|hub\.pem)")
SECRET_FIELD = re.compile(r"[a-z_]*(_file|_key|_argon2|_sha256)|key|token|identity")
STATES = ("met", "partly", "not met", "not applicable")
CONTROLS = ("TCVN 11930:2017, level 3", "OWASP ASVS 5.0, level 2", "ETSI EN 303 645")


def chapter(heading: str, text: str = SECURITY) -> str:
    """What stands under this heading, up to the next one of its rank or higher."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, f"no heading {heading!r}"
    return re.split(rf"^#{{1,{len(found[1])}}} ", text[found.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of every row of the tables under this heading, without their heads."""
    lines = [line for line in chapter(heading).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = {at - 1 for at, row in enumerate(cells) if set("".join(row)) <= {"-", ":"}}
    return [row for at, row in enumerate(cells) if at not in heads and at - 1 not in heads]


def named(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


class Module(NamedTuple):
    """One of the product's own modules: its text, and every node of its tree."""

    text: str
    nodes: tuple[ast.AST, ...]


@cache
def sources() -> dict[str, Module]:
    """Path → module."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not any(part in name for part in APART):
                text = path.read_text(encoding="utf-8")
                found[name] = Module(text, tuple(ast.walk(ast.parse(text))))
    return found


def calls(pattern: re.Pattern[str]) -> set[str]:
    return {name for name, module in sources().items() if pattern.search(module.text)}


def imports(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@cache
def constants() -> set[str]:
    nodes = (node for module in sources().values() for node in module.nodes)
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def has_routes(module: Module) -> bool:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if re.match(r"\w+\.(get|post|route)\(", ast.unparse(decorator)):
                    return True
        if isinstance(node, ast.Call) and node.args and HANGS_UP.search(ast.unparse(node.func)):
            path = node.args[0]  # an address, and not something that is pressed
            if isinstance(path, ast.JoinedStr) or ast.unparse(path).isupper() or ast.unparse(path)[:2] in ("'/", '"/'):
                return True
    return False


def clients() -> set[str]:
    """The modules that use a library which speaks to others."""
    return {name for name, module in sources().items() if any(map(speaks, imports(module)))}


def speaks(library: str) -> bool:
    return any(library == client or library.startswith(f"{client}.") for client in CLIENTS)


def secret_fields() -> set[str]:
    """The keys of every configuration file under which a secret, or the file of one, is named."""
    found = set()
    for module in sources().values():
        for node in module.nodes:
            if isinstance(node, ast.ClassDef) and "Section" in [ast.unparse(base) for base in node.bases]:
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and SECRET_FIELD.fullmatch(ast.unparse(field.target)):
                        found.add(ast.unparse(field.target))
    return found


@pytest.mark.req("X6")
def test_every_program_of_the_product_is_in_its_table() -> None:
    told = {unit for row in rows("Programs") for unit in named(row[0])}
    units = {path.name for path in (ROOT / "systemd").iterdir()}
    assert units <= told
    assert told <= units
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    about = named(chapter("Programs"))
    assert {script for script in scripts if script not in about and f"{script}.service" not in about} == set()


@pytest.mark.req("X3")
def test_every_daemon_is_in_the_diagram_of_data_flows() -> None:
    (diagram,) = re.findall(r"```mermaid\n(.+?)```", SECURITY, re.DOTALL)
    daemons = {path.name.split(".")[0].rstrip("@") for path in (ROOT / "systemd").glob("*.service")}
    helpers = {"moiso-failed", "moiso-renew", "moiso-revoked", "moiso-cloud-keys"}
    helpers |= {"moiso-update", "moiso-update-fetch", "moiso-update-guard", "moiso-update-confirm"}
    assert {daemon for daemon in daemons - helpers if f"{daemon}" not in diagram} == set()


@pytest.mark.req("X3", "X6")
@pytest.mark.parametrize(
    ("heading", "derived"),
    [
        ("What listens", lambda: calls(LISTENING)),
        ("Links", lambda: clients() | (calls(CALLING) - calls(LISTENING))),
        ("Who may ask what", lambda: {name for name, module in sources().items() if has_routes(module)}),
    ],
    ids=["listening", "calling", "routes"],
)
def test_every_module_that_listens_calls_or_answers_is_in_its_table(
    heading: str, derived: Callable[[], set[str]]
) -> None:
    modules = derived()
    assert modules
    assert modules - named(chapter(heading)) == set()


@pytest.mark.req("X3")
def test_every_database_is_among_what_is_stored_and_in_no_other_place() -> None:
    there = {name for name in constants() if DATABASE.fullmatch(name)}
    told = {name for row in rows("What is stored") for name in named(row[0]) if name.endswith(".db")}
    assert there
    assert there <= told


@pytest.mark.req("X1", "X3")
def test_every_secret_has_its_place_its_owner_and_its_rotation() -> None:
    table = rows("Secrets")
    told = named("\n".join(row[0] for row in table))
    files = {found[1] for name in constants() if (found := KEY_FILE.fullmatch(name))}
    assert files
    assert (files | secret_fields()) - told == set()
    assert [row[0] for row in table if len(row) != 4 or not all(row)] == []


@pytest.mark.req("X1", "X2", "X3", "X4", "X5", "X6")
@pytest.mark.parametrize("standard", CONTROLS)
def test_what_is_met_names_its_code_and_its_tests(standard: str) -> None:
    table = rows(standard)
    assert len(table) > 10
    for clause, asks, state, how, code, tests in table:
        assert asks, clause
        assert state in STATES, clause
        assert how, clause
        if state in ("met", "partly"):
            assert named(code), clause
            assert references(tests), clause
            assert ("Lacking:" in how) == (state == "partly"), clause
        else:
            assert (code, tests) == ("–", "–"), clause


@pytest.mark.req("X5")
def test_what_is_not_met_says_what_it_takes() -> None:
    for standard in CONTROLS:
        assert [row[0] for row in rows(standard) if row[2] == "not met" and "Needed:" not in row[3]] == []
    assert [row[0] for row in rows("What is not met, in one list") if len(row) != 4 or not all(row)] == []


@cache
def modules_of_tests() -> dict[str, Path]:
    return {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}


def references(text: str) -> list[tuple[str, str]]:
    """Every ``file::name`` of a test in this text."""
    return re.findall(r"`(test_\w+)::(\w+)`", text)


@pytest.mark.parametrize("text", [SECURITY, ASSESSMENT], ids=["security", "impact-assessment"])
def test_each_test_that_is_named_exists(text: str) -> None:
    missing = []
    for stem, name in references(text):
        path = modules_of_tests().get(stem)
        there = path is not None and re.search(rf"\bdef test_{name}\(", path.read_text(encoding="utf-8"))
        if not there:
            missing.append(f"{stem}::{name}")
    assert missing == []


@pytest.mark.parametrize("text", [SECURITY, ASSESSMENT], ids=["security", "impact-assessment"])
def test_each_file_that_is_named_exists(text: str) -> None:
    paths = {
        one for one in named(text) if re.fullmatch(r"(?:\w[\w@.-]*/)+[\w@.-]*", one) and not one.startswith("tests/…")
    }
    ours = {one for one in paths if one.split("/")[0] in (*PACKAGES, "docs", "requirements", "systemd", "tests")}
    assert ours
    assert {one for one in ours if not (ROOT / one).exists()} == set()


@pytest.mark.req("X3")
def test_every_number_and_every_use_of_a_face_is_assessed() -> None:
    told = named(ASSESSMENT)
    assert {key.value for key in PersonKey} | {purpose.value for purpose in Purpose} <= told
