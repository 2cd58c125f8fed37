"""Lays on the boot partition of a fresh image what makes it install itself; nobody types anything on the machine.

``python3 -m provisioning.image.write --boot /media/me/bootfs --system trixie --packages build/deb kiosk --hub …``

Source: Raspberry Pi documentation, "cloud-init" (images of Trixie read user-data and meta-data of the boot partition
since 2025-10); cloud-init, "NoCloud"; systemd-run-generator(8) (``systemd.run=``), as Raspberry Pi Imager did.
"""

import argparse
import json
import re
import secrets
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from provisioning.installer.app import VALUES
from provisioning.installer.roles import ROLES

HERE = Path(__file__).parent
ON_MACHINE = "/boot/firmware/moiso"
ONCE = f"systemd.run={ON_MACHINE}/prepare systemd.run_success_action=reboot systemd.unit=kernel-command-line.target"
SYSTEMS = ("bookworm", "trixie")


class Recipe(NamedTuple):
    """What a machine becomes. ``code`` is the one-time code of the cloud for a hub; it leaves the card once used."""

    role: str
    system: str
    hostname: str = ""
    site: str = ""
    hub: str = ""
    ca_sha256: str = ""
    hosts: tuple[str, ...] = ()
    cloud: str = ""
    code: str = ""
    time_zone: str = "Asia/Ho_Chi_Minh"
    ssh_key: str = ""


class WrongRecipe(Exception):
    """The machine could not become this; the text says why."""


def check(recipe: Recipe) -> None:
    """Raises WrongRecipe where something is missing, or could mean something to a shell."""
    if recipe.role not in ROLES:
        raise WrongRecipe(f"{recipe.role}: no role; there are {', '.join(ROLES)}")
    if recipe.system not in SYSTEMS:
        raise WrongRecipe(f"{recipe.system}: no system; there are {', '.join(SYSTEMS)}")
    patterns = {
        "site": VALUES["site"],
        "hub": VALUES["hub"],
        "cloud": r"https://[A-Za-z0-9.:-]{1,200}",
        "hostname": r"[a-z0-9][a-z0-9-]{0,62}",
        "ca_sha256": r"[0-9a-f]{32,64}",
        "code": r"[\w \u00b7-]{1,100}",
        "time_zone": r"[A-Za-z_]+(/[A-Za-z_]+)?",
        "ssh_key": r"ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+( [\w.@-]+)?",
    }
    for name, pattern in patterns.items():
        value = getattr(recipe, name)
        if value and not re.fullmatch(pattern, value):
            raise WrongRecipe(f"{value!r} is no {name}")
    for host in recipe.hosts:
        if not re.fullmatch(VALUES["host"], host):
            raise WrongRecipe(f"{host!r} is no host")
    if recipe.role == "hub" and not recipe.site:
        raise WrongRecipe("a hub needs --site")
    if recipe.role in ("kiosk", "board", "standby") and not (recipe.hub and recipe.ca_sha256):
        raise WrongRecipe(f"a {recipe.role} needs --hub and --ca-sha256: nobody sits at it to compare two words")
    if bool(recipe.cloud) != bool(recipe.code) or (recipe.cloud and recipe.role != "hub"):
        raise WrongRecipe("--cloud and --code go together, for a hub")


def answers(recipe: Recipe) -> str:
    """What the two scripts read, as a shell reads it."""
    options = [f"--site {recipe.site}"] if recipe.site else []
    options += [f"--hub {recipe.hub}"] if recipe.role == "kiosk" else []
    options += [f"--name {recipe.hostname}"] if recipe.role == "kiosk" and recipe.hostname else []
    options += [f"--host {host}" for host in recipe.hosts]
    told = {
        "ROLE": recipe.role,
        "OPTIONS": " ".join(options),
        "IDENTITY": ROLES[recipe.role].identity,
        "HOSTNAME": recipe.hostname,
        "SITE": recipe.site,
        "HUB": recipe.hub if recipe.role != "hub" else "",
        "FINGERPRINT": f"--ca-sha256 {recipe.ca_sha256}" if recipe.ca_sha256 else "",
        "CLOUD": recipe.cloud,
        "TIME_ZONE": recipe.time_zone,
        "PI_PACKAGES": " ".join(ROLES[recipe.role].pi_packages),
    }
    return "".join(f"MOISO_{name}={shlex.quote(value)}\n" for name, value in told.items())


def user_data(recipe: Recipe) -> str:
    """cloud-init's user-data; JSON is YAML too, and needs no library to be written right."""
    told: dict[str, object] = {
        "timezone": recipe.time_zone,
        "package_update": False,
        "ssh_pwauth": False,
        "runcmd": [["sh", f"{ON_MACHINE}/prepare"]],
    }
    if recipe.hostname:
        told |= {"hostname": recipe.hostname, "manage_etc_hosts": True}
    if recipe.ssh_key:
        told["ssh_authorized_keys"] = [recipe.ssh_key]
        told["enable_ssh"] = True
    return "#cloud-config\n" + json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def meta_data() -> str:
    """cloud-init's meta-data: another instance each time, so that it runs."""
    return json.dumps({"instance-id": f"moiso-{secrets.token_hex(8)}"}) + "\n"


def write(recipe: Recipe, boot: Path, packages: Sequence[Path]) -> None:
    """Lay it all on the boot partition. Raises WrongRecipe where that is none, or packages are missing."""
    check(recipe)
    wanted = {f"moiso-{recipe.role}", "moiso-common", *(["moiso-site"] if ROLES[recipe.role].on_site else [])}
    chosen = [path for path in packages if path.name.partition("_")[0] in wanted]
    if {path.name.partition("_")[0] for path in chosen} != wanted or len(chosen) != len(wanted):
        raise WrongRecipe(f"exactly one package each of {', '.join(sorted(wanted))} is expected")
    if recipe.system == "bookworm" and not (boot / "cmdline.txt").is_file():
        raise WrongRecipe(f"{boot} has no cmdline.txt: it is not the boot partition of Raspberry Pi OS")
    folder = boot / "moiso"
    folder.mkdir(exist_ok=True)
    for path in (*chosen, HERE / "firstboot", HERE / "prepare"):
        shutil.copyfile(path, folder / path.name)
        (folder / path.name).chmod(0o755)  # on FAT every file is; elsewhere it has to be said
    (folder / "answers").write_text(answers(recipe), encoding="utf-8")
    (folder / "code").write_text(f"{recipe.code}\n", encoding="utf-8")
    if recipe.system == "trixie":
        (boot / "user-data").write_text(user_data(recipe), encoding="utf-8")
        (boot / "meta-data").write_text(meta_data(), encoding="utf-8")
        return
    line = boot / "cmdline.txt"
    before = [word for word in line.read_text(encoding="ascii").split() if not word.startswith("systemd.")]
    line.write_text(" ".join([*before, *ONCE.split()]) + "\n", encoding="ascii")


def main() -> None:
    """Do as the options say."""
    parser = argparse.ArgumentParser(prog="python3 -m provisioning.image.write")
    parser.add_argument("role", choices=tuple(ROLES))
    parser.add_argument("--boot", type=Path, required=True, help="the mounted boot partition")
    parser.add_argument("--system", choices=SYSTEMS, required=True, help="of the image on the card")
    parser.add_argument("--packages", type=Path, required=True, help="the folder that make deb has filled")
    for name, text in (
        *(("--hostname", "of the machine; a kiosk's name, too"), ("--site", "hub: the site's id")),
        *(("--hub", "https://HOST:8443"), ("--ca-sha256", "the site authority's fingerprint, from the hub's /trust")),
        *(("--cloud", "hub: https://NAME of the dashboard"), ("--code", "hub: its one-time code")),
        *(("--time-zone", "Asia/Ho_Chi_Minh"), ("--ssh-key", "who may log in by ssh")),
    ):
        parser.add_argument(name, default="Asia/Ho_Chi_Minh" if name == "--time-zone" else "", help=text)
    parser.add_argument("--host", action="append", default=[], help="hub: another name or address of it")
    given = vars(parser.parse_args())
    boot, folder, hosts = given.pop("boot"), given.pop("packages"), tuple(given.pop("host"))
    try:
        write(Recipe(**given, hosts=hosts), boot, sorted(folder.glob("*.deb")))
    except WrongRecipe as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{boot}: done; take the card out, put it into the machine and switch it on")


if __name__ == "__main__":
    main()
