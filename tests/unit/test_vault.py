"""What the hub recognises a person by, and how it forgets."""

from pathlib import Path

import pytest

from edge.contracts.commands import PersonKey
from edge.hub.vault import SUBJECT_BYTES, Vault

SECRET = "site-secret"
ID = "001099000017"


def opened(folder: Path, day: str = "2026-11-23", secret: str = SECRET) -> Vault:
    vault = Vault(folder, secret)
    vault.open_day(day)
    return vault


@pytest.mark.req("X3")
def test_the_same_person_is_recognised_all_day_and_after_a_restart(tmp_path: Path) -> None:
    assert opened(tmp_path).subject(PersonKey.CCCD, ID) == opened(tmp_path).subject(PersonKey.CCCD, ID)


@pytest.mark.req("X3")
def test_the_next_day_nobody_is_recognised_and_the_key_is_gone(tmp_path: Path) -> None:
    before = opened(tmp_path).subject(PersonKey.CCCD, ID)
    assert opened(tmp_path, "2026-11-24").subject(PersonKey.CCCD, ID) != before
    assert {path.name for path in tmp_path.iterdir()} == {"2026-11-24.key", "2026-11-24_2026-11-24.faces"}
    assert opened(tmp_path, "2026-11-23").subject(PersonKey.CCCD, ID) != before


def test_another_site_makes_another_pseudonym_from_the_same_day_key(tmp_path: Path) -> None:
    assert opened(tmp_path).subject(PersonKey.CCCD, ID) != opened(tmp_path, secret="other").subject(PersonKey.CCCD, ID)


def test_a_pseudonym_does_not_contain_the_id_number(tmp_path: Path) -> None:
    subject = opened(tmp_path).subject(PersonKey.CCCD, ID)
    assert len(subject) == SUBJECT_BYTES
    assert ID.encode() not in subject


def test_nobody_is_recognised_before_a_day_is_open(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        Vault(tmp_path, SECRET).subject(PersonKey.CCCD, ID)


def test_the_key_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    opened(tmp_path)
    assert (tmp_path / "2026-11-23.key").stat().st_mode & 0o077 == 0


def test_a_fingerprint_tells_senders_and_messages_apart(tmp_path: Path) -> None:
    vault = Vault(tmp_path, SECRET)
    same = vault.fingerprint("kiosk-1", b"{}")
    assert same == vault.fingerprint("kiosk-1", b"{}")
    assert len({same, vault.fingerprint("kiosk-2", b"{}"), vault.fingerprint("kiosk-1", b"{ }")}) == 3
