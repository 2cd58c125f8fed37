"""The demo site on disk: complete, private, and the same after a second call."""

import hashlib
import socket
import stat
import tomllib
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from msgspec.structs import asdict

from board_controller.config import read as read_board
from cloud.accounts import log_in
from cloud.config import Cloud
from edge.daemon.config import load
from edge.hub.config import Devices, HubConfig, Officers, load_catalogue
from edge.hub.roles import Role
from edge.kiosk.config import load_config as read_kiosk
from provisioning.demo.site import ACCOUNT, ADMINISTRATOR, FLOOR_LEAD, OFFICER, Ports, Site, provision


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return provision(tmp_path_factory.mktemp("demo"), Ports())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_program_can_read_its_configuration(site: Site) -> None:
    hub = load(site.folder / "hub.toml", HubConfig)
    board = read_board(site.folder / "board.toml")
    kiosk = read_kiosk(site.folder / "kiosk.toml")
    cloud = load(site.folder / "cloud.toml", Cloud)
    assert [listen.address for listen in hub.listen] == ["127.0.0.1:8443", "127.0.0.1:8080"]
    assert (kiosk.listen, board.listen[0].address) == ("127.0.0.1:8081", "127.0.0.1:8082")
    assert cloud.web.listen == "127.0.0.1:8090"
    assert hub.uplink is not None
    for named in (hub.listen[0].certificate, hub.listen[0].key, hub.uplink.certificate, kiosk.hub.ca, board.hub.ca):
        assert named is not None
        assert named.is_file()


@pytest.mark.req("K3", "K5")
def test_the_catalogue_is_one_that_the_hub_adopts(site: Site) -> None:
    catalogue = load_catalogue(load(site.folder / "hub.toml", HubConfig).catalogue)
    assert catalogue == site.catalogue
    assert "".join(service.prefix for service in catalogue.services) == "EABCDNGXSVT"
    assert [(counter.id, counter.number, counter.room) for counter in catalogue.counters] == [
        ("q1", 1, "101"),
        ("q2", 2, "102"),
        ("q3", 3, "103"),
        ("q4", 4, "104"),
        ("q5", 5, "105"),
        ("q6", 6, "106"),
        ("q7", 7, "107"),
        ("q8", 8, "108"),
    ]
    assert {counter.id for counter in read_board(site.folder / "board.toml").counter} == {"q1", "q2", "q3", "q4"}


@pytest.mark.req("X6")
def test_the_hub_knows_each_device_by_the_hash_of_its_token(site: Site) -> None:
    devices = {device.name: device for device in load(site.folder / "secrets/devices.toml", Devices).device}
    assert {name: device.role for name, device in devices.items()} == {
        "kiosk-1": "kiosk",
        "board-1": "board",
        "morning-kiosk": "kiosk",
        "morning-board": "board",
    }
    assert devices["board-1"].counters == ("q1", "q2", "q3", "q4")
    assert devices["morning-board"].counters == tuple(counter.id for counter in site.catalogue.counters)
    tokens = {
        "kiosk-1": read_kiosk(site.folder / "kiosk.toml").hub.token_file.read_text(encoding="utf-8").strip(),
        "board-1": read_board(site.folder / "board.toml").hub.token_file.read_text(encoding="utf-8").strip(),
        "morning-kiosk": (site.folder / "secrets/morning-kiosk.token").read_text(encoding="utf-8").strip(),
        "morning-board": (site.folder / "secrets/morning-board.token").read_text(encoding="utf-8").strip(),
    }
    assert len(set(tokens.values())) == 4
    for name, token in tokens.items():
        assert len(token) == 43  # 32 random bytes
        assert devices[name].token_sha256 == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.req("X1")
def test_officers_passwords_are_kept_as_hashes_and_printed_from_the_owner_s_own_file(site: Site) -> None:
    accounts = load(site.folder / "secrets/officers.toml", Officers).officer
    assert [(account.name, account.role) for account in accounts] == [
        (OFFICER, Role.COUNTER),
        (FLOOR_LEAD, Role.FLOOR_LEAD),
        (ADMINISTRATOR, Role.ADMINISTRATOR),
    ]
    passwords = (site.passwords.officer, site.passwords.floor_lead, site.passwords.administrator)
    for account, password in zip(accounts, passwords, strict=True):
        assert PasswordHasher().verify(account.password_argon2, password)
        assert password not in repr(site)


def test_the_passwords_of_an_earlier_version_are_kept_and_the_new_accounts_added(tmp_path: Path) -> None:
    stored = provision(tmp_path, Ports()).folder / "secrets/demo-passwords.toml"
    stored.write_text('officer = "from-long-ago"\naccount = "department-s"\n', encoding="utf-8")
    site = provision(tmp_path, Ports())
    assert (site.passwords.officer, site.passwords.account) == ("from-long-ago", "department-s")
    (officer, *_) = load(tmp_path / "secrets/officers.toml", Officers).officer
    assert PasswordHasher().verify(officer.password_argon2, "from-long-ago")


@pytest.mark.req("X3")
def test_nobody_else_can_read_secrets_keys_and_data(site: Site) -> None:
    for path in [*(site.folder / "secrets").iterdir(), *(site.folder / "tls").glob("*.key")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for name in ("secrets", "tls", "run", "data", "logs"):
        assert stat.S_IMODE((site.folder / name).stat().st_mode) == 0o700, name


def test_a_second_call_changes_nothing(site: Site) -> None:
    (site.folder / "data/hub/hub.db").write_bytes(b"the journal")
    before = contents(site.folder)
    assert provision(site.folder, Ports()) == site
    assert contents(site.folder) == before


def test_other_ports_change_the_configuration_only(tmp_path: Path) -> None:
    first = provision(tmp_path, Ports())
    before = contents(tmp_path)
    second = provision(tmp_path, Ports.counted_from(9200))
    after = contents(tmp_path)
    assert second.passwords == first.passwords
    changed = {name for name, data in after.items() if before.get(name) != data}
    programs = {"hub.toml", "kiosk.toml", "board.toml", "cloud.toml", "phone.toml", "remote.toml"}
    assert changed == programs | {"ports.toml", "broker/mosquitto.conf"}
    assert tomllib.loads(after["kiosk.toml"].decode())["printer"]["link"] == "tcp:127.0.0.1:9207"


def test_a_run_that_was_broken_off_is_finished_by_the_next(tmp_path: Path) -> None:
    whole = contents(provision(tmp_path, Ports()).folder)
    for lost in ("tls/hub.crt", "secrets/officers.toml", "secrets/board-1.token", "data/cloud/accounts.db"):
        (tmp_path / lost).unlink()
    site = provision(tmp_path, Ports())
    assert contents(tmp_path).keys() == whole.keys()
    (officer, *_) = load(tmp_path / "secrets/officers.toml", Officers).officer
    assert PasswordHasher().verify(officer.password_argon2, site.passwords.officer)
    assert log_in(tmp_path / "data/cloud", ACCOUNT, site.passwords.account).account == ACCOUNT


def test_free_ports_are_all_different_and_free() -> None:
    ports = Ports.free()
    assert len(set(asdict(ports).values())) == len(asdict(ports))
    assert ports.in_use() == {}


def test_a_port_in_use_is_named() -> None:
    ports = Ports.free()
    with socket.create_server(("127.0.0.1", ports.dashboard)):
        assert ports.in_use() == {"dashboard": ports.dashboard}


def test_programs_can_be_chosen_and_keep_their_order(site: Site) -> None:
    assert [program.name for program in site.programs("hub", "broker")] == ["broker", "hub"]
    assert len(site.programs()) == 10
