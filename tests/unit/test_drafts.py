"""An administrator's draft survives a restart, and is theirs alone."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.hub.catalogue.drafts import CatalogueDraft, Drafts
from tests.sites import CATALOGUE

CHANGED = replace(CATALOGUE, public_holidays=False)


@pytest.mark.req("K2")
def test_a_draft_is_its_officers_alone_and_survives_a_restart(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.db")
    drafts.keep("lan", CatalogueDraft(CATALOGUE, CHANGED, 7))
    drafts.close()
    drafts = Drafts(tmp_path / "drafts.db")
    newer = replace(CATALOGUE, version=3)
    assert drafts.of("lan", newer) == CatalogueDraft(CATALOGUE, CHANGED, 7)
    assert drafts.of("minh", newer) == CatalogueDraft(newer, newer)
    assert (drafts.others("minh"), drafts.others("lan")) == (["lan"], [])


def test_a_draft_that_changes_nothing_is_forgotten(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.db")
    drafts.keep("lan", CatalogueDraft(CATALOGUE, CHANGED))
    drafts.keep("lan", CatalogueDraft(CATALOGUE, CATALOGUE))
    assert drafts.others("") == []


@pytest.mark.req("X2")
def test_a_note_and_a_beginning_are_kept_as_they_were_first(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.db")
    for note in ("vì Tết", "khác"):
        drafts.keep_note(1, note)
    for catalogue in (CATALOGUE, CHANGED):
        drafts.keep_beginning(catalogue)
    assert drafts.notes() == {1: "vì Tết"}
    assert drafts.beginnings() == [CATALOGUE]


def test_the_file_is_for_the_hub_alone(tmp_path: Path) -> None:
    Drafts(tmp_path / "drafts.db")
    assert (tmp_path / "drafts.db").stat().st_mode & 0o077 == 0
