"""The slip as an administrator sets it out: what must stand on it, how a form shows it, how a change is told."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import Medium, MediumKind, Screen
from edge.contracts.slip import (
    MAX_BLOCKS,
    REQUIRED,
    BlockKind,
    SlipBlock,
    SlipTemplate,
)
from edge.contracts.tv import TvMedium, layout
from edge.daemon.i18n import translations
from edge.hub.catalogue import edits, files
from edge.hub.catalogue.changes import applied, changes
from edge.hub.catalogue.forms import Wrong
from edge.hub.catalogue.sentences import Sentences
from edge.hub.catalogue.slip_example import example_slip
from edge.hub.catalogue.slip_forms import SLIP_WORDS, read_slip, slip_fields, stepped
from edge.queueing.catalogue import check, faults
from edge.queueing.catalogue_words import BLOCK_NAMES, sentence
from edge.slip.render import render_slip
from tests.catalogues import UNHURRIED, slip_templates
from tests.sites import CATALOGUE, NOON_MS

USUAL = SlipTemplate().blocks


def with_blocks(*blocks: SlipBlock) -> Catalogue:
    return replace(CATALOGUE, slip=SlipTemplate(blocks))


def without(kind: BlockKind) -> Catalogue:
    return with_blocks(*(block for block in USUAL if block.kind is not kind))


def text(vi: str, en: str = "", kind: BlockKind = BlockKind.TEXT) -> Catalogue:
    others = (block for block in USUAL if block.kind is not kind)
    return with_blocks(SlipBlock(kind, text=vi, text_en=en), *others)


@pytest.mark.req("K9")
@pytest.mark.parametrize("kind", REQUIRED)
def test_what_a_slip_must_tell_cannot_be_left_out(kind: BlockKind) -> None:
    (error,) = faults(without(kind))
    assert sentence(error) == f"Phiếu, {BLOCK_NAMES[kind]}: không thể thiếu trên phiếu."
    assert str(error) == f"slip: block-{kind.value}: it cannot be left out"


@pytest.mark.parametrize("kind", [kind for kind in BlockKind if kind not in REQUIRED])
def test_everything_else_can(kind: BlockKind) -> None:
    check(without(kind))


@pytest.mark.parametrize(
    ("catalogue", "told"),
    [
        (with_blocks(), "slip: blocks: 5 to 30 are expected, there are 0"),
        (with_blocks(*USUAL, *[SlipBlock(BlockKind.GAP)] * MAX_BLOCKS), "slip: blocks: 5 to 30"),
        (with_blocks(*USUAL, SlipBlock(BlockKind.QR)), "slip: block-qr: it can stand there only once"),
        (with_blocks(*USUAL, SlipBlock(BlockKind.NUMBER)), "slip: block-number: it can stand there only once"),
        (text(""), "block '1': text: it has 0 letters; 1 to 200"),
        (text("x" * 201), "block '1': text: it has 201 letters; 1 to 200"),
        (text("a\nb"), "block '1': text: it has 3 letters"),
        (text("Số", "y" * 201), "block '1': text_en: it has 201 letters; 0 to 200"),
        (text("Xin chào {tên}"), "block '1': text: there is no place 'tên'; facility, department, service"),
        (text("Số {number"), "block '1': text: the brackets and braces do not match"),
        (text("Số", "No. {}"), "block '1': text_en: there is no place ''"),
        (text("x", kind=BlockKind.QR), "block '1': text: it has 1 letters; 0 to 0"),
        (text("Hẹn gặp {ai}", kind=BlockKind.NEXT), "block '1': text: there is no place 'ai'"),
    ],
)
def test_a_slip_that_cannot_be_printed_as_meant_says_why(catalogue: Catalogue, told: str) -> None:
    found = [str(error) for error in faults(catalogue)]
    assert any(one.startswith(told) for one in found), found
    assert all("{" not in sentence(error).replace("{number", "") for error in faults(catalogue))


@UNHURRIED
@given(slip_templates())
def test_any_sound_slip_goes_through_its_form_and_through_files_and_comes_back_the_same(template: SlipTemplate) -> None:
    catalogue = replace(CATALOGUE, slip=template)
    check(catalogue)
    assert read_slip(slip_fields(template)) == template
    assert files.read(files.as_toml(catalogue).decode()) == catalogue
    assert files.read(files.as_json(catalogue).decode()) == catalogue
    assert applied(CATALOGUE, changes(CATALOGUE, catalogue)) == catalogue


@pytest.mark.parametrize(
    "spoiled",
    [
        {"kind": ["number"]},
        {"size": ["huge"] * len(USUAL)},
        {"kind": ["sql"] * len(USUAL)},
        {"both": ["maybe"] * len(USUAL)},
        {name: values * 5 for name, values in slip_fields(SlipTemplate()).items()},
    ],
)
def test_a_form_that_is_none_of_ours_is_not_read(spoiled: dict[str, list[str]]) -> None:
    with pytest.raises(Wrong):
        read_slip(slip_fields(SlipTemplate()) | spoiled)


def kinds_after(step: str, kind: str = "") -> list[str]:
    return [block.kind.value for block in stepped(SlipTemplate(USUAL[:3]), step, kind).blocks]


def test_the_steps_of_the_form() -> None:
    assert kinds_after("up-2") == ["head", "number", "service"]
    assert kinds_after("down-0") == ["service", "head", "number"]
    assert kinds_after("up-0") == kinds_after("down-2") == ["head", "service", "number"]
    assert kinds_after("remove-0") == ["service", "number"]
    assert kinds_after("remove-2") == ["head", "service", "number"], "a slip has a number"
    assert kinds_after("add", "text") == ["head", "service", "number", "text"]
    assert stepped(SlipTemplate(USUAL[:3]), "usual", "") == SlipTemplate()
    for nothing in ("up-9", "up-x", "up", "", "sideways-1", "up-²"):
        assert kinds_after(nothing) == ["head", "service", "number"]


def told(before: SlipTemplate, after: SlipTemplate, language: str = "vi") -> list[str]:
    old, new = replace(CATALOGUE, slip=before), replace(CATALOGUE, slip=after)
    words = Sentences(old, new, language, translations(language, "edge.hub").gettext)
    return [words.sentence(change) for change in changes(old, new)]


def test_a_change_is_told_by_what_comes_and_what_goes() -> None:
    usual = SlipTemplate()
    own = SlipTemplate((*USUAL[:-1], SlipBlock(BlockKind.TEXT, text="Nhà thuốc ở tầng trệt")))
    assert told(usual, own) == ["Phiếu: thêm “lời tự soạn”; bớt “mã QR”"]
    assert told(usual, own, "en") == ["Slip: with “text of your own”; without “QR code”"]
    assert told(usual, SlipTemplate(USUAL[::-1])) == ["Phiếu: đổi thứ tự"]
    larger = SlipTemplate((replace(USUAL[0], size="large"), *USUAL[1:]))
    assert told(usual, larger) == ["Phiếu: đổi cỡ, chỗ, ngôn ngữ hoặc lời"]
    english = translations("en", "edge.hub")
    assert [word for word in SLIP_WORDS if english.gettext(word) == word] == []


LOGO = Medium("logo", "Biểu trưng", MediumKind.PICTURE, "a" * 64, 1000)
FILM = Medium("film", "Phim", MediumKind.CLIP, "b" * 64, 1000, 3.0)
BRANDED = replace(CATALOGUE, facility=replace(CATALOGUE.facility, logo="logo"), media=(LOGO, FILM))


@pytest.mark.req("K5")
def test_a_facilitys_logo_is_a_picture_of_the_catalogue_and_goes_with_it() -> None:
    check(BRANDED)
    assert BRANDED.logo == LOGO
    (error,) = faults(replace(BRANDED, facility=replace(BRANDED.facility, logo="film")))
    assert str(error) == "facility: logo: there is no picture 'film'"
    assert edits.uses(BRANDED, "logo") == (BRANDED.facility,)
    bare = edits.without(BRANDED, "medium", "logo")
    assert (bare.facility.logo, bare.logo) == ("", None)


@pytest.mark.req("B4")
def test_a_screen_without_a_logo_of_its_own_has_the_facilitys() -> None:
    there = {"logo": TvMedium("/a", MediumKind.PICTURE), "own": TvMedium("/b", MediumKind.PICTURE)}
    assert layout(Screen("1", ""), there, "logo").logo == "/a"
    assert layout(Screen("1", "", logo="own"), there, "logo").logo == "/b"
    assert layout(Screen("1", ""), {}, "logo").logo == ""


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_example_has_something_to_say_in_every_block_that_is_not_the_reserves(language: str) -> None:
    routed = replace(CATALOGUE, services=(replace(CATALOGUE.services[0], route=("insurance",)), CATALOGUE.services[1]))
    slip = example_slip(routed, "en" if language == "en" else "vi", NOON_MS, "https://hub/t/0")
    whole = render_slip(slip, 576).height
    for block in USUAL:
        if block.kind is not BlockKind.RESERVE:
            less = SlipTemplate(tuple(one for one in USUAL if one is not block))
            assert render_slip(slip, 576, less).height < whole, block.kind
