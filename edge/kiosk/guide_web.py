"""What the kiosk's page asks of the voice that guides: to be switched on, to say a text, and for its own words."""

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from edge.contracts.hall import Language
from edge.daemon.body import BodyTooLarge, read_body
from edge.kiosk import screens as s
from edge.kiosk.guidance import VOLUMES, Guidance, Saying
from edge.kiosk.guide_words import VOICES, guide_words
from edge.kiosk.state import Session

MAX_SAY_BYTES = 1024
_MANY_DIGITS = re.compile(r"\d{6,}")

T = TypeVar("T")


class Say(Struct, frozen=True, forbid_unknown_fields=True):
    """A text of the screen, to be said in this language; never in a repr."""

    text: str
    language: Language
    volume: Annotated[int, Meta(ge=min(VOLUMES), le=max(VOLUMES))]
    slow: bool = False

    def __repr__(self) -> str:
        return f"Say(language={self.language!r})"


class Switch(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether somebody is guided from now on."""

    on: bool


_say: msgspec.json.Decoder[Say] = msgspec.json.Decoder(Say)
_switch: msgspec.json.Decoder[Switch] = msgspec.json.Decoder(Switch)


class GuideWeb:
    """The routes of the guide: ``is_own_page`` says whether the kiosk's own page asks, ``session`` what it shows."""

    def __init__(
        self, guidance: Guidance, is_own_page: Callable[[Request], bool], session: Callable[[], Session]
    ) -> None:
        self._guidance = guidance
        self._is_own_page = is_own_page
        self._session = session

    def routes(self) -> list[BaseRoute]:
        """To be added to those of the page."""
        return [
            Route("/guide/words", self.words),
            Route("/guide", self.guide, methods=["POST"]),
            Route("/say", self.say, methods=["POST"]),
        ]

    async def words(self, _request: Request) -> Response:
        """The guide's own sentences."""
        return JSONResponse({language: guide_words(language) for language in VOICES})

    async def guide(self, request: Request) -> Response:
        """Switch it on or off."""
        switch = await self._asked(request, _switch)
        if isinstance(switch, Response):
            return switch
        self._guidance.switch(switch.on)
        return Response(status_code=204)

    async def say(self, request: Request) -> Response:
        """Say a text; 409 while nobody is guided, 422 where it would tell who stands there."""
        say = await self._asked(request, _say)
        if isinstance(say, Response):
            return say
        session = self._session()
        if tells_who(say.text, session.screen):
            return PlainTextResponse("names and document numbers are not spoken", 422)
        region = session.site.catalogue.kiosk.region if session.site else "north"
        said = self._guidance.say(Saying(say.text, say.language, region, say.volume, say.slow))
        return Response(status_code=204) if said else PlainTextResponse("nobody is guided", 409)

    async def _asked(self, request: Request, decoder: msgspec.json.Decoder[T]) -> T | Response:
        if not self._is_own_page(request):
            return PlainTextResponse("only the kiosk's own page may do this", 403)
        try:
            return decoder.decode(await read_body(request, MAX_SAY_BYTES))
        except BodyTooLarge:
            return PlainTextResponse("too large", 413)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return PlainTextResponse("not what the page sends", 422)


def tells_who(text: str, screen: s.Screen) -> bool:
    """Whether the text has the name, or the digits of a document, of the person whom the screen is about.

    The page leaves out whatever is marked ``data-unsaid``; this is for the day when a mark is forgotten.
    """
    match screen:
        case (
            s.Identified(s.Person() as person)
            | s.Grounds(s.Person() as person)
            | s.Claimed(_, s.Person() as person)
            | s.ReadingChip(_, person)
            | s.ChipTrouble(_, s.Person() as person)
        ):
            named = " " in person.name and person.name.casefold() in text.casefold()
            numbers = person.id_number + " " + person.insurance_number
            return named or any(digits in numbers for digits in _MANY_DIGITS.findall(text))
    return False
