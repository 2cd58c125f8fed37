"""The TV's page keeps to what an old smart TV's browser (Chromium 70) understands."""

import re
from importlib.resources import files

import pytest

STATIC = files("edge.contracts.brand").joinpath("static")
SCRIPTS = ("tv.js", "tv-page.js", "tv-media.js")
# What came after Chromium 70, and what a classic script cannot have.
NEWER_IN_SCRIPTS = {
    "optional chaining": r"\?\.(?!\d)",
    "nullish": r"\?\?",
    "logical assignment": r"(\|\||&&)=",
    "module": r"^\s*(import|export)\b|\bimport\(|\bimport\.meta",
    "private or static field": r"^\s*#\w|^\s*static\b",
    "big integer": r"\b\d+n\b",
    "numeric separator": r"\b\d+_\d",
    "newer method": r"\.(at|flat|flatMap|replaceAll|matchAll|allSettled|any|fromEntries|hasOwn|trimStart|trimEnd"
    r"|replaceChildren|findLast|toSorted|structuredClone)\(",
    "newer global": r"\b(globalThis|queueMicrotask|structuredClone|ResizeObserver|AggregateError|WeakRef)\b",
}
NEWER_IN_STYLES = {
    "gap (flexbox has none; grids say grid-gap)": r"(?<![-\w])(row-|column-)?gap\s*:",
    "inset": r"(?<![-\w])inset(-\w+)*\s*:",
    "aspect-ratio": r"(?<![-\w])aspect-ratio\s*:",
    "functions": r"(?<![-\w])(min|max|clamp|color-mix|env|round)\(",
    "selectors": r":(has|is|where|focus-visible)\b",
    "logical properties": r"(margin|padding|border)-(inline|block)\b",
    "nesting, layers, containers": r"&|@(layer|container|supports|property)\b|container-type",
    "viewport units": r"\d(d|s|l)v(h|w)\b",
}


def _read(name: str) -> str:
    return STATIC.joinpath(name).read_text(encoding="utf-8")


def _found(text: str, forms: dict[str, str]) -> list[str]:
    return [name for name, form in forms.items() if re.search(form, text, re.MULTILINE)]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_hold_nothing_newer_than_chromium_70(name: str) -> None:
    code = re.sub(r"//.*$|\"[^\"\n]*\"", "", _read(name), flags=re.MULTILINE)
    assert _found(code, NEWER_IN_SCRIPTS) == []


def test_the_styles_hold_nothing_newer_than_chromium_70() -> None:
    rules = re.sub(r"/\*.*?\*/|\"[^\"]*\"|minmax\([^)]*\)", "", _read("tv.css"), flags=re.DOTALL)
    assert _found(rules, NEWER_IN_STYLES) == []


@pytest.mark.parametrize("form", ["a?.b", "a ?? b", "a ||= 1", "import x from 'y'", "x.at(-1)", "10n", "x.flat()"])
def test_a_newer_form_in_a_script_would_be_found(form: str) -> None:
    assert _found(form, NEWER_IN_SCRIPTS) != []


@pytest.mark.parametrize("rule", ["a{gap:1rem}", "a{inset:0}", "a:has(b){}", "a{width:min(1px,2px)}", "a{height:1dvh}"])
def test_a_newer_rule_would_be_found(rule: str) -> None:
    assert _found(rule, NEWER_IN_STYLES) != []


def test_the_page_loads_one_classic_script_and_no_code_of_its_own() -> None:
    page = files("board_controller.tv").joinpath("pages", "tv.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/brand/tv.js" defer>']
    for name in SCRIPTS[1:]:
        assert f'"{name}"' in _read("tv.js")
