"""The far ends of a demo site's wires, as they lie on a technician's table."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from board_controller.config import SCORES
from board_controller.sim.button_panel import ButtonPanel
from board_controller.sim.led_board import SimLedBoard
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.escpos import PaperState
from edge.devices.sim.printer import SimPrinter
from edge.devices.sim.scanner import SimScanner
from provisioning.demo.cards import CARDS
from provisioning.demo.chips import ReaderOnTable
from provisioning.demo.configuration import PINS, RATING_PINS
from provisioning.demo.layout import Site

ANSWER_S, SLOW_ANSWER_S = 0.12, 3.0  # of a chip: about two seconds for a whole reading, or more than anybody waits
PERSON = "person.jpg"  # NASA's photograph of Eileen Collins, in the public domain
KEPT = 8  # slips and announcements shown
_BUTTONS = ("next", "recall", "no_show", "finish")
_LINES = {card.id: card.line for card in CARDS}
_HOLDERS = {card.id: card.holder for card in CARDS if card.holder is not None}


class Scan(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Hold a card under the scanner."""

    card: Literal["cccd-2021", "cccd-year", "cccd-2024", "bhyt", "url"]


class PlugScanner(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Put the scanner's cable in, or pull it out."""

    plugged: bool


class LayCard(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Lay a card with a chip on the reader, with or without something wrong with it; ``slow`` takes too long."""

    card: Literal["cccd-2021", "cccd-year", "cccd-2024"]
    flaw: Flaw | None = None
    slow: bool = False


class TakeCard(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Take the card from the reader."""


class Stand(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Step before the kiosk's camera, or go away."""

    there: bool


class SetPrinter(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """What a hand does to the printer; what is left out stays."""

    paper: PaperState | None = None
    cover_open: bool | None = None
    offline: bool | None = None


class Press(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Press one button of a counter's call panel."""

    counter: str
    button: Literal["next", "recall", "no_show", "finish"]


class PressRating(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Press one of a counter's rating buttons: 5 is very satisfied, 1 not at all."""

    counter: str
    score: int


class PowerLed(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Switch the LED board on or off."""

    on: bool


Action = Scan | PlugScanner | LayCard | TakeCard | Stand | SetPrinter | Press | PressRating | PowerLed
# Counter → score → pin, of the counters that have rating buttons.
RATING_BUTTONS = {
    counter: dict(zip(SCORES[len(pins)], pins, strict=True)) for counter, (pins, _) in RATING_PINS.items()
}


class Slip(Struct, frozen=True):
    """A piece of paper that came out: its number since the table was set up, and the local time."""

    number: int
    at: str


class LedRow(Struct, frozen=True):
    """What one row of lamps shows."""

    text: str
    blink: bool


class Sound(Struct, frozen=True):
    """One thing that the speaker played."""

    name: str
    at: str


class TableState(Struct, frozen=True):
    """Everything that an eye would see on the table."""

    scanner: bool
    on_reader: str
    somebody: bool
    paper: PaperState
    cover_open: bool
    offline: bool
    slips: tuple[Slip, ...]
    lamps: dict[str, bool]
    thanks: dict[str, bool]
    led_on: bool
    rows: tuple[LedRow, ...]
    sounds: tuple[Sound, ...]


class Table:
    """Scanner, card reader, printer, call panels, LED board and speaker of a site, once they are plugged in."""

    def __init__(self, site: Site) -> None:
        self._zone = ZoneInfo(site.catalogue.facility.time_zone)
        self._recordings = site.recordings
        self._recordings.mkdir(parents=True, exist_ok=True)
        for old in self._recordings.glob("*.wav"):
            old.unlink()
        self._scanner = SimScanner(site.scanner_link)
        self._reader = ReaderOnTable(site)
        self._camera = site.camera
        self._stand(there=False)
        self._printer = SimPrinter(port=site.ports.printer)
        self._printer.start()
        self._led = SimLedBoard(site.led_link, rows=len(PINS))
        self._led_on = True
        self._panel = ButtonPanel(site.pins_socket)
        self._plugged = True

    def close(self) -> None:
        """Unplug everything."""
        self._panel.close()
        self._led.close()
        self._printer.stop()
        self._reader.take()
        self._scanner.close()

    def state(self) -> TableState:
        """What is to be seen now."""
        return TableState(
            scanner=self._plugged,
            on_reader=self._reader.card,
            somebody=(self._camera / PERSON).exists(),
            paper=self._printer.paper,
            cover_open=self._printer.cover_open,
            offline=self._printer.offline,
            slips=tuple(Slip(slip.number, self._clock(slip.at_s)) for slip in self._printer.slips[-KEPT:]),
            lamps={counter: self._panel.levels.get(pins[-1], False) for counter, pins in PINS.items()},
            thanks={
                counter: self._panel.levels.get(led, False)
                for counter, (_, led) in RATING_PINS.items()
                if led is not None
            },
            led_on=self._led_on,
            rows=tuple(LedRow(row.text, row.blink) for row in self._led.rows),
            sounds=self._sounds(),
        )

    def slip(self, number: int) -> bytes:
        """The picture of a slip, PNG. Raises KeyError where there is none of this number."""
        for slip in self._printer.slips:
            if slip.number == number:
                return slip.png
        raise KeyError(number)

    def sound(self, name: str) -> Path:
        """The recording of this name, a WAV file. Raises KeyError where there is none."""
        for path in self._recordings.glob("*.wav"):
            if path.name == name:
                return path
        raise KeyError(name)

    def act(self, action: Action) -> None:
        """Do it, and take as long as a hand would.

        Raises KeyError where no such button is, and ReaderAway where no card can be laid on the reader.
        """
        match action:
            case Scan(card):
                self._scanner.scan(_LINES[card])
            case PlugScanner(plugged):
                if plugged:
                    self._scanner.plug()
                else:
                    self._scanner.unplug()
                self._plugged = plugged
            case LayCard(card, flaw, slow):
                self._reader.lay(card, _HOLDERS[card], flaw, answer_s=SLOW_ANSWER_S if slow else ANSWER_S)
            case TakeCard():
                self._reader.take()
            case Stand(there):
                self._stand(there=there)
            case SetPrinter(paper, cover_open, offline):
                if paper is not None:
                    self._printer.paper = paper
                if cover_open is not None:
                    self._printer.cover_open = cover_open
                if offline is not None:
                    self._printer.offline = offline
            case Press(counter, button):
                self._panel.press(PINS[counter][_BUTTONS.index(button)])
            case PressRating(counter, score):
                self._panel.press(RATING_BUTTONS[counter][score])
            case PowerLed(on):
                if on:
                    self._led.power_on()
                else:
                    self._led.power_off()
                self._led_on = on

    def _stand(self, *, there: bool) -> None:
        """The camera sees a whole picture, or none."""
        if not there:
            (self._camera / PERSON).unlink(missing_ok=True)
            return
        new = self._camera.parent / "run" / PERSON
        new.write_bytes(files("edge.devices.sim").joinpath("astronaut.jpg").read_bytes())
        new.replace(self._camera / PERSON)

    def _sounds(self) -> tuple[Sound, ...]:
        recorded = sorted((path.stat().st_mtime, path.name) for path in self._recordings.glob("*.wav"))
        return tuple(Sound(name, self._clock(at_s)) for at_s, name in recorded[-KEPT:])

    def _clock(self, at_s: float) -> str:
        return datetime.fromtimestamp(at_s, self._zone).strftime("%H:%M:%S")
