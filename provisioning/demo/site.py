"""Makes a demo site: certificates, tokens, accounts, the catalogue and every program's configuration."""

import contextlib
import hashlib
import secrets
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

from argon2 import PasswordHasher
from msgspec.structs import asdict

from cloud.accounts import AccountRefused, add_account
from cloud.remote.signing import new_pair
from edge.kiosk.pin import chance_pin, hash_pin
from provisioning.certificates import create_authority, issue
from provisioning.demo.chips import provide_issuer
from provisioning.demo.configuration import (
    BOARD,
    KIOSK,
    MORNING_BOARD,
    MORNING_KIOSK,
    PINS,
    SITE_NAME,
    quoted,
    write,
    write_configuration,
)
from provisioning.demo.layout import (
    ADMINISTRATOR,
    FLOOR_LEAD,
    OFFICER,
    Passwords,
    Ports,
    Site,
    opened,
    read_passwords,
)

__all__ = ["ACCOUNT", "ADMINISTRATOR", "FLOOR_LEAD", "OFFICER", "Ports", "Site", "clear", "provision"]

ACCOUNT = "soyte"
FOLDERS = ("secrets", "tls", "authority", "csca", "camera", "run", "logs", "broker", "data")
LOOPBACK_NAMES = ("127.0.0.1", "localhost")
_PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet without look-alikes, no password


def provision(folder: Path, ports: Ports) -> Site:
    """Make ``folder`` a demo site that listens at ``ports``, and return it.

    A second call keeps every secret, certificate, account and all data, and writes the programs' configuration anew.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (*FOLDERS, "data/hub", "data/cloud", "data/board"):
        (folder / name).mkdir(exist_ok=True, mode=0o700)
    _certificates(folder / "tls")
    for name in ("site-ca.crt", "site-ca.key"):  # the hub lets further devices in with it
        write(folder / "authority" / name, (folder / "tls" / name).read_text(encoding="utf-8"))
    _accounts(folder)
    if not (folder / "catalogue.toml").exists():
        write(
            folder / "catalogue.toml",
            files("provisioning.demo").joinpath("catalogue.toml").read_text(encoding="utf-8"),
        )
    write(folder / "ports.toml", "".join(f"{name} = {port}\n" for name, port in asdict(ports).items()))
    site = opened(folder)
    for picture in site.camera.iterdir():
        picture.unlink()
    _secrets(site)
    provide_issuer(site)
    write_configuration(site)
    return site


def clear(folder: Path) -> None:
    """Delete the site in this folder with its secrets and its data, and nothing that is none of it."""
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for configuration in folder.glob("*.toml"):
        configuration.unlink()


def _certificates(tls: Path) -> None:
    for authority, name in (("site-ca", "MờiSố demo site CA"), ("broker-ca", "MờiSố demo broker CA")):
        if not (tls / f"{authority}.crt").exists():
            (tls / f"{authority}.key").unlink(missing_ok=True)  # of a run that was broken off between the two
            create_authority(tls / f"{authority}.crt", tls / f"{authority}.key", name)
    for authority, name, hosts, client in (
        ("site-ca", "hub", LOOPBACK_NAMES, False),
        ("broker-ca", "broker", LOOPBACK_NAMES, False),
        ("broker-ca", SITE_NAME, (), True),
        ("broker-ca", "ingest", (), True),
        ("broker-ca", "phone", (), True),
        ("broker-ca", "fleet", (), True),
        ("broker-ca", "remote", (), True),
    ):
        if not (tls / f"{name}.crt").exists():
            (tls / f"{name}.key").unlink(missing_ok=True)
            issue(
                tls / f"{authority}.crt",
                tls / f"{authority}.key",
                crt=tls / f"{name}.crt",
                key=tls / f"{name}.key",
                common_name=name,
                hosts=hosts,
                client=client,
            )


def _secrets(site: Site) -> None:
    folder = site.folder / "secrets"
    if not (folder / "remote.key").exists() or not (site.folder / "tls/remote.pem").exists():
        for half in (folder / "remote.key", site.folder / "tls/remote.pem"):
            half.unlink(missing_ok=True)  # of a run that was broken off between the two
        new_pair(folder / "remote.key", site.folder / "tls/remote.pem")
    devices = (
        (KIOSK, "kiosk", ()),
        (BOARD, "board", tuple(PINS)),
        (MORNING_KIOSK, "kiosk", ()),
        (MORNING_BOARD, "board", tuple(counter.id for counter in site.catalogue.counters)),
    )
    for name in ("site.key", "cloud-session.key", *(f"{device}.token" for device, _, _ in devices)):
        if not (folder / name).exists():
            write(folder / name, secrets.token_urlsafe(32) + "\n")
    lines = []
    for name, role, counters in devices:
        token = (folder / f"{name}.token").read_text(encoding="utf-8").strip()
        lines += ["[[device]]", f"name = {quoted(name)}", f"role = {quoted(role)}"]
        lines += [f"token_sha256 = {quoted(hashlib.sha256(token.encode()).hexdigest())}"]
        lines += [f"counters = {quoted(list(counters))}"] if counters else []
        lines += ["spare = true"] if name in (MORNING_KIOSK, MORNING_BOARD) else []
        lines += [""]
    write(folder / "devices.toml", "\n".join(lines))


def _accounts(folder: Path) -> None:
    stored, officers = folder / "secrets/demo-passwords.toml", folder / "secrets/officers.toml"
    made = tomllib.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    if made.keys() != set(Passwords.__struct_fields__):  # none yet, or those of an earlier version
        passwords_of = {name: made.get(name) or _new(name) for name in Passwords.__struct_fields__}
        write(stored, "".join(f"{name} = {quoted(password)}\n" for name, password in passwords_of.items()))
        officers.unlink(missing_ok=True)
        (folder / "secrets/staff-pin.argon2").unlink(missing_ok=True)
    passwords = read_passwords(folder)
    if not (folder / "secrets/staff-pin.argon2").exists():
        write(folder / "secrets/staff-pin.argon2", hash_pin(passwords.staff_pin) + "\n")
    if not officers.exists():
        lines = []
        for name, role, password in (
            (OFFICER, "counter", passwords.officer),
            (FLOOR_LEAD, "floor-lead", passwords.floor_lead),
            (ADMINISTRATOR, "administrator", passwords.administrator),
        ):
            lines += ["[[officer]]", f"name = {quoted(name)}", f"role = {quoted(role)}"]
            lines += [f"password_argon2 = {quoted(PasswordHasher().hash(password))}", ""]
        write(officers, "\n".join(lines))
    with contextlib.suppress(AccountRefused):  # it is there from an earlier run
        add_account(folder / "data/cloud", ACCOUNT, passwords.account)


def _new(name: str) -> str:
    if name == "staff_pin":  # typed on the kiosk's own digits
        return chance_pin()
    return "-".join("".join(secrets.choice(_PASSWORD_LETTERS) for _ in range(4)) for _ in range(3))
