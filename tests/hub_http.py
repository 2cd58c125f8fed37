"""Talk to a demo site's hub as a device does, for tests."""

import ssl

import httpx
import msgspec

from edge.contracts.commands import Command, Done, Reply
from edge.contracts.events import Entry
from edge.contracts.outlook import Outlook
from edge.contracts.snapshot import Snapshot
from provisioning.demo.site import Site

_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class Device:
    """A device of the site: ``name`` is kiosk-1 or board-1."""

    def __init__(self, site: Site, name: str, *, token: str = "") -> None:
        given = token or (site.folder / f"secrets/{name}.token").read_text(encoding="utf-8").strip()
        self.http = httpx.Client(
            base_url=f"https://127.0.0.1:{site.ports.hub}",
            verify=ssl.create_default_context(cafile=site.folder / "tls/site-ca.crt"),
            headers={"Authorization": f"Bearer {given}"},
            trust_env=False,
            timeout=10,
        )

    def send(self, command: Command) -> Reply:
        """The hub's reply; raises httpx.HTTPError where it gives none."""
        response = self.http.post("/api/v1/commands", content=msgspec.json.encode(command))
        return _reply.decode(response.raise_for_status().content)

    def do(self, command: Command) -> Done:
        """The hub's reply to a command that it must carry out."""
        reply = self.send(command)
        assert isinstance(reply, Done), reply
        return reply

    def snapshot(self) -> Snapshot:
        """What is true at the hub now."""
        return msgspec.json.decode(self.http.get("/api/v1/snapshot").raise_for_status().content, type=Snapshot)

    def outlook(self) -> Outlook:
        """What the hub expects now."""
        return msgspec.json.decode(self.http.get("/api/v1/outlook").raise_for_status().content, type=Outlook)

    def entries(self, after: int, count: int) -> list[Entry]:
        """The next ``count`` entries of the hub's stream."""
        found: list[Entry] = []
        name = ""
        with self.http.stream("GET", "/api/v1/events", params={"after": after}) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                if line.startswith("data: ") and name == "entry":
                    found.append(msgspec.json.decode(line[6:], type=Entry))
                if len(found) == count:
                    break
        return found
