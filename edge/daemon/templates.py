"""Jinja2 as every program uses it: escaped, strict about names, and speaking one language at a time."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from edge.daemon.i18n import translations


@cache
def environment(package: str, language: str = "vi") -> Environment:
    """The templates of ``<package>/pages``; ``_("…")`` in them gives the sentence in ``language``, and
    ``thing | named`` the name of a facility, group or service.
    """
    made = Environment(
        loader=PackageLoader(package, "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["_"] = translations(language, package).gettext
    made.globals["language"] = language
    made.filters["named"] = lambda thing: thing.name_en if language == "en" else thing.name
    return made
