"""The floor lead's page as a browser asks for it, without a browser."""

import re
import ssl

import httpx

from provisioning.demo.site import FLOOR_LEAD, Site


class FloorPage:
    """A floor lead who has logged in over TLS."""

    def __init__(self, site: Site) -> None:
        self._http = httpx.Client(
            base_url=f"https://127.0.0.1:{site.ports.hub}",
            verify=ssl.create_default_context(cafile=site.folder / "tls/site-ca.crt"),
            trust_env=False,
            timeout=10,
        )
        csrf = re.search(r'name="csrf" value="([^"]+)"', self._http.get("/login").text)
        assert csrf
        fields = {"csrf": csrf[1], "name": FLOOR_LEAD, "password": site.passwords.floor_lead}
        assert self._http.post("/login", data=fields).headers["location"] == "/counters"

    def strip(self) -> str:
        """What the strip of devices says, in words alone; empty where there is none."""
        html = self._http.get("/floor").raise_for_status().text
        found = re.search(r'<section class="devices.*?</section>', html, re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""

    def devices(self) -> str:
        """What the page of devices says, in words alone."""
        html = self._http.get("/devices").raise_for_status().text
        return " ".join(re.sub(r"<[^>]+>", " ", html).split())

    def close(self) -> None:
        """Leave."""
        self._http.close()
