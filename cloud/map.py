"""Where the facilities lie: drawn by the server from coordinates that the Department sets down, no tiles from afar.

It sets them on a page (``cloud.targets``), or in ``cloud.toml``::

    outline = "binh-phuoc.geojson"    # optional: the province's border, WGS 84 (RFC 7946)
    [[place]]
    site = "mau-01"
    lat = 11.53
    lon = 106.88
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import cos, radians, sqrt
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from edge.daemon.config import ConfigError, Section

WIDTH, MARGIN = 520.0, 34.0
LEAST_HEIGHT, MOST_HEIGHT = 180.0, 640.0
SMALL, LARGE = 6.0, 20.0  # radii
MOST_BYTES = 4 * 1024 * 1024
MOST_POINTS = 20_000
LABELLED_UP_TO = 20  # facilities; more names would lie over one another

Position = tuple[float, float]  # longitude, latitude, as GeoJSON has them


class Place(Section, frozen=True):
    """Where one facility lies, in degrees (WGS 84)."""

    site: str
    lat: Annotated[float, Meta(ge=-85, le=85)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class Dot(Struct, frozen=True):
    """One facility on the map, in the units of its viewBox."""

    site: str
    x: float
    y: float
    r: float


class Map(Struct, frozen=True):
    """The drawing: ``border`` is the ``d`` of an SVG path, empty where there is no outline."""

    height: float
    border: str
    dots: tuple[Dot, ...]
    labelled: bool


class Chart:
    """The map of one province; its outline is read once at the start. Raises ConfigError where that is none."""

    def __init__(self, outline: Path | None = None) -> None:
        self._rings = tuple(_rings(outline)) if outline else ()

    def draw(self, places: Mapping[str, Position], tickets: Mapping[str, int]) -> Map | None:
        """The facilities that ``tickets`` names where they lie, the larger the more numbers they gave; None where none
        is placed."""
        placed = {site: places[site] for site in tickets if site in places}
        if not placed:
            return None
        frame = _Frame([*placed.values(), *(position for ring in self._rings for position in ring)])
        most = max([*(tickets[site] for site in placed), 1])
        dots = [
            Dot(site, *frame.at(position), SMALL + (LARGE - SMALL) * sqrt(max(0, tickets[site]) / most))
            for site, position in placed.items()
        ]
        dots.sort(key=lambda dot: -dot.r)  # a small one lies before a large one
        border = "".join(_path([frame.at(position) for position in ring]) for ring in self._rings)
        return Map(frame.height, border, tuple(dots), len(dots) <= LABELLED_UP_TO)


class _Frame:
    """An equirectangular projection that is true at the middle latitude: at a province's size nobody sees more."""

    def __init__(self, positions: Sequence[Position]) -> None:
        longitudes, latitudes = zip(*positions, strict=True)
        middle = (min(latitudes) + max(latitudes)) / 2
        self._narrow = cos(radians(middle))
        self._west, self._north = min(longitudes), max(latitudes)
        across = (max(longitudes) - self._west) * self._narrow
        down = self._north - min(latitudes)
        room = WIDTH - 2 * MARGIN
        tallest = MOST_HEIGHT - 2 * MARGIN
        self._scale = min(room / across if across else tallest, tallest / down if down else room / (across or 1))
        self._left = (WIDTH - across * self._scale) / 2
        self.height = max(LEAST_HEIGHT, down * self._scale + 2 * MARGIN)
        self._top = (self.height - down * self._scale) / 2

    def at(self, position: Position) -> tuple[float, float]:
        longitude, latitude = position
        x = self._left + (longitude - self._west) * self._narrow * self._scale
        y = self._top + (self._north - latitude) * self._scale
        return round(x, 1), round(y, 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x},{y}" for x, y in points) + "Z"


def _rings(path: Path) -> Iterator[tuple[Position, ...]]:
    """The outer and inner borders in a GeoJSON file of polygons."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path}: the outline is larger than 4 MiB; simplify it")
        found = list(_polygons(json.loads(path.read_text(encoding="utf-8"))))
        rings = [tuple((float(point[0]), float(point[1])) for point in ring) for ring in found]
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise ConfigError(f"{path}: is no GeoJSON of polygons (RFC 7946)") from None
    if not rings or not all(rings):
        raise ConfigError(f"{path}: has no polygon in it")
    if sum(map(len, rings)) > MOST_POINTS:
        raise ConfigError(f"{path}: has more than {MOST_POINTS} points; simplify it")
    if not all(-180 <= lon <= 180 and -85 <= lat <= 85 for ring in rings for lon, lat in ring):
        raise ConfigError(f"{path}: its coordinates are not degrees of longitude and latitude")
    yield from rings


def _polygons(thing: dict) -> Iterator[list]:  # type: ignore[type-arg]  # what a file says, whatever it is
    match thing["type"]:
        case "FeatureCollection":
            for feature in thing["features"]:
                yield from _polygons(feature["geometry"])
        case "Feature":
            yield from _polygons(thing["geometry"])
        case "GeometryCollection":
            for geometry in thing["geometries"]:
                yield from _polygons(geometry)
        case "MultiPolygon":
            for polygon in thing["coordinates"]:
                yield from polygon
        case "Polygon":
            yield from thing["coordinates"]
        case _:
            pass  # points and lines bound nothing
