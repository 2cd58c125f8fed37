"""Faces at the kiosk: what is touched about them, what the camera tells and is asked for; words only, no rules."""

from msgspec import Struct

from edge.contracts.face import ChipVerdict, Purpose
from edge.face.hint import Hint


class Touched(Struct, frozen=True, forbid_unknown_fields=True, tag_field="touch"):
    """A touch says on which picture it was made: ``step`` is the number of the screen that the person saw."""

    step: int


class WakeTouched(Touched, frozen=True, tag="wake"):
    """The resting screen was touched."""


class PurposeTouched(Touched, frozen=True, tag="purpose"):
    """The box of a purpose was ticked, or its tick taken away."""

    purpose: Purpose


class GuardianTouched(Touched, frozen=True, tag="guardian"):
    """ "I am the child's parent or guardian" was switched on or off."""


class ConsentTouched(Touched, frozen=True, tag="consent"):
    """ "Agree and take the picture" was touched."""


class WithoutTouched(Touched, frozen=True, tag="without"):
    """ "A number without a picture" was touched."""


class TryAgainTouched(Touched, frozen=True, tag="try-again"):
    """ "Try again" was touched."""


class MineTouched(Touched, frozen=True, tag="mine"):
    """ "It is me: print that number again" was touched."""


class NotMineTouched(Touched, frozen=True, tag="not-mine"):
    """ "It is not me: ask the staff" was touched."""


class EraseTouched(Touched, frozen=True, tag="erase"):
    """ "Erase my data" was touched."""


FaceChoice = (
    WakeTouched
    | PurposeTouched
    | GuardianTouched
    | ConsentTouched
    | WithoutTouched
    | TryAgainTouched
    | MineTouched
    | NotMineTouched
    | EraseTouched
)


class Eyes(Struct, frozen=True):
    """How the kiosk's camera is: ``camera`` is the device's state in one word ("up" where pictures come), ``sees``
    whether faces are found in them, ``compares`` whether two faces can be compared (a model pack is installed)."""

    camera: str
    sees: bool = False
    compares: bool = False

    @property
    def open(self) -> bool:
        """Whether it can be told who stands there."""
        return self.sees and self.camera == "up"


class EyesChanged(Struct, frozen=True):
    """Camera or face models came, or went."""

    eyes: Eyes


class PersonCame(Struct, frozen=True):
    """Somebody stands near."""


class PersonLeft(Struct, frozen=True):
    """Nobody is seen any more."""


class HintChanged(Struct, frozen=True):
    """What the person of this look can do."""

    look: int
    hint: Hint


class FaceTaken(Struct, frozen=True):
    """This look is done. ``portrait`` and ``template`` are there as far as they were agreed to, ``chip`` where it was
    compared; ``in_person`` is False where it looked like a photograph or a screen."""

    look: int
    portrait: bytes = b""
    template: bytes = b""
    chip: ChipVerdict | None = None
    in_person: bool = True

    def __repr__(self) -> str:
        return f"FaceTaken(look={self.look}, …)"


Sighting = EyesChanged | PersonCame | PersonLeft | HintChanged | FaceTaken


class Look(Struct, frozen=True):
    """Take a picture once ``frames`` in a row are good, for these purposes; for CHIP it is compared with
    ``chip_picture``."""

    look: int
    purposes: tuple[Purpose, ...]
    frames: int
    chip_picture: bytes = b""

    def __repr__(self) -> str:
        return f"Look(look={self.look}, purposes={self.purposes!r})"


class StopLooking(Struct, frozen=True):
    """Nobody waits for this look any more."""

    look: int
