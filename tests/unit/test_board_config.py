"""``board.toml``: what is wrong in it is said by name."""

from pathlib import Path

import pytest

from board_controller.config import CounterPins, read
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
rate = [7, 8]
rate_led = 14
[[led_board]]
driver = "moiso-line"
link = "/dev/ttyUSB0"
baud = 9600
address = 1
counters = ["q1"]
[[speaker]]
cache = "data/board/voice"
player = ["aplay", "-q", "-"]
zones = ["Sảnh"]
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
    (speaker,) = config.speaker
    assert (speaker.cache, speaker.zones) == (tmp_path / "data/board/voice", ("Sảnh",))
    assert config.counter[0].pins() == (5, 6, 13, 19, 7, 8, 26, 14)
    assert config.counter[0].ratings() == ((7, 5), (8, 1))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("no_show = 13", "no_show = 5", "pin 5 is used twice"),
        ("led = 26", "led = 28", "<= 27"),
        ("led = 26", "led = 26\nlamp = 1", "lamp"),
        ('pins = "mock:run/pins.sock"', 'pins = "usb"', "gpio"),
        ('driver = "moiso-line"', 'driver = "modbus"', "'modbus' is none of moiso-line"),
        ('driver = "moiso-line"', 'driver = "moiso-line"\ndigits = 4', "digits: moiso-line has no such option"),
        ('driver = "moiso-line"', 'driver = "alpha"\nblinks = false', "blinks: alpha has no such option"),
        ('driver = "moiso-line"', 'driver = "alpha"\nsign_type = "ZZ"', "sign_type"),
        ('driver = "moiso-line"', 'driver = "ascii-template"', "template: a frame of 0 bytes"),
        ('driver = "moiso-line"', 'driver = "ascii-template"\ntemplate = "{label}"', "template: no field is called"),
        ('driver = "moiso-line"', 'driver = "modbus-rtu"\nregister = 65535', "would be in register 65540"),
        ("baud = 9600", 'baud = 9600\nbits = "9N1"', "bits"),
        ("led = 26", 'led = 26\nnext_long = "next"', "counter q1: next means the same when it is held"),
        ("led = 26", 'led = 26\nnext_long = "open"', "open"),
        ("address = 1\n", "address = 300\n", "<= 247"),
        ('zones = ["Sảnh"]', 'zones = [""]', "zones"),
        ('zones = ["Sảnh"]', 'voice = "vi"', "voice"),
        ('player = ["aplay", "-q", "-"]', "player = []", "player"),
        ('[[listen]]\naddress = "127.0.0.1:8082"', "", "listen"),
        ('[buttons]\npins = "mock:run/pins.sock"', "", "needs \\[buttons\\]"),
        ("rate = [7, 8]", "rate = [7, 5]", "pin 5 is used twice"),
        ("rate_led = 14", "rate_led = 7", "pin 7 is used twice"),
        ("rate = [7, 8]", "rate = [7, 8]\nscores = [5]", "counter q1: scores needs one score for each pin"),
        ("rate = [7, 8]", "rate = [7, 8]\nscores = [6, 1]", "<= 5"),
        ("rate = [7, 8]", "rate = [0, 1, 2, 3, 4, 7]", "rate"),
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


def test_a_line_has_one_driver(tmp_path: Path) -> None:
    second = '[[led_board]]\ndriver = "alpha"\nlink = "/dev/ttyUSB0"\ncounters = ["q1"]\naddress = 2\n'
    with pytest.raises(ConfigError, match="one driver"):
        _read(tmp_path, WHOLE + second)


@pytest.mark.parametrize(
    "board",
    [
        'driver = "modbus-rtu"\nregister = 16\ndigits = 4\npacking = "high"\nblinks = false\nbits = "8E1"',
        'driver = "modbus-tcp"\nshows = "digits"',
        'driver = "alpha"\nsign_type = "^"\nanswers = false\nbits = "7E1"',
        "driver = \"ascii-template\"\ntemplate = '\\x02{address:02d}{text:>4}\\x03{xor:c}'\ncheck_from = 1",
    ],
)
def test_every_driver_takes_its_own_options(tmp_path: Path, board: str) -> None:
    _read(tmp_path, WHOLE.replace('driver = "moiso-line"', board))


@pytest.mark.req("P3")
@pytest.mark.parametrize(
    ("buttons", "scores"), [(1, (5,)), (2, (5, 1)), (3, (5, 3, 1)), (4, (5, 4, 2, 1)), (5, (5, 4, 3, 2, 1))]
)
def test_rating_buttons_have_scores_by_their_number_unless_told_otherwise(
    buttons: int, scores: tuple[int, ...]
) -> None:
    pins = tuple(range(20, 20 + buttons))
    counter = CounterPins(id="q1", next=5, recall=6, no_show=13, finish=19, led=26, rate=pins)
    assert counter.ratings() == tuple(zip(pins, scores, strict=True))
    turned = CounterPins(
        id="q1", next=5, recall=6, no_show=13, finish=19, led=26, rate=pins, scores=tuple(reversed(scores))
    )
    assert turned.ratings() == tuple(zip(pins, reversed(scores), strict=True))


def test_two_loudspeakers_have_two_sound_cards(tmp_path: Path) -> None:
    second = '[[speaker]]\ncache = "data/board/voice"\nplayer = ["aplay", "-q", "-D", "plughw:1", "-"]\n'
    _read(tmp_path, WHOLE + second)
    with pytest.raises(ConfigError, match="two speakers have the same"):
        _read(tmp_path, WHOLE + second.replace(', "-D", "plughw:1"', ""))
