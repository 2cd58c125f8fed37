"""What tests of the printer share: pictures, the paper they must become, and less patience than a site has."""

import io

from PIL import Image, ImageChops, ImageDraw

from edge.devices.printer import EscposPrinter, Patience
from edge.devices.sim.escpos import CUTTER_DOTS
from edge.devices.sim.printer import PrintedSlip, SimPrinter

QUICK = Patience(status_s=0.5, clear_s=0.5, poll_s=0.2, confirm_s=1.5)

# Ink from edge to edge in every row: none of it can be left out.
FULL = Image.new("1", (576, 700), 1)
ImageDraw.Draw(FULL).rectangle((20, 0, 555, 699), fill=0)


def driver(sim: SimPrinter) -> EscposPrinter:
    """The driver of this printer."""
    return EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576, patience=QUICK)


def drawing(height: int = 700) -> Image.Image:
    """A line across the paper and a block on its right."""
    picture = Image.new("1", (576, height), 1)
    draw = ImageDraw.Draw(picture)
    draw.line((0, 0, 575, height - 1), fill=0, width=3)
    draw.rectangle((400, 40, 560, 200), fill=0)
    return picture


def shows(slip: PrintedSlip, picture: Image.Image) -> bool:
    """Whether the slip is this picture under the blank stretch between cutter and print head."""
    with Image.open(io.BytesIO(slip.png)) as printed:
        paper = Image.new("L", (printed.width, CUTTER_DOTS + picture.height), 255)
        paper.paste(picture.convert("L"), (0, CUTTER_DOTS))
        return printed.size == paper.size and ImageChops.difference(printed.convert("L"), paper).getbbox() is None


def height(slip: PrintedSlip) -> int:
    """In rows."""
    with Image.open(io.BytesIO(slip.png)) as printed:
        return printed.height
