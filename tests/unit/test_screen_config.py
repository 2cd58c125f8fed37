"""screen.toml, Chromium's command line and policies, and labwc's rules."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from edge.daemon.config import ConfigError
from edge.screen.app import write_policies
from edge.screen.chromium import command, is_page, policies
from edge.screen.compositor import labwc_rules
from edge.screen.config import ScreenConfig, load_config
from provisioning.certificates import create_authority

SHIPPED = Path(__file__).parents[2] / "provisioning/policies/moiso.json"
KIOSK = ScreenConfig(address="http://127.0.0.1:8081/")


def read(tmp_path: Path, text: str) -> ScreenConfig:
    path = tmp_path / "screen.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize(
    "text",
    [
        'address = "http://127.0.0.1:8081/"',
        'address = "http://[::1]:8081/"',
        'address = "https://192.0.2.6:8082/tv/1"\nkind = "tv"',
        'address = "http://localhost:8082/tv/1"\nkind = "tv"\nrotation = 270',
    ],
)
def test_the_page_of_a_kiosk_or_of_a_tv_is_taken(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text).address in text


@pytest.mark.parametrize(
    "text",
    [
        'address = "https://example.com/"',
        'address = "http://192.0.2.6:8081/"',
        'address = "http://192.0.2.6:8082/tv/1"\nkind = "tv"',
        'address = "file:///etc/passwd"',
        'address = "javascript:alert(1)"\nkind = "tv"',
        'address = "http://127.0.0.1:99999/"',
        'address = "http://127.0.0.1:x/"',
        'address = "http://user:word@127.0.0.1/"',
        'address = "127.0.0.1:8081"',
        'address = ""',
    ],
)
def test_any_other_address_is_refused_with_what_is_expected(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"screen.toml: address is .* is expected"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "line",
    [
        'profile = "profile"',
        'profile = "/"',
        'extra_flags = ["http://example.com/"]',
        'extra_flags = ["--a b"]',
        'output = "HDMI-A-1\\"/><x"',
        'compositor = "none"\nrotation = 90',
        "rotation = 45",
        "silent_s = 0",
    ],
)
def test_what_would_do_harm_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read(tmp_path, f'address = "http://127.0.0.1:8081/"\n{line}\n')


def test_the_command_line_shows_the_page_and_keeps_all_in_the_profile() -> None:
    order = command(KIOSK)
    assert order[0] == "/usr/bin/chromium"
    assert order[-1] == "--app=http://127.0.0.1:8081/"
    assert {"--kiosk", "--disable-pinch", "--overscroll-history-navigation=0", "--ozone-platform=wayland"} <= set(order)
    assert "--user-data-dir=/run/moiso-screen/profile/data" in order
    names = [flag.partition("=")[0] for flag in order]
    assert len(names) == len(set(names)), "of a flag that stands there twice only the last counts"
    assert "--no-sandbox" not in order


@pytest.mark.req("X1")
def test_the_policies_that_are_shipped_are_those_of_a_kiosk_at_its_usual_address(tmp_path: Path) -> None:
    write_policies(KIOSK, tmp_path)
    assert SHIPPED.read_text(encoding="utf-8") == (tmp_path / "moiso.json").read_text(encoding="utf-8")
    rules = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert rules["URLAllowlist"] == ["http://127.0.0.1:8081"]
    assert {"*", "chrome://*", "file://*"} <= set(rules["URLBlocklist"])


def test_a_tv_trusts_the_sites_authority(tmp_path: Path) -> None:
    create_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "MờiSố site")
    text = f'address = "https://192.0.2.6:8082/tv/1"\nkind = "tv"\nca = "{tmp_path}/ca.crt"'
    write_policies(read(tmp_path, text), tmp_path)
    (certificate,) = json.loads((tmp_path / "moiso.json").read_text(encoding="utf-8"))["CACertificates"]
    assert certificate in (tmp_path / "ca.crt").read_text(encoding="ascii").replace("\n", "")


def test_a_wrong_authority_is_told_by_its_key(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("nothing", encoding="ascii")
    config = read(tmp_path, 'address = "https://192.0.2.6:8082/tv/1"\nkind = "tv"\nca = "ca.crt"')
    with pytest.raises(ConfigError, match=r"ca is .*PEM"):
        write_policies(config, tmp_path)


def test_a_page_is_told_from_the_browsers_own_processes() -> None:
    assert is_page(["chromium", "--type=renderer", "--lang=vi"])
    assert not is_page(["chromium", "--type=renderer", "--top-chrome-webui"])
    assert not is_page(["chromium", "--type=gpu-process"])
    assert not is_page([])


def test_only_the_page_is_allowed() -> None:
    assert policies("https://192.0.2.6:8082")["URLAllowlist"] == ["https://192.0.2.6:8082"]


def test_labwc_is_told_to_answer_no_key() -> None:
    rules = ET.fromstring(labwc_rules("HDMI-A-1"))  # noqa: S314 - our own text
    bindings = {key.get("key"): [action.get("name") for action in key] for key in rules.iter("keybind")}
    assert {"A-F4", "C-t", "C-n", "F11"} <= set(bindings)
    assert {name for names in bindings.values() for name in names} == {"None"}
    touch = rules.find("touch")
    assert touch is not None
    assert touch.get("mapToOutput") == "HDMI-A-1"
