"""An officer of the demo who works at the desk through the hub's own pages."""

import asyncio
import re
import ssl

import httpx
import msgspec

from edge.contracts.commands import CancelTicket, ReturnToQueue, SetPriority, TakePayment
from edge.daemon.hub_client import HubUnreachable
from provisioning.demo.layout import Site

ANSWER_S = 8.0
RETRY_S = 0.5
DeskWork = SetPriority | ReturnToQueue | CancelTicket | TakePayment
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class OfficerRefused(Exception):
    """The hub's pages do not let this officer in, or not do this: somebody changed the account."""


class _Answer(msgspec.Struct):
    done: bool


class Officer:
    """A browser without a screen; it logs in when it first has something to do, and again where its session ended."""

    def __init__(self, site: Site, name: str, password: str) -> None:
        self._name = name
        self._password = password
        self._csrf = ""
        self._door = asyncio.Lock()
        self._http = httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{site.ports.hub}",
            verify=ssl.create_default_context(cafile=site.folder / "tls/site-ca.crt"),
            trust_env=False,
            timeout=ANSWER_S,
        )

    async def close(self) -> None:
        """Close the browser."""
        await self._http.aclose()

    async def press(self, command: DeskWork) -> bool:
        """Send a command again and again under its one id until the hub answers; whether it was done.

        Raises OfficerRefused where the officer cannot log in or may not do this.
        """
        while True:
            try:
                return await self._press_once(command)
            except (httpx.HTTPError, HubUnreachable):
                await asyncio.sleep(RETRY_S)

    async def _press_once(self, command: DeskWork) -> bool:
        for _ in range(2):
            csrf = self._csrf or await self._log_in()
            response = await self._http.post("/press", content=msgspec.json.encode(command), headers={"X-CSRF": csrf})
            if response.status_code != 403:
                break
            self._csrf = ""  # the session is over
        if response.status_code >= 500:
            raise HubUnreachable(f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise OfficerRefused(f"HTTP {response.status_code}")
        return msgspec.json.decode(response.content, type=_Answer).done

    async def _log_in(self) -> str:
        async with self._door:
            if self._csrf:
                return self._csrf
            form = {"csrf": await self._csrf_of("/login"), "name": self._name, "password": self._password}
            response = await self._http.post("/login", data=form)
            if response.status_code >= 500:
                raise HubUnreachable(f"HTTP {response.status_code}")
            if response.status_code != 303:
                raise OfficerRefused(f"HTTP {response.status_code}")
            self._csrf = await self._csrf_of("/counters")
            return self._csrf

    async def _csrf_of(self, path: str) -> str:
        response = await self._http.get(path)
        found = _CSRF.search(response.text)
        if response.status_code >= 500:
            raise HubUnreachable(f"HTTP {response.status_code}")
        if found is None:
            raise OfficerRefused(f"{path} holds no token")
        return found[1]
