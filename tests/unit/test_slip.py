"""The slip as a picture."""

import io
import unicodedata
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image, ImageChops, ImageDraw

from edge.contracts.slip import BlockKind, SlipBlock, SlipTemplate
from edge.slip.facts import Slip
from edge.slip.logo import NotAPicture, printed_logo, read_logo
from edge.slip.render import render_slip
from tests.catalogues import slip_templates
from tests.long import tries

SLIP = Slip(
    facility="Trung tâm Y tế huyện Mẫu",
    department="Khoa Khám bệnh",
    service="Khám tổng quát",
    service_en="General examination",
    label="A047",
    counters="Quầy 1, 2 · Phòng 101, 102",
    ahead=14,
    taken_at=datetime(2026, 11, 23, 7, 12),
    lookup_url="http://127.0.0.1:8080/t/0123456789abcdef0123456789abcdef",
)


def ink(picture: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(picture.convert("L")).getbbox()
    assert box is not None
    return box


@pytest.mark.req("K9")
@pytest.mark.parametrize("width_dots", [384, 576])
def test_it_is_black_and_white_and_fits_the_paper(width_dots: int) -> None:
    picture = render_slip(SLIP, width_dots)
    assert (picture.mode, picture.width) == ("1", width_dots)
    left, _, right, bottom = ink(picture)
    assert left >= 8
    assert right <= width_dots - 8
    assert bottom <= picture.height - 8


words = st.text(st.sampled_from("aăâbcdđeêwWMĂỆƯ–()"), min_size=1, max_size=60)
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)


@settings(max_examples=tries(15))
@given(sentences, sentences, sentences, st.text("ABC0123456789", min_size=1, max_size=12), st.sampled_from([384, 576]))
def test_however_long_the_names_are_nothing_leaves_the_paper(
    facility: str, service: str, counters: str, label: str, width_dots: int
) -> None:
    slip = replace(SLIP, facility=facility, service=service, counters=counters, label=label, ahead=12345)
    slip = replace(slip, expected="10:40–11:05", claim=(service, service), route=((service, counters), (service,)))
    left, _, right, bottom = ink(render_slip(slip, width_dots))
    plain = render_slip(SLIP, width_dots)
    assert left >= 4
    assert right <= width_dots - 4
    assert bottom >= plain.height // 2


def test_a_longer_name_makes_a_longer_slip_and_loses_no_word() -> None:
    plain = render_slip(SLIP, 576)
    once = render_slip(replace(SLIP, service=" ".join(["Khám"] * 40)), 576)
    twice = render_slip(replace(SLIP, service=" ".join(["Khám"] * 80)), 576)
    assert plain.height < once.height < twice.height
    assert _black(twice) - _black(once) == pytest.approx(_black(once) - _black(plain), rel=0.1)


@pytest.mark.parametrize(
    "other",
    [
        replace(SLIP, facility="Trung tâm Y tế huyện Khác"),
        replace(SLIP, department="Khoa Nhi"),
        replace(SLIP, service="Khám nhi"),
        replace(SLIP, label="A048"),
        replace(SLIP, counters="Quầy 3 · Phòng 103"),
        replace(SLIP, ahead=15),
        replace(SLIP, taken_at=datetime(2026, 11, 23, 7, 13)),
        replace(SLIP, taken_at=datetime(2026, 11, 24, 7, 12)),
        replace(SLIP, lookup_url="http://127.0.0.1:8080/t/1123456789abcdef0123456789abcdef"),
        replace(SLIP, reprint=True),
        replace(SLIP, expected="9:40–10:05"),
        replace(SLIP, priority=("từ đủ 75 tuổi", "75 years or older")),
        replace(SLIP, claim=("phụ nữ mang thai", "pregnant woman")),
        replace(SLIP, route=(("Thu viện phí",), ("Cashier",))),
        replace(SLIP, reserve=True),
    ],
)
def test_everything_on_it_shows(other: Slip) -> None:
    assert render_slip(other, 576).tobytes() != render_slip(SLIP, 576).tobytes()


def test_a_priority_in_force_takes_the_place_of_what_the_person_said() -> None:
    both = replace(SLIP, priority=("từ đủ 75 tuổi", "75 years or older"), claim=("phụ nữ mang thai", "pregnant woman"))
    assert render_slip(both, 576).tobytes() == render_slip(replace(both, claim=("", "")), 576).tobytes()


def test_composed_and_decomposed_letters_print_alike() -> None:
    apart = replace(SLIP, service=unicodedata.normalize("NFD", SLIP.service))
    assert render_slip(apart, 576).tobytes() == render_slip(SLIP, 576).tobytes()


EVERYTHING = replace(
    SLIP,
    facility_en="Mau District Health Centre",
    counters_en="Counter 1, 2 · Room 101, 102",
    expected="10:40–11:05",
    priority=("khuyết tật nặng, đặc biệt nặng", "severe or exceptionally severe disability"),
    law=("Luật 15/2023/QH15, Điều 3", "Law 15/2023/QH15, article 3"),
    route=(("Chẩn đoán hình ảnh", "Thu viện phí"), ("Imaging", "Cashier")),
    reprint=True,
)


@settings(max_examples=tries(20), deadline=None)
@given(slip_templates(), st.sampled_from([384, 576]), st.booleans(), st.booleans(), sentences)
def test_whatever_an_administrator_sets_out_nothing_leaves_the_paper(
    template: SlipTemplate, width_dots: int, english: bool, reserve: bool, service: str
) -> None:
    slip = replace(EVERYTHING, language="en" if english else "vi", reserve=reserve, service=service, ahead=12345)
    picture = render_slip(slip, width_dots, template, _drawn(_disc))
    left, _, right, bottom = ink(picture)
    assert left >= 4
    assert right <= width_dots - 4
    assert bottom <= picture.height - 8


@pytest.mark.parametrize("kind", [block.kind for block in SlipTemplate().blocks if block.kind is not BlockKind.RESERVE])
@pytest.mark.parametrize("width_dots", [384, 576])
def test_a_block_in_another_size_or_place_looks_otherwise(kind: BlockKind, width_dots: int) -> None:
    one = [
        render_slip(EVERYTHING, width_dots, SlipTemplate((SlipBlock(kind, size, align),))).tobytes()
        for size in ("small", "normal", "large")
        for align in ("left", "centre")
    ]
    ways = 3 if kind is BlockKind.RULE else 5  # a number that fills the paper can grow no more, nor be moved
    assert len(set(one)) >= ways


def test_on_an_english_slip_english_is_first_and_vietnamese_stays() -> None:
    only = SlipTemplate((SlipBlock(BlockKind.SERVICE, both=False),))
    vi = render_slip(EVERYTHING, 576, only)
    both = render_slip(EVERYTHING, 576, SlipTemplate((SlipBlock(BlockKind.SERVICE),)))
    en = render_slip(replace(EVERYTHING, language="en"), 576, only)
    assert vi.height < both.height == en.height
    assert both.tobytes() != en.tobytes()


def test_an_own_text_tells_of_the_ticket_it_stands_on() -> None:
    def said(text: str, slip: Slip = EVERYTHING) -> bytes:
        return render_slip(slip, 576, SlipTemplate((SlipBlock(BlockKind.TEXT, text=text),))).tobytes()

    places = "{facility} {department} {service} {number} {place} {ahead} {date} {time}"
    spelled = (
        "Trung tâm Y tế huyện Mẫu Khoa Khám bệnh Khám tổng quát A047 Quầy 1, 2 · Phòng 101, 102 14 23/11/2026 07:12"
    )
    assert said(places) == said(spelled)
    english = SlipTemplate((SlipBlock(BlockKind.TEXT, text="x", text_en="{service}, {place}"),))
    spelled_en = SlipTemplate(
        (SlipBlock(BlockKind.TEXT, text="x", text_en="General examination, Counter 1, 2 · Room 101, 102"),)
    )
    slip = replace(EVERYTHING, language="en")
    assert render_slip(slip, 576, english).tobytes() == render_slip(slip, 576, spelled_en).tobytes()
    assert said("{service}", replace(EVERYTHING, service="{number}")) != said("{number}"), "a name fills no place"


def _disc(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((10, 10, 190, 190), fill=(20, 60, 160, 255))
    draw.rectangle((85, 40, 115, 160), fill=(255, 255, 255, 255))


def _yellow(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((10, 10, 190, 190), fill=(250, 220, 60, 255))
    draw.rectangle((85, 40, 115, 160), fill=(255, 255, 255, 255))


def _white(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((10, 10, 190, 190), fill=(255, 255, 255, 255))
    draw.rectangle((85, 40, 115, 160), fill=(0, 0, 0, 0))


def _drawn(how: Callable[[ImageDraw.ImageDraw], None], ground: str = "#0000", form: str = "PNG") -> Image.Image:
    picture = Image.new("RGBA", (200, 200), ground)
    how(ImageDraw.Draw(picture))
    buffer = io.BytesIO()
    (picture if form == "PNG" else picture.convert("RGB")).save(buffer, form)
    return read_logo(buffer.getvalue())


@pytest.mark.req("K5", "K9")
@pytest.mark.parametrize(
    ("how", "ground", "form"),
    [
        (_disc, "#0000", "PNG"),
        (_disc, "white", "JPEG"),
        (_disc, "white", "WEBP"),
        (_yellow, "#0000", "PNG"),
        (_white, "#0000", "PNG"),
    ],
)
def test_a_logo_is_recognised_in_two_colours_whatever_its_own_are(
    how: Callable[[ImageDraw.ImageDraw], None], ground: str, form: str
) -> None:
    logo = printed_logo(_drawn(how, ground, form), 90, 90)
    assert logo.size == (90, 90)
    assert set(logo.tobytes()) == {0, 255}
    seen = [logo.getpixel(at) for at in ((45, 45), (20, 45), (70, 45), (1, 1), (88, 88))]
    assert seen == [255, 0, 0, 255, 255], "the bar, the disc on both its sides, and the corners"


def test_a_photograph_is_dithered_and_keeps_its_greys() -> None:
    logo = printed_logo(Image.linear_gradient("L"), 200, 200)
    rows = [logo.crop((0, y, 200, y + 40)) for y in (0, 80, 160)]
    dark = [row.histogram()[0] / (200 * 40) for row in rows]
    assert dark[0] > 0.8
    assert 0.35 < dark[1] < 0.65
    assert dark[2] < 0.2


@pytest.mark.parametrize("data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + bytes(60)])
def test_what_is_no_picture_is_no_logo(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        read_logo(data)


@pytest.mark.parametrize("align", ["left", "centre"])
@pytest.mark.parametrize("width_dots", [384, 576])
@pytest.mark.parametrize("size", [(2000, 100), (100, 2000), (1, 1), (300, 300)])
def test_a_logo_of_any_shape_leaves_room_for_the_name(width_dots: int, size: tuple[int, int], align: str) -> None:
    head = SlipTemplate((SlipBlock(BlockKind.HEAD, align="centre" if align == "centre" else "left"),))
    picture = render_slip(SLIP, width_dots, head, Image.new("L", size))
    left, _, right, bottom = ink(picture)
    assert left >= 4
    assert right <= width_dots - 4
    assert bottom <= picture.height - 8
    assert picture.height < 420


def _black(picture: Image.Image) -> int:
    return picture.convert("L").histogram()[0]
