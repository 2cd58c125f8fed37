"""A piece of work that must not take the program with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def attempt(work: Callable[[], None]) -> BaseException | None:
    """Do the work, and say what it raised; None where it came to its end.

    Elsewhere an exception that nothing expects ends the program, and systemd starts it anew. A voice shares its
    program with screens and boards, or with a person in the middle of a visit: a fault in one utterance costs that
    utterance. It runs in a thread of its own, whose future takes the exception in.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="attempt") as once:
        return once.submit(work).exception()
