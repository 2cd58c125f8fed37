"""What the kiosk knows, and how another picture comes to be shown."""

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.outlook import Outlook
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import PrintFault
from edge.kiosk import screens as s
from edge.kiosk.happenings import Effect
from edge.kiosk.screens import Card, Outage
from edge.kiosk.sightings import Eyes

CHOOSE_MS = 30_000  # a person was identified, or a scan failed
READ_NUMBER_MS = 12_000
PHOTOGRAPH_MS = 25_000  # no slip came out: time to write the number down or photograph the QR
READ_WORDS_MS = 12_000
TYPE_MS = 45_000  # to read a number from a slip and type it
LOOK_MS = 20_000
PREFERENCES_MS = 60_000  # after this the next person finds Vietnamese and the usual colours again
PRINT_MS = 60_000  # a slip takes 24 s on a serial line of 19200 baud; the printer's own word comes before this
SETTLE_MS = 500  # the second half of a double touch lands on a screen that nobody has seen yet
NEXT_SCAN_MS = 4_000  # a card left under the scanner must not sweep its own number away
CONSENT_MS = 60_000  # to read what a picture is for
LOOK_FOR_MS = 20_000  # for a good picture
CLAIM_MS = 45_000
AWAIT_MS = 180_000  # an officer walks to the kiosk
STAFF_MS = 120_000  # a roll is changed in that time
STILL_THERE_MS = 90_000  # after a crash: whoever asked this recently probably still waits for the slip


class Session(Struct, frozen=True):
    """All that the kiosk knows.

    ``name`` is the device's name at the hub. ``step`` numbers the pictures shown; ``shown_ms`` is when the screen came
    and ``until_ms`` when it goes by itself (0: never), both on a clock that never runs backwards. ``papers`` are the
    tickets whose slip is being seen to, so that a ticket of ours that is in nobody's hands is noticed. ``outlook`` is
    the last that the hub told, None before; ``ahead_ms`` is how far the site's clock is ahead of the kiosk's own,
    ``off`` the services that give no number now, and ``turns_ms`` when that, or the opening, next changes (0: never).

    ``card`` is what lies on the card reader, None where the kiosk has none; ``readings`` counts the chips that were
    begun to be read, so that each reading has its number. ``insured`` is what the portal said of the person on the
    screen, None before and where it is not asked; ``checks`` counts the questions.

    ``eyes`` is how the camera is, None where the kiosk has none. ``in_view``: somebody stands near; ``left_ms`` is when
    whoever was seen since the first screen went out of view (0: nobody did), ``seen_ms`` when anybody was seen last (0:
    nobody since the camera came). ``looks`` counts the pictures that were tried for.

    ``spoken`` are the languages that the kiosk has sentences in. ``lowered``: the controls are moved down, and the
    services come in pages, of which ``page`` is shown. ``staffed``: there is a PIN for staff; ``withdrawn``: they took
    the kiosk out of service. ``shut``: the Department did.

    ``hub_away``: numbers come from the kiosk's own reserve. ``spare`` are the services that it has such numbers for,
    ``reserved`` the tickets given so that the hub has not taken in, ``replaced`` the commands that they stand for.
    """

    name: str
    screen: s.Screen = s.OutOfService(Outage.STARTING)
    step: int = 0
    shown_ms: int = 0
    until_ms: int = 0
    spoken: tuple[str, ...] = ("vi", "en")
    language: str = "vi"
    contrast: bool = False
    lowered: bool = False
    page: int = 0
    staffed: bool = False
    withdrawn: bool = False
    shut: bool = False
    site: Snapshot | None = None
    outlook: Outlook | None = None
    ahead_ms: int = 0
    turns_ms: int = 0
    off: tuple[str, ...] = ()
    hub_up: bool = True
    hub_away: bool = False
    spare: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    scanner_up: bool = False
    card: Card | None = None
    readings: int = 0
    checks: int = 0
    insured: s.Insured | None = None
    eyes: Eyes | None = None
    in_view: bool = False
    left_ms: int = 0
    seen_ms: int = 0
    looks: int = 0
    printer_fault: PrintFault | None = None
    paper_low: bool = False
    papers: tuple[str, ...] = ()


Outcome = tuple[Session, tuple[Effect, ...]]


def show(session: Session, screen: s.Screen, now_ms: int, for_ms: int = 0) -> Session:
    """The session with this screen; it goes by itself after ``for_ms`` (0: never)."""
    until_ms = now_ms + for_ms if for_ms else 0
    return replace(session, screen=screen, step=session.step + 1, shown_ms=now_ms, until_ms=until_ms)


def uninsured(session: Session) -> Session:
    """The session without what was asked about a person's insurance: an answer that comes later is nobody's."""
    return replace(session, checks=session.checks + 1, insured=None)


def offered(session: Session) -> tuple[str, ...]:
    """The languages to choose from, in the order that the administrator gave them."""
    named = session.site.catalogue.kiosk.languages if session.site else ("vi", "en")
    return tuple(language for language in named if language in session.spoken) or ("vi",)


def next_language(session: Session) -> str:
    """The language after the one that is shown; the same where there is no other."""
    languages = offered(session)
    at = languages.index(session.language) if session.language in languages else -1
    return languages[(at + 1) % len(languages)]


def link_base(session: Session, own: str) -> str:
    """What a ticket's id is put behind for its QR: the hub's word, or this kiosk's ``own`` where it has none."""
    return (session.outlook.lookup_url if session.outlook else "") or own


def redrawn(session: Session) -> Session:
    """The session with another picture of the same screen: a touch on the old one does nothing."""
    return replace(session, step=session.step + 1)
