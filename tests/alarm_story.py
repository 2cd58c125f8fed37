"""Alarms as moiso-fleet writes them, deed by deed, without waiting for anything."""

from pathlib import Path

from msgspec.structs import replace

from cloud.fleet.records import Look, Step
from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level
from cloud.fleet.store import Fleet

MINUTE_MS = 60_000


class AlarmStory:
    """The alarms of ``fleet.db`` in the folder ``data``; what happens, happens at ``now_ms``."""

    def __init__(self, data: Path, now_ms: int) -> None:
        self.fleet = Fleet(data)
        self.now_ms = now_ms
        self._alarms: dict[Cause, Alarm] = {}

    def opens(self, cause: Cause, level: Level = Level.FAIL, reason: str = "", detail: str = "") -> int:
        """A new alarm; its id."""
        alarm = Alarm(cause, level, self.now_ms - MINUTE_MS, reason, detail, self.now_ms, worst=level, times=1)
        return self._record(cause, None, alarm, Deed.OPENED)

    def worsens(self, cause: Cause, reason: str = "") -> None:
        """It fails now."""
        before = self._alarms[cause]
        after = replace(before, level=Level.FAIL, worst=Level.FAIL, reason=reason or before.reason)
        self._record(cause, before, after, Deed.WORSENED)

    def closes(self, cause: Cause) -> None:
        """Its cause has been away long enough."""
        before = self._alarms[cause]
        after = replace(before, gone_ms=self.now_ms - MINUTE_MS, closed_ms=self.now_ms)
        self._record(cause, before, after, Deed.CLOSED)

    def reopens(self, cause: Cause, level: Level = Level.FAIL) -> None:
        """It is there again."""
        before = self._alarms[cause]
        after = replace(
            before, level=level, worst=level, since_ms=self.now_ms, gone_ms=0, closed_ms=0, times=before.times + 1
        )
        self._record(cause, before, after, Deed.REOPENED)

    def is_acknowledged(self, cause: Cause, who: str = "lan", note: str = "") -> None:
        """Somebody takes it on."""
        assert self.fleet.acknowledge(self._alarms[cause].id, who, note, self.now_ms)

    def _record(self, cause: Cause, before: Alarm | None, after: Alarm, deed: Deed) -> int:
        kept = self.fleet.record(Look(self.now_ms, steps=[Step(cause, before, after, deed)]))
        self._alarms[cause] = kept[cause]
        return kept[cause].id


def paper_out(site: str = "mau-01", kiosk: str = "kiosk-1") -> Cause:
    """A kiosk's printer."""
    return Cause(site, kiosk, Kind.PART, "printer")


def silent(site: str = "mau-01") -> Cause:
    """A whole site."""
    return Cause(site, "", Kind.SITE_SILENT)
