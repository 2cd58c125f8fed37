"""What the installer would do, without a machine: its table, its plan, its lock, its wheel, its words."""

import hashlib
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.config import read as load_board
from edge.contracts.catalogue import Catalogue
from edge.daemon import identity
from edge.daemon.config import load
from edge.hub.config import Devices, HubConfig, load_catalogue
from edge.kiosk.config import load_config as load_kiosk
from edge.screen.config import load_config as load_screen
from provisioning.installer import app, lock, steps, wheel
from provisioning.installer.apply import Applier, write
from provisioning.installer.facts import Facts, Seen, look
from provisioning.installer.plan import AUTHORITY, CLOUD_KEYS, OFFICERS, POLICY_FILE, plan
from provisioning.installer.product import Answers, Product, Wanted, product, sysusers, tmpfiles, wanted
from provisioning.installer.removal import removal
from provisioning.installer.roles import ROLES, Role
from provisioning.installer.words import EN, Words

ROOT = Path(__file__).parents[2]
PYTHON = "(3, 11) linux-x86_64"
ANSWERS = Answers(site="mau-01", hub="https://192.0.2.5:8443", name="dashboard.example.vn", hosts=("192.0.2.5",))
LOCK = lock.read_lock((ROOT / "requirements/runtime.txt").read_text(encoding="utf-8"))
SEVERAL = st.sets(st.sampled_from(sorted(ROLES)), min_size=1).map(lambda names: [ROLES[name] for name in sorted(names)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Product:
    return product(ROOT, [ROLES["hub"], ROLES["kiosk"]], PYTHON, tmp_path_factory.mktemp("wheel"))


def asked(
    roles: list[Role], answers: Answers = ANSWERS, *, pi: bool = False, available: frozenset[str] = frozenset()
) -> Wanted:
    return wanted(ROOT, roles, answers, available=available, raspberry_pi=pi, apt=True)


BARE = Facts(
    roles=frozenset(),
    packages=frozenset(),
    users=frozenset({"root"}),
    seen={},
    links={},
    enabled=frozenset(),
    venv="",
    system_site=False,
    booted=True,
    stale=False,
    graphical=False,
)


def after(todo: tuple[steps.Step, ...], facts: Facts) -> Facts:
    """How a machine looks once these steps are done."""
    seen = dict(facts.seen)
    links = dict(facts.links)
    for step in todo:
        match step:
            case steps.InstallPackages(names):
                facts = facts._replace(packages=facts.packages | {*names})
            case steps.MakeUsers(names):
                facts = facts._replace(users=facts.users | {*names})
            case steps.MakeFolder(target, mode, owner, group):
                seen[target] = Seen(True, mode, owner, group)
            case steps.WriteFile(target, content, mode, group):
                seen[target] = Seen(False, mode, "root", group, hashlib.sha256(content).hexdigest())
            case steps.MakeSecret(target):
                seen[target] = Seen(False, 0o400, "root", "root", "a")
            case steps.BuildVenv(digest):
                facts = facts._replace(venv=digest, system_site=False)
            case steps.SystemSite(on):
                facts = facts._replace(system_site=on)
            case steps.Link(target, to):
                links[target] = to
            case steps.Enable(names):
                facts = facts._replace(enabled=facts.enabled | {*names})
            case steps.NoDesktop():
                facts = facts._replace(graphical=False)
            case steps.MakeAuthority():
                seen[AUTHORITY] = Seen(False, 0o644, "moiso-hub", "moiso-hub", "b")
            case steps.MakeAdministrator():
                seen[OFFICERS] = Seen(False, 0o640, "root", "moiso-hub", "c")
            case steps.MakeCloudKeys():
                seen[CLOUD_KEYS] = Seen(False, 0o400, "mosquitto", "root", "d")
            case steps.WritePolicies():
                seen[POLICY_FILE] = Seen(False, 0o644, "root", "root", "e")
            case steps.Mark(role):
                facts = facts._replace(roles=facts.roles | {role})
    return facts._replace(seen=seen, links=links)


@given(roles=SEVERAL, pi=st.booleans(), booted=st.booleans(), graphical=st.booleans())
def test_whatever_a_machine_becomes_a_second_time_changes_nothing(
    made: Product, roles: list[Role], pi: bool, booted: bool, graphical: bool
) -> None:
    want = asked(roles, pi=pi, available=frozenset({"python3-lgpio", "python3-picamera2"}))
    bare = BARE._replace(booted=booted, graphical=graphical)
    first = plan(made, want, bare)
    assert first.steps
    assert plan(made, want, after(first.steps, bare)) == ((), ())


@given(roles=SEVERAL, cut=st.integers(0, 60))
def test_cut_off_at_any_step_a_second_run_makes_it_whole(made: Product, roles: list[Role], cut: int) -> None:
    want = asked(roles)
    todo = plan(made, want, BARE).steps
    half = after(todo[:cut], BARE)
    whole = after(plan(made, want, half).steps, half)
    assert plan(made, want, whole).steps == ()


def test_a_configuration_that_somebody_changed_is_left_alone(made: Product) -> None:
    want = asked([ROLES["hub"]])
    done = after(plan(made, want, BARE).steps, BARE)
    changed = done._replace(seen={**done.seen, "/etc/moiso/hub.toml": Seen(False, 0o600, "root", "root", "mine")})
    assert plan(made, want, changed).steps == ()


def test_a_unit_that_somebody_broke_is_written_again_and_its_programs_start_anew(made: Product) -> None:
    want = asked([ROLES["hub"]])
    done = after(plan(made, want, BARE).steps, BARE)
    unit = "/usr/lib/systemd/system/moiso-hub.service"
    broken = done._replace(seen={**done.seen, unit: Seen(False, 0o644, "root", "root", "broken")})
    told = plan(made, want, broken).steps
    assert [type(step).__name__ for step in told] == ["WriteFile", "Reload", "Start"]


def test_units_that_dpkg_has_written_anew_are_read_anew_and_their_programs_started(made: Product) -> None:
    want = asked([ROLES["hub"]])
    done = after(plan(made, want, BARE).steps, BARE)
    told = plan(made, want, done._replace(stale=True)).steps
    assert [type(step).__name__ for step in told] == ["Reload", "Start"]


@pytest.mark.req("X1")
def test_a_secret_that_others_could_read_is_closed(made: Product) -> None:
    want = asked([ROLES["hub"]])
    done = after(plan(made, want, BARE).steps, BARE)
    folder = "/etc/moiso/secrets/hub"
    told = plan(made, want, done._replace(seen={**done.seen, folder: Seen(True, 0o755, "root", "root")})).steps
    assert told == (steps.MakeFolder(folder, 0o700, "root", "root"),)


def test_what_nobody_said_is_asked_for_by_name_and_everything_else_is_done(made: Product) -> None:
    todo = plan(made, asked([ROLES["hub"], ROLES["kiosk"]], Answers()), BARE)
    assert [(one.option, one.config) for one in todo.missing] == [
        ("site", "/etc/moiso/hub.toml"),
        ("hub", "/etc/moiso/kiosk.toml"),
    ]
    done = [type(step).__name__ for step in todo.steps]
    assert "BuildVenv" in done
    assert "MakeAuthority" not in done
    assert "MakeAdministrator" not in done


def test_only_a_raspberry_pi_sees_debians_python_packages_and_only_where_they_exist(made: Product) -> None:
    kiosk = [ROLES["kiosk"]]
    assert not asked(kiosk).system_site
    on_pi = asked(kiosk, pi=True, available=frozenset({"python3-picamera2", "chromium-browser"}))
    assert on_pi.system_site
    assert {"python3-picamera2", "chromium-browser"} <= {*on_pi.packages}
    assert "chromium" not in on_pi.packages
    assert b'chromium = "/usr/bin/chromium-browser"' in on_pi.configs["screen.toml"]
    assert "python3-picamera2" not in asked(kiosk, pi=True).packages


def test_the_lock_is_shared_out_among_the_roles_and_nothing_of_it_is_left_over() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed: dict[str, set[str]] = {}
    for role in ROLES.values():
        roots = (lock.asked_for(pyproject, role.extras) | {*role.more}) - {*role.without}
        needed[role.name] = {one.name for one in lock.closure(LOCK, roots)}
    assert set().union(*needed.values()) == {one.name for one in LOCK}
    assert "opencv-python-headless" in needed["kiosk"]
    assert not {"opencv-python-headless", "pyscard", "flask", "weasyprint"} & needed["hub"]
    assert not {"flask", "numpy", "opencv-python-headless"} & needed["board"]


def test_every_requirement_keeps_its_hashes() -> None:
    text = lock.written(LOCK)
    assert lock.read_lock(text)[0].lines == LOCK[0].lines
    assert all(any("--hash=sha256:" in line for line in one.lines) for one in LOCK)


def test_a_wheel_built_here_is_taken_beside_the_locked_ones(tmp_path: Path) -> None:
    (tmp_path / "pyscard-2.3.1-cp311-cp311-linux_x86_64.whl").write_bytes(b"built here")
    built = lock.built_here(tmp_path, LOCK)
    assert built.startswith("pyscard==2.3.1 --hash=sha256:")
    hashed = built.strip().rpartition("=")[2]
    requirements = lock.with_built(lock.written(LOCK), built)
    assert f"    --hash={built.strip().partition('--hash=')[2]} \\" in requirements.splitlines()
    one = next(one for one in lock.read_lock(requirements) if one.name == "pyscard")
    assert sum(hashed in line for line in one.lines) == 1
    assert lock.with_built(lock.written(LOCK), "") == lock.written(LOCK)


def test_a_wheel_of_another_version_than_the_locks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyscard-9.9.9-cp311-cp311-linux_x86_64.whl").write_bytes(b"who knows")
    with pytest.raises(ValueError, match=r"the lock has no pyscard 9\.9\.9"):
        lock.built_here(tmp_path, LOCK)


def test_the_products_wheel_is_what_setuptools_would_pack(tmp_path: Path) -> None:
    source = tmp_path / "source"  # setuptools leaves traces in the tree that it builds
    source.mkdir()
    shutil.copyfile(ROOT / "pyproject.toml", source / "pyproject.toml")
    shutil.copyfile(ROOT / "README.md", source / "README.md")
    for package in ("edge", "board_controller", "cloud", "provisioning"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    ours = wheel.build(source, tmp_path)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", tmp_path / "theirs", source], check=True, capture_output=True)
    theirs = next((tmp_path / "theirs").glob("*.whl"))
    with zipfile.ZipFile(ours) as one, zipfile.ZipFile(theirs) as other:
        names = {name for name in one.namelist() if ".dist-info/" not in name}
        assert names == {name for name in other.namelist() if ".dist-info/" not in name}
        assert all(one.read(name) == other.read(name) for name in names)
        scripts = "moiso-0.1.0.dist-info/entry_points.txt"
        assert set(one.read(scripts).split(b"\n")) == set(other.read(scripts).split(b"\n"))
    (tmp_path / "again").mkdir()
    assert wheel.content_digest(ours) == wheel.content_digest(wheel.build(source, tmp_path / "again"))


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """The first configurations of every role, with the identities that enrolling would have brought."""
    for name, content in asked(list(ROLES.values())).configs.items():
        (tmp_path / name).write_text(content.decode().replace("/var/lib/", f"{tmp_path}/"), encoding="utf-8")
    for role in ("kiosk", "board", "standby"):
        folder = tmp_path / ROLES[role].users[0].name
        folder.mkdir()
        told = identity.About(identity.Peer.HUB, f"{role}-1", role, "https://192.0.2.5:8443")
        identity.switch(folder / "identity", identity.prepare(folder / "identity", told, {"token": b"t"}))
    return tmp_path


def test_every_first_configuration_is_one_that_its_program_takes(configured: Path) -> None:
    hub = load(configured / "hub.toml", HubConfig)
    assert (hub.site, hub.enrolment and hub.enrolment.hosts) == ("mau-01", ("192.0.2.5",))
    assert isinstance(load_catalogue(configured / "catalogue.toml"), Catalogue)
    assert load(configured / "devices.toml", Devices).device == ()
    assert load_kiosk(configured / "kiosk.toml").lookup_url == "https://192.0.2.5:8443/t/"
    assert load_screen(configured / "screen.toml").chromium == "/usr/bin/chromium"
    assert load_board(configured / "board.toml").media
    cloud = tomllib.loads((configured / "cloud.toml").read_text(encoding="utf-8"))
    assert cloud["broker"]["address"] == "127.0.0.1:8883"  # its own, whatever the name server says


def test_every_role_has_its_account_and_its_folders_are_its_own() -> None:
    for role in ROLES.values():
        told = sysusers(role)
        assert all(f"u {user.name} " in told for user in role.users)
        assert all(line.split()[0] in ("u", "g") for line in told.splitlines())
        assert f"d {role.secrets} 0700 root root -" in tmpfiles(role)


def test_what_is_taken_away_is_what_was_installed_and_data_only_on_demand() -> None:
    hub, kiosk = ROLES["hub"], ROLES["kiosk"]
    alone = removal(ROOT, [hub], [])
    assert {file.target for file in asked([hub]).files} <= {*alone.files}
    assert "/opt/moiso" in alone.trees
    assert not [path for path in (*alone.files, *alone.trees) if path.startswith(("/var/lib", "/etc/moiso"))]
    assert {"/var/lib/moiso-hub", "/etc/moiso/secrets/hub", "/etc/moiso/hub.toml"} <= {*alone.data}
    beside = removal(ROOT, [kiosk], [hub])
    assert beside.trees == ()
    assert "/usr/lib/moiso/again" not in beside.files
    assert "/usr/lib/systemd/system/moiso-hub.service" not in beside.files


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pub"], "There is no role pub"),
        ([], "no role yet"),
        (["hub", "--site", "Mẫu"], "not a value for --site"),
        (["kiosk", "--hub", "http://192.0.2.5"], "not a value for --hub"),
        (["hub", "--administrator", 'a"b'], "not a value for --administrator"),
        (["hub", "--host", "a b"], "not a value for --host"),
    ],
)
def test_a_wrong_word_is_answered_with_what_is_expected(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["--lang", "en", "--any-system", *arguments]) == app.NOT_STARTED
    assert says in capsys.readouterr().err


def test_every_step_has_words_in_both_languages() -> None:
    want = asked(list(ROLES.values()))
    vi, en = Words("vi"), Words("en")
    extra = (steps.SystemSite(True), steps.NoDesktop(), steps.BuildVenv("d"))
    for step in (*plan(Product(ROOT, ROOT, "", "", "d"), want, BARE).steps, *extra):
        assert vi.of(step) != en.of(step)
    assert all(english for english in EN.values())


def test_a_file_is_written_whole_with_its_mode_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    write(target, b"one", 0o640, "root")
    write(target, b"two", 0o400, "root")
    assert target.read_bytes() == b"two"
    assert [path.name for path in target.parent.iterdir()] == ["file"]
    seen = look(target)
    assert seen is not None
    assert seen.mode == 0o400


def test_a_step_done_twice_does_nothing_more(tmp_path: Path) -> None:
    applier = Applier(Product(ROOT, ROOT, "", "", "d"), None, print, tmp_path)
    (tmp_path / "opt/moiso").mkdir(parents=True)
    cfg = tmp_path / "opt/moiso/pyvenv.cfg"
    cfg.write_text("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n", encoding="utf-8")
    for _ in range(2):
        applier.do(steps.SystemSite(True))
        applier.do(steps.Link("/usr/bin/moiso-doctor", "/opt/moiso/bin/moiso-doctor"))
        applier.do(steps.Mark("hub"))
    assert cfg.read_text(encoding="utf-8").splitlines() == [
        "home = /usr/bin",
        "version = 3.11.2",
        "include-system-site-packages = true",
    ]
    assert (tmp_path / "usr/lib/moiso/roles/hub").is_file()
    assert (tmp_path / "usr/bin/moiso-doctor").is_symlink()


@pytest.mark.req("X1", "X3")
def test_a_secret_is_made_by_chance_and_closed(tmp_path: Path) -> None:
    applier = Applier(Product(ROOT, ROOT, "", "", "d"), None, print, tmp_path)
    applier.do(steps.MakeSecret("/etc/moiso/secrets/hub/site.key"))
    made = tmp_path / "etc/moiso/secrets/hub/site.key"
    first = made.read_text(encoding="utf-8")
    assert len(first.strip()) >= 43
    assert made.stat().st_mode & 0o777 == 0o400
    applier.do(steps.MakeSecret("/etc/moiso/secrets/hub/site.key"))
    assert made.read_text(encoding="utf-8") != first
