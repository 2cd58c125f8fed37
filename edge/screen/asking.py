"""Asks the program behind the page: does it answer, does its page live, is somebody served?"""

import ssl
from urllib.parse import urljoin

import httpx
import msgspec
from msgspec import UNSET, Struct, UnsetType

from edge.daemon.config import ConfigError
from edge.screen.config import ScreenConfig
from edge.screen.watch import Page

ASK_S = 3.0
MAX_BYTES = 65_536


class Health(Struct, frozen=True):
    """What is wanted of ``/health``; a program that counts no beats has no ``page_seen_s``."""

    page_seen_s: float | UnsetType | None = UNSET
    busy: bool = False


class Asking:
    """Used from the event loop's thread."""

    def __init__(self, config: ScreenConfig) -> None:
        self._address = config.address
        self._health = urljoin(config.address, "/health")
        self._client = httpx.AsyncClient(
            verify=_trust(config), timeout=ASK_S, trust_env=False, limits=httpx.Limits(max_connections=2)
        )

    async def page(self) -> Page:
        """Whether the page itself can be had, with status 200, so that a browser may be started."""
        answer = await self._get(self._address)
        return Page(answers=answer is not None and answer.status_code == 200)

    async def health(self) -> Page:
        """How the page is that a browser shows. 503 is an answer: no number can be had, and the page says so."""
        answer = await self._get(self._health)
        if answer is None or answer.status_code not in (200, 503) or len(answer.content) > MAX_BYTES:
            return Page(answers=False)
        try:
            health = msgspec.json.decode(answer.content, type=Health)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Page(answers=False)
        if isinstance(health.page_seen_s, UnsetType):
            return Page(answers=True, busy=health.busy)
        return Page(answers=True, beats=True, seen_s=health.page_seen_s, busy=health.busy)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _get(self, address: str) -> httpx.Response | None:
        try:
            return await self._client.get(address)
        except httpx.HTTPError:
            return None


def _trust(config: ScreenConfig) -> ssl.SSLContext | bool:
    if config.ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(config.ca))
    except OSError as error:
        raise ConfigError(f"ca is {config.ca}, which cannot be read as PEM ({error.strerror})") from error
