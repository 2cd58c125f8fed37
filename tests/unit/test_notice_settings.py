"""A notice that could not be sent safely, or would tell of another province, is refused at the start."""

from pathlib import Path

import pytest
from msgspec import Struct

from cloud.fleet.notice_settings import Notice, Recipient, recipients
from edge.daemon.config import ConfigError, load
from tests.cloud_people import KHAC, MAU

HOOK = 'webhook = "https://so.example/moiso?token=hidden-token"\nsecret_file = "secret"'


class File(Struct, frozen=True):
    notice: tuple[Notice, ...]


def read(folder: Path, *sections: str, mail: bool = True) -> tuple[Recipient, ...]:
    (folder / "secret").write_text("s" * 32)
    text = "\n".join(f'[[notice]]\nprovince = "mau"\n{section}' for section in sections)
    (folder / "cloud.toml").write_text(text, encoding="utf-8")
    return recipients(load(folder / "cloud.toml", File).notice, (MAU, KHAC), mail=mail)


@pytest.mark.req("D4", "X5")
def test_both_kinds_of_recipient_are_read(tmp_path: Path) -> None:
    by_mail, by_hook = read(
        tmp_path, 'mail = "truc@mau.example"\nsites = ["mau-01"]\nleast = "fail"\nreminder_hours = 4', HOOK
    )
    assert [by_mail.wants(site) for site in ("mau-01", "mau-02", "khac-01", "")] == [True, False, False, False]
    assert [by_hook.wants(site) for site in ("mau-01", "mau-02", "khac-01", "")] == [True, True, False, True]
    assert (by_mail.every_ms, by_mail.reminder_ms, by_hook.reminder_ms) == (600_000, 14_400_000, None)
    assert by_hook.secret == b"s" * 32


@pytest.mark.req("X5")
def test_neither_address_nor_secret_shows_where_a_recipient_is_written_out(tmp_path: Path) -> None:
    found = read(tmp_path, 'mail = "truc@mau.example"', HOOK)
    for text in (repr(found), repr([one.notice for one in found]), *(one.key for one in found)):
        assert not any(hidden in text for hidden in ("truc", "hidden-token", "so.example", "sss"))


@pytest.mark.parametrize(
    "section",
    [
        "",
        'mail = "a@mau.example"\nwebhook = "https://so.example/"\nsecret_file = "secret"',
        'webhook = "https://so.example/"',
        'webhook = "http://so.example/"\nsecret_file = "secret"',
        'webhook = "https://user:password@so.example/"\nsecret_file = "secret"',
        'webhook = "https://so.example/a b"\nsecret_file = "secret"',
        'webhook = "https://so.example:99999/"\nsecret_file = "secret"',
        'webhook = "https:///nowhere"\nsecret_file = "secret"',
        'webhook = "file:///etc/passwd"\nsecret_file = "secret"',
        'webhook = "https://so.example/"\nsecret_file = "missing"',
        'webhook = "https://so.example/"\nsecret_file = "secret"\nca = "missing.crt"',
        'mail = "a@mau.example"\nsecret_file = "secret"',
        'mail = "a@mau.example"\nsites = ["khac-01"]',
        'mail = "a@mau.example"\nlanguage = "fr"',
        'mail = "a@mau.example"\nleast = "all"',
        'mail = "a@mau.example"\nevery_minutes = 0',
        'mail = "a@mau.example"\nreminder_hours = 0',
        'mail = "a@mau.example"\nunknown = 1',
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, section)
    assert "password" not in str(refused.value).replace("name and password", "")


def test_a_short_secret_another_province_and_a_missing_mail_server_are_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("s" * 31)
    with pytest.raises(ConfigError, match="32 bytes"):
        read(tmp_path, 'webhook = "https://so.example/"\nsecret_file = "short"')
    with pytest.raises(ConfigError, match=r"\[mail\]"):
        read(tmp_path, 'mail = "a@mau.example"', mail=False)
    with pytest.raises(ConfigError, match="no province"):
        recipients([Notice("nowhere", mail="a@mau.example")], (MAU,), mail=True)
    with pytest.raises(ConfigError, match="same recipient"):
        read(tmp_path, 'mail = "a@mau.example"', 'mail = "a@mau.example"\nlanguage = "en"')
    with pytest.raises(ConfigError, match="more than 50"):
        read(tmp_path, *(f'mail = "a{n}@mau.example"' for n in range(51)))


def test_a_webhook_without_tls_goes_to_this_machine_only(tmp_path: Path) -> None:
    (found,) = read(tmp_path, 'webhook = "http://127.0.0.1:8000/in"\nsecret_file = "secret"')
    assert found.number == 1
