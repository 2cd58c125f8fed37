"""What the rooms of the catalogue share: the officer's draft, and how its pages are made."""

from collections.abc import Mapping

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import AdoptCatalogue, Refused
from edge.contracts.refusals import WORDS, Refusal
from edge.contracts.tiles import ICONS
from edge.daemon.i18n import local_time
from edge.hub.catalogue import edits, hall_words
from edge.hub.catalogue.changes import Change, changes
from edge.hub.catalogue.drafts import CatalogueDraft, Drafts
from edge.hub.catalogue.forms import COLOURS, DISCIPLINES, SIZES, Note
from edge.hub.catalogue.sentences import WEEKDAYS, Sentences
from edge.hub.media import MediaStore
from edge.hub.officers import Session
from edge.hub.web.base import Form, Office, language, said
from edge.queueing.catalogue import faults
from edge.queueing.catalogue_faults import CatalogueError, Place
from edge.queueing.catalogue_words import sentence

HOME = "/admin/catalogue"
MAX_BODY_BYTES = 256 * 1024
MAX_FIELDS = 1000
PATHS = {
    "groups": "group",
    "services": "service",
    "counters": "counter",
    "days": "special_day",
    "screens": "screen",
    "media": "medium",
    "voices": "voice",
    "phrases": "phrase",
    "announcements": "announcement",
}
_PATH_OF = {kind: path for path, kind in PATHS.items()}
# Where the things of a kind stand, but for what stands in the overview.
_PAGES = {
    "special_day": "days",
    "screen": "screens",
    "medium": "media",
    "voice": "voices",
    "phrase": "voices",
    "recording": "recordings",
    "announcement": "announcements",
}

N_ = str  # marks a sentence for gettext; ``said`` translates it when somebody reads it
TOLD: dict[str, str] = {
    "saved": N_("Đã lưu vào bản nháp. Kiosk và quầy chưa thay đổi cho đến khi bạn công bố."),
    "moved": N_("Đã đổi thứ tự trong bản nháp."),
    "deleted": N_("Đã xoá khỏi bản nháp."),
    "paused": N_("Dịch vụ sẽ ngừng phát số; người đang chờ vẫn được phục vụ. Xin công bố để áp dụng."),
    "discarded": N_("Đã bỏ bản nháp."),
    "published": N_("Đã công bố. Kiosk, quầy và bảng gọi số dùng bản mới ngay."),
    "rebased": N_("Bản nháp nay dựa trên bản đang dùng."),
    "imported": N_("Đã nạp tệp vào bản nháp. Xin xem lại rồi công bố."),
    "nothing": N_("Không có gì thay đổi để công bố."),
    "gone": N_("Mục đó không còn trong bản nháp."),
    "uploaded": N_("Đã tải tệp lên, vào bản nháp. Màn hình và loa chưa thay đổi cho đến khi bạn công bố."),
}


class CatalogueDesk:
    """The catalogue's rooms at one desk: each officer has one draft, which a reload does not lose."""

    def __init__(self, office: Office, drafts: Drafts, media: MediaStore) -> None:
        self.office = office
        self.drafts = drafts
        self.media = media

    @property
    def in_force(self) -> Catalogue:
        """The catalogue that the site works by."""
        return self.office.inbox.queue.catalogue

    def draft(self, session: Session) -> CatalogueDraft:
        """The officer's draft; the catalogue in force where they have changed nothing."""
        return self.drafts.of(session.officer, self.in_force)

    def keep(self, session: Session, catalogue: Catalogue) -> None:
        """Keep a change to the officer's draft."""
        origin = self.draft(session).origin
        changed = replace(catalogue, version=origin.version)
        self.drafts.keep(session.officer, CatalogueDraft(origin, changed, self.office.inbox.now_ms))

    def named_media(self) -> frozenset[str]:
        """The hashes of every file that the catalogue in force or somebody's draft names."""
        return self.drafts.named_media(self.in_force)

    def is_stale(self, draft: CatalogueDraft) -> bool:
        """Whether another version has come into force since the draft was begun."""
        return draft.origin.version != self.in_force.version

    async def adopt(self, session: Session, command: AdoptCatalogue, note: str) -> Refused | None:
        """Publish a catalogue as the next version, with a note; the refusal where it is not taken."""
        before = self.in_force
        reply = await self.office.send(session, command)
        if isinstance(reply, Refused):
            return reply
        if before.version == command.base == 0:
            self.drafts.keep_beginning(before)
        self.drafts.keep_note(command.base + 1, note)
        return None

    def sentences(self, request: Request, before: Catalogue, after: Catalogue) -> Sentences:
        """The changes between two catalogues in the reader's language."""
        return Sentences(before, after, language(request), said(request))

    def differences(self, request: Request, before: Catalogue, after: Catalogue) -> list[str]:
        """Every change between two catalogues as a sentence."""
        words = self.sentences(request, before, after)
        return [words.sentence(change) for change in changes(before, after)]

    def faults(self, request: Request, catalogue: Catalogue) -> list[tuple[str, str]]:
        """What keeps a catalogue from being published: the sentence, and the page where it is put right."""
        return [(sentence(_named(catalogue, error), said(request)), _page_of(error)) for error in faults(catalogue)]

    def lacking(self, request: Request, catalogue: Catalogue) -> list[tuple[str, str]]:
        """The media of a catalogue whose files the store has not, as ``faults``: they came with a file from another
        site, or with a version so old that its files are gone."""
        words = said(request)(N_("Tệp “{name}” không còn trong kho. Xin tải lên lại hoặc xoá."))
        return [
            (words.format(name=medium.name), f"{HOME}/media#medium-{medium.id}")
            for medium in catalogue.media
            if self.media.path(medium.sha256) is None
        ]

    def refusal(self, request: Request, refused: Refused) -> str:
        """Why the hub did not take the catalogue, with the name of the place."""
        words = said(request)(WORDS[refused.reason])
        if refused.reason is Refusal.PEOPLE_WAIT:
            return f"{self.named(request, refused.detail)}: {words}"
        return words

    def named(self, request: Request, thing_id: str) -> str:
        """The service or counter with this id in the catalogue in force, as the reader knows it."""
        for kind in ("service", "counter"):
            for one in edits.things(self.in_force, kind):
                if edits.key(one) == thing_id:
                    return self.sentences(request, self.in_force, self.in_force).name(
                        Change(kind, thing_id, "name", "", "")
                    )
        return thing_id

    def page(
        self, request: Request, session: Session, template: str, *, status: int = 200, **values: object
    ) -> Response:
        """A page of the catalogue, with what every one of them shows."""
        draft = self.draft(session)
        gettext = said(request)
        told = TOLD.get(request.query_params.get("told", ""), "")
        shown: dict[str, object] = {
            "session": session,
            "draft": draft,
            "catalogue": draft.catalogue,
            "in_force": self.in_force,
            "stale": draft.is_changed and self.is_stale(draft),
            "count": len(changes(draft.origin, draft.catalogue)),
            "others": self.drafts.others(session.officer),
            "told": gettext(told) if told else "",
            "words": self.sentences(request, draft.origin, draft.catalogue),
            "ICONS": ICONS,
            "COLOURS": COLOURS,
            "SIZES": SIZES,
            "DISCIPLINES": DISCIPLINES,
            "WEEKDAYS": WEEKDAYS,
            "notes": {},
            "local_time": self.time,
            "hall": hall_words,
        }
        return self.office.page(request, template, status=status, **(shown | values))

    def time(self, at_ms: int) -> str:
        """A moment on the site's clock."""
        return f"{local_time(at_ms, self.in_force.facility.time_zone):%H:%M %d/%m/%Y}"


def typed(form: Form) -> dict[str, list[str]]:
    """Everything that was typed, by field, to be read and to be shown again."""
    fields: dict[str, list[str]] = {}
    for name, value in form.fields:
        fields.setdefault(name, []).append(value)
    return fields


def in_words(request: Request, notes: Mapping[str, Note]) -> dict[str, str]:
    """What is wrong with the fields, in the reader's language."""
    gettext = said(request)
    return {field: gettext(note.words).format(**note.values) for field, note in notes.items()}


def home_of(kind: str, thing_id: str = "") -> str:
    """The page, and the place on it, where a thing of this kind stands."""
    page = f"{HOME}/{_PAGES[kind]}" if kind in _PAGES else HOME
    return f"{page}#{kind}-{thing_id}" if thing_id else page


def back(told: str, to: str = HOME) -> Response:
    """To the page that shows what has been done."""
    page, _sep, anchor = to.partition("#")
    return RedirectResponse(f"{page}?told={told}" + (f"#{anchor}" if anchor else ""), 303)


def _named(catalogue: Catalogue, error: CatalogueError) -> CatalogueError:
    """The same fault, told by the thing's name in place of its id."""
    place = error.place
    if not place.id or place.kind in ("special_day", "phrase", "recording", "block"):
        return error
    one = edits.thing(catalogue, place.kind, place.id)
    name = str(getattr(one, "number", "")) or str(getattr(one, "name", ""))
    return CatalogueError(Place(place.kind, name, place.field), error.fault, **error.values)


def _page_of(error: CatalogueError) -> str:
    kind, thing_id, field = error.place
    if kind == "recording":
        return f"{HOME}/recordings"
    if kind in _PATH_OF and thing_id:
        return f"{HOME}/{_PATH_OF[kind]}/{thing_id}#{field}"
    if kind == "phrases":
        return f"{HOME}/voices"
    if kind in ("slip", "block"):
        return f"{HOME}/slip"
    has_page = kind in ("facility", "hours", "policy", "kiosk") or kind in _PAGES.values()
    return f"{HOME}/{kind}" if has_page else f"{HOME}#{kind}"
