"""Logging to standard error, one line a record; systemd's journal adds the time."""

import logging
import sys


def start_logging(program: str) -> logging.Logger:
    """Set the root logger up and return the program's own."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        force=True,  # python-escpos sets the root logger up when it is imported
    )
    for chatty in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return logging.getLogger(program)
