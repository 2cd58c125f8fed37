"""Tells systemd that the dashboard answers: it asks itself as everybody does, so loop and threads are tried."""

import http.client
import threading
import time

from edge.daemon.notify import notify, watchdog_s

PATH = "/static/alive"  # there is no such file: an answer, whatever it is, is all that is wanted
ANSWER_S = 20.0


def keep_alive(host: str, port: int) -> None:
    """Begin to ask; does nothing where systemd does not wait for a sign."""
    limit_s = watchdog_s()
    if limit_s is not None:
        threading.Thread(target=_ask, args=(host, port, limit_s / 3), daemon=True, name="alive").start()


def _ask(host: str, port: int, every_s: float) -> None:
    while True:
        if answers(host, port):
            notify("WATCHDOG=1")
        time.sleep(every_s)


def answers(host: str, port: int, within_s: float = ANSWER_S) -> bool:
    """Whether an HTTP answer comes, of whatever status."""
    connection = http.client.HTTPConnection(host, port, timeout=within_s)
    try:
        connection.request("HEAD", PATH)
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
