"""The screens of the hall: their list, and a preview of one as the draft, or the form that is open, would make it."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import Screen
from edge.contracts.tv import DEFAULT_SCREEN, TvState
from edge.hub.catalogue import edits, forms, kinds
from edge.hub.catalogue.sample import sample_state
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Form, answer
from edge.hub.web.catalogue_desk import HOME, MAX_BODY_BYTES, MAX_FIELDS, CatalogueDesk, back, typed
from edge.hub.web.media import FILES
from edge.hub.web.preview import FRAMED

_DRAWN = f"{HOME}/screens/{{thing}}/preview"


class ScreenPages:
    """The list, and what stands in the form's frame."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office, admin = self._desk.office, Role.ADMINISTRATOR
        return [
            office.on_get(f"{HOME}/screens", self.screens, admin),
            office.on_get(_DRAWN, self.saved, admin),
            office.on_form(_DRAWN, self.drawn, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS),
            office.on_form(f"{_DRAWN}.json", self.state, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS),
        ]

    async def screens(self, request: Request, session: Session) -> Response:
        """Every screen of the draft, and where a TV finds it."""
        return self._desk.page(request, session, "catalogue_screens.html")

    async def saved(self, request: Request, session: Session) -> Response:
        """The screen as the draft has it; a new one by its defaults."""
        screen = self._screen(session, request.path_params["thing"])
        if screen is None:
            return back("gone", f"{HOME}/screens")
        return self._frame(request, session, screen)

    async def drawn(self, request: Request, session: Session, form: Form) -> Response:
        """The screen as the form has it, which need not be saved: for browsers without the page's script."""
        screen = self._typed(request, session, form)
        return self._frame(request, session, screen or DEFAULT_SCREEN)

    async def state(self, request: Request, session: Session, form: Form) -> Response:
        """The same for the script, which hands it to the frame; 422 while the form cannot be read."""
        screen = self._typed(request, session, form)
        return Response(status_code=422) if screen is None else answer(self._state(session, screen))

    def _typed(self, request: Request, session: Session, form: Form) -> Screen | None:
        thing_id = request.path_params["thing"]
        screen = self._screen(session, thing_id)
        known = thing_id if thing_id != kinds.NEW and screen is not None else ""
        try:
            changed, new_id = kinds.changed(self._draft(session), "screen", known, typed(form))
        except forms.Wrong:
            return screen
        made = edits.thing(changed, "screen", new_id)
        return made if isinstance(made, Screen) else None

    def _screen(self, session: Session, thing_id: str) -> Screen | None:
        if thing_id == kinds.NEW:
            return DEFAULT_SCREEN
        return next((screen for screen in self._draft(session).screens if screen.id == thing_id), None)

    def _frame(self, request: Request, session: Session, screen: Screen) -> Response:
        # A "<" in a name must not end the element that the state stands in.
        state = msgspec.json.encode(self._state(session, screen)).decode().replace("<", "\\u003c")
        response = self._desk.office.page(request, "catalogue_tv.html", state=state)
        response.headers.update(FRAMED)
        return response

    def _state(self, session: Session, screen: Screen) -> TvState:
        return sample_state(self._draft(session), screen, self._desk.office.inbox.now_ms, FILES)

    def _draft(self, session: Session) -> Catalogue:
        return self._desk.draft(session).catalogue
