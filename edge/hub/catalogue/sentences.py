"""A change to the catalogue as a sentence that an administrator reads; the Vietnamese ones are gettext sources."""

from collections import Counter as Counts
from collections.abc import Callable, Iterable
from typing import Any

from edge.contracts.catalogue import Catalogue, Counter, Discipline, OpeningPeriod, SpecialDay
from edge.contracts.hall import Phrase, Recording
from edge.contracts.slip import SlipTemplate
from edge.hub.catalogue.changes import ORDER, Change
from edge.hub.catalogue.edits import LISTS, thing
from edge.hub.catalogue.forms import DISCIPLINES, SIZES
from edge.hub.catalogue.hall_words import CHOICES, HALL_WORDS, PHRASE_NAMES
from edge.hub.catalogue.kiosk_forms import KIOSK_CHOICES, KIOSK_WORDS, NAMES, set_to
from edge.queueing.catalogue_words import BLOCK_NAMES, FIELDS, KINDS

WEEKDAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_LIST_FIELDS = {"services", "route", "zones", "playlist", "notices"}
_MEDIUM_FIELDS = {"chime", "sound", "medium", "logo"}  # each names one, or what _CHOICES has
_CHOICES = {**CHOICES, **KIOSK_CHOICES}

# The words for what ``edge.queueing.catalogue_words`` has none for.
_MORE_FIELDS: dict[str, str] = {
    "discipline": "cách xếp thứ tự",
    "transfer_keeps_place": "chuyển dịch vụ vẫn giữ chỗ",
    "last_number": "số cuối",
    "first_number": "số đầu",
    "assigns_room": "in phòng lên phiếu",
    "active": "phát số",
    "fees": "thu phí",
    "kind": "loại tệp",
    "theme": "nền",
    "colours": "màu các ô",
    "notice": "chỗ của chữ chạy",
    "calls": "hiện các số vừa gọi",
    "waits": "hiện thời gian chờ",
    "next": "hiện số kế tiếp",
    "split": "chia màn hình",
    "region": "vùng miền",
    "digits": "đọc từng chữ số",
    "recordings": "dùng bản thu",
    "occasion": "sự kiện",
    "on_screen": "hiện trên màn hình",
}
_TILE_SIZE = "cỡ ô"  # a medium has a size too, in bytes
ADDED = "Thêm {thing}"
REMOVED = "Xoá {thing}"
REORDERED = "{kind}: đổi thứ tự"
CHANGED = "{thing}: {field} từ “{before}” thành “{after}”"
LIST_CHANGED = "{thing}: {field} {difference}"
RESTYLED = "đổi cỡ, chỗ, ngôn ngữ hoặc lời"
PUBLIC_HOLIDAYS = "Nghỉ các ngày lễ quốc gia"
WORDS: tuple[str, ...] = (
    *_MORE_FIELDS.values(),
    _TILE_SIZE,
    *HALL_WORDS,
    *KIOSK_WORDS,
    *(ADDED, REMOVED, REORDERED, CHANGED, LIST_CHANGED, RESTYLED, PUBLIC_HOLIDAYS),
    *("thêm {names}", "bớt {names}", "đổi thứ tự", "có", "không", "luôn mở", "nghỉ cả ngày", "mặc định"),
    *WEEKDAYS,
    *DISCIPLINES.values(),
    *SIZES.values(),
)


class Sentences:
    """The changes between two catalogues in one language; ``translate`` is gettext of it."""

    def __init__(self, before: Catalogue, after: Catalogue, language: str, translate: Callable[[str], str]) -> None:
        self._catalogues = (after, before)
        self._english = language == "en"
        self._ = translate

    def sentence(self, change: Change) -> str:
        """What the change does."""
        if change.field == ORDER:
            return self._(REORDERED).format(kind=self._(KINDS[LISTS[change.kind]]))
        name = self.name(change)
        if change.kind == "slip":
            return f"{name}: {self._slip_difference(change.before, change.after)}"
        if (
            change.kind not in ("hours", "public_holidays", "facility", "policy", "kiosk", "payment")
            and not change.field
        ):
            return self._(ADDED if change.before is None else REMOVED).format(thing=name)
        field = self._(_TILE_SIZE) if (change.kind, change.field) == ("service", "size") else self.field(change.field)
        if change.field in _LIST_FIELDS:
            return self._(LIST_CHANGED).format(thing=name, field=field, difference=self._difference(change))
        before, after = self.value(change, change.before), self.value(change, change.after)
        if not change.field:
            return f"{name}: “{before}” → “{after}”"
        return self._(CHANGED).format(thing=name, field=field, before=before, after=after)

    def name(self, change: Change) -> str:
        """The thing that is changed."""
        if change.kind == "public_holidays":
            return self._(PUBLIC_HOLIDAYS)
        kind = self._(KINDS[change.kind])
        if not change.id:
            return kind
        found = change.before if change.before is not None and not change.field else None
        if found is None:
            found = self._thing(change.kind, change.id)
        if isinstance(found, Counter):
            return f"{kind} {found.number}"
        named = self._named(found)
        day = f"{found.date} " if isinstance(found, SpecialDay) else ""
        return f"{kind[:1].lower()}{kind[1:]} {day}“{named}”" if not change.field else f"{kind} {day}“{named}”"

    def _named(self, one: Any) -> str:
        if isinstance(one, Phrase):
            return self._(PHRASE_NAMES.get(one.id, one.id))
        if isinstance(one, Recording):
            return f"{one.text} ({one.id.partition('/')[0]})"
        return str(getattr(one, "name_en", one.name) if self._english else one.name)

    def field(self, name: str) -> str:
        """A field's name."""
        return self._(_MORE_FIELDS.get(name) or FIELDS.get(name, name))

    def value(self, change: Change, value: Any) -> str:
        """What stands in a field."""
        if choices := _CHOICES.get((change.kind, change.field)):
            chosen = value if isinstance(value, tuple) else (value,)
            return ", ".join(self._(choices[one]) if one in choices else self._medium(one) for one in chosen)
        if change.field in _MEDIUM_FIELDS:
            return self._medium(value) if value else "—"
        if change.kind == "kiosk" and (usual := set_to(change.field, value)):
            return self._(usual)
        match value:
            case bool():
                return self._("có") if value else self._("không")
            case Discipline():
                return self._(DISCIPLINES[value])
            case tuple() if change.field == "periods":
                return ", ".join(f"{opens}–{closes}" for opens, closes in value) or self._("nghỉ cả ngày")
            case tuple() if change.field in _LIST_FIELDS:
                return ", ".join(self._names(change, value)) or "—"
            case tuple() if change.field == "weekdays":
                return self.days(value)
            case tuple() if change.field == "loudness":
                return ", ".join(f"{step.since} {step.percent} %" for step in value) or self._("mặc định")
            case tuple() if change.field == "at":
                return ", ".join(value) or "—"
            case tuple():
                otherwise = self._("luôn mở") if change.kind == "hours" else self._("mặc định")
                return self.week(value) or otherwise
            case float():
                return f"{value:g}"
        if change.field == "group":
            group = self._thing("group", value)
            return str(group.name_en if self._english else group.name)
        if (change.kind, change.field) == ("service", "size"):
            return self._(SIZES[value])
        return str(value) or "—"

    def week(self, periods: Iterable[OpeningPeriod]) -> str:
        """Weekly hours in one line."""
        return "; ".join(f"{self.days(p.weekdays)} {p.opens}–{p.closes}" for p in periods)

    def languages(self, codes: Iterable[str]) -> str:
        """Languages of a kiosk."""
        return ", ".join(self._(NAMES[code]) for code in codes)

    def days(self, weekdays: Iterable[int]) -> str:
        """Weekdays, neighbours taken together.

        >>> Sentences(None, None, "vi", str).days([0, 1, 2, 4, 6])
        'T2–T4, T6, CN'
        """
        runs: list[list[int]] = []
        for day in sorted(weekdays):
            if runs and runs[-1][-1] == day - 1:
                runs[-1].append(day)
            else:
                runs.append([day])
        named = [[self._(WEEKDAYS[day]) for day in run] for run in runs]
        return ", ".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in named)

    def _difference(self, change: Change) -> str:
        added = [value for value in change.after if value not in change.before]
        gone = [value for value in change.before if value not in change.after]
        parts = []
        if added:
            parts.append(self._("thêm {names}").format(names=", ".join(self._names(change, added))))
        if gone:
            parts.append(self._("bớt {names}").format(names=", ".join(self._names(change, gone))))
        return "; ".join(parts) or self._("đổi thứ tự")

    def _slip_difference(self, before: SlipTemplate, after: SlipTemplate) -> str:
        old, new = (Counts(block.kind for block in slip.blocks) for slip in (before, after))
        parts = [
            self._(words).format(names=", ".join(f"“{self._(BLOCK_NAMES[kind])}”" for kind in more))
            for words, more in (("thêm {names}", new - old), ("bớt {names}", old - new))
            if more
        ]
        if not parts:
            same = Counts(before.blocks) == Counts(after.blocks)
            parts = [self._("đổi thứ tự") if same else self._(RESTYLED)]
        return "; ".join(parts)

    def _names(self, change: Change, values: Iterable[str]) -> list[str]:
        if change.field == "playlist":
            return [f"“{self._medium(value)}”" for value in values]
        if change.field not in ("services", "route"):
            return [f"“{value}”" for value in values]
        return [f"“{self._named(self._thing('service', value))}”" for value in values]

    def _medium(self, medium_id: str) -> str:
        try:
            return str(self._thing("medium", medium_id).name)
        except KeyError:
            return medium_id

    def _thing(self, kind: str, thing_id: str) -> Any:
        for catalogue in self._catalogues:
            try:
                return thing(catalogue, kind, thing_id)
            except KeyError:
                continue
        raise KeyError(thing_id)
