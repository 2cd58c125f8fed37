"""moiso-promote: make this machine the hub, from its own terminal; the page of the standby does the same."""

import argparse
import getpass
import ssl
import sys
from pathlib import Path

import httpx
import msgspec

from edge.daemon.config import EX_CONFIG, ConfigError
from edge.follower.config import load_follower
from edge.follower.web import WORDS, Answer


def main() -> None:
    """Ask for name, PIN and the words, and say what came of it."""
    parser = argparse.ArgumentParser(prog="moiso-promote", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/follower.toml"))
    given = parser.parse_args()
    try:
        config = load_follower(given.config)
    except ConfigError as error:
        print(f"moiso-promote: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
    print("Rút điện máy chủ cũ trước khi làm tiếp. / Pull the old hub's plug before you go on.")
    who = input("Tên người quyết định / Who decides: ")
    words = input(f"Gõ / Type: {WORDS}: ")
    pin = getpass.getpass("PIN: ")
    try:
        context = ssl.create_default_context(cafile=config.hub.ca)
        response = httpx.post(
            f"{config.url}/promote",
            data={"who": who, "pin": pin, "words": words},
            headers={"Accept": "application/json"},
            verify=context,
            trust_env=False,
            timeout=30,
        )
        answer = msgspec.json.decode(response.content, type=Answer)
    except (httpx.HTTPError, OSError, msgspec.DecodeError) as error:
        print(f"moiso-promote: {config.url} does not answer as a standby ({type(error).__name__})", file=sys.stderr)
        sys.exit(1)
    print(answer.text)
    sys.exit(0 if answer.done else 1)


if __name__ == "__main__":
    main()
