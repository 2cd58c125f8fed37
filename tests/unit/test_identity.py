"""What a machine proves itself with, on the disk: the old or the new, whole, whenever the power goes."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon import identity
from edge.daemon.config import Broker, ConfigError, Hub, Section, load
from edge.daemon.identity import About, NotEnrolled, Peer

KIOSK = About(Peer.HUB, "kiosk-1", "kiosk", "https://192.0.2.5:8443")
SITE = About(Peer.CLOUD, "mau-01", "hub", "https://dashboard.example.org", "broker.example.org:8883")


class Link(Section, frozen=True):
    hub: Hub | None = None
    uplink: Broker | None = None


def made(folder: Path, told: About = KIOSK, token: bytes = b"one") -> Path:
    generation = identity.prepare(folder, told, {"token": token, "ca.crt": b"ca"})
    identity.switch(folder, generation)
    return generation


def test_a_generation_is_in_force_from_one_moment_to_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "identity"
    with pytest.raises(NotEnrolled, match="moiso-enrol"):
        identity.current(folder)
    first = made(folder)
    second = identity.prepare(folder, KIOSK, {"token": b"two"})
    assert (identity.current(folder), identity.prepared(folder)) == (first, second)
    assert (folder / "current/token").read_bytes() == b"one"
    identity.switch(folder, second)
    assert (folder / "current/token").read_bytes() == b"two"
    assert identity.prepared(folder) is None
    identity.tidy(folder)
    assert not first.exists()
    assert identity.about(identity.current(folder)) == KIOSK


def test_what_a_cut_left_half_written_is_no_generation_and_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "identity"
    first = made(folder)
    (folder / "2.part").mkdir()
    (folder / "2.part/token").write_bytes(b"half")
    (folder / "current.new").symlink_to("2")
    assert identity.prepared(folder) is None
    second = identity.prepare(folder, KIOSK, {"token": b"two"})
    assert second.name == "2"
    identity.switch(folder, second)
    identity.tidy(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["2", "current"]
    assert not first.exists()


@pytest.mark.req("X3")
def test_nobody_else_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "identity"
    before = os.umask(0)
    try:
        generation = made(folder)
        identity.put(generation, "certificate.pem", b"c")
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o077 == generation.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in generation.iterdir())


def test_a_link_that_leads_elsewhere_is_no_identity(tmp_path: Path) -> None:
    folder = tmp_path / "identity"
    made(folder)
    for target in ("../elsewhere", "/etc", "0", "1x", ""):
        (folder / "current").unlink(missing_ok=True)
        if target:
            (folder / "current").symlink_to(target)
        with pytest.raises(NotEnrolled):
            identity.current(folder)


@given(data=st.binary(max_size=300))
def test_whatever_stands_in_the_file_it_is_an_identity_or_none(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    generation = tmp_path_factory.mktemp("identity")
    (generation / "about.json").write_bytes(data)
    with pytest.raises(NotEnrolled):
        identity.about(generation)


def test_a_program_takes_address_authority_and_token_from_the_folder(tmp_path: Path) -> None:
    made(tmp_path / "identity")
    (tmp_path / "x.toml").write_text('[hub]\nidentity = "identity"\n')
    hub = load(tmp_path / "x.toml", Link).hub
    assert hub is not None
    assert hub.url == "https://192.0.2.5:8443"
    assert hub.token_file == tmp_path / "identity/current/token"
    assert hub.ca == tmp_path / "identity/current/ca.crt"


def test_the_hub_takes_its_broker_from_the_folder(tmp_path: Path) -> None:
    made(tmp_path / "identity", SITE)
    (tmp_path / "x.toml").write_text('[uplink]\nidentity = "identity"\n')
    uplink = load(tmp_path / "x.toml", Link).uplink
    assert uplink is not None
    assert uplink.host_port == ("broker.example.org", 8883)
    assert uplink.key == tmp_path / "identity/current/key.pem"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[hub]\n", "identity, or url"),
        ('[hub]\nurl = "https://x"\nca = "c"\n', "identity, or url"),
        ('[hub]\nidentity = "none"\n', "moiso-enrol"),
        ('[hub]\nidentity = "identity"\nurl = "https://x"\n', "leave those out"),
        ('[uplink]\nidentity = "identity"\n', "and not for the cloud"),
        ('[uplink]\naddress = "x:1"\n', "identity, or address"),
    ],
)
def test_what_is_missing_or_said_twice_is_told_at_start(tmp_path: Path, text: str, says: str) -> None:
    made(tmp_path / "identity")
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        load(tmp_path / "x.toml", Link)
