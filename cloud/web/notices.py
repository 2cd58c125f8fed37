"""Whether those who are told of alarms were reached: the messages of each recipient of ``[[notice]]`` (D4, X5)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.config import Cloud
from cloud.delivery import STATES, STUCK, State
from cloud.fleet.fault_words import fault_words
from cloud.fleet.news import News, to_tell
from cloud.fleet.notice_settings import MOST_NOTICES, Least, Notice, Recipient, recipients_of
from cloud.fleet.outbox import Delivery, Outbox
from cloud.roles import Right
from cloud.web.access import accounts_data, allowed, note, viewer
from cloud.web.doors import say
from cloud.web.fleet import names, now_ms, watch
from cloud.words import N_

SHOWN = 10  # messages of a recipient
LEAST_WORDS = {Least.WARN: N_("mọi cảnh báo"), Least.FAIL: N_("chỉ sự cố")}
MARKS = {
    State.DUE: "off",
    State.GOING_OUT: "off",
    State.SENT: "well",
    State.UNSURE: "warn",
    State.FAILED: "fail",
}
_UNTOLD = (News.OPENED, News.REOPENED, News.WORSENED, News.CLOSED)
AGAIN = N_("Mọi cảnh báo đang mở sẽ được báo lại cho người nhận này trong ít phút.")
NOT_AGAIN = N_("Tin gần nhất không hỏng, nên không có gì để báo lại.")

pages = Blueprint("notices", __name__)


class Line(Struct, frozen=True):
    """One recipient as the page shows it; ``known`` where moiso-fleet has taken it on, ``untold`` how much it has still
    to be told of."""

    recipient: Recipient
    to: str
    sites: tuple[str, ...]
    known: bool
    since_ms: int
    untold: int
    messages: tuple[Delivery, ...]

    @property
    def stuck(self) -> bool:
        """Whether the newest message that has ended did not arrive, as far as is known."""
        ended = [one.state for one in self.messages if one.state not in (State.DUE, State.GOING_OUT)]
        return bool(ended) and ended[0] in STUCK


def register(app: Flask, config: Cloud) -> None:
    """Keep whom the file names; the pages themselves hang below those of alarms."""
    app.extensions["moiso_notices"] = config.notice


@pages.get("/alarms/notices")
@allowed(Right.CONFIGURE)
def page() -> ResponseReturnValue:
    """Each recipient of the viewer's, and its newest messages."""
    named, outbox = names(), Outbox(accounts_data())
    return render_template(
        "notices.html",
        watch=watch(),
        lines=[_line(outbox, recipient, named) for recipient in _mine()],
        least_words=LEAST_WORDS,
        states=STATES,
        state=State,
        marks=MARKS,
        fault_words=fault_words,
        may_tell_again=viewer().administers,
        now_ms=now_ms(),
    )


@pages.post(f"/alarms/notices/<int(max={MOST_NOTICES}):number>/again")
@allowed(Right.ACCOUNTS)
def again(number: int) -> ResponseReturnValue:
    """Have a recipient whose last message did not arrive told once more of everything that is open."""
    recipient = next((one for one in _mine() if one.number == number), None) or abort(404)
    done = Outbox(accounts_data()).tell_again(recipient.key, now_ms())
    if done:
        note("tell-again", f"notice {number}")
    flash(say(AGAIN if done else NOT_AGAIN))
    return redirect(url_for("alarms.notices.page"))


def masked(notice: Notice) -> str:
    """To whom it goes, as far as a page may say it: an address and a path can be somebody's, or hold a secret.

    >>> masked(Notice("mau", mail="lan@tinh.example")), masked(Notice("mau", mail="lan"))
    ('l…@tinh.example', '…')
    """
    if notice.mail:
        local, at, domain = notice.mail.rpartition("@")
        return f"{local[:1]}…@{domain}" if at else "…"
    return urlsplit(notice.webhook).hostname or "…"


def _mine() -> tuple[Recipient, ...]:
    """The recipients of the viewer's province; for whoever is bound to a facility those who are told of it alone."""
    notices: tuple[Notice, ...] = current_app.extensions["moiso_notices"]
    scope = viewer().scope
    found = recipients_of(notices, scope.province)
    return tuple(one for one in found if not scope.site or set(one.notice.sites) == {scope.site})


def _line(outbox: Outbox, recipient: Recipient, named: Mapping[str, str]) -> Line:
    key = recipient.key
    try:
        since_ms = outbox.position(key).since_ms
    except KeyError:
        since_ms = 0
    return Line(
        recipient,
        masked(recipient.notice),
        tuple(named.get(site, site) for site in recipient.notice.sites),
        bool(since_ms),
        since_ms,
        sum(to_tell(standing) in _UNTOLD for standing in outbox.standings(key)),
        outbox.history(key, SHOWN),
    )
