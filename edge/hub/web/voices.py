"""How the loudspeakers speak: voices and phrases in a list, and recordings, fragment by fragment."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import MediumKind, Recording
from edge.contracts.phrases import region_note
from edge.hub.catalogue import edits, hall_forms
from edge.hub.catalogue.packs import packs, recording_of
from edge.hub.media import Stored
from edge.hub.media_faults import MediumFault, Unfit
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Form, said
from edge.hub.web.catalogue_desk import HOME, CatalogueDesk, back
from edge.hub.web.media import FILES, take, title, with_medium

RECORDINGS = f"{HOME}/recordings"


class VoicePages:
    """Voices, phrases and recordings."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office, admin = self._desk.office, Role.ADMINISTRATOR
        return [
            office.on_get(f"{HOME}/voices", self.voices, admin),
            office.on_get(RECORDINGS, self.recordings, admin),
            office.on_upload(f"{RECORDINGS}/upload", self.upload, admin),
            office.on_form(f"{RECORDINGS}/delete", self.delete, admin),
        ]

    async def voices(self, request: Request, session: Session) -> Response:
        """Every voice, and every phrase as it is spoken."""
        own = {phrase.id: phrase for phrase in self._draft(session).phrases}
        return self._desk.page(request, session, "catalogue_voices.html", phrases=hall_forms.phrases(own), own=own)

    async def recordings(self, request: Request, session: Session) -> Response:
        """The fragments of one pack, with what is recorded and what is missing."""
        catalogue, gettext = self._draft(session), said(request)
        there = packs(catalogue)
        chosen = next((pack for pack in there if pack.id == request.query_params.get("pack")), there[0])
        sounds = {medium.id: medium.sha256 for medium in catalogue.media}
        fragments = []
        for fragment in chosen.fragments:
            recording = recording_of(catalogue, fragment)
            fragments.append((fragment, recording, sounds.get(recording.medium, "") if recording else ""))
        note = region_note(chosen.region) if chosen.language == "vi" else ""
        return self._desk.page(
            request,
            session,
            "catalogue_recordings.html",
            packs=there,
            chosen=chosen,
            fragments=fragments,
            missing=chosen.needed - chosen.recorded,
            note=gettext(note) if note else "",
        )

    async def upload(self, request: Request, session: Session) -> Response:
        """Take what somebody spoke as the fragment that the query's ``id`` names, in place of what was there."""
        fragment_id = request.query_params.get("id", "")
        texts = {fragment.id: fragment.text for pack in packs(self._draft(session)) for fragment in pack.fragments}

        def kept(catalogue: Catalogue, stored: Stored) -> tuple[Catalogue, str]:
            if any(recording.id == fragment_id for recording in catalogue.recordings):
                catalogue = edits.unrecorded(catalogue, fragment_id)
            text = texts[fragment_id]
            catalogue, medium = with_medium(catalogue, stored, title(f"{text} ({fragment_id.partition('/')[0]})"))
            return edits.put(catalogue, "recording", Recording(fragment_id, text, medium)), stored.sha256

        def checked(stored: Stored) -> None:
            if stored.kind is not MediumKind.SOUND or fragment_id not in texts:
                raise Unfit(MediumFault.SOUND)

        return await take(self._desk, request, session, f"{FILES}/{{0}}", kept, checked)

    async def delete(self, _request: Request, session: Session, form: Form) -> Response:
        """Take a recording out of the draft, and its sound with it."""
        catalogue, recording = self._draft(session), form.text("id")
        pack = recording.partition("/")[0]
        if recording not in {one.id for one in catalogue.recordings}:
            return back("gone", RECORDINGS)
        self._desk.keep(session, edits.unrecorded(catalogue, recording))
        response = back("deleted", RECORDINGS)
        response.headers["location"] += f"&pack={pack}"
        return response

    def _draft(self, session: Session) -> Catalogue:
        return self._desk.draft(session).catalogue
