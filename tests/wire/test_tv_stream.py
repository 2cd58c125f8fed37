"""The TVs' stream and pages over real HTTP."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from board_controller.signage import NOTHING
from tests.hall import Hall, TvServer, catalogue, tv_server
from tests.waiting import until


@pytest.fixture
def server() -> Iterator[TvServer]:
    with tv_server() as running:
        yield running


class Screen:
    """One open stream, read as a browser reads it."""

    def __init__(self, server: TvServer) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self._socket.sendall(b"GET /tv/1/events HTTP/1.1\r\nHost: tv\r\n\r\n")
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
    screen = Screen(server)
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
    screen = Screen(server)
    screen.next("state")
    server.show(hall.signage())
    server.show(hall.signage(lost_since_ms=1))
    assert screen.next("state")["lost_since_ms"] == 1
    screen.close()


@pytest.mark.req("T4")
def test_three_hundred_screens_all_hear_one_call_and_leave_nothing_behind(server: TvServer, hall: Hall) -> None:
    server.show(hall.signage())
    screens = [Screen(server) for _ in range(300)]
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


def test_every_screen_name_has_its_page_with_a_policy_that_forbids_foreign_code(server: TvServer) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as browser:
        page = browser.get("/tv/sanh-a")
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert 'lang="vi"' in page.text
        for part in ("/brand/brand.css", "/brand/logo.svg", "/static/tv.css", "/static/tv.js"):
            assert part in page.text
            assert browser.get(part).status_code == 200
        assert browser.get("/", follow_redirects=True).url.path == "/tv/1"
        assert browser.get("/health").json() == {}
