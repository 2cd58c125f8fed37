"""What differs between two catalogues, field by field, and how the changes of two officers come together: pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import asdict, replace

from edge.contracts.catalogue import Catalogue
from edge.hub.catalogue.edits import LISTS, Thing, key, put, thing, things, with_things, without

ORDER = "order"
WHOLES = ("hours", "public_holidays", "slip")  # what changes as a whole
_NAMES = {"id", "date"}  # what makes a thing this thing and no other


class Change(NamedTuple):
    """One difference. ``kind`` and ``id`` name the thing, ``field`` what of it; an empty field is the thing itself,
    which is new where ``before`` is None and gone where ``after`` is. ``ORDER`` is the order of all of a kind."""

    kind: str
    id: str
    field: str
    before: Any
    after: Any

    @property
    def key(self) -> str:
        """Names the change in a form."""
        return f"{self.kind}/{self.id}/{self.field}"


class Rebased(NamedTuple):
    """An officer's changes beside what has become of the catalogue since: ``clashing`` are the keys of those that
    touch what others changed too, ``theirs`` what the others made of it."""

    mine: tuple[Change, ...]
    theirs: Mapping[str, tuple[Change, ...]]

    @property
    def clashing(self) -> frozenset[str]:
        """The changes between which the officer has to choose."""
        return frozenset(self.theirs)


def changes(before: Catalogue, after: Catalogue) -> tuple[Change, ...]:
    """Everything that differs; the version is not looked at."""
    found = [
        Change(part, "", field, value, new)
        for part in ("facility", "policy", "kiosk", "payment")
        for field, value, new in _fields(getattr(before, part), getattr(after, part))
    ]
    for whole in WHOLES:
        if getattr(before, whole) != getattr(after, whole):
            found.append(Change(whole, "", "", getattr(before, whole), getattr(after, whole)))
    for kind in LISTS:
        found += _list_changes(kind, things(before, kind), things(after, kind))
    return tuple(found)


def applied(catalogue: Catalogue, chosen: Iterable[Change]) -> Catalogue:
    """The catalogue with these changes made to it; one to a thing that is not there makes nothing.

    ``applied(before, changes(before, after))`` is ``after`` but for its version.
    """
    for change in sorted(chosen, key=_turn):
        catalogue = _applied(catalogue, change)
    return catalogue


def _turn(change: Change) -> int:
    """Order comes last; before it media go, once nothing names them any more: a recording would go with its sound."""
    if change.field == ORDER:
        return 2
    return 1 if change.kind == "medium" and not change.field and change.after is None else 0


def rebase(base: Catalogue, draft: Catalogue, in_force: Catalogue) -> Rebased:
    """The changes from ``base`` to ``draft`` that ``in_force``, which came from ``base`` too, has not already.

    A change to a thing that is no longer there puts the whole thing back.
    """
    theirs = changes(base, in_force)
    gone = {(change.kind, change.id) for change in theirs if not change.field and change.after is None}
    mine: dict[str, Change] = {}
    for change in changes(base, draft):
        if (change.kind, change.id) in gone:
            if change.after is None and not change.field:
                continue  # both took it away
            change = Change(change.kind, change.id, "", None, thing(draft, change.kind, change.id))
        elif change in theirs:
            continue
        mine[change.key] = change
    clashes = {name: tuple(other for other in theirs if _clash(change, other)) for name, change in mine.items()}
    return Rebased(tuple(mine.values()), {name: others for name, others in clashes.items() if others})


def _clash(mine: Change, other: Change) -> bool:
    if (mine.kind, mine.id) != (other.kind, other.id):
        return False
    return mine.field == other.field or not mine.field or not other.field


def _fields(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    old, new = asdict(before), asdict(after)
    return [(name, old[name], new[name]) for name in old if name not in _NAMES and old[name] != new[name]]


def _list_changes(kind: str, before: Sequence[Thing], after: Sequence[Thing]) -> list[Change]:
    old, new = {key(one): one for one in before}, {key(one): one for one in after}
    found = [Change(kind, name, "", one, None) for name, one in old.items() if name not in new]
    for name, one in new.items():
        if name not in old:
            found.append(Change(kind, name, "", None, one))
        else:
            found += [Change(kind, name, field, was, now) for field, was, now in _fields(old[name], one)]
    left = [name for name in old if name in new] + [name for name in new if name not in old]
    if left != list(new) and kind != "special_day":
        found.append(Change(kind, "", ORDER, tuple(old), tuple(new)))
    return found


def _applied(catalogue: Catalogue, change: Change) -> Catalogue:
    if change.kind not in LISTS:
        if change.kind in WHOLES:
            return replace(catalogue, **{change.kind: change.after})
        return replace(
            catalogue, **{change.kind: replace(getattr(catalogue, change.kind), **{change.field: change.after})}
        )
    if change.field == ORDER:
        rank = {name: at for at, name in enumerate(change.after)}
        there = sorted(things(catalogue, change.kind), key=lambda one: rank.get(key(one), len(rank)))
        return with_things(catalogue, change.kind, there)
    if not change.field and change.after is None:
        return without(catalogue, change.kind, change.id)
    if not change.field:
        return put(catalogue, change.kind, change.after)
    try:
        there_now = thing(catalogue, change.kind, change.id)
    except KeyError:
        return catalogue
    return put(catalogue, change.kind, replace(there_now, **{change.field: change.after}))
