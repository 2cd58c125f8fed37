"""From a draft to a version: publish, come back to an earlier one, catch up with a colleague's; files in and out."""

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import AdoptCatalogue
from edge.contracts.refusals import Refusal
from edge.hub.catalogue import files
from edge.hub.catalogue.changes import applied, rebase
from edge.hub.catalogue.drafts import CatalogueDraft
from edge.hub.deeds import WRONG_PASSWORD, Deed
from edge.hub.journal import Edition
from edge.hub.officers import Session, TooManyTries, WrongPassword
from edge.hub.roles import Role
from edge.hub.web.base import HEADERS, Form, said
from edge.hub.web.catalogue_desk import HOME, MAX_BODY_BYTES, MAX_FIELDS, CatalogueDesk, back
from edge.hub.words import N_

VERSIONS = f"{HOME}/versions"
MOST_SHOWN = 60
MOST_CHANGES = 6
MAX_NOTE = 200


class EditionPages:
    """Publishing, the versions, and files."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        on_get, on_form, admin = self._desk.office.on_get, self._desk.office.on_form, Role.ADMINISTRATOR
        large = MAX_BODY_BYTES
        return [
            on_get(f"{HOME}/publish", self.review, admin),
            on_form(f"{HOME}/publish", self.publish, admin),
            on_form(f"{HOME}/discard", self.discard, admin),
            on_get(f"{HOME}/rebase", self.compare, admin),
            on_form(f"{HOME}/rebase", self.rebase, admin, at_most=large, max_fields=MAX_FIELDS),
            on_get(VERSIONS, self.versions, admin),
            on_get(f"{VERSIONS}/{{version:int}}", self.version, admin),
            on_form(f"{VERSIONS}/{{version:int}}", self.restore, admin),
            on_get(f"{HOME}/import", self.import_form, admin),
            on_form(f"{HOME}/import", self.import_file, admin, at_most=large),
            on_get(f"{HOME}/catalogue.{{form}}", self.export, admin),
        ]

    async def review(self, request: Request, session: Session) -> Response:
        """What publishing would change."""
        return self._review(request, session)

    def _review(
        self, request: Request, session: Session, message: str = "", *, note: str = "", stop: str = ""
    ) -> Response:
        draft = self._desk.draft(session)
        return self._desk.page(
            request,
            session,
            "catalogue_publish.html",
            status=409 if message else 200,
            differences=self._desk.differences(request, draft.origin, draft.catalogue),
            faults=[
                *self._desk.faults(request, draft.catalogue),
                *self._desk.lacking(request, draft.catalogue),
            ],
            message=message,
            note=note,
            stop=stop,
            paid_elsewhere=draft.catalogue.payment != self._desk.in_force.payment,
        )

    async def publish(self, request: Request, session: Session, form: Form) -> Response:
        """Make the draft that the officer saw the catalogue in force."""
        draft, note = self._desk.draft(session), form.text("note", MAX_NOTE)
        if not draft.is_changed:
            return back("nothing", VERSIONS)
        if form.text("seen") != str(draft.at_ms):
            return self._review(
                request, session, said(request)("Bản nháp đã đổi từ lúc bạn xem. Xin xem lại."), note=note
            )
        if self._desk.lacking(request, draft.catalogue):
            return self._review(request, session, said(request)(N_("Có tệp không còn trong kho.")), note=note)
        if wrong := await self._not_the_officer(request, session, form, draft.catalogue):
            return self._review(request, session, wrong, note=note)
        command = AdoptCatalogue(secrets.token_hex(16), draft.origin.version, draft.catalogue)
        refused = await self._desk.adopt(session, command, note)
        if refused is None:
            self._desk.drafts.discard(session.officer)
            return back("published", VERSIONS)
        stop = refused.detail if refused.reason is Refusal.PEOPLE_WAIT else ""
        if stop not in {service.id for service in self._desk.in_force.services}:
            stop = ""
        return self._review(request, session, self._desk.refusal(request, refused), note=note, stop=stop)

    async def _not_the_officer(self, request: Request, session: Session, form: Form, catalogue: Catalogue) -> str:
        """What to say where fees would go to another account and the officer's password is not beside it: a PIN, or a
        PC that was left open, must not do for that."""
        if catalogue.payment == self._desk.in_force.payment:
            return ""
        office, _, name = self._desk.office, said(request), session.officer
        try:
            office.officers.note_try(name)
            await office.hashing(office.officers.verify, name, form.secret("password"))
        except TooManyTries:
            return _("Thử sai quá nhiều lần. Xin đợi năm phút rồi thử lại.")
        except WrongPassword:
            await office.note(name, Deed.PAID_ELSEWHERE, outcome=WRONG_PASSWORD)
            return _("Mật khẩu đang dùng chưa đúng. Xin nhập lại.")
        office.officers.forgive(name)
        await office.note(name, Deed.PAID_ELSEWHERE)
        return ""

    async def discard(self, _request: Request, session: Session, _form: Form) -> Response:
        """Forget the draft."""
        self._desk.drafts.discard(session.officer)
        return back("discarded")

    async def compare(self, request: Request, session: Session) -> Response:
        """The officer's changes beside what others have published since."""
        draft = self._desk.draft(session)
        found = rebase(draft.origin, draft.catalogue, self._desk.in_force)
        mine = self._desk.sentences(request, draft.origin, draft.catalogue)
        theirs = self._desk.sentences(request, draft.origin, self._desk.in_force)
        lines = [
            (change.key, mine.sentence(change), [theirs.sentence(other) for other in found.theirs.get(change.key, ())])
            for change in found.mine
        ]
        published = self._desk.differences(request, draft.origin, self._desk.in_force)
        return self._desk.page(request, session, "catalogue_rebase.html", lines=lines, published=published)

    async def rebase(self, request: Request, session: Session, form: Form) -> Response:
        """Begin the draft anew from the version in force, with the changes that the officer keeps."""
        draft, in_force = self._desk.draft(session), self._desk.in_force
        if form.text("onto") != str(in_force.version):
            return await self.compare(request, session)  # yet another version in between
        kept = set(form.texts("keep"))
        chosen = [change for change in rebase(draft.origin, draft.catalogue, in_force).mine if change.key in kept]
        caught_up = CatalogueDraft(in_force, applied(in_force, chosen), self._desk.office.inbox.now_ms)
        self._desk.drafts.keep(session.officer, caught_up)
        return back("rebased", f"{HOME}/publish")

    async def versions(self, request: Request, session: Session) -> Response:
        """Who published what when, newest first."""
        editions, notes = await self._editions(), self._desk.drafts.notes()
        lines = []
        for at, edition in enumerate(editions[:MOST_SHOWN]):
            before = editions[at + 1].catalogue if at + 1 < len(editions) else edition.catalogue
            differences = self._desk.differences(request, before, edition.catalogue)
            lines.append((edition, notes.get(edition.version, ""), differences[:MOST_CHANGES], len(differences)))
        return self._desk.page(request, session, "catalogue_versions.html", lines=lines, most=MOST_CHANGES)

    async def version(self, request: Request, session: Session) -> Response:
        """One version as it was, and how it differs from the one in force."""
        edition = await self._edition(request)
        if edition is None:
            return back("gone", VERSIONS)
        return self._version(request, session, edition)

    def _version(self, request: Request, session: Session, edition: Edition, message: str = "") -> Response:
        return self._desk.page(
            request,
            session,
            "catalogue_version.html",
            status=409 if message else 200,
            edition=edition,
            note=self._desk.drafts.notes().get(edition.version, ""),
            differences=self._desk.differences(request, self._desk.in_force, edition.catalogue),
            message=message,
            paid_elsewhere=edition.catalogue.payment != self._desk.in_force.payment,
        )

    async def restore(self, request: Request, session: Session, form: Form) -> Response:
        """Publish an earlier version once more, as a new one."""
        edition, base = await self._edition(request), form.text("base")
        if edition is None or not base.isascii() or not base.isdecimal():
            return back("gone", VERSIONS)
        if wrong := await self._not_the_officer(request, session, form, edition.catalogue):
            return self._version(request, session, edition, wrong)
        command = AdoptCatalogue(secrets.token_hex(16), int(base), edition.catalogue)
        refused = await self._desk.adopt(session, command, form.text("note", MAX_NOTE))
        if refused is not None:
            return self._version(request, session, edition, self._desk.refusal(request, refused))
        return back("published", VERSIONS)

    async def import_form(self, request: Request, session: Session) -> Response:
        """Where the text of a file is put."""
        return self._desk.page(request, session, "catalogue_import.html", text="", message="", wrong=[])

    async def import_file(self, request: Request, session: Session, form: Form) -> Response:
        """Take a file into the draft, if it can be worked by."""
        _, text, wrong, message = said(request), form.text("text", files.MAX_LETTERS + 1), [], ""
        try:
            catalogue = files.read(text)
        except files.FileError as error:
            message = _("Không đọc được tệp: {why}").format(why=error)
        else:
            wrong = self._desk.faults(request, catalogue)
            message = _("Danh mục trong tệp chưa đúng.") if wrong else ""
        if message:
            return self._desk.page(
                request, session, "catalogue_import.html", status=422, text=text, message=message, wrong=wrong[:20]
            )
        self._desk.keep(session, catalogue)
        return back("imported", f"{HOME}/publish")

    async def export(self, request: Request, session: Session) -> Response:
        """The catalogue in force, or the officer's draft, as a file."""
        draft = "draft" in request.query_params
        catalogue = self._desk.draft(session).catalogue if draft else self._desk.in_force
        made = {"toml": (files.as_toml, "application/toml"), "json": (files.as_json, "application/json")}
        if request.path_params["form"] not in made:
            return Response(status_code=404)
        encode, media_type = made[request.path_params["form"]]
        name = f"catalogue-{'draft' if draft else catalogue.version}.{request.path_params['form']}"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(encode(catalogue), media_type=media_type, headers=headers)

    async def _edition(self, request: Request) -> Edition | None:
        wanted = request.path_params["version"]
        return next((edition for edition in await self._editions() if edition.version == wanted), None)

    async def _editions(self) -> list[Edition]:
        """Every version that there is to come back to, newest first; the first have no officer."""
        office = self._desk.office
        published = await office.inbox.on_disk(office.journal.editions)
        known = {edition.version for edition in published}
        older = [*self._desk.drafts.beginnings(), self._desk.in_force]
        beginnings = {c.version: Edition(c.version, 0, "", c) for c in older if c.version not in known}
        return sorted([*published, *beginnings.values()], key=lambda edition: -edition.version)
