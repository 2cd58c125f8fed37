"""``screen.toml``: which page is shown, by what, and how much it may take."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from edge.daemon.config import ConfigError, Section, load

Kind = Literal["kiosk", "tv"]
Compositor = Literal["cage", "labwc", "none"]
FullPath = Annotated[str, Meta(pattern=r"^/[^\s]*[^/\s]$")]
Flag = Annotated[str, Meta(pattern=r"^--[a-z0-9-]+(=\S*)?$")]
Output = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]*$")]  # as wlr-randr names it: HDMI-A-1

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ScreenConfig(Section, frozen=True):
    """``address`` is the page. ``profile`` is deleted at every start of the browser. ``silent_s`` is how long the page
    may be silent, ``start_s`` how long its first word may take; more memory than ``memory_mb`` ends the browser when
    nobody is served. ``extra_flags`` are put behind the browser's own."""

    address: str
    kind: Kind = "kiosk"
    compositor: Compositor = "cage"
    output: Output = ""
    rotation: Literal[0, 90, 180, 270] = 0
    scale: Annotated[float, Meta(ge=0.5, le=4)] = 1.0
    ca: Path | None = None
    chromium: FullPath = "/usr/bin/chromium"
    profile: FullPath = "/run/moiso-screen/profile"
    policies: FullPath = "/etc/chromium/policies/managed"
    silent_s: Annotated[int, Meta(ge=2, le=600)] = 20
    start_s: Annotated[int, Meta(ge=5, le=600)] = 60
    memory_mb: Annotated[int, Meta(ge=200, le=16_000)] = 900
    extra_flags: tuple[Flag, ...] = ()

    @property
    def origin(self) -> str:
        """Scheme, host and port of the page, as in ``http://127.0.0.1:8081``."""
        url = urlsplit(self.address)
        return f"{url.scheme}://{url.netloc}"


def load_config(path: Path) -> ScreenConfig:
    """Read screen.toml. Raises ConfigError naming file, key and what is expected."""
    config = load(path, ScreenConfig)
    try:
        url = urlsplit(config.address)
        wrong = url.port == 0
    except ValueError:
        raise ConfigError(f"{path}: address is {config.address!r}; http://127.0.0.1:8081/ is expected") from None
    if wrong or not url.hostname or url.username or url.password or url.query or url.fragment:
        raise ConfigError(f"{path}: address is {config.address!r}; {_expected(config.kind)} is expected")
    if not _allowed(config.kind, url):
        raise ConfigError(f"{path}: address is {config.address!r}; {_expected(config.kind)} is expected")
    if config.rotation and config.compositor == "none":
        raise ConfigError(f"{path}: rotation is {config.rotation}, but without a compositor the display turns the page")
    return config


def _allowed(kind: Kind, url: SplitResult) -> bool:
    if url.scheme == "http":
        return url.hostname in LOOPBACK
    return url.scheme == "https" and kind == "tv"


def _expected(kind: Kind) -> str:
    if kind == "kiosk":
        return "the kiosk's own page, a loopback address such as http://127.0.0.1:8081/,"
    return "https://BOARD:8082/tv/1, or http:// with a loopback address,"
