"""The TVs' stream and pages over real HTTP."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from board_controller.signage import NOTHING
from edge.contracts.events import CatalogueAdopted
from edge.contracts.hall import Medium, MediumKind, Screen
from tests.hall import Hall, TvServer, catalogue, tv_server
from tests.waiting import until


@pytest.fixture
def server() -> Iterator[TvServer]:
    with tv_server() as running:
        yield running


class Listening:
    """One open stream, read as a browser reads it."""

    def __init__(self, server: TvServer, name: str = "1") -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self._socket.sendall(b"GET /tv/%s/events HTTP/1.1\r\nHost: tv\r\n\r\n" % name.encode())
        self._lines = self._socket.makefile(encoding="utf-8")

    def next(self, event: str) -> dict[str, object]:
        """The data of the next event of this kind."""
        named = ""
        for line in self._lines:
            if line.startswith("event: "):
                named = line[7:].strip()
            elif line.startswith("data: ") and named == event:
                data: dict[str, object] = json.loads(line[6:])
                return data
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@pytest.fixture
def hall() -> Hall:
    return Hall(catalogue(2))


def _labels(state: dict[str, object]) -> list[str]:
    counters = state["counters"]
    assert isinstance(counters, list)
    return [counter["label"] for counter in counters]


@pytest.mark.req("T6")
def test_a_screen_gets_the_time_and_everything_at_once_and_then_each_change(server: TvServer, hall: Hall) -> None:
    server.show(hall.signage())
    screen = Listening(server)
    assert screen.next("clock")["offset_min"] == 420
    assert _labels(screen.next("state")) == ["", ""]
    ticket = hall.issue("s0", 47)
    hall.call(ticket, "q1")
    server.show(hall.signage(ticket))
    state = screen.next("state")
    assert _labels(state) == ["A047", ""]
    assert state["counters"][0]["stage"] == "new"  # type: ignore[index]  # JSON
    screen.close()


def test_what_does_not_change_the_picture_is_not_sent(server: TvServer, hall: Hall) -> None:
    server.show(hall.signage())
    screen = Listening(server)
    screen.next("state")
    server.show(hall.signage())
    server.show(hall.signage(lost_since_ms=1))
    assert screen.next("state")["lost_since_ms"] == 1
    screen.close()


@pytest.mark.req("T4")
def test_three_hundred_screens_all_hear_one_call_and_leave_nothing_behind(server: TvServer, hall: Hall) -> None:
    server.show(hall.signage())
    screens = [Listening(server) for _ in range(300)]
    for screen in screens:
        screen.next("state")
    assert server.tv.screens == 300
    hall.call(hall.issue("s0", 47), "q1")
    server.show(hall.signage())
    assert all(_labels(screen.next("state")) == ["A047", ""] for screen in screens)
    for screen in screens:
        screen.close()
    server.show(NOTHING)
    until(lambda: server.tv.screens == 0)


@pytest.mark.req("T4", "T5")
def test_each_screen_hears_of_its_own_zones_and_nothing_of_the_others(server: TvServer, hall: Hall) -> None:
    of = hall.snapshot.catalogue
    zoned = tuple(replace(counter, zone=zone) for counter, zone in zip(of.counters, "AB", strict=True))
    screens = (Screen("a", "Sảnh A", ("A",)), Screen("b", "Sảnh B", ("B",)))
    hall.happens(CatalogueAdopted(replace(of, counters=zoned, screens=screens)))
    server.show(hall.signage())
    a, b = Listening(server, "a"), Listening(server, "b")
    assert _labels(a.next("state")) == _labels(b.next("state")) == [""]
    hall.call(hall.issue("s0", 47), "q1")
    server.show(hall.signage())
    assert _labels(a.next("state")) == ["A047"]
    hall.call(hall.issue("s1", 12), "q2")
    server.show(hall.signage())
    assert _labels(b.next("state")) == ["B012"]  # nothing came between
    a.close()
    b.close()


def test_a_screen_that_nobody_shows_any_more_is_forgotten_whatever_its_name(server: TvServer, hall: Hall) -> None:
    server.show(hall.signage())
    for name in ("nobody-1", "nobody-2"):
        screen = Listening(server, name)
        assert "Chưa có màn hình" in str(screen.next("state")["blank"])
        screen.close()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as browser:
        for wrong in ("a" * 65, "a%0Ab", "%C3%A9"):
            assert browser.get(f"/tv/{wrong}").status_code == 404
            assert browser.get(f"/tv/{wrong}/events").status_code == 404
    until(lambda: server.tv.screens == 0, what="nobody listening")


class Folder:
    """One medium, as the store holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def held(self) -> Mapping[str, tuple[Path, str]]:
        return {SHA256: (self.path, "video/mp4")}


SHA256 = "a" * 64


@pytest.mark.req("T8")
def test_media_are_served_whole_or_in_ranges_and_none_but_those_that_are_held(
    hall: Hall, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / SHA256
    path.write_bytes(bytes(range(256)))
    of = replace(hall.snapshot.catalogue, media=(Medium("m", "Phim", MediumKind.CLIP, SHA256, 256, 2.0),))
    hall.happens(CatalogueAdopted(of))
    with tv_server(Folder(path)) as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as browser:
        server.show(hall.signage())
        whole = browser.get(f"/media/{SHA256}")
        assert (whole.status_code, whole.content) == (200, path.read_bytes())
        assert whole.headers["Content-Type"] == "video/mp4"
        assert whole.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in whole.headers["Cache-Control"]
        part = browser.get(f"/media/{SHA256}", headers={"Range": "bytes=100-109"})
        assert (part.status_code, part.content) == (206, bytes(range(100, 110)))
        for unknown in ("b" * 64, "..%2f..%2fetc%2fpasswd", SHA256.upper()):
            assert browser.get(f"/media/{unknown}").status_code == 404
        assert server.tv.unplayable == []
        assert browser.post(f"/media/{SHA256}/unplayable").status_code == 204
        assert browser.post(f"/media/{SHA256}/unplayable").status_code == 204
        assert browser.post(f"/media/{'b' * 64}/unplayable").status_code == 404
        assert server.tv.unplayable == ["Phim"]
        assert caplog.messages.count("a TV cannot play Phim") == 1
        hall.happens(CatalogueAdopted(replace(of, media=())))
        server.show(hall.signage())
        assert server.tv.unplayable == []


def test_every_screen_name_has_its_page_with_a_policy_that_forbids_foreign_code(server: TvServer) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as browser:
        page = browser.get("/tv/sanh-a")
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert 'lang="vi"' in page.text
        for part in ("/brand/brand.css", "/brand/logo.svg", "/brand/tv.css", "/brand/tv.js"):
            assert part in page.text
            assert browser.get(part).status_code == 200
        assert browser.get("/", follow_redirects=True).url.path == "/tv/1"
        assert browser.get("/health").json() == {}
