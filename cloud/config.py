"""``cloud.toml``, which moiso-ingest and moiso-cloud share."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from edge.daemon.config import EX_CONFIG, Broker, ConfigError, HostPort, Section, config_path, load


class Web(Section, frozen=True):
    """Where the dashboard answers: loopback only, as TLS is the reverse proxy's; and the key that signs cookies."""

    listen: HostPort
    session_key_file: Path


class Cloud(Section, frozen=True):
    """The whole file. ``data`` is the folder of the ledger and the accounts."""

    data: Path
    web: Web
    broker: Broker


@contextlib.contextmanager
def configured() -> Iterator[Cloud]:
    """The file named on the command line; a ConfigError in the block ends the program with its text and status 78."""
    try:
        yield load(config_path("cloud"), Cloud)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
