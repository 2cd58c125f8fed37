"""How the kiosks greet and guide: the form, and beside it their screens as the form would make them."""

from collections.abc import Mapping
from functools import partial

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts import tiles
from edge.contracts.catalogue import Catalogue
from edge.contracts.kiosk import LANGUAGES, MAX_WORDS, REST_S, Kiosk
from edge.daemon.i18n import installed, local_time, translations
from edge.hub.catalogue import kiosk_forms
from edge.hub.catalogue.forms import Fields, Note, Wrong, notes_of
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Form
from edge.hub.web.catalogue_desk import HOME, MAX_BODY_BYTES, MAX_FIELDS, CatalogueDesk, back, in_words, typed
from edge.hub.web.media import FILES
from edge.hub.web.preview import FRAMED, shown_groups

KIOSK = f"{HOME}/kiosk"
PACKAGE = "edge.kiosk"  # whose sentences the screens show; a name alone: the hub knows nothing of the program


class KioskSettingsPages:
    """The form, and what stands in its frame."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office, admin = self._desk.office, Role.ADMINISTRATOR
        return [
            office.on_get(KIOSK, self.settings, admin),
            office.on_form(KIOSK, self.save, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS),
            office.on_get(f"{KIOSK}/screens", self.saved, admin),
            office.on_form(f"{KIOSK}/screens", self.drawn, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS),
        ]

    async def settings(self, request: Request, session: Session) -> Response:
        """The settings as the draft has them."""
        return self._page(request, session, kiosk_forms.kiosk_fields(self._draft(session).kiosk), {})

    async def save(self, request: Request, session: Session, form: Form) -> Response:
        """Take the settings into the draft; or do one step of the form's, which is not kept before it is saved."""
        fields = typed(form)
        if step := form.text("do"):
            return self._page(request, session, kiosk_forms.stepped(fields, step), {})
        try:
            changed = replace(self._draft(session), kiosk=kiosk_forms.read_kiosk(fields))
        except Wrong as wrong:
            return self._page(request, session, fields, wrong.notes)
        if notes := notes_of(changed, "kiosk", ""):
            return self._page(request, session, fields, notes)
        self._desk.keep(session, changed)
        return back("saved", KIOSK)

    async def saved(self, request: Request, session: Session) -> Response:
        """The screens as the draft has them; the query says which is to be seen, and in which language."""
        return self._frame(request, session, self._draft(session).kiosk)

    async def drawn(self, request: Request, session: Session, form: Form) -> Response:
        """The screens as the form has them, which need not be saved: for browsers without the page's script."""
        try:
            kiosk = kiosk_forms.read_kiosk(typed(form))
        except Wrong:
            kiosk = self._draft(session).kiosk
        return self._frame(request, session, kiosk)

    def _page(self, request: Request, session: Session, fields: Fields, notes: Mapping[str, Note]) -> Response:
        there = installed(PACKAGE)
        return self._desk.page(
            request,
            session,
            "catalogue_kiosk_settings.html",
            status=422 if notes else 200,
            fields=fields,
            notes=in_words(request, notes),
            rows=kiosk_forms.rows(fields, there),
            missing=[code for code in LANGUAGES if code not in there],
            usual=partial(kiosk_words, Kiosk()),
            screens=kiosk_forms.SCREENS,
            there=there,
            names=kiosk_forms.NAMES,
            own_names=LANGUAGES,
            most=MAX_WORDS,
            rest_s=REST_S,
        )

    def _frame(self, request: Request, session: Session, kiosk: Kiosk) -> Response:
        catalogue = self._draft(session)
        shown = shown_groups(catalogue)
        groups = [tiles.spans(services) for _, services in shown]
        now = local_time(self._desk.office.inbox.now_ms, self._desk.in_force.facility.time_zone)
        there = installed(PACKAGE)
        asked, screen = request.query_params.get("in", ""), request.query_params.get("screen", "")
        response = self._desk.office.page(
            request,
            "catalogue_kiosk_frame.html",
            catalogue=catalogue,
            groups=shown,
            portrait=tiles.portrait(groups),
            landscape=tiles.landscape(groups),
            compact=tiles.is_compact(groups),
            is_readable=tiles.is_readable,
            name_classes=tiles.name_classes,
            clock=f"{now:%H:%M}",
            logo=f"{FILES}/{catalogue.logo.sha256}" if catalogue.logo else "/brand/logo.svg",
            languages=[code for code in kiosk.languages if code in there] or ["vi"],
            names=LANGUAGES,
            say={code: translations(code, PACKAGE).gettext for code in there},
            own=partial(kiosk_words, kiosk),
            spoken=asked if asked in there else "vi",
            screen=screen if screen in kiosk_forms.SCREENS else "choose",
        )
        response.headers.update(FRAMED)
        return response

    def _draft(self, session: Session) -> Catalogue:
        return self._desk.draft(session).catalogue


def kiosk_words(kiosk: Kiosk, name: str, language: str) -> str:
    """The text of this name as a kiosk shows it: the facility's own, or the product's where that is empty."""
    own = {"vi": getattr(kiosk, name), "en": getattr(kiosk, f"{name}_en")}
    product = translations(language, PACKAGE).gettext(kiosk_forms.PRODUCT_WORDS[name])
    return str(own.get(language) or product)
