"""The display under the browser: which program shows it, and how it is turned. Pure, but for asking a program."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from edge.daemon.config import ConfigError
from edge.screen.config import ScreenConfig

TURNS_BY_OPTION = (0, 1, 4)  # the last cage that has -r; later ones are turned by wlr-randr
ASK_S = 10

# labwc takes its own keys and mouse bindings only where none are given.
LABWC_KEYS = (
    "A-F4 A-Tab A-space A-Left A-Right A-Home A-d A-e A-f C-t C-n C-w C-o C-p C-s C-u C-j C-h C-l C-k C-q C-S-i C-S-j "
    "C-S-n C-S-w C-S-t C-S-o C-S-Delete C-Tab C-S-Tab F1 F3 F5 F6 F7 F10 F11 F12 S-Escape W-l Super_L"
)


def command(config: ScreenConfig, browser: Sequence[str], folder: Path) -> list[str]:
    """The command line that shows the browser. labwc's configuration is written into ``folder``.

    Raises ConfigError where the compositor is not installed.
    Source: cage(1), labwc(1), labwc-config(5).
    """
    if config.compositor == "none":
        return list(browser)
    if shutil.which(config.compositor) is None:
        raise ConfigError(f"compositor is {config.compositor!r}, which is not installed; see docs/install.md")
    match config.compositor:
        case "cage":
            turns = 0 if is_turned_later(config) else config.rotation // 90
            return ["cage", "-d", *["-r"] * turns, "--", *browser]
        case "labwc":
            (folder / "rc.xml").write_text(labwc_rules(config.output), encoding="utf-8")
            return ["labwc", "-C", str(folder), "-S", shlex.join(browser)]


def is_turned_later(config: ScreenConfig) -> bool:
    """Whether the display is turned by wlr-randr once the compositor runs."""
    if not config.rotation:
        return False
    return config.compositor == "labwc" or _cage_version() > TURNS_BY_OPTION


def turn(config: ScreenConfig, environment: dict[str, str]) -> bool:
    """Turn the display; whether that was done. The compositor may not be there yet."""
    shown = _ask(["wlr-randr"], environment)
    names = [config.output] if config.output else re.findall(r"^(\S+) ", shown or "", re.MULTILINE)
    if shown is None or not names:
        return False
    orders = [["wlr-randr", "--output", name, "--transform", str(config.rotation)] for name in names]
    return all(_ask(order, environment) is not None for order in orders)


def labwc_rules(output: str) -> str:
    """labwc's rc.xml: every window fills the screen, no key and no button does anything, touches go to ``output``."""
    keys = "\n".join(f'    <keybind key="{key}"><action name="None"/></keybind>' for key in LABWC_KEYS.split())
    touch = f'\n  <touch mapToOutput="{output}"/>' if output else ""
    return f"""<?xml version="1.0"?>
<labwc_config>
  <keyboard>
{keys}
  </keyboard>
  <mouse>
    <context name="Root"><mousebind button="Right" action="Press"><action name="None"/></mousebind></context>
  </mouse>{touch}
  <windowRules>
    <windowRule identifier="*" serverDecoration="no" skipTaskbar="yes"><action name="Maximize"/></windowRule>
  </windowRules>
</labwc_config>
"""


def _cage_version() -> tuple[int, ...]:
    """Raises OSError where cage does not tell it."""
    numbers = re.findall(r"\d+", _ask(["cage", "-v"], {}) or "")
    if not numbers:
        raise OSError("cage -v tells no version")
    return tuple(int(number) for number in numbers)


def _ask(order: Sequence[str], environment: dict[str, str]) -> str | None:
    """What a program prints; None where it fails, is not there, or takes too long."""
    try:
        done = subprocess.run(order, capture_output=True, text=True, timeout=ASK_S, env=environment or None)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout or done.stderr
