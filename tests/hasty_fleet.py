"""moiso-fleet with every wait a thirtieth as long, for tests: three minutes are six seconds.

``[broker]`` of its ``cloud.toml`` names the certificate "fleet".
"""

import signal
import threading

from cloud.config import Cloud
from cloud.fleet import app
from edge.daemon.config import config_path, load
from edge.daemon.logs import start_logging

FASTER = 30
LOOK_EVERY_S = 0.2


def main() -> None:
    """Run until SIGTERM."""
    start_logging("moiso-fleet")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    config = load(config_path("cloud"), Cloud)
    app.run(config, config.broker, stop, faster=FASTER, look_every_s=LOOK_EVERY_S)


if __name__ == "__main__":
    main()
