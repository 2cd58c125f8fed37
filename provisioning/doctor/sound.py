"""Sound, at a board controller or a kiosk: the player, its sound card, and the voices."""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edge.daemon.config import ConfigError
from edge.speech.synthesis import Speech
from provisioning.doctor.commands import CannotTell, output_of
from provisioning.doctor.findings import N_, Finding, fail, ok

_SPEAKER = N_("Loa")
_CARD = re.compile(r"^card (\d+): (\S+) ", re.MULTILINE)
_WANTED_CARD = re.compile(r"(?:plug)?hw:(?:CARD=)?(\w+)")


def voices(check: str) -> Finding:
    """Whether espeak-ng has the voices that the product speaks with."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            Speech(Path(folder))
        except ConfigError as error:
            return fail(check, _SPEAKER, "{error}", N_("sudo apt-get install espeak-ng espeak-ng-data"), error=error)
    return ok(check, _SPEAKER, N_("espeak-ng có đủ giọng tiếng Việt và tiếng Anh"))


def player(check: str, command: Sequence[str]) -> Finding:
    """Whether the player of a loudspeaker is there, and a sound card where it is ``aplay``."""
    program = command[0]
    if shutil.which(program) is None:
        return fail(
            check,
            _SPEAKER,
            N_("không có chương trình phát {player}"),
            N_("sudo apt-get install alsa-utils, hoặc sửa speaker.player trong board.toml."),
            player=program,
        )
    if os.path.basename(program) != "aplay":
        return ok(check, _SPEAKER, N_("chương trình phát: {player}"), player=program)
    try:
        listed = output_of(program, "-l")
    except CannotTell:
        listed = ""
    return cards(check, listed, command)


def cards(check: str, listed: str, command: Sequence[str]) -> Finding:
    """What ``aplay -l`` lists, against the card that the player's arguments name (``hw:0``, ``plughw:CARD=Device``)."""
    found = _CARD.findall(listed)
    names = ", ".join(f"{number}: {name}" for number, name in found)
    if not found:
        return fail(
            check,
            _SPEAKER,
            N_("máy không có card âm thanh nào"),
            N_("Cắm card âm thanh USB, hoặc bật dtparam=audio=on trong /boot/firmware/config.txt. Xem: aplay -l"),
        )
    wanted = [card for argument in command[1:] for card in _WANTED_CARD.findall(argument)]
    if any(card not in {known for pair in found for known in pair} for card in wanted):
        return fail(
            check,
            _SPEAKER,
            N_("không có card âm thanh {wanted}; có: {names}"),
            N_("Sửa speaker.player trong board.toml theo aplay -l, hoặc cắm lại card USB."),
            wanted=", ".join(wanted),
            names=names,
        )
    return ok(check, _SPEAKER, N_("card âm thanh {names}"), names=names)
