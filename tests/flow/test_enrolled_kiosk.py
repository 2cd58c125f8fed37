"""A kiosk that was enrolled and not configured by hand: the whole program works by its identity, and is thrown out."""

import re
from pathlib import Path

import httpx
import pytest

from provisioning.demo.supervisor import Supervisor
from tests.enrolment import HOME, administrator_of, approve, ask_in, own_authority, running_hub
from tests.waiting import until


@pytest.mark.req("X1", "X6", "P1")
def test_an_enrolled_kiosk_works_and_a_revoked_one_does_not(tmp_path: Path) -> None:
    site = own_authority(tmp_path / "site")
    with running_hub(site):
        administrator = administrator_of(site)
        kiosk = ask_in(site, "kiosk", tmp_path / "identity")
        kiosk.type(approve(administrator, kiosk.code(), "kiosk-1", replace="1"))
        assert kiosk.status() == 0, kiosk.said
        path = site.folder / "kiosk.toml"
        text = path.read_text(encoding="utf-8")
        by_identity = re.sub(r"\[hub\]\n(.+\n)+", f'[hub]\nidentity = "{tmp_path / "identity"}"\n', text)
        assert by_identity != text
        path.write_text(by_identity, encoding="utf-8")
        with Supervisor(site.programs("workbench", "kiosk")):
            health = f"http://127.0.0.1:{site.ports.kiosk}/health"

            def is_alone() -> bool:
                return bool(httpx.get(health, trust_env=False, timeout=20).json()["alone"])

            until(lambda: not is_alone(), what="the link to the hub")
            assert "kiosk-1" in administrator.http.get(HOME).text
            administrator.send(HOME, f"{HOME}/revoke", name="kiosk-1")
            until(is_alone, what="the link's end")  # and not after the 25 s in which nothing is heard
