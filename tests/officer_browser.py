"""An officer's browser at the hub over TLS, without a page's scripts."""

import re
import ssl
from pathlib import Path

import httpx

from provisioning.demo.site import Site


class OfficerBrowser:
    """A browser on a PC of its own that trusts ``ca``; it keeps cookies and follows no redirect."""

    def __init__(self, site: Site, ca: Path) -> None:
        self.http = httpx.Client(
            base_url=f"https://127.0.0.1:{site.ports.hub}",
            verify=ssl.create_default_context(cafile=ca),
            trust_env=False,
            timeout=10,
        )

    def csrf(self, path: str) -> str:
        """The token in the forms of this page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.http.get(path).text)
        assert found, path
        return found[1]

    def log_in(self, name: str, password: str) -> httpx.Response:
        """Log in."""
        return self.send("/login", "/login", name=name, password=password)

    def send(self, form_on: str, to: str, **fields: str) -> httpx.Response:
        """Send a form with the token of the page that it stands on."""
        return self.http.post(to, data={"csrf": self.csrf(form_on), **fields})
