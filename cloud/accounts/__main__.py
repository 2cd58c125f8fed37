"""Accounts from the command line: the first administrator, and the way back in for one who is locked out."""

import argparse
import sys
from pathlib import Path

from cloud import audit
from cloud.accounts.faults import AccountRefused
from cloud.accounts.people import add_account, find_account, reset_second_factor, set_disabled, set_password
from cloud.config import Cloud
from cloud.roles import Role
from cloud.running import named_if_wrong
from edge.daemon.config import load


def main() -> None:
    """Add an account, give one a new password, let one in again, or take its second factor away."""
    parser = argparse.ArgumentParser(prog="python -m cloud.accounts", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/cloud.toml"))
    parser.add_argument("action", choices=["add", "password", "enable", "reset-second-factor"])
    parser.add_argument("name")
    parser.add_argument("--role", choices=[role.value for role in Role], default=Role.ADMINISTRATOR.value)
    parser.add_argument("--province", help="the id of one in cloud.toml; the first where this is absent")
    parser.add_argument("--site", default="", help="for a facility's manager, or a technician of one facility")
    arguments = parser.parse_args()
    with named_if_wrong():
        config = load(arguments.config, Cloud)
    provinces = [province.id for province in config.province]
    province = arguments.province or provinces[0]
    if province not in provinces:
        sys.exit(f"error: there is no province {province!r} in {arguments.config}")
    data, name = config.data, arguments.name
    try:
        match arguments.action:
            case "add":
                add_account(data, name, _password(), Role(arguments.role), province, arguments.site)
            case "password":
                set_password(data, name, _password())
            case "enable":
                set_disabled(data, name, find_account(data, name).province, disabled=False)
            case _:
                reset_second_factor(data, name, find_account(data, name).province)
    except AccountRefused as refusal:
        sys.exit(f"error: {refusal}")
    except KeyError:
        sys.exit(f"error: there is no account {name!r}")
    audit.record(data, "", f"command-{arguments.action}", name, province=find_account(data, name).province)


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    main()
