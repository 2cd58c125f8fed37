"""The slip as a picture."""

import unicodedata
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image, ImageChops

from edge.kiosk.slip import Slip, render_slip

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


@settings(max_examples=25)
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


def _black(picture: Image.Image) -> int:
    return picture.convert("L").histogram()[0]
