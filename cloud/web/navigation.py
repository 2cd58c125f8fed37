"""What stands at the head of every page: the pages that the viewer's role may open, and the other language."""

from urllib.parse import urlencode

from flask import Flask, current_app, request
from msgspec import Struct

from cloud.roles import Right
from cloud.web.access import viewer
from cloud.words import N_

# endpoint, name, right; an endpoint that this application does not have is left out.
ENTRIES = (
    ("overview.page", N_("Toàn tỉnh"), Right.FIGURES),
    ("today.page", N_("Hôm nay"), Right.FIGURES),
    ("facility.index", N_("Cơ sở"), Right.FIGURES),
    ("compare.page", N_("So sánh"), Right.FIGURES),
    ("reports.page", N_("Báo cáo"), Right.FIGURES),
    ("fleet.page", N_("Thiết bị"), Right.DEVICES),
    ("alarms.page", N_("Cảnh báo"), Right.DEVICES),
    ("enrolment.page", N_("Kết nối cơ sở"), Right.CONFIGURE),
    ("refused.page", N_("Dữ liệu bị từ chối"), Right.DEVICES),
    ("accounts.page", N_("Tài khoản"), None),
)


class Entry(Struct, frozen=True):
    """One page's place at the head; ``here``: it is the one being looked at, or holds it."""

    endpoint: str
    name: str
    here: bool


def register(app: Flask) -> None:
    """Make both available to the templates."""
    app.jinja_env.globals.update(navigation=navigation, in_language=in_language)


def navigation() -> tuple[Entry, ...]:
    """The pages that the viewer may open."""
    room = (request.endpoint or "").partition(".")[0]
    return tuple(
        Entry(endpoint, name, endpoint.partition(".")[0] == room)
        for endpoint, name, right in ENTRIES
        if endpoint in current_app.view_functions and (right is None or viewer().may(right))
    )


def in_language(language: str) -> str:
    """This page's address in another language, with everything else that it was asked for."""
    return "?" + urlencode(
        [*((key, value) for key, value in request.args.items(multi=True) if key != "lang"), ("lang", language)]
    )
