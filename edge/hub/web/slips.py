"""The printed ticket: its blocks in a form, and beside it an example as the printer would make it."""

import io
from asyncio import get_running_loop
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.catalogue import Catalogue
from edge.contracts.slip import PLACES, REPEATABLE, REQUIRED, WORDED, BlockKind, SlipTemplate
from edge.hub.catalogue import slip_forms
from edge.hub.catalogue.forms import Wrong
from edge.hub.catalogue.slip_example import example_slip
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import HEADERS, Form, said
from edge.hub.web.catalogue_desk import HOME, MAX_BODY_BYTES, MAX_FIELDS, CatalogueDesk, back, in_words, typed
from edge.queueing.catalogue_words import BLOCK_NAMES, sentence
from edge.queueing.slip_checks import slip_faults
from edge.slip.facts import Language, Slip
from edge.slip.logo import NotAPicture, read_logo
from edge.slip.render import render_slip

SLIP = f"{HOME}/slip"
EXAMPLE = f"{SLIP}/example.png"


class Paper(NamedTuple):
    """One of the pictures beside the form."""

    dots: int
    language: Language


PAPERS = (Paper(576, "vi"), Paper(576, "en"), Paper(384, "vi"), Paper(384, "en"))


class SlipPages:
    """The form, and its pictures, which are drawn one at a time beside everything else."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="slip")

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office, admin = self._desk.office, Role.ADMINISTRATOR
        return [
            office.on_get(SLIP, self.slip, admin),
            office.on_form(SLIP, self.save, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS),
            office.on_form(EXAMPLE, self.example, admin, at_most=MAX_BODY_BYTES, max_fields=MAX_FIELDS),
        ]

    async def slip(self, request: Request, session: Session) -> Response:
        """The slip as the draft has it."""
        return await self._page(request, session, self._draft(session).slip)

    async def save(self, request: Request, session: Session, form: Form) -> Response:
        """Take the slip into the draft; or do one step of the form's, which is not kept before it is saved."""
        try:
            template = slip_forms.read_slip(typed(form))
        except Wrong as wrong:
            whys = list(in_words(request, wrong.notes).values())
            return await self._page(request, session, self._draft(session).slip, whys)
        if step := form.text("do"):
            return await self._page(request, session, slip_forms.stepped(template, step, form.text("new")))
        whys = [sentence(error, said(request)) for error in slip_faults(template)]
        if whys:
            return await self._page(request, session, template, whys)
        self._desk.keep(session, replace(self._draft(session), slip=template))
        return back("saved", SLIP)

    async def example(self, request: Request, session: Session, form: Form) -> Response:
        """One picture of the slip as the form has it, saved or not; the query's ``paper`` says which."""
        paper = request.query_params.get("paper", "")
        try:
            template = slip_forms.read_slip(typed(form))
            chosen = PAPERS[int(paper)] if paper.isdecimal() and len(paper) == 1 else PAPERS[0]
        except (Wrong, IndexError):
            return Response(status_code=422, headers=HEADERS)
        png = await self._drawn(request, session, template, chosen)
        return Response(png, media_type="image/png", headers=HEADERS)

    async def _page(
        self, request: Request, session: Session, template: SlipTemplate, whys: list[str] | None = None
    ) -> Response:
        pictures = [
            (paper, "data:image/png;base64," + b64encode(await self._drawn(request, session, template, paper)).decode())
            for paper in PAPERS
        ]
        return self._desk.page(
            request,
            session,
            "catalogue_slip.html",
            status=422 if whys else 200,
            slip=template,
            whys=whys or [],
            pictures=pictures,
            forms=slip_forms,
            names=BLOCK_NAMES,
            KINDS=BlockKind,
            REPEATABLE=REPEATABLE,
            REQUIRED=REQUIRED,
            WORDED=WORDED,
            places=PLACES,
        )

    async def _drawn(self, request: Request, session: Session, template: SlipTemplate, paper: Paper) -> bytes:
        catalogue = self._draft(session)
        logo = self._desk.media.path(catalogue.logo.sha256) if catalogue.logo else None
        slip = example_slip(
            catalogue, paper.language, self._desk.office.inbox.now_ms, f"{request.base_url}t/{'0' * 32}"
        )
        return await get_running_loop().run_in_executor(self._drawing, partial(_png, slip, template, logo, paper.dots))

    def _draft(self, session: Session) -> Catalogue:
        return self._desk.draft(session).catalogue


def _png(slip: Slip, template: SlipTemplate, logo: Path | None, dots: int) -> bytes:
    buffer = io.BytesIO()
    render_slip(slip, dots, template, _logo(logo) if logo else None).save(buffer, "PNG")
    return buffer.getvalue()


def _logo(path: Path) -> Image.Image | None:
    try:
        return read_logo(path.read_bytes())
    except (FileNotFoundError, NotAPicture):  # swept away a moment ago, or damaged: the list of files says so
        return None
