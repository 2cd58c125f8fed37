"""``moiso-cloud-keys``: renews the certificates of the broker and of the cloud's programs, daily asked by a timer.

The keys stay: one file is replaced by one rename, so a power cut leaves the old certificate or the new. Whoever shows
it is started anew, for none of them reads it twice.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.x509.oid import NameOID

from edge.daemon.durable import write_durably
from edge.daemon.x509 import Authority, hosts_of, is_due, key_in, load_certificate, pem_of
from provisioning.installer.cloud_keys import AUTHORITY_KEY, BROKER

SHOWN_BY = {
    "broker": "mosquitto.service",
    "ingest": "moiso-ingest.service",
    "fleet": "moiso-fleet.service",
    "phone": "moiso-phone.service",
    "remote": "moiso-remote.service",
}


def renew(folder: Path, authority: Authority, now: datetime) -> tuple[str, ...]:
    """Renew what is due of ``folder``; the names of what was. Raises OSError and ValueError."""
    renewed = []
    for name in SHOWN_BY:
        path = folder / f"{name}.crt"
        if not path.exists():
            continue
        old = load_certificate(path.read_bytes())
        if is_due(old, now):
            (common_name,) = old.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            new = authority.issue(key_in(old), name=str(common_name.value), now=now, hosts=hosts_of(old))
            write_durably(path, pem_of(new).encode(), 0o644)
            renewed.append(name)
    return tuple(renewed)


def main() -> None:
    """Renew, and start anew whoever shows what was renewed. Ends with 1 where it cannot be done."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    key = Path(credentials) / AUTHORITY_KEY.name if credentials else AUTHORITY_KEY
    try:
        renewed = renew(BROKER, Authority.load(BROKER / "ca.crt", key), datetime.now(UTC))
    except (OSError, ValueError) as error:
        print(f"error: the certificates cannot be renewed: {error}", file=sys.stderr)
        sys.exit(1)
    for name in renewed:
        print(f"the certificate of {name} was renewed")
        subprocess.run(["/bin/systemctl", "try-restart", SHOWN_BY[name]], check=True)


if __name__ == "__main__":
    main()
