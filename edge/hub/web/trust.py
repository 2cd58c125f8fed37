"""How counter PCs and TVs come to trust the site's authority: its fingerprint, its file in every form, and the steps.

The page is for whoever comes with a browser that trusts nothing here yet, so it asks for no login and shows nothing
that is secret; what it says of itself is to be compared with the words that the hub's own screen showed.
"""

import base64
import hashlib
import json
import plistlib
import uuid

from cryptography import x509
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from edge.contracts.code_words import spelt
from edge.daemon.x509 import der_of, pem_of
from edge.hub.web.base import HEADERS, Office

WORD_BYTES = 8  # of the fingerprint: 2**64 tries to have a certificate of the same words
HOME = "/trust"


def fingerprint(certificate: x509.Certificate) -> bytes:
    """The SHA-256 of a certificate in DER, as browsers show it."""
    return hashlib.sha256(der_of(certificate)).digest()


def fingerprint_words(certificate: x509.Certificate) -> tuple[str, ...]:
    """The beginning of its fingerprint as words."""
    return spelt(fingerprint(certificate)[:WORD_BYTES])


def mobile_configuration(certificate: x509.Certificate, site: str) -> bytes:
    """A profile with which iPhone, iPad and Mac take the authority in. Source: Apple, Configuration Profile Reference,
    com.apple.security.root."""
    made = uuid.uuid5(uuid.NAMESPACE_URL, f"moiso:{fingerprint(certificate).hex()}")
    names = {"PayloadIdentifier": f"vn.moiso.{site}", "PayloadVersion": 1}
    return plistlib.dumps(
        {
            **names,
            "PayloadType": "Configuration",
            "PayloadUUID": str(made).upper(),
            "PayloadDisplayName": f"MoiSo {site}",
            "PayloadContent": [
                {
                    **names,
                    "PayloadIdentifier": f"vn.moiso.{site}.ca",
                    "PayloadType": "com.apple.security.root",
                    "PayloadUUID": str(uuid.uuid5(made, "ca")).upper(),
                    "PayloadDisplayName": f"MoiSo {site} CA",
                    "PayloadCertificateFileName": "site-ca.crt",
                    "PayloadContent": der_of(certificate),
                }
            ],
        }
    )


def chromium_policy(certificate: x509.Certificate) -> bytes:
    """The policy with which Chrome and Chromium trust the authority. Source: Chrome Enterprise, CACertificates."""
    return json.dumps({"CACertificates": [base64.b64encode(der_of(certificate)).decode()]}, indent=2).encode()


class TrustPages:
    """The page and the files. ``ca`` is the site's authority."""

    def __init__(self, office: Office, ca: x509.Certificate, site: str) -> None:
        self._office = office
        self._ca = ca
        self._files = {
            "site-ca.crt": (der_of(ca), "application/x-x509-ca-cert"),
            "site-ca.pem": (pem_of(ca).encode(), "application/x-pem-file"),
            "site-ca.mobileconfig": (mobile_configuration(ca, site), "application/x-apple-aspen-config"),
            "moiso-ca.json": (chromium_policy(ca), "application/json"),
        }

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [Route(HOME, self.page), Route(f"{HOME}/{{name}}", self.file)]

    async def page(self, request: Request) -> Response:
        """The page."""
        digits = fingerprint(self._ca).hex().upper()
        return self._office.page(
            request,
            "trust.html",
            words=fingerprint_words(self._ca),
            fingerprint=" ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
            until=self._ca.not_valid_after_utc,
            facility=self._office.inbox.queue.catalogue.facility,
        )

    async def file(self, request: Request) -> Response:
        """The authority's certificate in one of its forms."""
        name = request.path_params["name"]
        if name not in self._files:
            return Response(status_code=404, headers=HEADERS)
        data, kind = self._files[name]
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=kind, headers=headers)
