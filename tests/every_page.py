"""Every page of the product and how a person comes to it, for whoever looks at them all: with axe, by key, by eye."""

import contextlib
import itertools
from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page, ViewportSize, expect

from edge.contracts.health import Reason, Subject, part
from edge.devices.sim.card.faults import Flaw
from edge.hub.web.base import LANGUAGE_COOKIE
from provisioning.demo.configuration import SITE_NAME
from provisioning.demo.site import ACCOUNT, ADMINISTRATOR, FLOOR_LEAD, OFFICER
from provisioning.demo.table import LayCard, Scan, SetPrinter, TakeCard
from tests import hall_steps
from tests.busy_site import PERSON, BusySite
from tests.camera_folder import EYES_PX, NEAR_PX, go_away, stand
from tests.device_reports import tell
from tests.faces import ASTRONAUT
from tests.kiosk_page import LANDSCAPE, PORTRAIT, begin_anew, settle
from tests.waiting import until

DESK, PHONE = ViewportSize(width=1366, height=768), ViewportSize(width=390, height=800)
WORKBENCH, DASHBOARD = ViewportSize(width=1600, height=1000), ViewportSize(width=1440, height=900)
HOME = "/admin/catalogue"
PASSWORD = "quầy này vui"
_REMOTE = f"/devices/{SITE_NAME}/configuration"

_counted = itertools.count(1)

Steps = Callable[[Page, BusySite], object]


class Look(NamedTuple):
    """A page in one state. ``path`` may name a ticket of the morning: ``/t/{called}``."""

    name: str
    path: str
    program: str = "counter"
    who: str = ""
    steps: Steps = lambda _page, _busy: None
    screen: ViewportSize = DESK
    languages: tuple[str, ...] = ("vi", "en")
    keyboard: bool = True
    own_session: bool = False  # the steps end the session that they begin with


def _press(key: str, dialog: str) -> Steps:
    def steps(page: Page, _busy: BusySite) -> None:
        page.locator("#work").focus()
        page.keyboard.press(key)
        expect(page.locator(dialog)).to_be_visible()

    return steps


def _click(selector: str, shown: str) -> Steps:
    def steps(page: Page, _busy: BusySite) -> None:
        page.locator(selector).first.click()
        expect(page.locator(shown).first).to_be_visible()

    return steps


def _wrong_password(page: Page, _busy: BusySite) -> None:
    page.fill("[name=name]", "ai-do")
    page.fill("[name=password]", "không phải")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()


def _ticket_dialog(page: Page, busy: BusySite) -> None:
    page.locator(".q").nth(2).click()
    expect(page.locator("#dialog-ticket")).to_be_visible()


def _sure(page: Page, busy: BusySite) -> None:
    _ticket_dialog(page, busy)
    page.locator("#dialog-ticket button[value=cancel]").click()
    expect(page.locator("#dialog-sure")).to_be_visible()


def _found_on_the_floor(page: Page, _busy: BusySite) -> None:
    page.fill("#search [name=label]", "A001")
    page.keyboard.press("Enter")
    expect(page.locator("#result .life")).to_be_visible()


def _devices_not_well(page: Page, busy: BusySite) -> None:
    """Of those that report only when a morning is played: nothing else speaks for them."""
    led, button = part(Subject.LED_BOARD, Reason.NO_ANSWER, "q1,q2"), part(Subject.BUTTONS, Reason.BOUNCING, "q3/next")
    tell(busy.site, "morning-board", led, button, part(Subject.SPEAKER), part(Subject.TV, detail="3"))
    tell(busy.site, "morning-kiosk", part(Subject.PRINTER, Reason.PAPER_LOW), part(Subject.SCANNER))
    expect(page.get_by_text("morning-kiosk").first).to_be_visible()
    expect(page.locator("li.fail", has_text="LED").first).to_be_visible()


def _found_visit(page: Page, _busy: BusySite) -> None:
    page.locator("details summary").click()
    page.fill("#find-number", PERSON)
    page.keyboard.press("Enter")
    expect(page.locator("table.found")).to_be_visible()


def _wrong_service(page: Page, _busy: BusySite) -> None:
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _preview(page: Page, _busy: BusySite) -> None:
    expect(page.frame_locator(".across iframe").locator(".tile").first).to_be_visible()


def _kiosk_preview(page: Page, _busy: BusySite) -> None:
    expect(page.frame_locator("#kiosk").locator("main:not([hidden]) .tile").first).to_be_visible()


def _change(page: Page, zone: str) -> None:
    page.goto(f"{HOME}/counters/q1")
    page.fill("#zone", zone)
    page.locator(".sheet .primary").click()
    page.goto(f"{HOME}/publish")
    expect(page.locator(".changes")).to_be_visible()


def _changed(page: Page, _busy: BusySite) -> None:
    _change(page, "Khu khám mới")


def _not_deleted(page: Page, _busy: BusySite) -> None:
    page.locator(".danger").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _new_account(page: Page, role: str = "counter") -> tuple[str, str]:
    """Add an account as an administrator; its name and its temporary password, which the page then shows."""
    name = f"mai-{next(_counted)}"
    page.goto("/accounts")
    page.fill("main [name=name]", name)
    page.locator("main [name=role]").select_option(role)
    page.locator("main .primary").click()
    return name, page.locator("#temporary").inner_text()


def _sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/login"))


def _first_login(page: Page, _busy: BusySite, role: str = "counter") -> str:
    name, password = _new_account(page, role)
    _sign_in(page, name, password)
    expect(page.locator("[name=new]")).to_be_visible()
    page.fill("[name=password] >> nth=0", password)
    return name


def _own_password(page: Page, busy: BusySite, role: str) -> str:
    name = _first_login(page, busy, role)
    for field in ("new", "again"):
        page.locator(f"[name={field}]").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    return name


def _others_here(page: Page, busy: BusySite) -> None:
    """Somebody with a PIN has logged in at this PC before."""
    _own_password(page, busy, "counter")
    pin = page.locator("form:has([name=pin])")
    pin.locator("[name=password]").fill(PASSWORD)
    for field in ("pin", "again"):
        pin.locator(f"[name={field}]").fill("482913")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    _sign_in(page, OFFICER, busy.site.passwords.officer)
    page.goto("/switch?counter=q1")
    expect(page.locator("fieldset.people")).to_be_visible()


def _two_editors(page: Page, busy: BusySite) -> None:
    """Somebody else publishes while a draft of one's own is open."""
    name = _own_password(page, busy, "administrator")
    _change(page, "Khu A của tôi")
    _sign_in(page, ADMINISTRATOR, busy.site.passwords.administrator)
    _change(page, f"Khu khám {name}")
    page.locator("main .primary").click()
    expect(page.get_by_role("status")).to_be_visible()
    _sign_in(page, name, PASSWORD)
    page.goto(f"{HOME}/rebase")
    expect(page.locator(".choice-list")).to_be_visible()


def _signed_in(page: Page, busy: BusySite) -> None:
    page.fill("[name=name]", ACCOUNT)
    page.fill("[name=password]", busy.site.passwords.account)
    page.keyboard.press("Enter")
    expect(page.locator("#tickets")).not_to_have_text("0", timeout=20_000)


def _dashboard_at(path: str, shown: str) -> Steps:
    def steps(page: Page, busy: BusySite) -> None:
        _signed_in(page, busy)
        page.goto(path)
        expect(page.locator(shown).first).to_be_visible(timeout=20_000)

    return steps


def _tiles(page: Page, _busy: BusySite) -> None:
    expect(page.locator(".tile").first).to_be_visible()


def _table(page: Page, _busy: BusySite) -> None:
    expect(page.get_by_text("Máy quét sẵn sàng")).to_be_visible()


def _tablet(then: Steps = lambda _page, _busy: None, *, asks: bool = True) -> Steps:
    def steps(page: Page, busy: BusySite) -> None:
        page.locator("#counter").select_option("q4" if asks else "q2")
        page.locator("main .primary").click()
        page.wait_for_url("**/rating")
        if asks and page.locator(".faces").count() == 0:
            busy.serve()
        expect(page.locator(".faces" if asks else "h1")).to_be_visible()
        then(page, busy)

    return steps


def _kiosk(*steps: Steps) -> Steps:
    """Begin at the kiosk's first screen, in the language that the page is wanted in, and go on from there."""

    def whole(page: Page, busy: BusySite) -> None:
        busy.hand.act(TakeCard())
        go_away(busy.site.camera)
        begin_anew(page)
        _speak(page, _wanted(page))
        for step in steps:
            settle(page)
            step(page, busy)

    return whole


def _wanted(page: Page) -> str:
    return next((c["value"] for c in page.context.cookies() if c["name"] == LANGUAGE_COOKIE), "vi")


def _speak(page: Page, language: str) -> None:
    def spoken() -> bool:
        if page.locator("main").get_attribute("lang") != language:
            page.locator("[data-touch=language]").click()
        return page.locator("main").get_attribute("lang") == language

    until(spoken, what="the kiosk to speak")


def _touch(selector: str, shown: str) -> Steps:
    def steps(page: Page, _busy: BusySite) -> None:
        page.locator(selector).click()
        with contextlib.suppress(AssertionError):
            expect(page.locator(shown)).to_be_visible(timeout=5_000)
            return
        if page.locator(selector).count():  # a touch in the moment in which the screen changed does nothing
            page.locator(selector).click()
        expect(page.locator(shown)).to_be_visible(timeout=20_000)

    return steps


def _scan(card: str, shown: str) -> Steps:
    def steps(page: Page, busy: BusySite) -> None:
        busy.hand.act(Scan(card))  # type: ignore[arg-type]  # checked where it is decoded
        expect(page.locator(shown)).to_be_visible()

    return steps


def _lay(shown: str, flaw: Flaw | None = None, *, slow: bool = False) -> Steps:
    def steps(page: Page, busy: BusySite) -> None:
        busy.hand.act(LayCard("cccd-2024", flaw, slow))
        expect(page.locator(shown)).to_be_visible(timeout=20_000)

    return steps


def _no_paper(page: Page, busy: BusySite) -> None:
    busy.hand.act(SetPrinter(paper="out"))
    _touch("[data-service=general]", "[data-touch=reprint]")(page, busy)
    busy.hand.act(SetPrinter(paper="ok"))


def _type(label: str) -> Steps:
    def steps(page: Page, _busy: BusySite) -> None:
        page.keyboard.type(label)
        page.keyboard.press("Enter")
        expect(page.locator("main.looked-up")).to_be_visible()

    return steps


def _come(eyes_px: float = EYES_PX) -> Steps:
    def steps(_page: Page, busy: BusySite) -> None:
        stand(busy.site.camera, ASTRONAUT, eyes_px)
        until(busy.hand.seen, within_s=20, what="the camera to see somebody")

    return steps


def _tick(page: Page, _busy: BusySite) -> None:
    page.locator("[data-purpose=portrait]").click()
    expect(page.locator("[data-purpose=portrait]")).to_have_attribute("aria-checked", "true")


_GROUNDS = _touch("[data-touch=priority]", "main.grounds")
_LOOK_UP = _touch("[data-touch=look-up]", "main.look-up")
_IDENTIFIED = _scan("cccd-2024", "main .num-like")
_TROUBLE = "main .ask.trouble"
_CONSENT = _touch("[data-service=general]", "main.consent")
_AGREE = "[data-touch=consent]"
_ERASE = _touch("[data-touch=erase]", "main.erasing")
_NUMBER = _touch("[data-service=general]", "main.number [data-touch=dismiss]")

_HUB = (
    Look("login", "/login"),
    Look("login-wrong", "/login", steps=_wrong_password),
    Look("counters", "/counters", who=OFFICER),
    Look("counter", "/counters/q1", who=OFFICER),
    Look("counter-menu", "/counters/q1", who=OFFICER, steps=_click(".menu summary", ".menu[open]")),
    Look("counter-ready", "/counters/q2", who=OFFICER),
    Look("counter-paused", "/counters/q3", who=OFFICER),
    Look("counter-idle", "/counters/q7", who=OFFICER),
    Look("counter-transfer", "/counters/q1", who=OFFICER, steps=_press("c", "#dialog-transfer")),
    Look("counter-tests", "/counters/q1", who=OFFICER, steps=_press("x", "#dialog-tests")),
    Look("counter-why", "/counters/q1", who=OFFICER, steps=_press("?", "#dialog-why")),
    Look("counter-state", "/counters/q1", who=OFFICER, steps=_press("n", "#dialog-state")),
    Look("counter-give", "/counters/q1", who=OFFICER, steps=_press("s", "#dialog-give")),
    Look("counter-ticket", "/counters/q1", who=OFFICER, steps=_ticket_dialog),
    Look("counter-sure", "/counters/q1", who=OFFICER, steps=_sure),
    Look("not-allowed", "/floor", who=OFFICER),
    Look("floor", "/floor", who=FLOOR_LEAD),
    Look("floor-devices", "/floor", who=FLOOR_LEAD, steps=_devices_not_well),
    Look("devices", "/devices", who=FLOOR_LEAD, steps=_devices_not_well),
    Look("devices-enrolment", "/devices/enrolment", who=ADMINISTRATOR),
    Look("trust", "/trust"),
    Look("consents", "/consents", who=ADMINISTRATOR),
    Look("floor-announce", "/floor", who=FLOOR_LEAD, steps=_click("#do-announce", "#dialog-announce")),
    Look("floor-found", "/floor", who=FLOOR_LEAD, steps=_found_on_the_floor),
    Look("visits", "/visits", who=OFFICER),
    Look("visits-found", "/visits", who=OFFICER, steps=_found_visit),
    Look("switch", "/switch?counter=q1", who=OFFICER),
    Look("switch-others", "/accounts", who=ADMINISTRATOR, steps=_others_here, own_session=True),
    Look("my-account", "/account", who=OFFICER),
    Look("accounts", "/accounts", who=ADMINISTRATOR),
    Look("account", f"/accounts/edit?name={OFFICER}", who=ADMINISTRATOR),
    Look("new-password", "/accounts", who=ADMINISTRATOR, steps=lambda page, _busy: _new_account(page)),
    Look("first-login", "/accounts", who=ADMINISTRATOR, steps=_first_login, own_session=True),
    Look("audit", "/audit", who=ADMINISTRATOR),
    Look("catalogue", HOME, who=ADMINISTRATOR),
    Look("catalogue-service", f"{HOME}/services/general", who=ADMINISTRATOR),
    Look("catalogue-service-wrong", f"{HOME}/services/new", who=ADMINISTRATOR, steps=_wrong_service),
    Look("catalogue-group", f"{HOME}/groups/examination", who=ADMINISTRATOR),
    Look("catalogue-counter", f"{HOME}/counters/q1", who=ADMINISTRATOR),
    Look("catalogue-hours", f"{HOME}/hours", who=ADMINISTRATOR),
    Look("catalogue-policy", f"{HOME}/policy", who=ADMINISTRATOR),
    Look("catalogue-facility", f"{HOME}/facility", who=ADMINISTRATOR),
    Look("catalogue-payment", f"{HOME}/payment", who=ADMINISTRATOR),
    Look("catalogue-slip", f"{HOME}/slip", who=ADMINISTRATOR),
    Look("catalogue-kiosk", f"{HOME}/kiosk", who=ADMINISTRATOR, steps=_kiosk_preview),
    Look("catalogue-days", f"{HOME}/days", who=ADMINISTRATOR),
    Look("catalogue-day", f"{HOME}/days/new", who=ADMINISTRATOR),
    Look("catalogue-preview", f"{HOME}/preview", who=ADMINISTRATOR, steps=_preview),
    Look("hall-screens", f"{HOME}/screens", who=ADMINISTRATOR),
    Look("hall-screen", f"{HOME}/screens/new", who=ADMINISTRATOR, steps=hall_steps.screen_preview),
    Look("hall-media", f"{HOME}/media", who=ADMINISTRATOR, steps=hall_steps.uploaded),
    Look("hall-media-refused", f"{HOME}/media", who=ADMINISTRATOR, steps=hall_steps.upload_refused),
    Look("hall-medium", f"{HOME}/media", who=ADMINISTRATOR, steps=hall_steps.uploaded_and_open),
    Look("hall-voices", f"{HOME}/voices", who=ADMINISTRATOR),
    Look("hall-voice", f"{HOME}/voices/new", who=ADMINISTRATOR),
    Look("hall-phrase", f"{HOME}/phrases/call", who=ADMINISTRATOR),
    Look("hall-recordings", f"{HOME}/recordings?pack=vi-south", who=ADMINISTRATOR, steps=hall_steps.recorded),
    Look("hall-announcements", f"{HOME}/announcements", who=ADMINISTRATOR),
    Look("hall-announcement", f"{HOME}/announcements/new", who=ADMINISTRATOR, steps=hall_steps.wrong_form),
    Look("catalogue-publish", HOME, who=ADMINISTRATOR, steps=_changed),
    Look("catalogue-needed", f"{HOME}/services/general", who=ADMINISTRATOR, steps=_not_deleted),
    Look("catalogue-rebase", "/accounts", who=ADMINISTRATOR, steps=_two_editors, own_session=True),
    Look("catalogue-versions", f"{HOME}/versions", who=ADMINISTRATOR),
    Look("catalogue-version", f"{HOME}/versions/0", who=ADMINISTRATOR),
    Look("catalogue-import", f"{HOME}/import", who=ADMINISTRATOR),
    Look("tablets", "/tablets", who=FLOOR_LEAD),
    Look("rating-rest", "/tablets", who=FLOOR_LEAD, steps=_tablet(asks=False), own_session=True),
    Look("rating", "/tablets", who=FLOOR_LEAD, steps=_tablet(), own_session=True),
    Look("rating-why", "/tablets", who=FLOOR_LEAD, steps=_tablet(_click("[value='2']", ".why")), own_session=True),
    *(
        Look(f"ticket-{state}", f"/t/{{{state}}}", screen=PHONE)
        for state in ("waiting", "called", "parked", "no-show", "finished", "cancelled", "known")
    ),
    Look("no-ticket", "/t/" + "0" * 32, screen=PHONE),
)
_KIOSK = tuple(
    Look(name, "/", "kiosk", steps=_kiosk(*steps), screen=PORTRAIT)
    for name, *steps in (
        ("kiosk-start",),
        ("kiosk-identified", _IDENTIFIED),
        ("kiosk-insurance-card", _scan("bhyt", "main .num-like")),
        ("kiosk-trouble", _scan("url", _TROUBLE)),
        ("kiosk-scan-first", _lay(_TROUBLE)),
        ("kiosk-reading-chip", _IDENTIFIED, _lay("main progress", slow=True)),
        ("kiosk-by-chip", _IDENTIFIED, _lay("main .tick")),
        ("kiosk-chip-lifted", _IDENTIFIED, _lay(_TROUBLE, Flaw.PULLED)),
        ("kiosk-chip-doubted", _IDENTIFIED, _lay(_TROUBLE, Flaw.CLONED)),
        ("kiosk-grounds", _GROUNDS),
        ("kiosk-claimed", _GROUNDS, _touch("[data-ground=pregnant]", "main .ground")),
        ("kiosk-number", _NUMBER),
        ("kiosk-no-paper", _no_paper),
        ("kiosk-look-up", _LOOK_UP),
        ("kiosk-looked-up", _LOOK_UP, _type("A012")),
        ("kiosk-not-found", _LOOK_UP, _type("Z99")),
        ("kiosk-erasing", _ERASE),
        ("kiosk-nothing-kept", _ERASE, _scan("bhyt", "main.words")),
        # Whoever comes before the camera is there for the pages that follow, too.
        ("kiosk-consent", _come(), _CONSENT),
        ("kiosk-consent-lacking", _come(), _CONSENT, _touch(_AGREE, "main.consent:not(:has-text('?'))")),
        ("kiosk-looking", _come(NEAR_PX), _CONSENT, _tick, _touch(_AGREE, "main.looking")),
    )
)
_OTHERS = (
    Look("kiosk-start-landscape", "/", "kiosk", steps=_kiosk(), screen=LANDSCAPE),
    Look("tv", "/", "tv", steps=_tiles, screen=LANDSCAPE, languages=("vi",), keyboard=False),
    Look("tv-portrait", "/", "tv", steps=_tiles, screen=PORTRAIT, languages=("vi",), keyboard=False),
    Look("workbench", "/", "workbench", steps=_table, screen=WORKBENCH, languages=("vi",)),
    Look("dashboard-login", "/login", "dashboard", screen=DASHBOARD),
    Look("dashboard", "/login", "dashboard", steps=_signed_in, screen=DASHBOARD),
    Look("dashboard-phone", "/login", "dashboard", steps=_signed_in, screen=PHONE),
)
LOOKS = (*_HUB, *_KIOSK, *_OTHERS)
# For the eye alone: their own tests look at them with axe.
PICTURES = (
    Look("dashboard-overview", "/login", "dashboard", steps=_dashboard_at("/overview", "table"), screen=DASHBOARD),
    Look(
        "dashboard-site",
        "/login",
        "dashboard",
        steps=_dashboard_at(f"/devices/{SITE_NAME}", ".device"),
        screen=DASHBOARD,
    ),
    Look(
        "dashboard-enrolment",
        "/login",
        "dashboard",
        steps=_dashboard_at("/enrolment", "main form"),
        screen=DASHBOARD,
    ),
    Look("dashboard-remote", "/login", "dashboard", steps=_dashboard_at(_REMOTE, "textarea"), screen=DASHBOARD),
)


def _shown(selector: str) -> Steps:
    def steps(page: Page, _busy: BusySite) -> None:
        expect(page.locator(selector).first).to_be_visible(timeout=20_000)

    return steps


def _kiosk_says(selector: str) -> Steps:
    def steps(page: Page, busy: BusySite) -> None:
        _shown(selector)(page, busy)
        _speak(page, _wanted(page))

    return steps


# Once ``Visitor.close_for_today`` has been called, and once the hub is gone.
CLOSED = (
    Look("closed-kiosk", "/", "kiosk", steps=_kiosk_says("main.closed"), screen=PORTRAIT),
    Look("closed-tv", "/", "tv", steps=_tiles, screen=LANDSCAPE, languages=("vi",), keyboard=False),
    Look("closed-counter", "/counters/q1", who=OFFICER, steps=_shown("#state .closed")),
    Look("closed-floor", "/floor", who=FLOOR_LEAD),
    Look("closed-ticket", "/t/{waiting}", screen=PHONE),
    Look("closed-catalogue-versions", f"{HOME}/versions", who=ADMINISTRATOR),
    Look("closed-catalogue-days", f"{HOME}/days", who=ADMINISTRATOR),
)
HUBLESS = (
    Look("hubless-kiosk", "/", "kiosk", steps=_kiosk_says("main"), screen=PORTRAIT),
    Look("hubless-tv", "/", "tv", steps=_shown("#lost"), screen=LANDSCAPE, languages=("vi",), keyboard=False),
    Look("hubless-workbench", "/", "workbench", steps=_table, screen=WORKBENCH, languages=("vi",)),
)
