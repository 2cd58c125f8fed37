"""``python -m cloud.revocation``: whose data the ledger takes no more, from the next message on (X6).

The broker's list of certificates (``moiso-issuer``) stops new connections; this stops those that are open.
"""

import argparse
import contextlib
import time
from pathlib import Path

from cloud import quarantine
from cloud.config import Cloud
from cloud.ledger import open_ledger, transaction
from cloud.running import named_if_wrong
from edge.daemon.config import load


def main() -> None:
    """Revoke or readmit a site, or list those that are revoked."""
    parser = argparse.ArgumentParser(prog="python -m cloud.revocation")
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/cloud.toml"))
    parser.add_argument("deed", choices=("list", "revoke", "readmit"))
    parser.add_argument("site", nargs="?", help="the site's id, which is the name in its certificate")
    asked = parser.parse_args()
    if (asked.deed == "list") != (asked.site is None):
        parser.error("revoke and readmit name a site")
    with named_if_wrong():
        config = load(asked.config, Cloud)
    with contextlib.closing(open_ledger(config.data)) as db, transaction(db):
        if asked.deed == "revoke":
            quarantine.revoke(db, asked.site, at_ms=time.time_ns() // 1_000_000)
        elif asked.deed == "readmit":
            quarantine.readmit(db, asked.site)
        for site in sorted(quarantine.revoked(db)):
            print(site)


if __name__ == "__main__":
    main()
