"""A real InfluxDB: the one of ``INFLUX_URL``, or Debian's 1.6.7 with nginx giving it the address of later versions.

``INFLUX_URL`` (with ``INFLUX_TOKEN``, ``INFLUX_ORG``, ``INFLUX_BUCKET``) points the tests at any other: 1.8, 2.x, 3.
Its bucket must be one that nobody else needs: each test makes it the copy of a ledger of its own.
"""

import contextlib
import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from cloud.influx import Influx
from tests.waiting import until
from tests.wire.mosquitto import free_port

TOKEN = "fictitious-token-0123456789"
NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream influxd {{ server 127.0.0.1:{influxd}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location = /api/v2/write {{
      set $retention "";
      set $database $arg_bucket;
      if ($arg_bucket ~* "^(.+?)(?:/|%2F)(.+)$") {{ set $database $1; set $retention $2; }}
      set $args "db=$database&rp=$retention&precision=$arg_precision";
      rewrite ^ /write break;
      proxy_pass http://influxd;
    }}
    location = /query {{ proxy_pass http://influxd; }}
  }}
}}
"""


class InfluxDB:
    """influxd and nginx in ``folder``, which keeps the data while they are stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._ports = free_port(), free_port(), free_port()
        (folder / "token").write_text(TOKEN)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, influxd=self._ports[0], port=self._ports[1]))
        self.url = f"http://127.0.0.1:{self._ports[1]}"
        self._buckets = 0
        self._influxd: subprocess.Popen[bytes] | None = None
        self._nginx: subprocess.Popen[bytes] | None = None

    def fresh(self) -> Influx:
        """How to reach a bucket that is empty."""
        self._buckets += 1
        settings = Influx(self.url, f"moiso-{self._buckets}", self.folder / "token")
        self.empty(settings)
        return settings

    def start(self) -> None:
        """Start both, and wait until they answer."""
        http, _, rpc = self._ports
        settings = {
            "META_DIR": str(self.folder / "meta"),
            "DATA_DIR": str(self.folder / "data"),
            "DATA_WAL_DIR": str(self.folder / "wal"),
            "BIND_ADDRESS": f"127.0.0.1:{rpc}",
            "HTTP_BIND_ADDRESS": f"127.0.0.1:{http}",
            "HTTP_LOG_ENABLED": "false",
            "REPORTING_DISABLED": "true",
            "MONITOR_STORE_ENABLED": "false",
            "DATA_QUERY_LOG_ENABLED": "false",
        }
        environment = {f"INFLUXDB_{name}": value for name, value in settings.items()}
        with (self.folder / "influxd.log").open("ab") as log:
            self._influxd = subprocess.Popen(
                ["influxd", "run", "-config", os.devnull],
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(self.folder), **environment},
            )
            self._nginx = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf"], stdout=log, stderr=log)
        until(lambda: self._asked("SHOW DATABASES"), within_s=20, what="InfluxDB")

    def kill(self) -> None:
        """End both as a power cut does."""
        for process in (self._nginx, self._influxd):
            if process is not None:
                process.kill()
                process.wait()

    def empty(self, settings: Influx) -> None:
        """Make this bucket anew, as an operator does who lost it."""
        self._asked(f'DROP DATABASE "{settings.bucket}"')
        assert self._asked(f'CREATE DATABASE "{settings.bucket}" WITH SHARD DURATION 520w')

    def resident_mib(self) -> float:
        """The memory that influxd holds now (VmRSS)."""
        assert self._influxd is not None
        status = Path(f"/proc/{self._influxd.pid}/status").read_text(encoding="utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    def _asked(self, statement: str) -> bool:
        body = urllib.parse.urlencode({"q": statement}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/query", body, timeout=5) as answer:  # noqa: S310
                return "error" not in json.load(answer)["results"][0]
        except OSError:
            return False


@contextlib.contextmanager
def running_influxdb(folder: Path) -> Iterator[InfluxDB]:
    """One that runs while the block does."""
    influxdb = InfluxDB(folder)
    influxdb.start()
    try:
        yield influxdb
    finally:
        influxdb.kill()


class Elsewhere:
    """The InfluxDB of ``INFLUX_URL``; it has one bucket, and whoever copies a ledger into it takes it over."""

    def __init__(self, url: str, folder: Path) -> None:
        token = folder / "token"
        token.write_text(os.environ.get("INFLUX_TOKEN", TOKEN))
        self._settings = Influx(
            url, os.environ.get("INFLUX_BUCKET", "moiso"), token, org=os.environ.get("INFLUX_ORG", "")
        )

    def fresh(self) -> Influx:
        """How to reach the bucket."""
        return self._settings


@contextlib.contextmanager
def some_influxdb(folder: Path) -> Iterator[InfluxDB | Elsewhere]:
    """The one that the tests are to use."""
    url = os.environ.get("INFLUX_URL")
    if url:
        yield Elsewhere(url, folder)
    else:
        with running_influxdb(folder) as influxdb:
            yield influxdb
