"""``targets.db``: what each Department set itself, its targets and where its facilities lie.

What it did not set is as ``cloud.toml`` says (``[[target]]``, ``[[place]]``), which is the same for every province.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import Struct

from cloud.entries import USUAL
from cloud.indicators import Key
from cloud.map import Place, Position
from cloud.own_file import OwnFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (
  province TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  value TEXT NOT NULL,  -- JSON; null: there shall be none
  set_by TEXT NOT NULL, set_ms INTEGER NOT NULL,
  PRIMARY KEY (province, kind, name)
) STRICT, WITHOUT ROWID;
"""


class Kind(Enum):
    """What is set: ``name`` is an indicator's key and the value a number, or a facility's site and a position."""

    TARGET = "target"
    PLACE = "place"


class Setting(Struct, frozen=True):
    """What a Department set: the JSON of a value or of nothing, the account that set it, and when (ms since 1970)."""

    value: str
    by: str
    at_ms: int


class Change(Struct, frozen=True):
    """From what somebody saw to what they wish; both as ``Setting.value``, or USUAL."""

    was: str
    wish: str


class Overtaken(Exception):
    """Somebody else changed these meanwhile."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


class Targets(OwnFile):
    """The file in the folder ``data``. ``usual`` are the targets of ``cloud.toml``, ``places`` its places."""

    def __init__(self, data: Path, usual: Mapping[Key, float], places: Sequence[Place] = ()) -> None:
        self.usual = usual
        self.usual_places: Mapping[str, Position] = {place.site: (place.lon, place.lat) for place in places}
        super().__init__(data / "targets.db", SCHEMA)

    def aims(self, province: str) -> Mapping[Key, float]:
        """What this province aims at now; an indicator that is not among them has no target."""
        own = self.settings(Kind.TARGET, province)
        found = {key: msgspec.json.decode(own[key.value].value) for key in Key if key.value in own}
        return {key: aim for key, aim in {**self.usual, **found}.items() if aim is not None}

    def places(self, province: str) -> Mapping[str, Position]:
        """Where facilities lie, as this province has it; who is not among them is on no map."""
        own = self.settings(Kind.PLACE, province)
        found = {site: msgspec.json.decode(one.value, type=Position | None) for site, one in own.items()}
        return {site: at for site, at in {**self.usual_places, **found}.items() if at is not None}

    def settings(self, kind: Kind, province: str) -> Mapping[str, Setting]:
        """What this province set itself, by name."""
        with self._opened() as db:
            rows = db.execute(
                "SELECT name, value, set_by, set_ms FROM settings WHERE province = ? AND kind = ?",
                (province, kind.value),
            )
            return {name: Setting(*row) for name, *row in rows}

    def change(self, kind: Kind, province: str, changes: Mapping[str, Change], by: str, now_ms: int) -> None:
        """Make all of these changes; none of them where one raises Overtaken."""
        with self._writing() as db:
            now = dict(
                db.execute("SELECT name, value FROM settings WHERE province = ? AND kind = ?", (province, kind.value))
            )
            late = frozenset(name for name, change in changes.items() if now.get(name, USUAL) != change.was)
            if late:
                raise Overtaken(late)
            for name, change in changes.items():
                if change.wish == USUAL:
                    db.execute(
                        "DELETE FROM settings WHERE province = ? AND kind = ? AND name = ?",
                        (province, kind.value, name),
                    )
                else:
                    db.execute(
                        "INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?, ?, ?)",
                        (province, kind.value, name, change.wish, by, now_ms),
                    )
