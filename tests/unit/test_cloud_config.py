"""``cloud.toml``: provinces, second factor and identity provider, and what of them is refused at start."""

from pathlib import Path

import pytest

from cloud.config import Cloud, Totp
from cloud.roles import EVERYWHERE, Role
from edge.daemon.config import ConfigError, load

BASE = """
data = "data"
[web]
listen = "127.0.0.1:1"
session_key_file = "k"
[broker]
address = "127.0.0.1:1"
ca = "c"
certificate = "c"
key = "c"
"""
MAU = """
[[province]]
id = "mau"
name = "Mẫu"
name_en = "Sample"
sites = ["mau-*"]
"""
OIDC = '[oidc]\nissuer = "https://id.example"\nclient_id = "moiso"\nclient_secret_file = "s"\n'


def read(tmp_path: Path, more: str) -> Cloud:
    path = tmp_path / "cloud.toml"
    path.write_text(BASE + more, encoding="utf-8")
    return load(path, Cloud)


def test_without_more_there_is_one_province_of_all_and_the_second_factor_is_a_must(tmp_path: Path) -> None:
    config = read(tmp_path, "")
    assert (config.province, config.accounts.totp, config.oidc) == ((EVERYWHERE,), Totp.REQUIRED, None)


def test_provinces_and_a_provider_are_read(tmp_path: Path) -> None:
    roles = '[[oidc_role]]\nvalue = "lead"\nrole = "facility"\nprovince = "mau"\nsite = "mau-01"\n'
    config = read(tmp_path, MAU + OIDC + roles + '[accounts]\ntotp = "offered"\n')
    assert config.province[0].has("mau-07")
    assert not config.province[0].has("khac-01")
    assert config.accounts.totp is Totp.OFFERED
    assert config.oidc is not None
    assert config.oidc.client_secret_file == tmp_path / "s"
    assert config.oidc_role[0].role is Role.FACILITY


@pytest.mark.req("X1", "X3")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (MAU + MAU, "an id of its own"),
        (MAU.replace('"mau"', '""'), "an id of its own"),
        (MAU.replace("sites", "site"), "site"),
        (OIDC.replace("https", "http"), "https"),
        (OIDC.replace("https://id.example", "file:///etc/passwd"), "https"),
        ('[[oidc_role]]\nvalue = "x"\nrole = "province"\nprovince = "khac"\n', "no province 'khac'"),
        ('[[oidc_role]]\nvalue = "x"\nrole = "facility"\n', "does not fit"),
        ('[[oidc_role]]\nvalue = "x"\nrole = "root"\n', "root"),
        ('[accounts]\ntotp = "never"\n', "never"),
    ],
)
def test_what_does_not_hold_together_is_refused_with_its_reason(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(tmp_path, more)
