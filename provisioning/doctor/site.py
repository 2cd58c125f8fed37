"""Which programs are configured on this machine, by the files of one folder."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from edge.daemon.config import ConfigError, Listen
from provisioning.doctor.findings import N_, Finding, fail, ok
from provisioning.doctor.secrets import account_of, secret_files

if TYPE_CHECKING:
    from board_controller.config import BoardConfig
    from cloud.config import Cloud
    from edge.hub.config import HubConfig
    from edge.kiosk.config import KioskConfig
    from edge.screen.config import ScreenConfig

T = TypeVar("T")

SYSTEM_FOLDER = Path("/etc/moiso")
PROGRAMS = ("hub", "kiosk", "screen", "board", "cloud")
UNITS = {program: f"moiso-{program}" for program in PROGRAMS}
_SUBJECT = N_("Cấu hình")


class Configured(Struct):
    """The configurations that were found and could be read; ``wrong`` has a finding for each that could not."""

    folder: Path
    found: list[str] = []
    wrong: dict[str, Finding] = {}
    hub: "HubConfig | None" = None
    kiosk: "KioskConfig | None" = None
    board: "BoardConfig | None" = None
    cloud: "Cloud | None" = None
    screen: "ScreenConfig | None" = None

    @property
    def under_systemd(self) -> bool:
        """Whether systemd is the one that runs these programs: those of any other folder are a demo's, or a test's."""
        return self.folder.resolve() == SYSTEM_FOLDER

    @property
    def data_folders(self) -> list[Path]:
        """The folders that the programs write to."""
        folders = [config.data for config in (self.hub, self.kiosk, self.cloud) if config]
        if self.board and self.board.media:
            folders.append(self.board.media.folder)
        return folders

    def secrets(self, program: str) -> list[Path]:
        """The files of one program that nobody else may read."""
        folder = self.folder
        match program:
            case "hub" if self.hub:
                hub = self.hub
                files = [hub.site_secret_file, hub.devices, hub.officers, *_keys(hub.listen)]
                files += [hub.uplink.key] if hub.uplink else []
                return files + ([hub.insurance.password_file, hub.insurance.officer_id_file] if hub.insurance else [])
            case "kiosk" if self.kiosk:
                return [self.kiosk.hub.token_file, *([folder / "kiosk.toml"] if self.kiosk.staff_pin_argon2 else [])]
            case "board" if self.board:
                return [self.board.hub.token_file, *_keys(self.board.listen)]
            case "cloud" if self.cloud:
                return [self.cloud.web.session_key_file, self.cloud.broker.key]
        return []

    def files(self, program: str) -> Iterator[Finding]:
        """What is to be said of a program's files."""
        if program in self.wrong:
            yield self.wrong[program]
            return
        yield ok(f"{program}.configuration", _SUBJECT, N_("{path} đúng"), path=self.folder / f"{program}.toml")
        account = account_of(UNITS[program]) if self.under_systemd else None
        yield from secret_files(f"{program}.secrets", self.secrets(program), account)


def read(folder: Path) -> Configured:
    """Read what is there; each program's own code is imported only where its file is found."""
    site = Configured(folder=folder)
    site.hub = _load(site, "hub", _hub)
    site.kiosk = _load(site, "kiosk", _kiosk)
    site.board = _load(site, "board", _board)
    site.cloud = _load(site, "cloud", _cloud)
    site.screen = _load(site, "screen", _screen)
    return site


def _load(site: Configured, program: str, load: Callable[[Path], T]) -> T | None:
    path = site.folder / f"{program}.toml"
    if not path.exists():
        return None
    site.found.append(program)
    try:
        return load(path)
    except ConfigError as error:
        advice = N_("Sửa tệp theo docs/configure.md, rồi: sudo systemctl restart {unit}")
        if isinstance(error.__cause__, PermissionError):
            advice = N_("Chạy lại với sudo: sudo moiso-doctor.")
        site.wrong[program] = fail(
            f"{program}.configuration", _SUBJECT, "{error}", advice, error=error, unit=UNITS[program]
        )
        return None


def _hub(path: Path) -> "HubConfig":
    from edge.daemon.config import load
    from edge.hub.config import HubConfig

    config = load(path, HubConfig)
    if not config.listen:
        raise ConfigError(f"{path}: listen: at least one [[listen]] with an address is expected")
    return config


def _kiosk(path: Path) -> "KioskConfig":
    from edge.kiosk.config import load_config

    return load_config(path)


def _board(path: Path) -> "BoardConfig":
    from board_controller.config import read

    return read(path)


def _cloud(path: Path) -> "Cloud":
    from cloud.config import Cloud
    from edge.daemon.config import load

    return load(path, Cloud)


def _screen(path: Path) -> "ScreenConfig":
    from edge.screen.config import load_config

    return load_config(path)


def _keys(listens: tuple[Listen, ...]) -> list[Path]:
    return [listen.key for listen in listens if listen.key]
