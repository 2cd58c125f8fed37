"""What a Department sets itself: how it is typed, kept, and used in the place of what cloud.toml says."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.entries import BOUNDS, NONE, USUAL, Contradiction, read_aim, read_position, wished
from cloud.indicators import TARGETS, Key, Unit
from cloud.map import Place
from cloud.targets import Change, Kind, Overtaken, Targets
from cloud.web.targets import WITH_TARGET, WRONG

NOW = 1_795_000_000_000


def made(data: Path) -> Targets:
    return Targets(data, TARGETS, (Place("mau-01", 11.5, 106.5), Place("khac-01", 12.0, 107.0)))


def change(targets: Targets, kind: Kind, name: str, was: str, wish: str, province: str = "mau") -> None:
    targets.change(kind, province, {name: Change(was, wish)}, "lan", NOW)


@pytest.mark.req("D1")
def test_what_a_department_set_goes_before_what_the_configuration_says(tmp_path: Path) -> None:
    targets = made(tmp_path)
    assert targets.aims("mau") == TARGETS
    change(targets, Kind.TARGET, "look-ups", USUAL, "0.875")
    change(targets, Kind.TARGET, "wait-p90", USUAL, "45.0")
    change(targets, Kind.TARGET, "score", USUAL, NONE)
    expected = {key: aim for key, aim in TARGETS.items() if key is not Key.SCORE}
    assert targets.aims("mau") == {**expected, Key.LOOK_UPS: 0.875, Key.WAIT_P90: 45}
    change(targets, Kind.TARGET, "look-ups", "0.875", USUAL)
    assert targets.aims("mau")[Key.LOOK_UPS] == TARGETS[Key.LOOK_UPS]
    assert targets.settings(Kind.TARGET, "mau").keys() == {"wait-p90", "score"}


@pytest.mark.req("D1", "X1")
def test_a_province_has_targets_and_places_of_its_own(tmp_path: Path) -> None:
    targets = made(tmp_path)
    change(targets, Kind.TARGET, "look-ups", USUAL, "0.5", "khac")
    change(targets, Kind.PLACE, "mau-01", USUAL, "[105.0,20.0]", "khac")
    assert targets.aims("mau") == TARGETS
    assert targets.places("mau")["mau-01"] == (106.5, 11.5)
    assert targets.settings(Kind.PLACE, "mau") == {}


@pytest.mark.req("D1")
def test_a_place_is_set_taken_off_the_map_and_given_back(tmp_path: Path) -> None:
    targets = made(tmp_path)
    change(targets, Kind.PLACE, "mau-02", USUAL, "[106.89,11.53]")
    change(targets, Kind.PLACE, "mau-01", USUAL, NONE)
    assert targets.places("mau") == {"khac-01": (107.0, 12.0), "mau-02": (106.89, 11.53)}
    change(targets, Kind.PLACE, "mau-01", NONE, USUAL)
    assert targets.places("mau")["mau-01"] == (106.5, 11.5)


def test_who_comes_second_changes_nothing_and_is_told_where(tmp_path: Path) -> None:
    targets = made(tmp_path)
    change(targets, Kind.TARGET, "look-ups", USUAL, "0.8")
    both = {"look-ups": Change(USUAL, "0.7"), "score": Change(USUAL, "4.0")}
    with pytest.raises(Overtaken) as overtaken:
        targets.change(Kind.TARGET, "mau", both, "mai", NOW)
    assert overtaken.value.names == {"look-ups"}
    assert targets.aims("mau") == {**TARGETS, Key.LOOK_UPS: 0.8}


def test_another_reader_sees_at_once_what_was_set_and_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    here, there = made(tmp_path), Targets(tmp_path, TARGETS)
    change(here, Kind.TARGET, "look-ups", USUAL, "0.8")
    assert there.aims("mau")[Key.LOOK_UPS] == 0.8
    (setting,) = there.settings(Kind.TARGET, "mau").values()
    assert (setting.by, setting.at_ms) == ("lan", NOW)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("targets.db*")} == {0o600}


def test_what_an_indicator_of_another_version_aimed_at_is_passed_over(tmp_path: Path) -> None:
    targets = made(tmp_path)
    change(targets, Kind.TARGET, "of-the-future", USUAL, "0.5")
    assert targets.aims("mau") == TARGETS


@pytest.mark.parametrize(
    ("typed", "unit", "aim"),
    [
        ("87,5", Unit.SHARE, 0.875),
        ("87.5", Unit.SHARE, 0.875),
        (" 87,25 % ", Unit.SHARE, 0.8725),
        ("0", Unit.SHARE, 0),
        ("100%", Unit.SHARE, 1),
        ("29", Unit.SHARE, 0.29),
        ("30", Unit.MINUTES, 30),
        ("22,5 phút", Unit.MINUTES, 22.5),
        ("4,5 / 5", Unit.SCORE, 4.5),
        ("5", Unit.SCORE, 5),
    ],
)
def test_a_target_is_read_as_people_write_it(typed: str, unit: Unit, aim: float) -> None:
    assert read_aim(typed, unit) == aim


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("100,01", Unit.SHARE),
        ("-1", Unit.SHARE),
        ("87,555", Unit.SHARE),
        ("1.000,5", Unit.SHARE),
        ("nhiều", Unit.SHARE),
        ("nan", Unit.SHARE),
        ("1e1", Unit.SHARE),
        ("٣٠", Unit.SHARE),
        ("30 phút", Unit.SHARE),
        ("0", Unit.MINUTES),
        ("180", Unit.MINUTES),
        ("0,9", Unit.SCORE),
        ("5,01", Unit.SCORE),
        ("", Unit.SCORE),
    ],
)
def test_what_is_no_target_of_its_unit_is_refused(typed: str, unit: Unit) -> None:
    with pytest.raises(ValueError, match=r"number|bounds"):
        read_aim(typed, unit)


def test_the_words_of_a_refusal_name_the_bounds() -> None:
    assert WRONG.keys() == BOUNDS.keys()
    for unit, (least, most) in BOUNDS.items():
        assert f"từ {least} đến {most}" in WRONG[unit]
    assert Key.TICKETS not in WITH_TARGET
    assert set(TARGETS) <= set(WITH_TARGET)


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    "typed",
    [
        "11.53, 106.89",
        "11.53,106.89",
        "11,53, 106,89",
        "11,53,106,89",
        "11,53; 106,89",
        "11.53 106.89",
        "(11.53, 106.89)",
        "11.53° N, 106.89° E",
        "11,53°B 106,89°Đ",
        "106.89, 11.53",
        " 11.5300000, 106.8900000004 ",
    ],
)
def test_a_position_is_read_as_map_services_and_people_write_it_in_either_order(typed: str) -> None:
    assert read_position(typed) == (106.89, 11.53)


@pytest.mark.parametrize(
    "typed",
    [
        "11.53",
        "6.99, 106.89",
        "24.01, 106.89",
        "11.53, 101.99",
        "11.53, 115.01",
        "-11.53, 106.89",
        "106.89, 106.89",
        "11°31'48\"N 106°53'24\"E",
        "https://map.example/@11.53,106.89,15z",
        "11.53, 106.89, 0",
        "1" * 60,
        "",
    ],
)
def test_what_is_no_position_in_viet_nam_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"position|Viet Nam"):
        read_position(typed)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_or_refused_and_nothing_else(typed: str) -> None:
    for unit, (least, most) in BOUNDS.items():
        try:
            aim = read_aim(typed, unit)
        except ValueError:
            continue
        assert least <= (100 * aim if unit is Unit.SHARE else aim) <= most + 1e-9
    try:
        longitude, latitude = read_position(typed)
    except ValueError:
        return
    assert 102 <= longitude <= 115
    assert 8 <= latitude <= 24


@pytest.mark.parametrize(
    ("typed", "was", "none", "wish"),
    [
        ("", USUAL, False, USUAL),
        ("90", USUAL, False, "0.9"),
        ("90", "0.9", False, "0.9"),
        ("", "0.9", False, USUAL),
        ("  ", "0.9", False, USUAL),
        ("", USUAL, True, NONE),
        ("90", "0.9", True, NONE),
        ("", NONE, True, NONE),
        ("90", NONE, True, "0.9"),
        ("", NONE, False, USUAL),
    ],
)
def test_a_field_asks_for_a_value_for_the_usual_or_for_none(typed: str, was: str, none: bool, wish: str) -> None:
    assert wished(typed, was, lambda text: read_aim(text, Unit.SHARE), none=none) == wish
    if wish not in (USUAL, NONE):
        assert msgspec.json.decode(wish) == 0.9


def test_a_new_number_and_none_at_once_are_a_contradiction() -> None:
    with pytest.raises(Contradiction):
        wished("90", "0.8", lambda text: read_aim(text, Unit.SHARE), none=True)
    with pytest.raises(Contradiction):
        wished("90", USUAL, lambda text: read_aim(text, Unit.SHARE), none=True)
