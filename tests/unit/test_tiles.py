"""The tiles' arithmetic, and that every icon that can be chosen is there."""

from importlib.resources import files
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.tiles import GAP_PX, HEADING_PX, ICONS, JOINED_GAP_PX, LEAST_PX, Span, landscape, portrait, rows_of

STATIC = files("edge.contracts.brand") / "static"
SPANS = st.sampled_from([(1, 1), (2, 1), (2, 2)])


@pytest.mark.req("K4")
def test_every_icon_has_its_picture_and_its_class() -> None:
    pictures = {path.name.removesuffix(".svg"): path for path in (STATIC / "icons").iterdir()}
    assert set(pictures) == set(ICONS)
    style = (STATIC / "tiles.css").read_text(encoding="utf-8")
    for name, picture in pictures.items():
        assert f".icon-{name}{{--icon:url(icons/{name}.svg)}}" in style
        root = ElementTree.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314 - our own file
        assert root.attrib["viewBox"] == "0 0 24 24"
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {"svg", "path", "circle", "rect"}


@pytest.mark.req("K2", "K3")
@given(st.lists(st.lists(st.just((1, 1)), min_size=1, max_size=40), min_size=1, max_size=8))
def test_up_to_forty_services_in_any_groups_fit_without_scrolling(groups: list[list[Span]]) -> None:
    while sum(map(len, groups)) > 40:
        groups.pop() if len(groups) > 1 else groups[0].pop()
    for grid, height_px in ((portrait(groups), 1440), (landscape(groups), 910)):
        if grid.joined:
            run_on = [(1, 1)] * (len(groups) + sum(map(len, groups)))
            assert rows_of(run_on, grid.columns) * (LEAST_PX + JOINED_GAP_PX) <= height_px
        else:
            assert len(groups) * HEADING_PX + sum(grid.rows) * (LEAST_PX + GAP_PX) <= height_px


@pytest.mark.req("K4")
@given(st.lists(SPANS, max_size=20), st.integers(2, 7))
def test_wide_and_large_tiles_take_their_cells_and_no_more_rows_than_one_each(tiles: list[Span], columns: int) -> None:
    rows = rows_of(tiles, columns)
    cells = sum(width * height for width, height in tiles)
    assert -(-cells // columns) <= rows <= sum(height for _, height in tiles)
