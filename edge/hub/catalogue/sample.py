"""A screen as a draft would make it, with numbers that nobody was given: for the preview. Pure."""

from edge.contracts.catalogue import Catalogue, Counter, Service
from edge.contracts.hall import MediumKind, Screen
from edge.contracts.tv import (
    Stage,
    TvCall,
    TvCounter,
    TvHours,
    TvMedium,
    TvState,
    TvWait,
    ground,
    layout,
    named,
    playlist,
    running,
)

CALLS = 6
PAUSED, ONLINE = "Tạm ngừng", "Hồ\u00a0sơ trực\u00a0tuyến"  # on a TV, whatever the administrator reads


def sample_state(catalogue: Catalogue, screen: Screen, now_ms: int, media_at: str) -> TvState:
    """What a TV shows: a number at every counter of the screen's zones, but for one that is paused and one that works
    on online dossiers. ``media_at`` is the path below which media are fetched by hash."""
    media = {
        medium.id: TvMedium(f"{media_at}/{medium.sha256}", medium.kind)
        for medium in catalogue.media
        if medium.kind is not MediumKind.SOUND
    }
    counters = [counter for counter in catalogue.counters if not screen.zones or counter.zone in screen.zones]
    services = [
        service
        for service in catalogue.services
        if service.active and any(service.id in counter.services for counter in counters)
    ]
    tiles = [_tile(catalogue, screen, at, counter) for at, counter in enumerate(counters)]
    calls = [
        TvCall(tile.label, tile.number, tile.room, now_ms - 60_000 * at, tile.stage)
        for at, tile in enumerate([tile for tile in tiles if tile.label][: 1 + CALLS])
    ]
    state = TvState(
        facility="",
        layout=layout(screen, media, catalogue.facility.logo),
        hours=TvHours(known=True, always=True),
        counters=tuple(tiles),
        calls=tuple(calls),
        waits=tuple(TvWait(service.name, f"{5 + 5 * at}–{15 + 5 * at} phút") for at, service in enumerate(services))
        if screen.waits
        else (),
        notice=tuple(running(screen)),
        media=playlist(screen, media),
        blank="" if counters else "Khu này chưa có quầy nào",
        blank_en="" if counters else "There is no counter in this zone yet",
    )
    return named(state, catalogue.facility)


def _tile(catalogue: Catalogue, screen: Screen, at: int, counter: Counter) -> TvCounter:
    served = [catalogue.service(service) for service in counter.services if service in _ids(catalogue)]
    first = served[0] if served else None
    state = {4: PAUSED, 6: ONLINE}.get(at, "") if first else PAUSED
    following = f"Tiếp theo\u00a0{_label(first, 8 + at)}" if first and screen.next and not state else ""
    return TvCounter(
        number=counter.number,
        room=counter.room,
        services=" · ".join(service.name for service in served),
        label="" if state or first is None else _label(first, 1 + at),
        state=state,
        next=following + (" · chờ\u00a05–10’" if following and screen.waits else ""),
        stage=Stage.NOW if at == 0 else Stage.NONE,
        colour=ground(first.colour, screen.theme) if first and screen.colours == "services" else "",
    )


def _label(service: Service, number: int) -> str:
    return f"{service.prefix}{max(service.first_number, number):03}"


def _ids(catalogue: Catalogue) -> set[str]:
    return {service.id for service in catalogue.services}
