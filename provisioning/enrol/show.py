"""A code as somebody reads it off a terminal, or off a screen that shows a page."""

import html
import sys
from pathlib import Path

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_L

QUIET_ZONE = 2  # a terminal's own background is dark: the light frame is drawn too
PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta http-equiv="refresh" content="10"><title>MờiSố</title>
<style>body{{font:600 6vmin/1.4 sans-serif;text-align:center;margin:8vmin;background:#fff;color:#123}}
svg{{width:50vmin;height:50vmin}}</style></head>
<body><p>{title}</p><p><strong>{words}</strong></p>{picture}</body></html>
"""


def on_terminal(words: str, address: str) -> None:
    """Print the words, and the address as a QR where the terminal can show one."""
    print(f"\n    {words}\n", flush=True)
    if sys.stdout.isatty():
        code = _code(address)
        code.print_ascii(invert=True)
        sys.stdout.flush()


def on_page(path: Path, title: str, words: str, address: str) -> None:
    """Write a page of its own with both."""
    matrix = _code(address).get_matrix()
    side = len(matrix)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, is_dark in enumerate(row) if is_dark)
    picture = f'<svg viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path d="{dark}"/></svg>'
    page = PAGE.format(title=html.escape(title), words=html.escape(words), picture=picture)
    path.write_text(page, encoding="utf-8")


def _code(address: str) -> "QRCode[object]":
    code = QRCode(border=QUIET_ZONE, error_correction=ERROR_CORRECT_L)
    code.add_data(address)
    code.make(fit=True)
    return code
