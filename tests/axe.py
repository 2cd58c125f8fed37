"""What axe-core finds on a page that is not so by WCAG 2.2 AA."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Frames are examined too (the preview of the kiosk): axe is there as well, since it is put into each of them.
VIOLATIONS = """async ([tags, rules]) => {
  const runOnly = rules ? rules : { type: "tag", values: tags };
  const options = { preload: false, resultTypes: ["violations"], runOnly };
  const { violations } = await axe.run(document, options);
  return violations.flatMap((v) => v.nodes.map((n) =>
    `${v.id}: ${n.target.join(" ")}: ${v.help}: ${n.failureSummary.split("\\n").slice(1).join("; ")}`));
}"""


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds: rule, place, what it asks for, and why it is not so."""
    for frame in page.frames:
        frame.evaluate(AXE)
    found: list[str] = page.evaluate(VIOLATIONS, [TAGS, rules])
    return found
