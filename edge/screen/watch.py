"""When the browser is started, and when it is started again: decided from what is seen of it. Pure."""

from enum import Enum

from msgspec import Struct, structs

STOPPED_S = 5.0  # a process that somebody stopped
PAGELESS_S = 3.0  # the page's process is gone: "Aw, Snap!" stands on the screen
SETTLED_S = 60.0  # a browser that lived so long was no failure
FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 30.0


class Limits(Struct, frozen=True):
    """How long the page may be silent, how long its first word may take, and how much memory is too much."""

    silent_s: float
    start_s: float
    memory_mb: float


class Page(Struct, frozen=True):
    """What the program behind the page answers. ``beats`` is whether it counts the page's beats at all, ``seen_s`` how
    long ago the last one was, None before the first; ``busy`` is whether somebody is being served."""

    answers: bool
    beats: bool = False
    seen_s: float | None = None
    busy: bool = False


class Browser(Struct, frozen=True):
    """What is seen of the browser's processes: whether one is stopped, how many show pages, and their memory."""

    stopped: bool
    pages: int
    memory_mb: float


class Life(Struct, frozen=True):
    """One browser's life so far, in seconds of a clock that never goes back; ``failures`` are those in a row before it.

    ``due_s`` is since when a beat of the page is due; ``shown`` is whether there was one, or where nobody counts beats,
    whether a process shows a page.
    """

    since_s: float
    due_s: float
    failures: int
    shown: bool = False
    had_page: bool = False
    stopped_since_s: float | None = None
    pageless_since_s: float | None = None

    def stays(self, now_s: float) -> bool:
        """Whether it may be told that the page is shown: after failures in a row not at once."""
        return self.failures <= 1 or now_s - self.since_s >= SETTLED_S


class Resting(Struct, frozen=True):
    """No browser runs; the next may begin at ``until_s``."""

    until_s: float = 0.0
    failures: int = 0


State = Life | Resting


class Do(Enum):
    """What is to be done with the browser."""

    NOTHING = "nothing"
    START = "start"
    END = "end"


class Why(Enum):
    """Why a browser has to be started again, as the log says it."""

    ENDED = "it ended by itself"
    STOPPED = "it was stopped"
    CRASHED = "its page crashed"
    SILENT = "its page is silent"
    LARGE = "it uses too much memory"


class Decision(Struct, frozen=True):
    """The state from now on, what to do, and why."""

    state: State
    do: Do = Do.NOTHING
    why: Why | None = None


def decide(state: State, limits: Limits, now_s: float, page: Page, browser: Browser | None) -> Decision:
    """What to do at ``now_s``. ``browser`` is None where none runs.

    A browser is started only while the page's program answers, so that it never shows its own error page, and
    after each short life later than before: 1 s, 2 s, 4 s up to 30 s.
    """
    if isinstance(state, Resting):
        if not page.answers or now_s < state.until_s:
            return Decision(state)
        due_s = now_s + limits.start_s - limits.silent_s
        return Decision(Life(since_s=now_s, due_s=due_s, failures=state.failures), Do.START)
    if browser is None:
        return Decision(_rest(state, now_s), Do.END, Why.ENDED)
    life = _seen(state, now_s, page, browser)
    why = _wrong(life, limits, now_s, page, browser)
    if why is None:
        return Decision(life)
    return Decision(_rest(life, now_s), Do.END, why)


def _seen(life: Life, now_s: float, page: Page, browser: Browser) -> Life:
    due_s, shown = life.due_s, life.shown
    if not page.answers:
        due_s = max(due_s, now_s)  # the page cannot tell anybody that it lives
    elif page.seen_s is not None and now_s - page.seen_s > life.since_s:
        due_s, shown = max(due_s, now_s - page.seen_s) if shown else now_s - page.seen_s, True
    elif not page.beats:
        shown = browser.pages > 0
    return structs.replace(
        life,
        due_s=due_s,
        shown=shown,
        had_page=life.had_page or browser.pages > 0,
        stopped_since_s=_since(life.stopped_since_s, now_s, browser.stopped),
        pageless_since_s=_since(life.pageless_since_s, now_s, browser.pages == 0 and life.had_page),
    )


def _since(before_s: float | None, now_s: float, is_so: bool) -> float | None:
    if not is_so:
        return None
    return now_s if before_s is None else before_s


def _wrong(life: Life, limits: Limits, now_s: float, page: Page, browser: Browser) -> Why | None:
    if life.stopped_since_s is not None and now_s - life.stopped_since_s > STOPPED_S:
        return Why.STOPPED
    if life.pageless_since_s is not None and now_s - life.pageless_since_s > PAGELESS_S:
        return Why.CRASHED
    if page.answers and page.beats and now_s - life.due_s > limits.silent_s:
        return Why.SILENT
    if page.answers and not page.busy and browser.memory_mb > limits.memory_mb:
        return Why.LARGE
    return None


def _rest(life: Life, now_s: float) -> Resting:
    failures = 1 if now_s - life.since_s >= SETTLED_S else life.failures + 1
    return Resting(now_s + min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(failures - 1, 10)), failures)
