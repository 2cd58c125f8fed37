"""What the Department sets for its whole province: the targets of the indicators, and where its facilities lie."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.entries import MOST_TYPED, NONE, USUAL, Contradiction, read_aim, read_position, wished
from cloud.indicators import MEANINGS, Better, Key, Meaning, Unit
from cloud.map import Chart, Map, Position
from cloud.roles import Right
from cloud.targets import Change, Kind, Overtaken, Setting
from cloud.today import Facility
from cloud.web.access import allowed, note, viewer
from cloud.web.aims import aims, targets
from cloud.web.doors import say
from cloud.web.figures import TIME_ZONE, aim, plain
from cloud.web.overview import visible
from cloud.words import N_
from edge.daemon.i18n import local_time

SAVED = N_("Đã lưu. Có hiệu lực ngay ở mọi trang, báo cáo và API.")
PLACED = N_("Đã lưu. Bản đồ ở trang Toàn tỉnh đã đổi.")
UNCHANGED = N_("Không có gì thay đổi.")
NOT_SAVED = N_("Chưa lưu gì. Xin sửa chỗ được đánh dấu rồi lưu lại: {names}.")
MEANWHILE = N_("Người khác vừa đổi chỗ này; giá trị mới ở bên cạnh. Nếu vẫn muốn giá trị của bạn, xin lưu lần nữa.")
CONTRADICTION = N_("Vừa có số mới vừa chọn không đặt. Xin xoá số, hoặc bỏ chọn.")
WRONG = {
    Unit.SHARE: N_("Cần một số từ 0 đến 100, nhiều nhất hai chữ số thập phân, ví dụ 87,5."),
    Unit.MINUTES: N_("Cần số phút từ 1 đến 179, nhiều nhất hai chữ số thập phân, ví dụ 30."),
    Unit.SCORE: N_("Cần một số từ 1 đến 5, nhiều nhất hai chữ số thập phân, ví dụ 4,5."),
}
WRONG_PLACE = N_(
    "Cần vĩ độ và kinh độ bằng độ thập phân, trong Việt Nam (vĩ độ 7 đến 24, kinh độ 102 đến 115), ví dụ 11.53, 106.89."
)
SIGNS = {Unit.SHARE: "%", Unit.MINUTES: N_("phút"), Unit.SCORE: "/ 5"}
# Of what is neither better nor worse no target would say anything.
WITH_TARGET = tuple(key for key in Key if MEANINGS[key].better is not Better.NEITHER)

pages = Blueprint("targets", __name__)


class Field(Struct, frozen=True):
    """One field: what stands in it, whether "none" is ticked, what was set when the page was made, what is wrong."""

    typed: str
    none: bool
    was: str
    fault: str = ""


class Row(Struct, frozen=True):
    """One indicator or facility: ``usual`` and ``now`` are what cloud.toml says and what is in force, in words, empty
    where it is nothing; ``by`` and ``at`` who set it, and when."""

    name: str
    label: str
    usual: str
    now: str
    field: Field
    by: str = ""
    at: datetime | None = None
    meaning: Meaning | None = None


class Asked(Struct, frozen=True):
    """What a form asks to change, and what is wrong with the rest of it, by name."""

    changes: Mapping[str, Change]
    faults: Mapping[str, str]


@pages.get("/accounts/targets")
@allowed(Right.CONFIGURE)
def page() -> str:
    """The targets."""
    _require_whole_province()
    return _targets_page({})


@pages.post("/accounts/targets")
@allowed(Right.CONFIGURE)
def save() -> ResponseReturnValue:
    """Set the targets that were changed; all of them or, where one is wrong, none."""
    _require_whole_province()

    def reads(unit: Unit) -> Callable[[str], float]:
        return lambda typed: read_aim(typed, unit)

    units = {key.value: MEANINGS[key].unit for key in WITH_TARGET}
    asked = _asked({name: reads(unit) for name, unit in units.items()}, lambda name: WRONG[units[name]])
    faults = asked.faults or _change(Kind.TARGET, asked.changes)
    if faults:
        labels = [say(MEANINGS[key].name) for key in WITH_TARGET if key.value in faults]
        return _targets_page({**dict.fromkeys(asked.changes, ""), **faults}, _not_saved(labels)), 422
    for name, change in asked.changes.items():
        key = Key(name)
        usual = targets().usual.get(key)
        before, after = (_written(text, usual, MEANINGS[key].unit) for text in (change.was, change.wish))
        note("set-target", f"{name}: {before} → {after}")
    flash(say(SAVED if asked.changes else UNCHANGED))
    return redirect(url_for("accounts.targets.page"))


@pages.get("/accounts/places")
@allowed(Right.CONFIGURE)
def places() -> str:
    """Where the facilities lie, and the map of that."""
    _require_whole_province()
    return _places_page({})


@pages.post("/accounts/places")
@allowed(Right.CONFIGURE)
def place() -> ResponseReturnValue:
    """Set the places that were changed; all of them or, where one is wrong, none."""
    _require_whole_province()
    facilities = visible()
    asked = _asked({one.site: read_position for one in facilities}, lambda _site: WRONG_PLACE)
    faults = asked.faults or _change(Kind.PLACE, asked.changes)
    if faults:
        labels = [_name(one) for one in facilities if one.site in faults]
        return _places_page({**dict.fromkeys(asked.changes, ""), **faults}, _not_saved(labels)), 422
    for site, change in asked.changes.items():
        usual = targets().usual_places.get(site)
        before, after = (_placed(text, usual) for text in (change.was, change.wish))
        note("set-place", f"{site}: {before} → {after}")
    flash(say(PLACED if asked.changes else UNCHANGED))
    return redirect(url_for("accounts.targets.places"))


def _targets_page(kept: Mapping[str, str], problem: str = "") -> str:
    """The page; what was typed stays in the fields that ``kept`` names, with what is wrong with it."""
    own = targets().settings(Kind.TARGET, _province())
    now, usual = aims(_province()), targets().usual
    rows = []
    for key in WITH_TARGET:
        meaning, setting = MEANINGS[key], own.get(key.value)
        value = msgspec.json.decode(setting.value, type=float | None) if setting else None
        shown = "" if value is None else plain(100 * value if meaning.unit is Unit.SHARE else value)
        rows.append(
            Row(
                key.value,
                say(meaning.name),
                aim(usual[key], meaning.unit) if key in usual else "",
                aim(now[key], meaning.unit) if key in now else "",
                _field(key.value, shown, setting, kept),
                *_whose(setting),
                meaning,
            )
        )
    signs = {unit: say(sign) for unit, sign in SIGNS.items()}
    return render_template(
        "targets.html", rows=rows, signs=signs, higher=Better.HIGHER, problem=problem, most=MOST_TYPED
    )


def _places_page(kept: Mapping[str, str], problem: str = "") -> str:
    """As :func:`_targets_page`."""
    own = targets().settings(Kind.PLACE, _province())
    now, usual = targets().places(_province()), targets().usual_places
    facilities = visible()
    rows = []
    for one in facilities:
        setting = own.get(one.site)
        shown = _position(now[one.site]) if setting and one.site in now else ""
        rows.append(
            Row(
                one.site,
                _name(one),
                _position(usual[one.site]) if one.site in usual else "",
                _position(now[one.site]) if one.site in now else "",
                _field(one.site, shown, setting, kept),
                *_whose(setting),
            )
        )
    return render_template(
        "places.html",
        rows=rows,
        names={row.name: row.label for row in rows},
        map=_map(facilities, now),
        problem=problem,
        most=MOST_TYPED,
    )


def _asked(reads: Mapping[str, Callable[[str], float | Position]], wrong: Callable[[str], str]) -> Asked:
    """What the form asks of those that ``reads`` names. Ends with 404 where it names another."""
    if {name.removeprefix("own-") for name in request.form if name.startswith("own-")} - reads.keys():
        abort(404)
    changes, faults = {}, {}
    for name, read in reads.items():
        typed, was = request.form.get(f"own-{name}"), request.form.get(f"was-{name}", "")[:MOST_TYPED]
        if typed is None:
            continue
        try:
            if len(typed) > MOST_TYPED:
                raise ValueError("too long")
            wish = wished(typed, was, read, none=f"none-{name}" in request.form)
        except Contradiction:
            faults[name] = say(CONTRADICTION)
        except ValueError:
            faults[name] = say(wrong(name))
        else:
            if wish != was:
                changes[name] = Change(was, wish)
    return Asked(changes, faults)


def _change(kind: Kind, changes: Mapping[str, Change]) -> Mapping[str, str]:
    """Make the changes; where others did so meanwhile none of them, and what to say of each of those."""
    if not changes:
        return {}
    try:
        targets().change(kind, _province(), changes, viewer().name, time.time_ns() // 1_000_000)
    except Overtaken as overtaken:
        return dict.fromkeys(overtaken.names, say(MEANWHILE))
    return {}


def _field(name: str, shown: str, setting: Setting | None, kept: Mapping[str, str]) -> Field:
    """The field of what is set, or of what was typed, where that is kept."""
    was = setting.value if setting else USUAL
    if name not in kept:
        return Field(shown, was == NONE, was)
    typed = request.form.get(f"own-{name}", "")[:MOST_TYPED]
    return Field(typed, f"none-{name}" in request.form, was, kept[name])


def _whose(setting: Setting | None) -> tuple[str, datetime | None]:
    return (setting.by, local_time(setting.at_ms, TIME_ZONE)) if setting else ("", None)


def _not_saved(labels: Sequence[str]) -> str:
    return say(NOT_SAVED).format(names="; ".join(labels))


def _written(text: str, usual: float | None, unit: Unit) -> str:
    """A target for the audit log, which is of no language."""
    if text == USUAL:
        return f"default ({'none' if usual is None else _written(str(usual), None, unit)})"
    if text == NONE:
        return "none"
    value = float(text)
    return f"{100 * value:.4g} %" if unit is Unit.SHARE else f"{value:g}"


def _placed(text: str, usual: Position | None) -> str:
    """A place for the audit log."""
    if text == USUAL:
        return f"default ({_position(usual)})" if usual else "none"
    return "none" if text == NONE else _position(msgspec.json.decode(text, type=Position))


def _position(at: Position) -> str:
    """As map services write it: latitude first, points before the decimals."""
    longitude, latitude = at
    return f"{latitude:.6f}".rstrip("0").rstrip(".") + ", " + f"{longitude:.6f}".rstrip("0").rstrip(".")


def _map(facilities: Sequence[Facility], places: Mapping[str, Position]) -> Map | None:
    chart: Chart = current_app.extensions["moiso_map"]
    return chart.draw(places, {one.site: 1 for one in facilities})


def _name(one: Facility) -> str:
    return one.name if g.language == "vi" else one.name_en


def _province() -> str:
    return viewer().scope.province.id


def _require_whole_province() -> None:
    if not viewer().governs:
        abort(403)
