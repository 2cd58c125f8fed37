"""The report as PDF: the page's own tables in the administrative form, set by WeasyPrint in a process of its own.

Setting 130 facilities takes seconds of one core and 100 MiB: in a process of its own it neither holds up the pages of
others nor stays in the memory of the dashboard.
"""

import subprocess
import sys
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined

from cloud.reports.phrases import written
from cloud.reports.report import Report
from cloud.reports.tongue import Tongue

LIMIT_S = 120
SCHEME = "moiso:"
FONTS = ("BeVietnamPro_400Regular.ttf", "BeVietnamPro_600SemiBold.ttf")
CSS = "report_pdf.css"


class NotSet(Exception):
    """The PDF was not made; the text says why, for the log."""


def pdf(report: Report) -> bytes:
    """The bytes of a PDF. Raises NotSet."""
    command = [sys.executable, "-m", "cloud.reports.pdf"]
    try:
        made = subprocess.run(command, input=page(report).encode(), capture_output=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotSet(f"no PDF within {LIMIT_S} s") from error
    if made.returncode or not made.stdout.startswith(b"%PDF"):
        raise NotSet(f"status {made.returncode}: {made.stderr.decode(errors='replace').strip()[-300:]}")
    return made.stdout


def page(report: Report) -> str:
    """The HTML that the PDF is set from."""
    tongue = Tongue(report.language)
    template = _environment().get_template("report_pdf.html")
    return template.render(report=report, written=partial(written, tongue=tongue), _=tongue.say)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("cloud"), autoescape=True, undefined=StrictUndefined)


def package_file(url: str) -> Traversable:
    """The file of ours that a page may refer to. Raises ValueError for everything else: nothing is fetched."""
    name = url.removeprefix(SCHEME)
    if not url.startswith(SCHEME) or name not in (*FONTS, CSS):
        raise ValueError(f"a report refers to nothing but its own style and fonts, not to {url[:80]}")
    if name == CSS:
        return files("cloud").joinpath("static", name)
    return files("edge.contracts.brand").joinpath("fonts", name)


def typeset(html: str) -> bytes:
    """Set a page. Raises weasyprint.urls.FatalURLFetchingError where it refers to anything but our own files."""
    # WeasyPrint takes a second to load, and only this process needs it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        """Gives out the package's own files and goes nowhere else."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - its signature
            kind = "text/css" if url.endswith(".css") else "font/ttf"
            return URLFetcherResponse(url, package_file(url).read_bytes(), {"Content-Type": kind})

    made: bytes = HTML(string=html, base_url=SCHEME, url_fetcher=OwnFiles(fail_on_errors=True)).write_pdf(pdf_tags=True)
    return made


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.stdin.buffer.read().decode()))
