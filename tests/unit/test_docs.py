"""The documents say what the code says: every key, every command, every message, every link."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import NODEFAULT, Struct
from msgspec import inspect as shapes

from board_controller.config import BoardConfig
from board_controller.config import read as read_board
from cloud.config import Cloud
from cloud.issuer import Issuer
from cloud.phone.app import PhoneConfig
from cloud.remote.publish import RemoteConfig
from edge.contracts.catalogue import Catalogue
from edge.daemon.config import Section, load
from edge.follower.config import BackupConfig, FollowerConfig, load_backup, load_follower
from edge.hub.config import Devices, HubConfig, Officers, load_catalogue
from edge.kiosk.config import KioskConfig, load_config
from edge.screen.config import ScreenConfig
from edge.screen.config import load_config as read_screen
from provisioning.update.config import File as UpdateFile
from tests import docs
from tests.requirements import proofs, requirements

ROOT = Path(__file__).parents[2]
FILES: dict[str, type[Struct]] = {
    "hub.toml": HubConfig,
    "devices.toml": Devices,
    "officers.toml": Officers,
    "catalogue.toml": Catalogue,
    "kiosk.toml": KioskConfig,
    "screen.toml": ScreenConfig,
    "board.toml": BoardConfig,
    "cloud.toml": Cloud,
    "phone.toml": PhoneConfig,
    "remote.toml": RemoteConfig,
    "issuer.toml": Issuer,
    "follower.toml": FollowerConfig,
    "backup.toml": BackupConfig,
    "update.toml": UpdateFile,
}
CONFIGURE = (ROOT / "docs/configure.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = [path for name in ("edge", "board_controller", "cloud") for path in sorted((ROOT / name).rglob("*.py"))]


def chapter(text: str, heading: str) -> str:
    """What stands under this heading, up to the next one of its rank or higher."""
    rank = heading.partition(" ")[0]
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"docs/configure.md has no heading {heading!r}"
    return re.split(rf"\n#{{1,{len(rank)}}} ", rest)[0]


def documented(text: str) -> dict[str, str]:
    """Key → default, from the first table of this text before any further heading."""
    own = text.split("\n#")[0]
    return dict(re.findall(r"^\| `([a-z0-9_]+)` \| [^|]+ \| ([^|]+) \|", own, re.MULTILINE))


def in_words(default: Any) -> str:
    """A default as the document states it."""
    if default is NODEFAULT:
        return "required"
    if default in (None, (), Path()) or isinstance(default, Struct):
        return "none"
    if isinstance(default, Path):
        return f'`"{default}"`'
    if isinstance(default, tuple) and isinstance(default[0], Struct):
        return "the usual"
    return f"`{msgspec.json.format(msgspec.json.encode(default), indent=-1).decode().replace(',', ', ')}`"


def sections(shape: type[Struct]) -> Iterator[tuple[str, type[Struct]]]:
    """The sections inside a file, each with its heading in TOML's own form."""
    for field in msgspec.structs.fields(shape):
        kind = shapes.type_info(field.type)
        kinds = kind.types if isinstance(kind, shapes.UnionType) else (kind,)
        for one in kinds:
            if isinstance(one, shapes.StructType):
                yield f"[{field.name}]", one.cls
            elif isinstance(one, shapes.VarTupleType) and isinstance(one.item_type, shapes.StructType):
                yield f"[[{field.name}]]", one.item_type.cls


def keys(shape: type[Struct]) -> dict[str, str]:
    return {field.name: in_words(field.default) for field in msgspec.structs.fields(shape)}


@pytest.mark.parametrize("file", FILES)
def test_every_key_of_every_file_is_documented_with_its_default_and_no_other_is(file: str) -> None:
    about = chapter(CONFIGURE, f"## `{file}`")
    assert documented(about) == keys(FILES[file])
    for heading, shape in sections(FILES[file]):
        assert documented(chapter(about, f"### `{heading}`")) == keys(shape), heading
    assert set(re.findall(r"^### `(.+)`$", about, re.MULTILINE)) == {heading for heading, _ in sections(FILES[file])}


def test_no_section_is_left_out() -> None:
    reached = set(FILES.values()) | {part for shape in FILES.values() for _, part in sections(shape)}
    # What one program reads of another's file takes any key.
    whole = {shape for shape in Section.__subclasses__() if shape.__struct_config__.forbid_unknown_fields}
    ours = {shape for shape in whole if not shape.__module__.startswith("test")}
    assert ours <= reached
    assert CONFIGURE.count("\n## `") == len(FILES)


@pytest.mark.parametrize("file", FILES)
def test_the_example_of_every_file_is_taken_by_its_program(file: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.+?)```", chapter(CONFIGURE, f"## `{file}`"), re.DOTALL)
    path = tmp_path / file
    path.write_text(example, encoding="utf-8")
    match file:
        case "board.toml":
            read_board(path)
        case "kiosk.toml":
            load_config(path)
        case "screen.toml":
            read_screen(path)
        case "catalogue.toml":
            load_catalogue(path)
        case "follower.toml":
            load_follower(path)
        case "backup.toml":
            load_backup(path)
        case _:
            load(path, FILES[file])


def test_the_generated_parts_are_what_the_code_says() -> None:
    assert docs.check() == [], "run make diagrams"


def test_a_generated_part_that_was_changed_by_hand_is_written_anew() -> None:
    text = "before\n<!-- generated: states -->\nwrong\n<!-- end -->\nafter\n"
    assert docs.updated(text, {"states": lambda: "right"}) == text.replace("wrong", "right")
    with pytest.raises(docs.PartMissing):
        docs.updated(text, {"states": lambda: "right", "events": lambda: "more"})
    with pytest.raises(docs.PartMissing):
        docs.updated(text, {})


def test_every_make_target_is_told_and_none_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    told = set(re.findall(r"`make ([a-z0-9-]+)", text)) | set(re.findall(r"^make ([a-z0-9-]+)", text, re.MULTILINE))
    assert told == targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_picture_is_shown_somewhere() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = list((ROOT / "docs/screenshots").glob("*.png"))
    assert pictures
    assert [picture.name for picture in pictures if f"screenshots/{picture.name}" not in text] == []


def test_every_requirement_that_a_test_or_a_page_names_exists() -> None:
    named = set(proofs())
    assert named
    for page in PAGES:
        named |= set(
            re.findall(r"(?<![A-Za-z0-9])[KSBTPDX][0-9]{1,2}(?![A-Za-z0-9])", page.read_text(encoding="utf-8"))
        )
    assert named <= set(requirements())


def complaints() -> Iterator[str]:
    """Every warning and error that a program can log, with ``…`` for what it fills in."""
    for path in SOURCES:
        if "sim" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("warning", "error")
                and ast.unparse(node.func.value) in ("log", "_log")
            ):
                text = ast.literal_eval(node.args[0])
                if text.replace("%s", "").strip():
                    yield re.sub(r"%[srd]", "…", text)


def test_every_warning_and_error_is_explained_to_the_operator() -> None:
    operate = " ".join((ROOT / "docs/operate.md").read_text(encoding="utf-8").split())
    found = set(complaints())
    assert len(found) > 15
    assert {text for text in found if f"`{text}`" not in operate} == set()


def test_the_licence_of_every_dependency_is_stated_for_its_pinned_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(name for extra in extras if extra != "dev" for name in extras[extra])]
    names = {re.split(r"[^A-Za-z0-9-]", name)[0].lower() for name in wanted}
    lock = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    pinned = {
        name: version for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE) if name in names
    }
    stated = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Za-z0-9-]+) \| ([0-9][^ ]*) \|", stated, re.MULTILINE)
    assert {name.lower(): version for name, version in rows} == pinned
