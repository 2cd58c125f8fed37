"""The body of a request, with a bound on its size."""

from starlette.requests import Request


class BodyTooLarge(Exception):
    """More was sent than anything here needs."""


async def read_body(request: Request, at_most: int) -> bytes:
    """The whole body. Raises BodyTooLarge, without reading on, where it has more than ``at_most`` bytes."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > at_most:
            raise BodyTooLarge
    return body
