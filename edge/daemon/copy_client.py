"""What a standby asks of the hub: its journal piece by piece, and the files beside it."""

import hashlib
from typing import TypeVar

import httpx
import msgspec

from edge.contracts.copy import WAIT_S, CopiedFile, Inventory, Piece
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable

MOST_FILE_BYTES = 64 << 20
T = TypeVar("T")

_piece = msgspec.json.Decoder(Piece)
_inventory = msgspec.json.Decoder(Inventory)
_digest = msgspec.json.Decoder(str)


class CopyClient(HubClient):
    """The link of a device of the role "standby".

    Each method raises HubUnreachable where no answer came, HubRejected where the hub turned it away, and
    msgspec.DecodeError (a ValueError) where the answer is none of ours.
    """

    async def piece(self, entries: int, audit: int = 0, editions: int = 0) -> Piece:
        """What follows these last numbers; the hub keeps the question for a while where that is nothing."""
        asked = {"entries": entries, "audit": audit, "editions": editions}
        return _piece.decode(await self._get("/api/v1/copy", asked))

    async def digest(self, after: int, upto: int) -> str:
        """The digest of the hub's entries from ``after`` (exclusive) to ``upto`` (inclusive)."""
        return _digest.decode(await self._get("/api/v1/copy/digest", {"after": after, "upto": upto}))

    async def inventory(self) -> Inventory:
        """Everything beside the journal."""
        return _inventory.decode(await self._get("/api/v1/copy/inventory", {}))

    async def file(self, wanted: CopiedFile) -> bytes:
        """A file of the inventory. Raises ValueError too where it is another one by now."""
        content = await self._get(f"/api/v1/copy/files/{wanted.name}", {})
        if hashlib.sha256(content).hexdigest() != wanted.sha256:
            raise ValueError(f"{wanted.name} has changed meanwhile")
        return content

    async def _get(self, path: str, asked: dict[str, int]) -> bytes:
        timeout = httpx.Timeout(WAIT_S + 8.0, connect=3.0)
        try:
            response = await self._http.get(path, params=asked, timeout=timeout)
        except httpx.HTTPError as error:
            raise HubUnreachable(type(error).__name__) from error
        if response.status_code >= 500:
            raise HubUnreachable(f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise HubRejected(f"HTTP {response.status_code}")
        if len(response.content) > MOST_FILE_BYTES:
            raise HubRejected("more than a standby takes")
        return response.content
