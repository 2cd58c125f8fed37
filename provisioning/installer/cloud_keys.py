"""The broker's authority and certificates, and its configuration, on the province's server; run in the environment.

``python -m provisioning.installer.cloud_keys NAME``: the name under which sites reach the broker.
"""

import os
import pwd
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from edge.daemon.durable import write_durably
from edge.daemon.x509 import Authority
from provisioning.broker import write_broker_config
from provisioning.certificates import create_authority, issue

BROKER = Path("/etc/moiso/broker")
AUTHORITY_KEY = Path("/var/lib/moiso-issuer/ca.key")
PORT = 8883


def make(name: str, folder: Path = BROKER, authority_key: Path = AUTHORITY_KEY) -> None:
    """Make what is missing; ``mosquitto.conf`` comes last and says that all is there."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    ca = folder / "ca.crt"
    if not ca.exists():
        create_authority(ca, authority_key, f"MoiSo broker {name}")
        _give(authority_key, "moiso-issuer", 0o400)
        ca.chmod(0o644)
    clients = [(program, "moiso-cloud", ()) for program in ("ingest", "fleet", "phone", "remote")]
    for who, owner, hosts in (("broker", "mosquitto", (name, "127.0.0.1")), *clients):
        crt, key = folder / f"{who}.crt", folder / f"{who}.key"
        if not key.exists():
            issue(ca, authority_key, crt=crt, key=key, common_name=who, hosts=list(hosts), client=not hosts)
            _give(key, owner, 0o400)
            crt.chmod(0o644)
    revoked = authority_key.with_name("revoked.crl")
    if not revoked.exists():  # Mosquitto wants a list, if only an empty one
        write_durably(revoked, Authority.load(ca, authority_key).revocation_list([], datetime.now(UTC)), 0o644)
        shutil.chown(revoked, "moiso-issuer")
    made = write_broker_config(
        folder,
        port=PORT,
        bind="0.0.0.0",  # noqa: S104 (sites come from everywhere, each with its certificate)
        ca=ca,
        certificate=folder / "broker.crt",
        key=folder / "broker.key",
        crl=revoked,
    )
    text = made.read_text(encoding="utf-8").replace(f"user {pwd.getpwuid(os.geteuid()).pw_name}\n", "user mosquitto\n")
    made.write_text(text, encoding="utf-8")
    for path in (folder / "acl", made):
        _give(path, "mosquitto", 0o400)
    shutil.chown(folder / "data", "mosquitto", "mosquitto")


def _give(path: Path, owner: str, mode: int) -> None:
    shutil.chown(path, owner, pwd.getpwnam(owner).pw_gid)  # Mosquitto minds the group of its access list, too
    path.chmod(mode)


if __name__ == "__main__":
    make(sys.argv[1])
