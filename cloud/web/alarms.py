"""What is wrong now, worst first, who sees to it, and what was wrong before (D4, X5)."""

import re

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct
from msgspec.structs import replace

from cloud.accounts.people import find_account
from cloud.audit import FOR_EVER
from cloud.config import Cloud
from cloud.fleet.records import Event, Kept
from cloud.fleet.store import MOST_NOTE
from cloud.roles import Right
from cloud.web import notices
from cloud.web.access import accounts_data, allowed, note, require_site, viewer
from cloud.web.doors import say
from cloud.web.fleet import Line, Watch, fleet, lines, names, now_ms, sees_centre, watch
from cloud.words import N_

PAGE = 50  # closed alarms
MOST_OPEN = 200  # on one page; the worst, and how many more there are
MOST_ON_CARD = 5
SAVED = N_("Đã ghi: anh chị nhận xử lý cảnh báo này.")
TOO_LATE = N_("Cảnh báo này đã hết hoặc đã có người nhận trước.")
TOO_LONG = N_("Ghi chú dài {n} ký tự, nhiều nhất là {most}. Xin viết ngắn hơn; chữ đã viết vẫn còn ở dưới.")

pages = Blueprint("alarms", __name__)
pages.register_blueprint(notices.pages)


class Card(Struct, frozen=True):
    """The worst open alarms for the first page, and how many there are."""

    lines: tuple[Line, ...]
    all: int
    watch: Watch


def register(app: Flask, config: Cloud) -> None:
    """Add the pages, and what other pages show of alarms; ``cloud.web.fleet`` is registered before."""
    notices.register(app, config)
    app.jinja_env.globals.update(open_alarms=card, count_of_alarms=count)
    app.register_blueprint(pages)


@pages.get("/alarms")
@allowed(Right.DEVICES)
def page() -> ResponseReturnValue:
    """The open alarms, and one page of those that are closed; ``site`` asks for those of one facility."""
    site, named = request.args.get("site", ""), names()
    if site and site not in named:
        abort(404)
    wanted = [site] if site else list(named)
    centre = sees_centre() and not site
    found = fleet().open_alarms(wanted, centre=centre)
    before = request.args.get("before", "")
    start = int(before) if re.fullmatch(r"[0-9]{1,15}", before) else FOR_EVER
    closed, older = _closed([*wanted, ""] if centre else wanted, start)
    return render_template(
        "alarms.html",
        watch=watch(),
        open=lines(_told(found[:MOST_OPEN]), named),
        more=max(0, len(found) - MOST_OPEN),
        closed=lines(_told(closed), named),
        older=older,
        newest=start == FOR_EVER,
        site=site,
        named=sorted(named.items(), key=lambda pair: pair[1]),
        most_note=MOST_NOTE,
        may_acknowledge=viewer().may(Right.ALARMS),
        may_see_notices=viewer().may(Right.CONFIGURE),
        now_ms=now_ms(),
    )


@pages.get("/alarms/<int(max=9223372036854775807):number>")
@allowed(Right.DEVICES)
def one(number: int) -> ResponseReturnValue:
    """One alarm with everything that happened to it."""
    return _one(number)


@pages.post("/alarms/<int(max=9223372036854775807):number>/acknowledge")
@allowed(Right.ALARMS)
def acknowledge(number: int) -> ResponseReturnValue:
    """Note that the viewer sees to it."""
    kept = _seen(number)
    text = written(request.form.get("note", ""))
    if len(text) > MOST_NOTE:
        problem = say(TOO_LONG).format(n=len(text), most=MOST_NOTE)
        return _one(number, problem=problem, text=text), 422
    if fleet().acknowledge(number, viewer().name, text, now_ms()):
        note("acknowledge-alarm", f"alarm {number}, {kept.alarm.cause.site or 'centre'}")
        flash(say(SAVED))
    else:
        flash(say(TOO_LATE))
    if request.form.get("back") == "list":
        return redirect(url_for("alarms.page", site=request.form.get("site") or None))
    return redirect(url_for("alarms.one", number=number))


def written(text: str) -> str:
    """What somebody typed, without what cannot be printed; lines end as browsers do not send them.

    >>> written(" đã gọi\\r\\nthợ\\x00 ")
    'đã gọi\\nthợ'
    """
    lines_ = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(letter for letter in line if letter.isprintable()) for line in lines_).strip()


def card() -> Card | None:
    """What the overview shows; None where the viewer may not know."""
    if not viewer().may(Right.DEVICES):
        return None
    named = names()
    found = fleet().open_alarms(list(named), centre=sees_centre())
    return Card(lines(_told(found[:MOST_ON_CARD]), named), len(found), watch())


def count(site: str) -> int | None:
    """How many alarms of a facility are open; None where the viewer may not know."""
    return len(fleet().open_alarms([site])) if viewer().may(Right.DEVICES) and viewer().scope.covers(site) else None


def _one(number: int, *, problem: str = "", text: str = "") -> str:
    kept = _seen(number)
    (line,) = lines(_told((kept,)), names())
    return render_template(
        "alarm.html",
        watch=watch(),
        line=line,
        events=[_event_told(event) for event in fleet().events(number)],
        problem=problem,
        text=text,
        most_note=MOST_NOTE,
        may_acknowledge=viewer().may(Right.ALARMS),
        now_ms=now_ms(),
    )


def _seen(number: int) -> Kept:
    """The alarm. Ends with 404 where there is none that the viewer may see."""
    kept = fleet().alarm(number)
    if kept is None or (not kept.alarm.cause.site and not sees_centre()):
        abort(404)
    if kept.alarm.cause.site:
        require_site(kept.alarm.cause.site)
    return kept


def _closed(sites: list[str], before_ms: int) -> tuple[tuple[Kept, ...], int]:
    """One page of closed alarms, and before when the next begins (0: there is none).

    All that were closed at one moment come on one page, since pages go by that moment.
    """
    limit = PAGE + 1
    found = fleet().closed_alarms(sites, before_ms=before_ms, limit=limit)
    while len(found) == limit and found[-1].alarm.closed_ms == found[PAGE - 1].alarm.closed_ms:
        limit *= 2
        found = fleet().closed_alarms(sites, before_ms=before_ms, limit=limit)
    if len(found) <= PAGE:
        return found, 0
    last_ms = found[PAGE - 1].alarm.closed_ms
    shown = tuple(kept for kept in found if kept.alarm.closed_ms >= last_ms)
    return shown, last_ms if len(shown) < len(found) else 0


def _told(alarms: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """The alarms with the names and remarks that are the viewer's to read."""
    return tuple(kept if _is_ours(kept.alarm.cause.site, kept.acknowledged_by) else _unsigned(kept) for kept in alarms)


def _unsigned(kept: Kept) -> Kept:
    return replace(kept, acknowledged_by="", note="")


def _event_told(event: Event) -> Event:
    return event if _is_ours(event.site, event.who) else replace(event, who="", note="")


def _is_ours(site: str, who: str) -> bool:
    """Whether who acknowledged is told: the centre's alarms are seen in every province, their people only in theirs."""
    if site or not who:
        return True
    try:
        return find_account(accounts_data(), who).province == viewer().scope.province.id
    except KeyError:
        return False
