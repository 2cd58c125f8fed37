"""``board.toml``: what is wrong in it is said by name."""

from pathlib import Path

import pytest

from board_controller.config import read
from edge.daemon.config import ConfigError

WHOLE = """
[[listen]]
address = "127.0.0.1:8082"
[hub]
url = "https://127.0.0.1:8443"
ca = "tls/site-ca.crt"
token_file = "secrets/board-1.token"
[buttons]
pins = "mock:run/pins.sock"
[[counter]]
id = "q1"
next = 5
recall = 6
no_show = 13
finish = 19
led = 26
[[led_board]]
driver = "moiso-line"
link = "/dev/ttyUSB0"
baud = 9600
address = 1
counters = ["q1"]
[voice]
languages = ["vi", "en"]
voice = "vi"
cache = "data/board/voice"
player = ["aplay", "-q", "-"]
"""


def _read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "board.toml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_the_documented_file_is_read_and_paths_are_taken_from_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text(WHOLE, encoding="utf-8")
    config = read(path)
    assert config.buttons is not None
    assert config.buttons.pins == f"mock:{tmp_path}/run/pins.sock"
    assert config.voice is not None
    assert config.voice.cache == tmp_path / "data/board/voice"
    assert config.counter[0].pins() == (5, 6, 13, 19, 26)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("no_show = 13", "no_show = 5", "pin 5 is used twice"),
        ("led = 26", "led = 28", "<= 27"),
        ("led = 26", "led = 26\nlamp = 1", "lamp"),
        ('pins = "mock:run/pins.sock"', 'pins = "usb"', "gpio"),
        ('driver = "moiso-line"', 'driver = "modbus"', "'modbus' is none of moiso-line"),
        ("address = 1\n", "address = 300\n", "<= 247"),
        ('languages = ["vi", "en"]', 'languages = ["fr"]', "fr"),
        ('player = ["aplay", "-q", "-"]', "player = []", "player"),
        ('[[listen]]\naddress = "127.0.0.1:8082"', "", "listen"),
        ('[buttons]\npins = "mock:run/pins.sock"', "", "needs \\[buttons\\]"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert before in WHOLE
    with pytest.raises(ConfigError, match=expected) as error:
        _read(tmp_path, WHOLE.replace(before, after))
    assert "board.toml" in str(error.value)


def test_two_boards_share_a_line_with_two_addresses_and_one_baud_rate(tmp_path: Path) -> None:
    second = '[[led_board]]\ndriver = "moiso-line"\nlink = "/dev/ttyUSB0"\ncounters = ["q1"]\n'
    _read(tmp_path, WHOLE + second + "address = 2\n")
    with pytest.raises(ConfigError, match="address 1 is used twice"):
        _read(tmp_path, WHOLE + second)
    with pytest.raises(ConfigError, match="one baud rate"):
        _read(tmp_path, WHOLE + second + "address = 2\nbaud = 19200\n")
