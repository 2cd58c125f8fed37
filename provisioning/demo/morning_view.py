"""What the workbench can ask of a simulated morning, and what it shows of one."""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from provisioning.demo.morning import MOST_PATIENTS, Seed

Speed = Annotated[int, Meta(ge=1, le=600)]
CounterId = Annotated[str, Meta(min_length=1, max_length=40)]


class StartMorning(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Play a morning; the counters of ``left_out`` are a trainee's. The same ``seed`` plays
    the same morning again."""

    patients: Annotated[int, Meta(ge=1, le=MOST_PATIENTS)]
    speed: Speed
    seed: Seed
    left_out: Annotated[tuple[CounterId, ...], Meta(max_length=32)] = ()


class SteerMorning(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Change the speed, pause or go on; what is left out stays."""

    speed: Speed | None = None
    running: bool | None = None


class StopMorning(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """End the morning: who is served is finished, who waits is cancelled, the counters close."""


class Phase(Enum):
    """How far a morning is."""

    IDLE = "idle"
    STARTING = "starting"
    PLAYING = "playing"
    STOPPING = "stopping"
    STOPPED = "stopped"
    OVER = "over"
    FAILED = "failed"


class Trainee(Struct, frozen=True):
    """Who stands at a trainee's counter, as the trainee would see: the number, whether anybody came, and the tests that
    the doctor orders."""

    counter: str
    label: str = ""
    came: bool = False
    tests: tuple[str, ...] = ()


class MorningView(Struct, frozen=True):
    """What the workbench shows of the morning; the counts are of its own people."""

    phase: Phase = Phase.IDLE
    running: bool = False
    clock: str = ""
    speed: int = 0
    seed: int = 0
    patients: int = 0
    arrived: int = 0
    waiting: int = 0
    at_counters: int = 0
    served: int = 0
    no_shows: int = 0
    turned_away: int = 0
    hub_lost: bool = False
    no_officer: bool = False
    refused: dict[str, int] = {}
    trainees: tuple[Trainee, ...] = ()
