"""What the command says, and how it ends."""

from collections.abc import Callable

from edge.daemon.i18n import translations

N_ = str  # marks a Vietnamese source sentence whose English stands in locale/en.po
PACKAGE = "provisioning.enrol"


class Failed(Exception):
    """It was not done: a source sentence and what fills its places."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values


class Revoked(Failed):
    """The hub or the cloud does not know this machine any more."""


Say = Callable[..., None]  # a sentence, and what fills its places


def said(language: str) -> Callable[..., str]:
    """A sentence in this language with its places filled."""
    gettext = translations(language, PACKAGE).gettext
    return lambda sentence, **values: gettext(sentence).format(**values)
