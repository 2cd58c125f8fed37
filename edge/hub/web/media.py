"""Pictures, clips and sounds: uploaded once, listed with where they are used, and looked at."""

import logging
from collections.abc import Callable
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import CHIMES, MAX_MEDIA, Medium, MediumKind
from edge.hub.catalogue import edits
from edge.hub.catalogue.hall_words import MEDIUM_KINDS
from edge.hub.catalogue.kinds import NEW
from edge.hub.deeds import REFUSED, Deed
from edge.hub.media import MEGABYTE, Stored, content_type
from edge.hub.media_faults import MediumFault, Unfit
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import CLOSING, HEADERS, answer, said
from edge.hub.web.catalogue_desk import HOME, CatalogueDesk
from edge.queueing.catalogue_faults import MAX_TEXT
from edge.queueing.hall_checks import MOST_BYTES

FILES = f"{HOME}/media-file"
_STATUS = {
    MediumFault.LARGE: 413,
    MediumFault.DISK: 507,
    MediumFault.STORE_FULL: 507,
    MediumFault.NOT_WRITTEN: 507,
}
_log = logging.getLogger(__name__)


class Uploaded(Struct, frozen=True):
    """What the page's script is told: where to go on, or why the file was not taken."""

    message: str = ""
    page: str = ""


class MediaPages:
    """The list, and what an upload goes through."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office, admin = self._desk.office, Role.ADMINISTRATOR
        return [
            office.on_get(f"{HOME}/media", self.media, admin),
            office.on_upload(f"{HOME}/upload", self.upload, admin),
            office.on_stream(f"{FILES}/{{sha256}}", self.file, admin),
        ]

    async def media(self, request: Request, session: Session) -> Response:
        """Every medium that is not a recording's sound, and which screens, voices and announcements use it."""
        await self._desk.media.sweep(self._desk.named_media())
        draft = self._desk.draft(session).catalogue
        recorded = {recording.medium for recording in draft.recordings}
        media = [
            (medium, edits.uses(draft, medium.id), self._desk.media.path(medium.sha256) is not None)
            for medium in draft.media
            if medium.id not in recorded
        ]
        return self._desk.page(
            request,
            session,
            "catalogue_media.html",
            media=media,
            most={kind.value: MOST_BYTES[kind] for kind in MediumKind},
            megabyte=MEGABYTE,
        )

    async def upload(self, request: Request, session: Session) -> Response:
        """Take a file into the store and the officer's draft; the query's ``name`` is what it is called."""
        name = title(request.query_params.get("name", ""))

        def kept(catalogue: Catalogue, stored: Stored) -> tuple[Catalogue, str]:
            there = next((one for one in catalogue.media if one.sha256 == stored.sha256), None)
            if there:
                return catalogue, there.id
            return with_medium(catalogue, stored, name)

        page = f"{HOME}/media?told=uploaded&medium={{0}}#medium-{{0}}"
        return await take(self._desk, request, session, page, kept)

    async def file(self, request: Request, _session: Session) -> Response:
        """A file of the store, for whoever edits the catalogue."""
        path = self._desk.media.path(request.path_params["sha256"])
        if path is None:
            return Response(status_code=404, headers=HEADERS)
        kept = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{path.name}"'}
        return FileResponse(path, media_type=content_type(path), headers=kept)


async def take(
    desk: CatalogueDesk,
    request: Request,
    session: Session,
    page: str,
    kept: Callable[[Catalogue, Stored], tuple[Catalogue, str]],
    checked: Callable[[Stored], None] = lambda _stored: None,
) -> Response:
    """Take the body of a request into the store, and what ``kept`` makes of it into the officer's draft.

    ``checked`` raises Unfit where the file is not what is wanted here. The answer tells the script the ``page`` to go
    to, with the medium's id at its ``{0}``, or what is wrong, in words.
    """
    declared = request.headers.get("content-length", "")
    try:
        stored = await desk.media.take(
            request.stream(),
            int(declared) if declared.isdecimal() and len(declared) < 16 else None,
            desk.named_media(),
        )
        if len(desk.draft(session).catalogue.media) >= MAX_MEDIA:
            raise Unfit(MediumFault.MANY, most=MAX_MEDIA)
        checked(stored)
    except Unfit as unfit:
        if _STATUS.get(unfit.fault) == 507:
            _log.warning("an uploaded file was not kept: %s", unfit.fault.name.lower())
        await desk.office.note(session.officer, Deed.UPLOAD_MEDIUM, unfit.fault.name.lower(), REFUSED)
        response = answer(Uploaded(in_words(request, unfit)))
        response.status_code = _STATUS.get(unfit.fault, 422)
        response.headers["Connection"] = "close"
        return response
    except ClientDisconnect:
        return Response(status_code=400, headers=CLOSING)  # nobody reads it
    await desk.office.note(session.officer, Deed.UPLOAD_MEDIUM, f"{stored.kind.value} {stored.sha256[:12]}")
    changed, medium_id = kept(desk.draft(session).catalogue, stored)  # nothing waits from here on: no upload is lost
    desk.keep(session, changed)
    return answer(Uploaded(page=page.format(medium_id)))


def with_medium(catalogue: Catalogue, stored: Stored, name: str) -> tuple[Catalogue, str]:
    """The catalogue with what the store holds as one more medium, and its id."""
    new_id = edits.new_id(name, [NEW, *CHIMES, *(medium.id for medium in catalogue.media)], stored.kind.value)
    medium = Medium(new_id, name, stored.kind, stored.sha256, stored.size, stored.seconds)
    return replace(catalogue, media=(*catalogue.media, medium)), new_id


def title(file_name: str) -> str:
    """What a file is called without its suffix, as the catalogue takes it.

    >>> title("Rửa tay\\x00 đúng cách.mp4"), title(" .mp4"), title("")
    ('Rửa tay đúng cách', '.mp4', 'Tệp')
    """
    printable = "".join(letter for letter in file_name if letter.isprintable()).strip()
    return PurePath(printable.replace("/", " ")).stem.strip()[:MAX_TEXT].strip() or "Tệp"


def in_words(request: Request, unfit: Unfit) -> str:
    """Why a file was not taken, in the language of whoever uploads it."""
    gettext = said(request)
    values = dict(unfit.values)
    if unfit.fault is MediumFault.LARGE:
        values["kind"] = gettext(MEDIUM_KINDS[MediumKind(values["kind"])])
    return gettext(unfit.fault.value).format(**values)
