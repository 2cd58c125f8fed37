"""Invitations make one account each, once, in time, with the role and place that they were made for."""

from pathlib import Path

import pytest

from cloud.accounts.database import digest, opened
from cloud.accounts.faults import AccountRefused, Fault, WrongPassword
from cloud.accounts.invitations import (
    VALID_HOURS,
    accept,
    find_invitation,
    invite,
    invite_to_new_password,
    open_invitations,
    withdraw,
)
from cloud.accounts.people import add_account, find_account, set_disabled
from cloud.accounts.sessions import begin, find_session, log_in
from cloud.roles import Role
from tests.cloud_people import PASSWORD

OTHER = "một câu khác cũng đủ dài"


def refused(token: str, data: Path) -> Fault:
    with pytest.raises(AccountRefused) as refusal:
        accept(data, token, "hoa", PASSWORD)
    return refusal.value.fault


@pytest.mark.req("X1")
def test_an_invitation_makes_one_account_of_its_role_and_place(tmp_path: Path) -> None:
    token = invite(tmp_path, Role.FACILITY, "mau", "mau-01", "lan")
    assert token.encode() not in (tmp_path / "accounts.db").read_bytes()
    assert find_invitation(tmp_path, token).role is Role.FACILITY
    assert accept(tmp_path, token, "hoa", PASSWORD) == "hoa"
    account = find_account(tmp_path, "hoa")
    assert (account.role, account.province, account.site) == (Role.FACILITY, "mau", "mau-01")
    assert refused(token, tmp_path) is Fault.INVITATION
    assert open_invitations(tmp_path, "mau") == ()


@pytest.mark.req("X1")
def test_a_refused_name_or_password_leaves_it_open(tmp_path: Path) -> None:
    add_account(tmp_path, "lan", PASSWORD)
    token = invite(tmp_path, Role.PROVINCE, "mau", "", "lan")
    for name, password, fault in (
        ("lan", PASSWORD, Fault.TAKEN),
        ("Hoa Lê", PASSWORD, Fault.NAME),
        ("hoa", "ngắn", Fault.LENGTH),
        ("hoa", "matkhau123456", Fault.COMMON),
    ):
        with pytest.raises(AccountRefused) as refusal:
            accept(tmp_path, token, name, password)
        assert refusal.value.fault is fault
    assert accept(tmp_path, token, "hoa", PASSWORD) == "hoa"


@pytest.mark.req("X1")
def test_too_late_withdrawn_or_never_made_it_opens_nothing(tmp_path: Path) -> None:
    late = invite(tmp_path, Role.PROVINCE, "mau", "", "lan")
    with opened(tmp_path) as db:
        db.execute("UPDATE invitations SET until_ms = until_ms - ?", (VALID_HOURS * 3_600_000,))
    assert refused(late, tmp_path) is Fault.INVITATION
    taken_back = invite(tmp_path, Role.PROVINCE, "mau", "", "lan")
    (listed,) = open_invitations(tmp_path, "mau")
    withdraw(tmp_path, listed.id, "khac")  # another province's administrator
    assert len(open_invitations(tmp_path, "mau")) == 1
    withdraw(tmp_path, listed.id, "mau")
    for token in (taken_back, "", "x" * 22, listed.id, digest(taken_back)):
        assert refused(token, tmp_path) is Fault.INVITATION


@pytest.mark.req("X1")
def test_what_a_person_who_is_shut_out_has_sent_opens_nothing(tmp_path: Path) -> None:
    add_account(tmp_path, "lan", PASSWORD)
    add_account(tmp_path, "mai", PASSWORD)
    token = invite(tmp_path, Role.ADMINISTRATOR, "all", "", "mai")
    set_disabled(tmp_path, "mai", "all", disabled=True)
    assert refused(token, tmp_path) is Fault.INVITATION


@pytest.mark.req("X1")
def test_a_link_gives_an_account_a_new_password_and_nothing_else(tmp_path: Path) -> None:
    add_account(tmp_path, "lan", PASSWORD)
    session = begin(tmp_path, "lan")
    first = invite_to_new_password(tmp_path, "lan", "all", "mai")
    token = invite_to_new_password(tmp_path, "lan", "all", "mai")
    assert refused(first, tmp_path) is Fault.INVITATION  # a newer one was made
    assert accept(tmp_path, token, "somebody-else", OTHER) == "lan"
    with pytest.raises(KeyError):
        find_account(tmp_path, "somebody-else")
    with pytest.raises(KeyError):
        find_session(tmp_path, session.token)
    with pytest.raises(WrongPassword):
        log_in(tmp_path, "lan", PASSWORD)
    assert log_in(tmp_path, "lan", OTHER).account == "lan"
    with pytest.raises(AccountRefused):
        invite_to_new_password(tmp_path, "lan", "khac", "mai")


@pytest.mark.parametrize(("role", "site"), [(Role.FACILITY, ""), (Role.PROVINCE, "mau-01")])
def test_a_role_that_does_not_fit_its_place_is_not_invited(tmp_path: Path, role: Role, site: str) -> None:
    with pytest.raises(AccountRefused):
        invite(tmp_path, role, "mau", site, "lan")
