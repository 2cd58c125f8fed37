"""Languages beside Vietnamese and English: offered once somebody translated them, Vietnamese where a sentence lacks."""

import re
import string
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from edge.contracts.kiosk import LANGUAGES
from edge.daemon.i18n import installed, long_date, translations
from edge.daemon.templates import environment

PACKAGES = ["edge.contracts.brand", "edge.hub", "edge.kiosk", "provisioning.doctor", "cloud"]
MONDAY = datetime(2026, 11, 23)
# "Choose a service" and "%(n)d people"; the third is a draft, as ``msgattrib --set-fuzzy`` leaves what is not seen to.
KHMER = """
msgid ""
msgstr ""
"Language: km\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Hãy chọn dịch vụ"
msgstr "សូមជ្រើសរើសសេវាកម្ម"

msgid "%(n)d người"
msgstr "%(n)d នាក់"

#, fuzzy
msgid "Quầy"
msgstr "Counter"

msgid "Phòng"
msgstr ""
"""
PLACES = re.compile(r"%(?:\(\w+\))?[a-z]")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a Khmer catalogue and a page; named by its folder: catalogues that were read are kept by name."""
    name = f"khmer_{tmp_path.name}"
    for folder in ("locale", "pages"):
        (tmp_path / name / folder).mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "locale" / "km.po").write_text(KHMER, encoding="utf-8")
    page = """<p lang="{{ language }}">{{ _("%(n)d người") | format(n=3) }}, {{ _("Quầy") }}</p>"""
    (tmp_path / name / "pages" / "page.html").write_text(page, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return name


@pytest.mark.req("K6")
def test_a_catalogue_that_is_put_there_is_offered_and_spoken(package: str) -> None:
    assert installed(package) == ("vi", "km")
    khmer = translations("km", package).gettext
    assert khmer("Hãy chọn dịch vụ") == "សូមជ្រើសរើសសេវាកម្ម"
    assert environment(package, "km").get_template("page.html").render() == '<p lang="km">3 នាក់, Quầy</p>'


@pytest.mark.req("K6")
def test_a_sentence_that_is_a_draft_or_empty_or_not_there_is_vietnamese(package: str) -> None:
    khmer = translations("km", package).gettext
    assert [khmer(words) for words in ("Quầy", "Phòng", "Xin chờ")] == ["Quầy", "Phòng", "Xin chờ"]


@pytest.mark.req("K6")
def test_a_language_without_a_catalogue_is_not_offered_and_speaks_vietnamese(package: str) -> None:
    assert "sti" not in installed(package)
    assert translations("sti", package).gettext("Hãy chọn dịch vụ") == "Hãy chọn dịch vụ"
    assert environment(package, "sti").get_template("page.html").render() == '<p lang="sti">3 người, Quầy</p>'
    assert installed("edge.kiosk")[:2] == ("vi", "en")


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"vi", "en"}))
def test_the_date_is_vietnamese_where_nobody_translated_the_weekdays(language: str) -> None:
    said = long_date(MONDAY, language)
    assert said.endswith(", 23/11/2026")
    assert (said == long_date(MONDAY, "vi")) is (language not in installed("edge.contracts.brand"))


def places(message: Message, text: str) -> list[str]:
    """Where values are put into a sentence: ``%(n)d``, or ``{n}`` where it has no such."""
    if "%" in message.id:
        return sorted(PLACES.findall(text))
    return sorted({field for _, field, _, _ in string.Formatter().parse(text) if field is not None})


@pytest.mark.parametrize("package", PACKAGES)
def test_every_translation_puts_the_same_values_into_its_sentence(package: str) -> None:
    """A page with a place that is missing or misspelt would fail in front of whoever chose that language."""
    wrong = []
    for language in installed(package)[1:]:
        catalogue = read_po(files(package).joinpath("locale", f"{language}.po").open("rb"), locale=language)
        wrong += [
            (language, message.id)
            for message in catalogue
            if isinstance(message.id, str) and message.id and message.string and not message.fuzzy
            and places(message, message.id) != places(message, str(message.string))
        ]  # fmt: skip
    assert wrong == []
