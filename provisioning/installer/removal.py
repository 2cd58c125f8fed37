"""Takes roles away again: what an installation wrote, and data only where that is asked for in so many words."""

import contextlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from provisioning.installer import facts as machine
from provisioning.installer.apply import link
from provisioning.installer.facts import RELEASES, SHARE, VENV, VENVS
from provisioning.installer.product import common_files, files_of, links_of, marker
from provisioning.installer.roles import CONFIG, EVERYWHERE_ENABLE, ROLES, SITE_TARGET, Role
from provisioning.installer.words import Words

INSTALLER = "/usr/bin/moiso-install"
DROP_INS = (f"{CONFIG}/secrets", CONFIG)


class Removal(NamedTuple):
    """What goes, and what stays unless it is purged."""

    stop: tuple[str, ...]
    files: tuple[str, ...]
    trees: tuple[str, ...]
    data: tuple[str, ...]
    users: tuple[str, ...]


def removal(source: Path, going: Sequence[Role], staying: Sequence[Role]) -> Removal:
    """What goes with these roles from a machine that keeps those."""
    kept = {file.target for role in staying for file in files_of(source, role)}
    files = [file.target for role in going for file in files_of(source, role) if file.target not in kept]
    files += [marker(role.name) for role in going]
    stop = [name for role in going for name in role.enable]
    trees: list[str] = []
    if not staying:
        files += [file.target for file in common_files(source, on_site=True)]
        files += [link for link in links_of(source) if link != INSTALLER]
        trees = [f"/{VENV}", f"/{VENVS}", f"/{RELEASES}"]
        stop += [SITE_TARGET, "tmp.mount", *EVERYWHERE_ENABLE]
    data = [user.state for role in going for user in role.users if user.keeps]
    data += [role.secrets for role in going]
    data += [config.target for role in going for config in role.configs]
    data += [f"{CONFIG}/officers.toml"] if any(role.name == "hub" for role in going) else []
    data += [f"{CONFIG}/broker"] if any(role.name == "cloud" for role in going) else []
    users = [user.name for role in going for user in role.users]
    return Removal(*(tuple(dict.fromkeys(part)) for part in (stop, files, trees, data, users)))


def remove(roles: Sequence[Role], say: Words, *, purge: bool, check: bool) -> int:
    """Do it; 0, or 1 where ``check`` finds something to do."""
    source = Path(__file__).resolve().parents[2]
    names = {role.name for role in roles}
    staying = [ROLES[name] for name in sorted(machine.installed_roles() - names) if name in ROLES]
    going = removal(source, roles, staying)
    if not staying and not machine.is_packaged():
        going = going._replace(trees=(*going.trees, INSTALLER, f"/{SHARE}"))
    files = [path for path in (*going.files, *going.trees) if Path(path).exists() or Path(path).is_symlink()]
    data = [path for path in going.data if Path(path).exists()]
    if check:
        for path in (*files, *(data if purge else ())):
            print(say("Xóa: {what}", what=path))
        return 1 if files or (purge and data) else 0
    if going.stop:
        print(say("Dừng và không tự chạy nữa: {what}", what=" ".join(going.stop)))
        _quietly("systemctl", "disable", "--now", *(name for name in going.stop if name != "tmp.mount"))
        _quietly("systemctl", "disable", *(name for name in going.stop if name == "tmp.mount"))
    for path in (*files, *(data if purge else ())):
        print(say("Xóa: {what}", what=path))
        _delete(Path(path))
    if not staying and machine.is_packaged():  # of an update's release, that is gone, back to dpkg's own
        link(Path(INSTALLER), f"../{SHARE.removeprefix('usr/')}/provisioning/install")
    if machine.is_booted():
        _quietly("systemctl", "daemon-reload")
    if purge:
        for user in going.users:
            _quietly("userdel", user)
        for folder in DROP_INS:
            with contextlib.suppress(OSError):  # other roles' files are in it
                Path(folder).rmdir()
    elif data:
        print(say(_STAYS, what=" ".join(data)))
    return 0


_STAYS = "Dữ liệu và cấu hình vẫn còn: {what}. Xóa hết: thêm --purge."


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _quietly(*command: str) -> None:
    subprocess.run(command, capture_output=True)  # a unit that is not there is as good as stopped
