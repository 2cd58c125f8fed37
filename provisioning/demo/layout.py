"""What stands where in a demo site: its folder, its ports, its programs."""

import socket
import sys
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from edge.contracts.catalogue import Catalogue
from provisioning.demo.ports import reserve_block
from provisioning.demo.supervisor import Program

T = TypeVar("T")
OFFICER, FLOOR_LEAD, ADMINISTRATOR = "quay1", "truongphong", "quantri"
MOSQUITTO = "/usr/sbin/mosquitto"  # Debian's place; not on everyone's PATH


class Ports(Struct, frozen=True):
    """The loopback ports of a demo site."""

    workbench: int = 8000
    kiosk: int = 8081
    hub: int = 8443
    hub_pages: int = 8080
    board: int = 8082
    dashboard: int = 8090
    broker: int = 8883
    printer: int = 9100
    card_reader: int = 9101

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens at, and no other site will be given while this process lives."""
        return cls.counted_from(reserve_block())

    @classmethod
    def counted_from(cls, base: int) -> "Ports":
        """As many ports in a row, the workbench's first."""
        return cls(*range(base, base + len(cls.__struct_fields__)))

    def in_use(self) -> dict[str, int]:
        """The ports that another program listens at, by what they are for."""
        busy = {}
        for name, port in asdict(self).items():
            with socket.socket() as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    sock.bind(("127.0.0.1", port))
                except OSError:
                    busy[name] = port
        return busy


class Passwords(Struct, frozen=True):
    """The demo's own logins; a real site has none that stands in a file."""

    officer: str
    floor_lead: str
    administrator: str
    account: str
    staff_pin: str

    def __repr__(self) -> str:
        return "Passwords(…)"


class Site(Struct, frozen=True):
    """A provisioned demo site: where its files are, at which ports it listens, and its programs."""

    folder: Path
    ports: Ports
    passwords: Passwords
    catalogue: Catalogue

    @property
    def scanner_link(self) -> Path:
        """Where the simulated scanner's serial line appears."""
        return self.folder / "run/scanner"

    @property
    def camera(self) -> Path:
        """The folder whose newest picture the kiosk's camera sees; nobody stands there while it is empty."""
        return self.folder / "camera"

    @property
    def csca(self) -> Path:
        """The folder of the certificates that the kiosk trusts as issuers of ID cards: that of the simulated cards."""
        return self.folder / "csca"

    @property
    def csca_key(self) -> Path:
        """The private key of that issuer, under which the workbench makes its cards."""
        return self.folder / "secrets/demo-csca.key"

    @property
    def led_link(self) -> Path:
        """Where the simulated LED board's serial line appears."""
        return self.folder / "run/led1"

    @property
    def pins_socket(self) -> Path:
        """Where the board controller's mock pins are pressed."""
        return self.folder / "run/pins.sock"

    @property
    def recordings(self) -> Path:
        """Where the simulated speaker leaves what it played."""
        return self.folder / "run/speaker"

    @property
    def guidance(self) -> Path:
        """Where the kiosk's simulated loudspeaker leaves what it said to whoever is guided by voice."""
        return self.folder / "run/guidance"

    @property
    def control_socket(self) -> Path:
        """Where the supervisor listens for the workbench."""
        return self.folder / "run/supervisor.sock"

    @property
    def logs(self) -> Path:
        """The folder of the programs' logs, ``<program>.log`` each."""
        return self.folder / "logs"

    @property
    def addresses(self) -> dict[str, str]:
        """The pages that a person opens, by program."""
        return {
            "workbench": f"http://127.0.0.1:{self.ports.workbench}/",
            "kiosk": f"http://127.0.0.1:{self.ports.kiosk}/",
            "counter": f"http://127.0.0.1:{self.ports.hub_pages}/",
            "tv": f"http://127.0.0.1:{self.ports.board}/",
            "dashboard": f"http://127.0.0.1:{self.ports.dashboard}/",
        }

    def programs(self, *names: str) -> tuple[Program, ...]:
        """The programs of these names in the order in which they start; all of them where none is named."""
        everything = (
            self._program("workbench", "provisioning.demo.workbench", str(self.folder)),
            Program(
                name="broker",
                command=(MOSQUITTO, "-c", str(self.folder / "broker/mosquitto.conf")),
                log=self.logs / "broker.log",
                ready_port=self.ports.broker,
            ),
            self._program("hub", "edge.hub.app", "--config", str(self.folder / "hub.toml")),
            self._program("cloud", "cloud.app", "--config", str(self.folder / "cloud.toml")),
            self._program("ingest", "cloud.ingest", "--config", str(self.folder / "cloud.toml"), after=("broker",)),
            self._program("fleet", "cloud.fleet.app", "--config", str(self.folder / "cloud.toml"), after=("broker",)),
            self._program(
                "remote", "cloud.remote.publish", "--config", str(self.folder / "remote.toml"), after=("broker",)
            ),
            self._program("phone", "cloud.phone.app", "--config", str(self.folder / "phone.toml"), after=("broker",)),
            self._program(
                "kiosk", "edge.kiosk.app", "--config", str(self.folder / "kiosk.toml"), after=("workbench", "hub")
            ),
            self._program(
                "board", "board_controller.app", "--config", str(self.folder / "board.toml"), after=("workbench", "hub")
            ),
        )
        return tuple(program for program in everything if not names or program.name in names)

    def _program(self, name: str, module: str, *arguments: str, after: tuple[str, ...] = ()) -> Program:
        command = (sys.executable, "-m", module, *arguments)
        return Program(name=name, command=command, log=self.logs / f"{name}.log", after=after)


def opened(folder: Path) -> Site:
    """The site that ``provisioning.demo.site.provision`` made in this folder."""
    folder = folder.resolve()
    return Site(
        folder=folder,
        ports=_read(folder / "ports.toml", Ports),
        passwords=read_passwords(folder),
        catalogue=_read(folder / "catalogue.toml", Catalogue),
    )


def read_passwords(folder: Path) -> Passwords:
    """The demo's logins, as they were made when the site was."""
    return _read(folder / "secrets/demo-passwords.toml", Passwords)


def _read(path: Path, shape: type[T]) -> T:
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), shape)
