"""Boards with a protocol of their own: what goes out on the line, byte by byte."""

import contextlib
import os
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from board_controller.boards import open_line
from board_controller.boards.rows import Health, Row
from tests.led_lines import Cable, boards
from tests.waiting import until

STX_ETX = r"\x02{address:02d}{text:>4}\x03{xor:c}"


class Listener:
    """The far end of a line: it hears everything, and may say something."""

    def __init__(self, link: Path) -> None:
        self.descriptor, self._line = os.openpty()
        tty.setraw(self._line)
        os.set_blocking(self.descriptor, False)
        link.symlink_to(os.ttyname(self._line))
        self._heard = b""

    @property
    def heard(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            self._heard += os.read(self.descriptor, 65_536)
        return self._heard

    def close(self) -> None:
        os.close(self.descriptor)
        os.close(self._line)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path / "line")
    yield made
    made.close()


@pytest.mark.req("B1", "B5")
def test_a_frame_is_what_the_template_says_for_each_row_and_is_sent_again(tmp_path: Path, far: Listener) -> None:
    template = r"\x02{address:02d}{row}{text:>4}\x03{sum:02X}\r"
    line = open_line(boards("ascii-template", tmp_path / "line", 7, template=template, counters=("q1", "q2")))
    line.start()
    try:
        line.show(7, (Row("A047"), Row("--")))
        picture = b"\x02071A047\x0379\r\x02072  --\x0338\r"
        until(lambda: far.heard.count(picture) == 2, what="the picture once more")
        assert line.health() == {7: Health.SENT}
    finally:
        line.close()


@pytest.mark.req("B6")
def test_a_board_that_cannot_blink_is_made_to_and_one_that_can_is_told(tmp_path: Path, far: Listener) -> None:
    line = open_line(boards("ascii-template", tmp_path / "line", template="[{text:>4}]"))
    line.start()
    try:
        line.show(1, (Row("A047", blink=True),))
        until(lambda: b"[A047][    ][A047][    ]" in far.heard)
    finally:
        line.close()
    assert far.heard.endswith(b"[A047]")
    told = open_line(boards("ascii-template", tmp_path / "line", template="<{blink}{text:>4}>"))
    told.start()
    try:
        told.show(1, (Row("A047", blink=True),))
        until(lambda: far.heard.endswith(b"<1A047>"))
    finally:
        told.close()


def test_what_a_board_says_is_not_understood_and_does_not_pile_up(tmp_path: Path, far: Listener) -> None:
    line = open_line(boards("ascii-template", tmp_path / "line", template=STX_ETX, check_from=1))
    line.start()
    try:
        for number in range(20):
            os.write(far.descriptor, b"\x02OK\x03" * 100)
            line.show(1, (Row(f"A{number:03d}"),))
            until(lambda: f"A{number:03d}".encode() in far.heard)  # noqa: B023  # until returns first
    finally:
        line.close()


def test_a_cable_that_was_pulled_in_the_middle_of_a_frame_gets_the_whole_one_soon(
    tmp_path: Path, far: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("board_controller.boards.template_board.REPEAT_S", 0.3)
    cable = Cable(tmp_path / "near", tmp_path / "line")
    line = open_line(boards("ascii-template", tmp_path / "near", template=STX_ETX, check_from=1))
    try:
        cable.pull(after=4)
        line.show(1, (Row("A047"),))
        line.start()
        until(lambda: far.heard == b"\x0201A")
        cable.plug_in()
        until(lambda: b"\x0201A047\x03" in far.heard)
    finally:
        line.close()
        cable.close()


def test_a_line_that_is_not_there_is_reported_and_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    line = open_line(boards("ascii-template", tmp_path / "late", template=STX_ETX))
    line.show(1, (Row("A047"),))
    line.start()
    try:
        until(lambda: "is lost" in caplog.text)
        assert line.health() == {1: Health.SILENT}
        late = Listener(tmp_path / "late")
        try:
            until(lambda: b"A047" in late.heard)
        finally:
            late.close()
    finally:
        line.close()
