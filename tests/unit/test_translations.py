"""Every Vietnamese sentence that a person reads has its English one, and no English one is left over."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from edge.contracts.counter import PAUSE_WORDS, STATE_WORDS, CounterState, Pause
from edge.contracts.device_words import ADVICE_WORDS, BUTTON_WORDS, PRESENCE_WORDS, ROLE_WORDS, SILENT_WORDS
from edge.contracts.eligibility import OUTCOME_WORDS, Outcome
from edge.contracts.health import REASON_WORDS, SUBJECT_WORDS, Reason, Subject
from edge.contracts.refusals import WORDS, Refusal
from edge.contracts.ticket import PRIORITY_WORDS, Priority
from edge.daemon.i18n import _WEEKDAYS, translations

PACKAGES = [
    "edge.hub",
    "edge.kiosk",
    "edge.follower",
    "cloud",
    "provisioning.doctor",
    "provisioning.enrol",
    "provisioning.update",
]
JINJA = "jinja2.ext:babel_extract"


def sentences(package: str) -> set[str]:
    folder = Path(str(files(package)))
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_"):
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    for path in folder.rglob("*.html"):
        for _, message, _, _ in extract_from_file(JINJA, path, keywords={"_": None}):
            found |= {message} if isinstance(message, str) else set(message)
    return {str(sentence) for sentence in found}


def translated(package: str) -> set[str]:
    with files(package).joinpath("locale", "en.po").open("rb") as file:
        return {str(message.id) for message in read_po(file) if message.id and message.string}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_sentence_of_the_pages_has_its_english(package: str) -> None:
    assert sentences(package) - translated(package) - translated("edge.contracts.brand") == set()


def test_every_word_of_the_contracts_is_said_in_both_languages() -> None:
    assert (set(WORDS), set(PRIORITY_WORDS)) == (set(Refusal), set(Priority))
    assert (set(STATE_WORDS), set(PAUSE_WORDS)) == (set(CounterState), set(Pause))
    assert set(OUTCOME_WORDS) == set(Outcome)
    assert (set(SUBJECT_WORDS), set(REASON_WORDS)) == (set(Subject), set(Reason))
    of_people = (WORDS, PRIORITY_WORDS, STATE_WORDS, PAUSE_WORDS, OUTCOME_WORDS)
    of_devices = (SUBJECT_WORDS, REASON_WORDS, ADVICE_WORDS, SILENT_WORDS, ROLE_WORDS, PRESENCE_WORDS, BUTTON_WORDS)
    tables = [table.values() for table in (*of_people, *of_devices)]
    words = {word for table in tables for word in table if word}
    assert words | set(_WEEKDAYS) == translated("edge.contracts.brand")


def test_a_package_without_a_sentence_of_its_own_takes_the_brands() -> None:
    assert translations("en", "edge.hub").gettext("Thứ Hai") == "Monday"


def test_a_language_that_we_do_not_speak_is_an_error() -> None:
    with pytest.raises(KeyError):
        translations("fr")
