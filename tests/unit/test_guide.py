"""The handbook (docs/huong-dan) says what the pages say: every **“…”** of it is a sentence of the product."""

import re
from pathlib import Path

import pytest

from cloud.web.navigation import ENTRIES
from edge.hub.web.live import WORDS
from tests.unit.test_translations import PACKAGES, translated

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/huong-dan"
PAGES = sorted(GUIDE.glob("*.md"))
SENTENCES = translated("edge.contracts.brand").union(*(translated(package) for package in PACKAGES))
QUOTED = re.compile(r"\*\*“([^”]+)”\*\*")
LINK = re.compile(r'>\{\{ _\("([^"]+)"\) \}\}</a>')
# A button of the counter's page whose key stands in the template, and what stands on it.
BUTTON = re.compile(r'<button[^>]* data-key="([^"{]+)"[^>]*>(.*?)</button>', re.DOTALL)
SAID = re.compile(r'_\("([^"]+)"\)')


def text(page: str) -> str:
    return (GUIDE / page).read_text(encoding="utf-8")


def quoted(*pages: str) -> set[str]:
    return {" ".join(words.split()) for page in pages for words in QUOTED.findall(text(page))}


def template(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_quoted_word_is_one_of_the_product(page: Path) -> None:
    assert quoted(page.name) - SENTENCES == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_quoted_in_another_way_and_so_escapes_the_comparison(page: Path) -> None:
    assert len(QUOTED.findall(text(page.name))) == text(page.name).count("“")


def test_every_page_that_the_officers_menus_name_is_told() -> None:
    menus = template("edge/hub/pages/bar.html") + template("edge/hub/pages/catalogue_base.html")
    named = set(LINK.findall(menus))
    assert len(named) > 15
    assert named - quoted("quay.md", "sanh.md", "quan-tri.md") == set()


def test_every_page_that_the_dashboards_menus_name_is_told() -> None:
    tabs = set(re.findall(r'\("accounts\.[a-z.]+", _\("([^"]+)"\)\)', template("cloud/templates/_accounts_tabs.html")))
    assert len(tabs) > 4
    assert {name for _, name, _ in ENTRIES} | tabs <= quoted("so-y-te.md")


def test_every_key_of_the_counters_page_is_told_for_what_it_does() -> None:
    buttons = BUTTON.findall(template("edge/hub/pages/panel.html"))
    done = {(name, key.lower()) for key, body in buttons for name in SAID.findall(body)}
    rows = re.findall(r"^\| \*\*“([^”]+)”\*\* \| `?([^|`]+)`? \|", text("quay.md"), re.MULTILINE)
    told = {(name, {"phím cách": "space"}.get(key, key.lower())) for name, key in rows}
    means = {key.lower() for _, key in WORDS["means_keys"]}
    assert {key for _, key in told} == {key for _, key in done} | means
    assert {(name, key) for name, key in told if key not in means} <= done
