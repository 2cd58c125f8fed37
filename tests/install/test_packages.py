"""The Debian packages: from a fresh image to a hub without a typed command, upgraded, downgraded, removed, purged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.image.write import Recipe
from provisioning.image.write import write as write_image
from tests.install.machine import PYTHON, SOON_S, Machine, until
from tests.install.packages import build, paths

OLD, NEW = "0.1.0+test1", "0.1.0+test2"


@pytest.fixture(scope="module")
def packages(bare: Machine, tree: Path, suite: str) -> Machine:
    """A machine with two versions of the packages lying there, and what they depend on of Debian's installed."""
    for version, folder in ((OLD, "opt/old"), (NEW, "opt/new")):
        build(tree, suite, version, bare.root / folder)
        (tree / "provisioning/__init__.py").open("a", encoding="utf-8").write(f'VERSION = "{version}"\n')
    # One of the roles in the way people do it, with apt finding what is missing.
    bare.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *paths(bare, "/opt/old", *_with("board")))
    return bare


def _with(role: str) -> tuple[str, ...]:
    return ("moiso-common", f"moiso-{role}", *(() if role == "cloud" else ("moiso-site",)))


def test_a_package_says_what_it_is_and_holds_what_dpkg_should_know(packages: Machine) -> None:
    common, hub = (paths(packages, "/opt/old", f"moiso-{name}")[0] for name in ("common", "hub"))
    told = packages.run("dpkg-deb", "--info", hub)
    assert "Depends: moiso-site (= 0.1.0+test1)" in told
    python = PYTHON[packages.suite]
    assert f"python3 (>= {python})" in packages.run("dpkg-deb", "--info", common)
    listed = packages.run("dpkg-deb", "--contents", hub)
    assert "./usr/lib/systemd/system/moiso-hub.service" in listed
    assert all(" root/root " in line for line in listed.splitlines() if line[:1] in "d-l"), listed


@pytest.mark.req("X6")
def test_a_board_controller_is_installed_by_apt_and_waits_to_be_let_in(packages: Machine) -> None:
    with packages.booted():
        until(lambda: packages.run("systemctl", "is-failed", "moiso-board", check=False).strip() == "failed", SOON_S)
        assert packages.show("moiso-board", "ExecMainStatus") == {"ExecMainStatus": "78"}
        # Everything that its programs load is there.
        imports = "import board_controller.app, provisioning.doctor.app, provisioning.enrol.device, gpiozero, serial"
        packages.run("/opt/moiso/bin/python", "-c", imports)
    packages.run("apt-get", "purge", "-y", "-qq", "moiso-board")
    assert not packages.path("/var/lib/moiso-board").exists()
    assert not packages.path("/opt/moiso").exists()


@pytest.mark.req("D4")
def test_the_provinces_server_answers_and_takes_events(packages: Machine, tree: Path) -> None:
    packages.run("apt-get", "update", "-qq")
    packages.run(
        "apt-get", "install", "-y", "-qq", "--no-install-recommends", *paths(packages, "/opt/old", *_with("cloud"))
    )
    packages.run("moiso-install", "--no-apt", "cloud", "--name", "localhost")
    with packages.booted():
        units = ("mosquitto", "moiso-issuer", "moiso-cloud", "moiso-ingest")
        until(lambda: all(packages.is_active(unit) for unit in units), SOON_S)
        page = "import httpx; print(httpx.get('http://127.0.0.1:8090/', follow_redirects=True).status_code)"
        assert packages.run("/opt/moiso/bin/python", "-c", page).strip() == "200"
        assert packages.show("moiso-ingest", "WatchdogUSec")["WatchdogUSec"] == "1min 30s"
    packages.run("apt-get", "purge", "-y", "-qq", "moiso-cloud", "moiso-common")
    assert not packages.path("/etc/moiso").exists()


@pytest.fixture(scope="module")
def first_boot(packages: Machine, tree: Path) -> Iterator[Machine]:
    """A card that was prepared with the image recipe: this machine has not typed anything."""
    packages.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "espeak-ng", "alsa-utils")
    boot = packages.root / "boot/firmware"
    boot.mkdir(parents=True)
    (boot / "cmdline.txt").write_text("console=tty1 root=/dev/sda rootwait\n", encoding="ascii")
    recipe = Recipe("hub", "bookworm", hostname="hub-mau", site="mau-01", hosts=("127.0.0.1",))
    write_image(recipe, boot, sorted((packages.root / "opt/old").glob("*.deb")))
    assert "systemd.run=/boot/firmware/moiso/prepare" in (boot / "cmdline.txt").read_text(encoding="ascii")
    packages.run("sh", "/boot/firmware/moiso/prepare")  # what the kernel's command line, or cloud-init, has run
    assert (boot / "cmdline.txt").read_text(encoding="ascii") == "console=tty1 root=/dev/sda rootwait\n"
    with packages.booted():
        yield packages


@pytest.mark.req("X6")
def test_a_prepared_card_becomes_a_hub_by_itself(first_boot: Machine) -> None:
    until(lambda: first_boot.is_active("moiso-hub"), 2 * SOON_S)
    assert first_boot.run("hostname").strip() == "hub-mau"
    until(lambda: not first_boot.path("/var/lib/moiso-firstboot").exists(), SOON_S)
    assert not first_boot.path("/etc/systemd/system/moiso-firstboot.service").exists()
    health = first_boot.run("/opt/moiso/bin/python", "-c", ASK_HEALTH)
    assert '"epoch"' in health or "200" in health


@pytest.mark.req("X4")
def test_an_upgrade_keeps_configuration_and_data_and_runs_the_new_programs(first_boot: Machine) -> None:
    config = first_boot.path("/etc/moiso/hub.toml")
    config.write_text(config.read_text(encoding="utf-8") + "\n[faces]\nkeep_days = 3\n", encoding="utf-8")
    before = first_boot.run("readlink", "/opt/moiso").strip()
    secret = first_boot.path("/etc/moiso/secrets/hub/site.key").read_bytes()
    first_boot.run("apt-get", "install", "-y", "-qq", *paths(first_boot, "/opt/new", *_with("hub")))
    assert first_boot.run("readlink", "/opt/moiso").strip() != before
    until(lambda: first_boot.is_active("moiso-hub"), SOON_S)
    assert "keep_days = 3" in config.read_text(encoding="utf-8")
    assert first_boot.path("/etc/moiso/secrets/hub/site.key").read_bytes() == secret
    assert first_boot.path(f"/opt/{before}").exists()  # the way back


def test_what_apt_installed_the_installer_has_nothing_to_add_to(first_boot: Machine) -> None:
    assert "nothing is changed" in first_boot.run("moiso-install", "--lang", "en")
    assert first_boot.status("moiso-install", "--check") == 0


@pytest.mark.req("X4")
def test_removed_the_data_stays_and_purged_it_goes(first_boot: Machine) -> None:
    first_boot.run("apt-get", "remove", "-y", "-qq", "moiso-hub")
    assert first_boot.path("/var/lib/moiso-hub/hub.db").exists()
    assert first_boot.path("/etc/moiso/hub.toml").exists()
    assert not first_boot.path("/usr/lib/systemd/system/moiso-hub.service").exists()
    first_boot.run("apt-get", "purge", "-y", "-qq", "moiso-hub", "moiso-common", "moiso-site")
    assert not first_boot.path("/var/lib/moiso-hub").exists()
    assert not first_boot.path("/etc/moiso").exists()
    assert not first_boot.path("/usr/share/moiso").exists()


ASK_HEALTH = (
    "import ssl, httpx; c = ssl.create_default_context(cafile='/var/lib/moiso-hub/tls/site-ca.crt');"
    "r = httpx.get('https://127.0.0.1:8443/api/v1/health', verify=c); print(r.status_code, r.text)"
)
