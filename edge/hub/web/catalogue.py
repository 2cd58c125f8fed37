"""The catalogue as an administrator edits it, one thing at a time, in a draft: services, groups, counters, hours."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from edge.contracts.catalogue import Catalogue
from edge.daemon.i18n import local_time
from edge.hub.catalogue import edits, forms, hall_forms, kinds
from edge.hub.catalogue.forms import Wrong
from edge.hub.catalogue.kinds import NEW
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Form, FormEndpoint, said
from edge.hub.web.catalogue_desk import (
    HOME,
    MAX_BODY_BYTES,
    MAX_FIELDS,
    PATHS,
    CatalogueDesk,
    back,
    home_of,
    in_words,
    typed,
)
from edge.queueing.catalogue import MAX_PERIODS
from edge.queueing.edition import stranded_by
from edge.queueing.public_holidays import public_holidays

SPARE_ROWS = 2


class CataloguePages:
    """The overview and a form for each part."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        on_get, on_form, admin = self._desk.office.on_get, self._desk.office.on_form, Role.ADMINISTRATOR

        def on_large_form(path: str, endpoint: FormEndpoint) -> Route:
            return on_form(path, endpoint, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS)

        routes: list[BaseRoute] = [
            on_get(HOME, self.overview, admin),
            on_form(f"{HOME}/move", self.move, admin),
            on_form(f"{HOME}/public-holidays", self.set_public_holidays, admin),
            on_get(f"{HOME}/days", self.days, admin),
        ]
        for part in ("facility", "hours", "policy", "payment"):
            routes += [
                on_get(f"{HOME}/{part}", self.part, admin),
                on_large_form(f"{HOME}/{part}", self.save_part),
            ]
        for path, kind in PATHS.items():
            if kind not in kinds.NOT_ADDED:
                routes += [
                    on_get(f"{HOME}/{path}/{NEW}", self.thing, admin),
                    on_large_form(f"{HOME}/{path}/{NEW}", self.save),
                ]
            routes += [
                on_get(f"{HOME}/{path}/{{thing}}", self.thing, admin),
                on_large_form(f"{HOME}/{path}/{{thing}}", self.save),
                on_form(f"{HOME}/{path}/{{thing}}/delete", self.delete, admin),
            ]
        return [*routes, on_form(f"{HOME}/services/{{thing}}/pause", self.pause, admin)]

    async def overview(self, request: Request, session: Session) -> Response:
        """Everything at a glance."""
        draft = self._desk.draft(session).catalogue
        faults = [*self._desk.faults(request, draft), *self._desk.lacking(request, draft)]
        return self._desk.page(request, session, "catalogue.html", faults=faults)

    async def move(self, _request: Request, session: Session, form: Form) -> Response:
        """Up or down by one place."""
        kind, thing_id = form.text("kind"), form.text("id")
        try:
            moved = edits.moved(self._draft(session), kind, thing_id, -1 if form.text("by") == "up" else 1)
        except KeyError:
            return back("gone")
        self._desk.keep(session, moved)
        return back("moved", home_of(kind, thing_id))

    async def part(self, request: Request, session: Session) -> Response:
        """The form of the facility's names, the weekly hours, the rules or the receiving account."""
        catalogue, part = self._draft(session), _last(request)
        made = {
            "facility": lambda: forms.facility_fields(catalogue.facility),
            "hours": lambda: forms.week_fields(catalogue.hours),
            "policy": lambda: forms.policy_fields(catalogue.policy),
            "payment": lambda: forms.payment_fields(catalogue.payment),
        }
        return self._part(request, session, part, made[part](), {})

    async def save_part(self, request: Request, session: Session, form: Form) -> Response:
        """Take what the form says into the draft, or show it again with what is wrong."""
        catalogue, part, fields = self._draft(session), _last(request), typed(form)
        read = {
            "facility": forms.read_facility,
            "hours": forms.read_week,
            "policy": forms.read_policy,
            "payment": forms.read_payment,
        }
        try:
            changed = forms.with_part(catalogue, part, read[part](fields))
        except Wrong as wrong:
            return self._part(request, session, part, fields, wrong.notes)
        if notes := forms.notes_of(changed, part, ""):
            return self._part(request, session, part, fields, notes)
        self._desk.keep(session, changed)
        return back("saved", f"{HOME}#{part}")

    def _part(
        self, request: Request, session: Session, part: str, fields: forms.Fields, notes: Mapping[str, forms.Note]
    ) -> Response:
        return self._desk.page(
            request,
            session,
            f"catalogue_{part}.html",
            status=422 if notes else 200,
            fields=fields,
            notes=in_words(request, notes),
            rows=forms.rows(fields, SPARE_ROWS),
            choices=kinds.choices(self._draft(session), ""),
        )

    async def days(self, request: Request, session: Session) -> Response:
        """Special days, and the public holidays of this year and the next."""
        now = local_time(self._desk.office.inbox.now_ms, self._desk.in_force.facility.time_zone)
        holidays = [
            (year, sorted(public_holidays(year).items(), key=lambda item: item[0])) for year in (now.year, now.year + 1)
        ]
        special = {day.date for day in self._draft(session).special_days}
        return self._desk.page(request, session, "catalogue_days.html", holidays=holidays, special=special)

    async def set_public_holidays(self, _request: Request, session: Session, form: Form) -> Response:
        """Closed on public holidays, or not."""
        draft = self._draft(session)
        self._desk.keep(session, forms.with_part(draft, "public_holidays", bool(form.text("closed"))))
        return back("saved", f"{HOME}/days")

    async def thing(self, request: Request, session: Session) -> Response:
        """The form of one thing, of a new one too."""
        kind, thing_id = _kind(request), request.path_params.get("thing", "")
        catalogue = self._draft(session)
        if not thing_id:
            return self._thing(request, session, kind, "", kinds.new_fields(catalogue, kind, request.query_params), {})
        try:
            fields = kinds.fields_of(catalogue, kinds.thing(catalogue, kind, thing_id))
        except KeyError:
            return back("gone")
        return self._thing(request, session, kind, thing_id, fields, {})

    async def save(self, request: Request, session: Session, form: Form) -> Response:
        """Take the thing into the draft, or show it again with what is wrong."""
        kind, thing_id = _kind(request), request.path_params.get("thing", "")
        catalogue, fields = self._draft(session), typed(form)
        try:
            if thing_id:
                kinds.thing(catalogue, kind, thing_id)
            changed, new_id = kinds.changed(catalogue, kind, thing_id, fields)
        except KeyError:
            return back("gone", home_of(kind))
        except Wrong as wrong:
            return self._thing(request, session, kind, thing_id, fields, wrong.notes)
        if notes := forms.notes_of(changed, kind, new_id):
            return self._thing(request, session, kind, thing_id, fields, notes)
        if kind == "phrase":
            changed = kinds.without_usual_phrases(changed)
        self._desk.keep(session, changed)
        return back("saved", home_of(kind) if kind == "special_day" else home_of(kind, new_id))

    def _thing(
        self,
        request: Request,
        session: Session,
        kind: str,
        thing_id: str,
        fields: forms.Fields,
        notes: Mapping[str, forms.Note],
    ) -> Response:
        catalogue = self._draft(session)
        return self._desk.page(
            request,
            session,
            f"catalogue_{kind}.html",
            status=422 if notes else 200,
            thing=kinds.thing(catalogue, kind, thing_id) if thing_id else None,
            thing_id=thing_id,
            fields=fields,
            notes=in_words(request, notes),
            rows=min(MAX_PERIODS, forms.rows(fields, SPARE_ROWS)),
            choices=kinds.choices(catalogue, thing_id),
            loudness_rows=hall_forms.loudness_rows(fields, SPARE_ROWS),
            region_notes=[(region, said(request)(note)) for region, note in kinds.region_notes()],
        )

    async def delete(self, request: Request, session: Session, _form: Form) -> Response:
        """Take a thing out of the draft, unless somebody needs it."""
        kind, thing_id = _kind(request), request.path_params["thing"]
        catalogue = self._draft(session)
        try:
            edits.thing(catalogue, kind, thing_id)
        except KeyError:
            return back("gone")
        left = edits.without(catalogue, kind, thing_id)
        why = self._needed(request, catalogue, left, kind, thing_id)
        if why:
            return self._desk.page(
                request, session, "catalogue_needed.html", status=409, kind=kind, thing_id=thing_id, why=why
            )
        self._desk.keep(session, left)
        return back("deleted", home_of(kind))

    def _needed(self, request: Request, catalogue: Catalogue, left: Catalogue, kind: str, thing_id: str) -> str:
        """Why a thing cannot be taken away; empty where it can."""
        _, queue = said(request), self._desk.office.inbox.queue
        if kind == "group" and any(service.group == thing_id for service in catalogue.services):
            return _("Nhóm này còn dịch vụ. Xin chuyển các dịch vụ sang nhóm khác hoặc xoá chúng trước.")
        if kind in ("group", "service", "counter") and not edits.things(left, kind):
            return _("Đây là mục cuối cùng; danh mục cần ít nhất một.")
        if kind == "service" and stranded_by(queue, left) == thing_id:
            waiting = len(tuple(queue.waiting_for(thing_id)))
            words = _("Còn người cần dịch vụ này ({n} người đang chờ). Hãy ngừng phát số, rồi xoá khi hết người.")
            return words.format(n=waiting)
        if kind == "counter" and stranded_by(queue, left) not in ("", stranded_by(queue, catalogue)):
            return _("Còn người đang được phục vụ hoặc đang chờ ở quầy này. Xin xoá khi hết người.")
        return ""

    async def pause(self, request: Request, session: Session, _form: Form) -> Response:
        """Let a service give no more numbers, in place of deleting it."""
        thing_id = request.path_params["thing"]
        catalogue = self._draft(session)
        if thing_id not in map(edits.key, catalogue.services):  # the draft deleted it, the hub needs it
            catalogue = edits.given_back(catalogue, self._desk.in_force, thing_id)
        try:
            self._desk.keep(session, edits.paused(catalogue, thing_id))
        except KeyError:
            return back("gone")
        return back("paused", f"{HOME}#service-{thing_id}")

    def _draft(self, session: Session) -> Catalogue:
        return self._desk.draft(session).catalogue


def _kind(request: Request) -> str:
    return PATHS[request.url.path.split("/")[3]]


def _last(request: Request) -> str:
    return request.url.path.rsplit("/", 1)[-1]
