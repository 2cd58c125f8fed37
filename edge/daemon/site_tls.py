"""TLS to the hub under the site's own authority, on a machine whose clock may be years off.

A Raspberry Pi has no clock battery: it wakes up in 1970, or with the time of its last shutdown. Its clock therefore
cannot say that a certificate is not valid *yet*; and of one that has run out it is believed only where it is not
evidently wrong: earlier than that certificate, or later than the authority's own end.
"""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h); Python has no name for it
EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


def site_context(ca: Path | str, now_s: Callable[[], float] = time.time) -> ssl.SSLContext:
    """A context that trusts this authority alone, checks names as ever, and times as this module says.

    ``ca`` is a file, or the PEM itself. Raises OSError (an SSLError is one) where it holds no certificate.
    """
    by_file = isinstance(ca, Path)
    context = ssl.create_default_context(cafile=str(ca) if by_file else None, cadata=None if by_file else str(ca))
    authorities = context.get_ca_certs()
    ends_s = max((ssl.cert_time_to_seconds(str(one["notAfter"])) for one in authorities), default=0)
    context.verify_flags |= NO_CHECK_TIME

    def check(certificate: dict[str, Any] | None) -> None:
        if not certificate:
            return
        begins_s, until_s = (ssl.cert_time_to_seconds(str(certificate[key])) for key in ("notBefore", "notAfter"))
        if until_s < now_s() < ends_s and begins_s < now_s():
            error = ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, "certificate verify failed: it has run out")
            error.verify_code = EXPIRED
            error.verify_message = "certificate has expired"
            raise error

    class CheckedObject(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            check(self.getpeercert())

    class CheckedSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            check(self.getpeercert())

    context.sslobject_class = CheckedObject
    context.sslsocket_class = CheckedSocket
    return context
