"""The map of the facilities: north is up, nobody lies outside it, and a file that is none is told."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.map import LARGE, MARGIN, MOST_HEIGHT, WIDTH, Chart
from edge.daemon.config import ConfigError

PLACES = {"a": (106.5, 11.5)}
SQUARE = [[[106.0, 11.0], [107.0, 11.0], [107.0, 12.0], [106.0, 12.0], [106.0, 11.0]]]


def outlined(tmp_path: Path, written: object) -> Chart:
    path = tmp_path / "outline.geojson"
    path.write_text(json.dumps(written))
    return Chart(path)


@pytest.mark.req("D1")
def test_north_is_up_east_is_right_and_who_gives_more_numbers_is_larger() -> None:
    drawn = Chart().draw({"south": (106.0, 11.0), "north": (107.0, 12.0)}, {"south": 100, "north": 1})
    assert drawn is not None
    south, north = drawn.dots
    assert (south.site, south.r) == ("south", LARGE)
    assert north.y < south.y
    assert north.x > south.x


def test_a_facility_without_a_place_is_left_out_and_a_map_of_none_is_none() -> None:
    assert Chart().draw(PLACES, {"b": 1}) is None
    drawn = Chart().draw(PLACES, {"a": 0, "b": 1})
    assert drawn is not None
    assert [dot.site for dot in drawn.dots] == ["a"]


@given(st.lists(st.tuples(st.floats(-85, 85), st.floats(-180, 180), st.integers(0, 10**6)), min_size=1, max_size=30))
def test_everybody_lies_within_the_drawing(places: list[tuple[float, float, int]]) -> None:
    positions = {str(n): (lon, lat) for n, (lat, lon, _) in enumerate(places)}
    drawn = Chart().draw(positions, {str(n): tickets for n, (_, _, tickets) in enumerate(places)})
    assert drawn is not None
    assert drawn.height <= MOST_HEIGHT + 1
    for dot in drawn.dots:
        assert MARGIN - 1 <= dot.x <= WIDTH - MARGIN + 1
        assert MARGIN - 1 <= dot.y <= drawn.height - MARGIN + 1


@pytest.mark.parametrize(
    "written",
    [
        {"type": "Polygon", "coordinates": SQUARE},
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": SQUARE}},
        {"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon", "coordinates": SQUARE}}]},
    ],
)
def test_the_border_is_drawn_around_them(tmp_path: Path, written: object) -> None:
    drawn = outlined(tmp_path, written).draw(PLACES, {"a": 1})
    assert drawn is not None
    assert drawn.border.startswith("M")
    assert drawn.border.count("L") == 4
    (dot,) = drawn.dots
    assert dot.x == pytest.approx(WIDTH / 2, abs=1)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({}, "no GeoJSON"),
        ([], "no GeoJSON"),
        ({"type": "Point", "coordinates": [1, 2]}, "no polygon"),
        ({"type": "Polygon", "coordinates": [[["x", 1]]]}, "no GeoJSON"),
        ({"type": "Polygon", "coordinates": [[]]}, "no polygon"),
        ({"type": "Polygon", "coordinates": [[[600_000.0, 1_200_000.0]]]}, "not degrees"),
        ({"type": "Polygon", "coordinates": [[[106.0, 11.0]] * 20_001]}, "more than 20000 points"),
    ],
)
def test_a_file_that_is_no_outline_is_told_at_the_start(tmp_path: Path, written: object, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        outlined(tmp_path, written)


def test_an_outline_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Chart(tmp_path / "none")
