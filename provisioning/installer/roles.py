"""What each role is, as data: packages, Python, users, groups, folders, files, units and first configuration.

A unit of ``systemd/`` belongs to the role that names it; a new program of a role is a line here and its unit there.
"""

from typing import NamedTuple

SITE_TARGET = "moiso-site.target"
UNITS = "/usr/lib/systemd/system"
CONFIG = "/etc/moiso"
SECRETS = f"{CONFIG}/secrets"


class User(NamedTuple):
    """A system account; ``keeps``: its program has a folder below /var/lib, of this mode and group."""

    name: str
    group: str = ""  # "" is one of its own
    mode: int = 0o700
    keeps: bool = True

    @property
    def state(self) -> str:
        """Where its program keeps its data."""
        return f"/var/lib/{self.name}"


class File(NamedTuple):
    """A file of ``provisioning/files`` and where it belongs on the machine."""

    source: str
    target: str
    mode: int = 0o644


class Config(NamedTuple):
    """A first configuration, written only where none is; ``group`` may read it. ``asks`` are the options that it
    cannot be written without."""

    name: str
    group: str = "root"
    asks: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """Where it belongs."""
        return f"{CONFIG}/{self.name}"

    @property
    def mode(self) -> int:
        """Only its program's group reads what may name people or hold hashes."""
        return 0o644 if self.group == "root" else 0o640


class Role(NamedTuple):
    """One of the things that a machine can be; a machine may be several."""

    name: str
    users: tuple[User, ...]
    packages: tuple[str, ...]
    extras: tuple[str, ...]  # of pyproject.toml
    units: tuple[str, ...]
    enable: tuple[str, ...]
    configs: tuple[Config, ...]
    files: tuple[File, ...] = ()
    groups: tuple[str, ...] = ()  # that its units name, and that a Debian need not have
    pi_packages: tuple[str, ...] = ()
    more: tuple[str, ...] = ()  # distributions beyond the extras
    without: tuple[str, ...] = ()  # and those of the extras that it never loads
    models: bool = False
    on_site: bool = True  # stands at the facility: hardware watchdog, memory for /tmp, time by itself

    @property
    def secrets(self) -> str:
        """The folder of its programs' secrets, as their units load it."""
        return f"{SECRETS}/{self.users[0].name.removeprefix('moiso-')}"

    @property
    def identity(self) -> str:
        """What ``moiso-enrol`` fills."""
        return f"{self.users[0].state}/identity"


EVERYWHERE = (
    File("again", "/usr/lib/moiso/again", 0o755),
    File("update-guard", "/usr/lib/moiso/update-guard", 0o755),
    File("journald.conf", "/usr/lib/systemd/journald.conf.d/60-moiso.conf"),
)
# Shared by several roles, so no role's own.
EVERYWHERE_UNITS = (SITE_TARGET, "moiso-failed@.service", "moiso-renew@.*", "moiso-backup.*", "moiso-update*")
EVERYWHERE_ENABLE = ("moiso-update.timer",)
# Enabled by a link of the product's own: what starts the units that are enabled must not start these.
WANTED_AT_BOOT = ("moiso-update-guard.service", "moiso-update-confirm.service")
ON_SITE = (
    File("watchdog.conf", "/usr/lib/systemd/system.conf.d/60-moiso-watchdog.conf"),
    File("timesyncd.conf", "/usr/lib/systemd/timesyncd.conf.d/60-moiso.conf"),
    File("tmp.mount", "/etc/systemd/system/tmp.mount"),  # Debian 13 has one of its own at /usr/lib
)
PACKAGES = ("ca-certificates", "python3", "python3-venv")
ON_SITE_PACKAGES = ("systemd-timesyncd",)
BUILD_PACKAGES = ("gcc", "libpcsclite-dev", "python3-dev", "swig")  # only where pyscard has to be built
COMMANDS = (
    *("moiso-doctor", "moiso-enrol", "moiso-card", "moiso-face", "moiso-pin"),
    *("moiso-backup", "moiso-restore", "moiso-promote", "moiso-update"),
)

HUB = Role(
    "hub",
    users=(User("moiso-hub"),),
    packages=("espeak-ng", "alsa-utils"),
    extras=("edge", "provisioning"),
    without=("pyscard", "python-escpos"),
    units=("moiso-hub.service",),
    enable=("moiso-hub.service", "moiso-renew@hub.timer"),
    configs=(
        Config("catalogue.toml"),
        Config("devices.toml", "moiso-hub"),
        Config("hub.toml", "moiso-hub", asks=("site",)),
    ),
)
KIOSK = Role(
    "kiosk",
    users=(User("moiso-kiosk"), User("moiso-screen", keeps=False)),
    packages=("pcscd", "libccid", "polkitd", "espeak-ng", "alsa-utils", "chromium", "cage", "seatd", "wlr-randr"),
    pi_packages=("python3-picamera2",),
    extras=("edge", "face", "provisioning"),
    units=("moiso-kiosk.service", "moiso-screen.service"),
    enable=("moiso-kiosk.service", "moiso-screen.service", "moiso-renew@kiosk.timer"),
    configs=(Config("screen.toml"), Config("kiosk.toml", "moiso-kiosk", asks=("hub",))),
    files=(
        File("udev.rules", "/usr/lib/udev/rules.d/70-moiso.rules"),
        File("polkit.rules", "/usr/share/polkit-1/rules.d/50-moiso-card.rules"),
    ),
    groups=("dialout", "lp", "video", "audio", "render"),
    models=True,
)
BOARD = Role(
    "board",
    users=(User("moiso-board"),),
    packages=("espeak-ng", "alsa-utils"),
    pi_packages=("python3-lgpio",),
    extras=("board", "provisioning"),
    units=("moiso-board.service",),
    enable=("moiso-board.service", "moiso-renew@board.timer"),
    configs=(Config("board.toml", "moiso-board"),),
    groups=("gpio", "dialout", "audio"),
)
STANDBY = Role(
    "standby",
    users=(User("moiso-follower"),),
    packages=("espeak-ng",),
    extras=("edge", "provisioning"),
    without=("pyscard", "python-escpos"),
    units=("moiso-follower.service",),
    enable=("moiso-follower.service", "moiso-renew@follower.timer"),
    configs=(Config("follower.toml", "moiso-follower"),),
)
CLOUD = Role(
    "cloud",
    users=(User("moiso-cloud"), User("moiso-issuer", "moiso-cloud", 0o755)),
    packages=("mosquitto", "libpango-1.0-0", "libpangoft2-1.0-0"),
    extras=("cloud", "provisioning"),
    more=("httptools", "httpx", "starlette", "uvicorn"),
    units=(
        *("moiso-cloud.service", "moiso-ingest.service", "moiso-ingest@.service", "moiso-reports.service"),
        *("moiso-issuer.service", "moiso-revoked.path", "moiso-revoked.service"),
        *("moiso-cloud-keys.service", "moiso-cloud-keys.timer"),
        *("moiso-fleet.service", "moiso-phone.service", "moiso-projection.service", "moiso-remote.service"),
    ),
    enable=(
        *("moiso-cloud.service", "moiso-ingest.service", "moiso-issuer.service", "moiso-revoked.path"),
        "moiso-cloud-keys.timer",
    ),
    configs=(
        Config("cloud.toml", "moiso-cloud", asks=("name",)),
        Config("issuer.toml", "moiso-cloud"),  # the group of its unit, to which its socket is open
    ),
    files=(File("mosquitto.conf", f"{UNITS}/mosquitto.service.d/60-moiso.conf"),),
    on_site=False,
)
ROLES = {role.name: role for role in (HUB, KIOSK, BOARD, STANDBY, CLOUD)}
