"""The settings of /etc/moiso/update.toml; without the file a machine is updated by hand alone."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from edge.daemon.config import Section, load
from provisioning.update.index import Ring
from provisioning.update.plan import Window, read_window

PATH = Path("etc/moiso/update.toml")


class Update(Section, frozen=True):
    """Where updates come from, when they are taken, and how they are judged.

    ``source``: https://…/ or a folder, ``*`` in it for a stick of any name; empty: by hand alone. ``keys``: the public
    keys that vouch for updates. ``ca``: the only authority that may vouch for the source; empty: those of the system.
    """

    source: Annotated[str, Meta(pattern=r"^(https://[^\s?#]{1,400}/|/[^\x00\s]{0,400})?\Z")] = ""
    keys: Path = Path("update.pem")
    ca: Path | None = None
    ring: Ring = "rest"
    not_before_hours: Annotated[int, Meta(ge=0, le=24 * 60)] = 24
    window: str = "21:00-04:30"
    within_s: Annotated[int, Meta(ge=1, le=3600)] = 300
    steady_s: Annotated[int, Meta(ge=0, le=600)] = 15

    def __post_init__(self) -> None:
        read_window(self.window)
        if self.steady_s >= self.within_s:
            raise ValueError("steady_s: less than within_s is expected")

    @property
    def hours(self) -> Window:
        """When it may be done."""
        return read_window(self.window)


class File(Section, frozen=True):
    """The whole file."""

    update: Update = Update()


def read(root: Path) -> Update:
    """The settings of this machine. Raises ConfigError."""
    path = root / PATH
    settings = load(path, File).update if path.exists() else Update()
    return replace(settings, keys=path.parent / settings.keys)
