"""Who gets the periodic report by e-mail: for administrators of the province."""

import re
import time

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cloud.delivery import STATES, STUCK
from cloud.periods import NoPeriod, parse
from cloud.reports.schedule import FIRST_DAY, LAST_DAY, Cadence
from cloud.reports.store import Format, Subscription, Subscriptions, TooMany
from cloud.reports.tongue import Tongue
from cloud.roles import Right
from cloud.web.access import accounts_data, allowed, note, viewer
from cloud.web.doors import say
from cloud.web.overview import visible
from cloud.words import N_
from edge.daemon.i18n import LANGUAGES

MOST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3
SHOWN = 4  # sendings of a subscription
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
CADENCES = {
    Cadence.MONTHLY: N_("Mỗi tháng, của tháng trước"),
    Cadence.QUARTERLY: N_("Mỗi quý, của quý trước"),
    Cadence.PERIODIC: N_("Theo kỳ: 6 tháng, 9 tháng và năm"),
}
FORMATS = {Format.BOTH: N_("PDF và XLSX"), Format.PDF: N_("PDF"), Format.XLSX: N_("XLSX")}
LANGUAGE_WORDS = {"vi": N_("Tiếng Việt"), "en": N_("Tiếng Anh")}
SAVED = N_("Đã lưu.")
REMOVED = N_("Đã bỏ. Địa chỉ đã được xoá.")
AGAIN = N_("Sẽ gửi lại trong vài phút.")
WRONG_ADDRESS = N_("Địa chỉ thư không đúng. Xin viết như ten@tinh.gov.vn, một địa chỉ mỗi lần.")
TOO_MANY = N_("Đã có quá nhiều người nhận. Xin bỏ bớt địa chỉ không còn dùng.")

pages = Blueprint("subscriptions", __name__)


def may_subscribe() -> bool:
    """Whether the viewer may say who gets reports: it takes the right to see them as well, since whoever names an
    address may name their own."""
    return viewer().may(Right.CONFIGURE) and viewer().may(Right.FIGURES)


@pages.get("/reports/subscriptions")
@allowed(Right.CONFIGURE)
def page() -> ResponseReturnValue:
    """Who gets what, what was sent, and the form for another."""
    _require_both()
    return _page()


@pages.post("/reports/subscriptions")
@allowed(Right.CONFIGURE)
def add() -> ResponseReturnValue:
    """Subscribe an address."""
    _require_both()
    address = request.form.get("address", "").strip()
    if len(address) > MOST_ADDRESS or not _ADDRESS.fullmatch(address):
        return _page(problem=say(WRONG_ADDRESS)), 422
    try:
        made = _subscriptions().add(_wished(address))
    except TooMany:
        return _page(problem=say(TOO_MANY)), 422
    note("subscribe", f"subscription {made}")
    flash(say(SAVED))
    return redirect(url_for("reports.subscriptions.page"))


@pages.post("/reports/subscriptions/<int:number>/remove")
@allowed(Right.CONFIGURE)
def remove(number: int) -> ResponseReturnValue:
    """Take one away."""
    _require_mine(number)
    _subscriptions().remove(number, viewer().scope.province.id)
    note("unsubscribe", f"subscription {number}")
    flash(say(REMOVED))
    return redirect(url_for("reports.subscriptions.page"))


@pages.post("/reports/subscriptions/<int:number>/again")
@allowed(Right.CONFIGURE)
def again(number: int) -> ResponseReturnValue:
    """Send a report again that was not sent, or perhaps was not."""
    _require_mine(number)
    try:
        period = parse(request.form.get("period", ""))
    except NoPeriod:
        abort(400)
    if _subscriptions().again(number, period, time.time_ns() // 1_000_000):
        note("send-report-again", f"subscription {number}, {period}")
        flash(say(AGAIN))
    return redirect(url_for("reports.subscriptions.page"))


def _page(problem: str = "") -> str:
    store, scope = _subscriptions(), viewer().scope
    mine = [one for one in store.of_province(scope.province.id) if _covered(one)]
    tongue = Tongue(g.language)
    return render_template(
        "reports-subscriptions.html",
        subscriptions=[(one, store.sendings(one.id, SHOWN)) for one in mine],
        names={facility.site: tongue.pick(facility.name, facility.name_en) for facility in visible()},
        facilities=visible(),
        wish=request.form,
        cadences=CADENCES,
        formats=FORMATS,
        languages=LANGUAGE_WORDS,
        states=STATES,
        stuck=STUCK,
        days=range(FIRST_DAY, LAST_DAY + 1),
        tongue=tongue,
        problem=problem,
    )


def _wished(address: str) -> Subscription:
    """What the form asks for. Ends with 400 where it was not made by our page, 404 for a facility not to be seen."""
    site, language = request.form.get("site", viewer().scope.site), request.form.get("language", "vi")
    try:
        cadence, wish = Cadence(request.form.get("cadence", "")), Format(request.form.get("format", ""))
        day = int(request.form.get("day", ""))
    except ValueError:
        abort(400)
    if language not in LANGUAGES or not FIRST_DAY <= day <= LAST_DAY:
        abort(400)
    if site and site not in {facility.site for facility in visible()}:
        abort(404)
    if not site and viewer().scope.site:
        abort(404)
    now_ms = time.time_ns() // 1_000_000
    return Subscription(
        0, viewer().scope.province.id, site, cadence, day, wish, language, address, viewer().name, now_ms
    )


def _covered(one: Subscription) -> bool:
    """Whether the viewer may see what goes out: who is bound to a facility, only what is about it."""
    return viewer().scope.site in ("", one.site)


def _require_both() -> None:
    if not may_subscribe():
        abort(403)


def _require_mine(number: int) -> None:
    """End with 404 where the viewer's province has no such subscription."""
    _require_both()
    if not any(one.id == number and _covered(one) for one in _subscriptions().of_province(viewer().scope.province.id)):
        abort(404)


def _subscriptions() -> Subscriptions:
    return Subscriptions(accounts_data())
