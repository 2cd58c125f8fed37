"""The bucket of an InfluxDB: points in, and what a SELECT finds out.

Written through ``/api/v2/write`` and read in InfluxQL through ``/query``, which 1.8 and later, 2.x and 3 all have.
"""

from collections.abc import Iterator, Sequence

import msgspec
import urllib3
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from msgspec import Struct

from cloud.influx import Influx
from cloud.statistics import StatisticsAway
from edge.daemon.config import read_secret

TIMEOUT_MS = 5_000  # a page waits no longer
CONNECTIONS = 8
MOST_BYTES = 64 * 2**20  # of one answer; a year's days of 130 facilities take 3 MiB


class Series(Struct, frozen=True):
    """One series of an answer; each row begins with a Unix time in seconds, and what a point has not is None."""

    tags: dict[str, str] = {}
    values: list[list[int | str | None]] = []

    def numbers(self) -> Iterator[list[int]]:
        """The rows, where only numbers are asked for; what a point has not is 0."""
        for row in self.values:
            yield [value if isinstance(value, int) else 0 for value in row]

    def texts(self) -> Iterator[tuple[int, list[str]]]:
        """The rows, where a number and then texts are asked for: time and texts."""
        for time, number, *rest in self.values:
            texts = [text for text in rest if isinstance(text, str)]
            if isinstance(time, int) and isinstance(number, int) and len(texts) == len(rest):
                yield time, texts


class _Result(Struct, frozen=True):
    series: list[Series] = []
    error: str = ""
    partial: bool = False


class _Answer(Struct, frozen=True):
    results: list[_Result] = []
    error: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


class Bucket:
    """The bucket, as one program reads and writes it; any number of threads may. Nothing is asked before it is used.

    An answer is waited for ``timeout_ms``. Raises ConfigError where the token cannot be read.
    """

    def __init__(self, settings: Influx, timeout_ms: int = TIMEOUT_MS) -> None:
        self._settings = settings
        self._token = read_secret(settings.token_file)
        self._client = InfluxDBClient(
            url=settings.url,
            token=self._token,
            org=settings.org,
            timeout=timeout_ms,
            ssl_ca_cert=None if settings.ca is None else str(settings.ca),
            connection_pool_maxsize=CONNECTIONS,
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()  # type: ignore[no-untyped-call]  # the library has no annotation there

    def write(self, lines: Sequence[str]) -> None:
        """Write points; where it returns they are stored. Raises StatisticsAway, and then some of them may be."""
        try:
            self._write.write(
                self._settings.bucket,
                self._settings.org,
                "\n".join(lines),
                write_precision=WritePrecision.S,  # type: ignore[arg-type]  # its constants are annotated as str
            )
        except (InfluxDBError, urllib3.exceptions.HTTPError) as error:
            raise self._away(error) from None

    def select(self, query: str) -> list[Series]:
        """What one SELECT finds. Raises StatisticsAway, also where the answer is cut off or beyond all measure."""
        database, _, retention = self._settings.bucket.partition("/")
        fields = {"db": database, "epoch": "s", "q": query, **({"rp": retention} if retention else {})}
        client = self._client.api_client
        try:
            answer = client.request(  # type: ignore[no-untyped-call]  # nor here
                "GET",
                f"{client.configuration.host}/query",
                query_params=fields,
                headers={**client.default_headers, "Accept": "application/json"},
                _preload_content=False,
            )
            body = answer.read(MOST_BYTES + 1, decode_content=True)
            if len(body) > MOST_BYTES:
                answer.close()  # nobody can use this connection again
                raise StatisticsAway("InfluxDB: the answer is too large")
            answer.release_conn()
            found = _decode(body)
        except (InfluxDBError, urllib3.exceptions.HTTPError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._away(error) from None
        faults = [found.error, *(result.error or "cut off" * result.partial for result in found.results)]
        if any(faults) or len(found.results) != 1:
            raise StatisticsAway(self._plain(f"InfluxDB: {' '.join(filter(None, faults)) or 'not one answer'}"))
        return found.results[0].series

    def _away(self, error: Exception) -> StatisticsAway:
        if isinstance(error, InfluxDBError) and error.response is not None:
            return StatisticsAway(self._plain(f"InfluxDB: HTTP {error.response.status}: {error.message}"))
        # Not the text of the error: urllib3's quotes the whole address. Of TLS the library makes an error of its own.
        name = str(error.reason).partition("\n")[0] if isinstance(error, ApiException) else type(error).__name__
        return StatisticsAway(f"InfluxDB: {name}")

    def _plain(self, text: str) -> str:
        return text.replace(self._token, "…").replace("\n", " ")[:300]
