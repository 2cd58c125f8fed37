"""The configuration of Mosquitto: TLS and a certificate for everyone, and each site only under its own topics."""

import os
import pwd
from pathlib import Path

from edge.contracts.topics import (
    ANSWER_FILTER,
    FLEET_FILTER,
    LINK_FILTER,
    PHONE_FILTER,
    ROOT,
    acknowledgements,
    configuration,
    events,
)

# The common names of the ingest's certificates: the only worker's, and those of several. No site may bear one.
INGEST = "ingest"
WORKERS = tuple(f"{INGEST}-{number}" for number in range(1, 9))
FLEET, PHONE, REMOTE = "fleet", "phone", "remote"  # of the certificates of moiso-fleet, moiso-phone, moiso-remote
MAX_PACKET_BYTES = 1024 * 1024 + 4096  # a message of 1 MiB and its head

CONFIGURATION = """\
# Written by provisioning.broker for Mosquitto 2.0.
# Whoever starts the broker runs it; started as root it keeps this user and can read the key.
user {user}
per_listener_settings false
listener {port} {bind}
cafile {ca}
certfile {certificate}
keyfile {key}
{revoked}tls_version tlsv1.2
require_certificate true
# A client is who its certificate says; with its own name as client id it cannot put another out.
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {acl}
# A lost message is sent again by its site, which waits for the ingest's word: bounded queues lose nothing.
max_packet_size {max_packet}
max_queued_messages 10000
max_queued_bytes 67108864
max_inflight_messages 200
set_tcp_nodelay true
persistent_client_expiration 14d
persistence true
persistence_location {data}/
autosave_interval 60
retain_available false
sys_interval 0
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
"""

ACCESS = f"""\
# Written by provisioning.broker. %u is the common name of the client's certificate: the site.
pattern write {ROOT}/%u/up/#
pattern read {ROOT}/%u/down/#
""" + "".join(
    f"\nuser {name}\ntopic read {events('+')}\ntopic write {acknowledgements('+')}\n" for name in (INGEST, *WORKERS)
)
ACCESS += f"\nuser {FLEET}\ntopic read {FLEET_FILTER}\ntopic read {LINK_FILTER}\n"
ACCESS += f"\nuser {PHONE}\ntopic read {PHONE_FILTER}\n"
ACCESS += f"\nuser {REMOTE}\ntopic write {configuration('+')}\ntopic read {ANSWER_FILTER}\n"


def write_broker_config(
    folder: Path, *, port: int, bind: str, ca: Path, certificate: Path, key: Path, crl: Path | None = None
) -> Path:
    """Write ``mosquitto.conf`` and its access list into ``folder``, and return the former's path.

    The broker listens at one address, with TLS. ``folder/data`` keeps its sessions. ``crl`` is the list of revoked
    certificates (``moiso-issuer`` writes them), which Mosquitto reads at start and on SIGHUP. Certificates are named by
    absolute path, so the broker may be started from anywhere. Raises ValueError on a path that the file cannot express.
    """
    data = folder / "data"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    access = folder / "acl"
    paths = {"ca": ca, "certificate": certificate, "key": key, "acl": access, "data": data}
    if crl is not None:
        paths["crl"] = crl
    written = {name: str(path.resolve()) for name, path in paths.items()}
    for path in written.values():
        if path != path.strip() or not path.isprintable():
            raise ValueError(f"{path!r}: mosquitto.conf cannot name this path; choose another folder")
    access.write_text(ACCESS, encoding="utf-8")
    access.chmod(0o600)
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        CONFIGURATION.format(
            user=pwd.getpwuid(os.geteuid()).pw_name,
            port=port,
            bind=bind,
            max_packet=MAX_PACKET_BYTES,
            revoked=f"crlfile {written['crl']}\n" if crl is not None else "",
            **written,
        ),
        encoding="utf-8",
    )
    return configuration
