"""What differs between two catalogues, in words; and two administrators' changes brought together."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Service
from edge.contracts.tiles import ICONS
from edge.daemon.i18n import translations
from edge.hub.catalogue import edits, files, forms
from edge.hub.catalogue.changes import applied, changes, rebase
from edge.hub.catalogue.sentences import WORDS, Sentences
from edge.queueing.catalogue import check
from tests.catalogues import UNHURRIED, catalogues
from tests.sites import CATALOGUE

GENERAL, INSURANCE = CATALOGUE.services
EYES = Service("eyes", "exam", "M", "Khám mắt", "Eyes", "#b3261e", icon="mat")


def service(catalogue: Catalogue, service_id: str, **fields: object) -> Catalogue:
    return edits.put(catalogue, "service", replace(catalogue.service(service_id), **fields))


def with_eyes(catalogue: Catalogue = CATALOGUE) -> Catalogue:
    return edits.with_counters(edits.put(catalogue, "service", EYES), "eyes", ["q3"])


def lines(before: Catalogue, after: Catalogue, language: str = "vi") -> list[str]:
    words = Sentences(before, after, language, translations(language, "edge.hub").gettext)
    return [words.sentence(change) for change in changes(before, after)]


@UNHURRIED
@given(catalogues(), catalogues())
def test_the_changes_between_two_catalogues_make_the_one_the_other(before: Catalogue, after: Catalogue) -> None:
    assert applied(before, changes(before, after)) == after
    assert changes(after, after) == ()
    for language in ("vi", "en"):
        assert len(lines(before, after, language)) == len(changes(before, after))


@pytest.mark.req("K2", "K3", "K4")
def test_changes_are_told_by_the_names_that_people_know() -> None:
    after = service(with_eyes(), "general", name="Khám chung", active=False, size="wide")
    after = edits.moved(replace(after, hours=(), public_holidays=False), "service", "insurance", -1)
    assert lines(CATALOGUE, after) == [
        "Giờ làm việc: “T2–CN 00:00–24:00” → “luôn mở”",
        "Nghỉ các ngày lễ quốc gia: “có” → “không”",
        "Dịch vụ “Khám chung”: tên từ “Khám tổng quát” thành “Khám chung”",
        "Dịch vụ “Khám chung”: cỡ ô từ “Cỡ thường” thành “Rộng gấp đôi”",
        "Dịch vụ “Khám chung”: phát số từ “có” thành “không”",
        "Thêm dịch vụ “Khám mắt”",
        "Các dịch vụ: đổi thứ tự",
        "Quầy 3: dịch vụ thêm “Khám mắt”",
    ]
    assert lines(with_eyes(), CATALOGUE, "en") == ["Delete service “Eyes”", "Counter 3: services without “Eyes”"]


def test_every_word_of_forms_changes_and_icons_has_its_english() -> None:
    english = translations("en", "edge.hub")
    words = {*WORDS, *forms.FORM_WORDS, *ICONS.values()} - {"{thing}: {field} {difference}"}
    assert [word for word in words if english.gettext(word) == word] == []


@pytest.mark.req("X2")
def test_changes_to_different_things_come_together_without_a_question() -> None:
    mine, theirs = service(CATALOGUE, "general", colour="#b3261e"), with_eyes()
    found = rebase(CATALOGUE, mine, theirs)
    assert found.clashing == frozenset()
    both = applied(theirs, found.mine)
    assert both == service(with_eyes(), "general", colour="#b3261e")
    check(both)


@pytest.mark.req("X2")
def test_the_same_field_changed_by_two_is_a_question() -> None:
    mine = service(CATALOGUE, "general", name="Của tôi", colour="#b3261e")
    theirs = service(CATALOGUE, "general", name="Của họ")
    found = rebase(CATALOGUE, mine, theirs)
    assert found.clashing == {"service/general/name"}
    kept = [change for change in found.mine if change.key not in found.clashing]
    assert applied(theirs, kept).service("general") == replace(GENERAL, name="Của họ", colour="#b3261e")
    assert applied(theirs, found.mine) == mine


@pytest.mark.req("X2")
def test_what_one_deleted_and_the_other_changed_is_a_question_and_can_be_put_back() -> None:
    mine = service(CATALOGUE, "insurance", name="Của tôi")
    theirs = edits.without(CATALOGUE, "service", "insurance")
    found = rebase(CATALOGUE, mine, theirs)
    assert found.clashing == {"service/insurance/"}
    assert applied(theirs, ()) == theirs
    assert applied(theirs, found.mine).service("insurance").name == "Của tôi"


@pytest.mark.req("X2")
def test_what_i_deleted_and_another_changed_is_a_question() -> None:
    mine = edits.without(CATALOGUE, "service", "insurance")
    theirs = service(CATALOGUE, "insurance", name="Của họ")
    assert "service/insurance/" in rebase(CATALOGUE, mine, theirs).clashing


@pytest.mark.req("X2")
def test_what_both_did_alike_is_no_change_any_more() -> None:
    same = service(CATALOGUE, "general", name="Như nhau")
    assert rebase(CATALOGUE, same, same).mine == ()
    gone = edits.without(CATALOGUE, "service", "insurance")
    assert rebase(CATALOGUE, gone, gone).mine == ()


@UNHURRIED
@given(catalogues(), catalogues(), catalogues())
def test_any_two_officers_changes_come_together(base: Catalogue, mine: Catalogue, theirs: Catalogue) -> None:
    found = rebase(base, mine, theirs)
    assert found.clashing <= {change.key for change in found.mine}
    assert applied(theirs, [change for change in found.mine if change.key in found.clashing]).facility
    assert rebase(base, base, theirs).mine == ()
    assert applied(base, rebase(base, mine, base).mine) == mine


@UNHURRIED
@given(catalogues())
def test_a_catalogue_leaves_and_enters_as_a_file_of_either_kind(catalogue: Catalogue) -> None:
    assert files.read(files.as_toml(catalogue).decode()) == catalogue
    assert files.read(files.as_json(catalogue).decode()) == catalogue


@pytest.mark.parametrize(
    "text", ["", "{", "[", "a = 1", '{"facility": {}}', "x" * 300_000, "[" * 100_000, '{"a":' * 30_000]
)
def test_what_is_no_catalogue_is_refused(text: str) -> None:
    with pytest.raises(files.FileError):
        files.read(text)
