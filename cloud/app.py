"""moiso-cloud: serves the dashboard at a loopback address; TLS and the world are the reverse proxy's."""

import ctypes
import gc
import logging
import signal
import sys
from types import FrameType

import waitress

from cloud.alive import keep_alive
from cloud.config import Cloud
from cloud.running import named_if_wrong
from cloud.web import create_app
from edge.daemon.config import Listen, config_path, load
from edge.daemon.listen import open_socket
from edge.daemon.logs import start_logging
from edge.daemon.notify import notify

THREADS = 8
M_MMAP_THRESHOLD = -3  # mallopt(3)


def main() -> None:
    """Serve until SIGTERM."""
    start_logging("moiso-cloud")
    # glibc raises this threshold after the first password check and then keeps 19 MiB in every thread; fixed, the
    # memory of a check goes back to the system (mallopt(3)).
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 128 * 1024)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with named_if_wrong():
        config = load(config_path("cloud"), Cloud)
        app = create_app(config)
        sock = open_socket(Listen(config.web.listen))
        server = waitress.create_server(
            app,
            sockets=[sock],
            threads=THREADS,
            ident="",
            trusted_proxy="127.0.0.1",
            trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"},
            clear_untrusted_proxy_headers=True,
        )
        gc.collect()
        gc.freeze()  # or one page in about twelve waits 0.1 s while all that was loaded is looked through
        notify("READY=1")
        keep_alive(*sock.getsockname()[:2])
        server.run()


def _stop(_number: int, _frame: FrameType | None) -> None:
    notify("STOPPING=1")
    sys.exit(0)


if __name__ == "__main__":
    main()
