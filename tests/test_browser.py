"""The site in a real browser: no complaint, no request outside, filters, evidence of a number, hostile text that stays text.

Needs Chromium (Debian: `apt-get install chromium fonts-wqy-zenhei`); photographs of each kind of page stay in build/site/.
axe-core, which tests accessibility, comes from npm and stays in build/; it is no part of the site.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import chromium
from tests.sample_data import sample
from tests.test_report import ONE_OF_EACH, hostile_site, sample_site
from tests.test_warehouse import ROOT
from website.source import opened, report_path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        chromium.executable() is None, reason="no Chromium on the path (Debian: apt-get install chromium)"
    ),
]
WIDE, NARROW = (1280, 900), (390, 844)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = "axe-core-4.14.1.tgz"
AXE_DIGEST = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="  # sha512, as npm says
)
# lowest contrast of text and background, over elements that hold text and are shown; AA wants 4.5
CONTRAST = """(() => {
  const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  let least = [99, ""];
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    let behind = e;
    while (behind && getComputedStyle(behind).backgroundColor.endsWith(", 0)")) behind = behind.parentElement;
    const style = getComputedStyle(e), svg = e instanceof SVGElement;
    const [a, b] = [light(svg ? style.fill : style.color), behind ? light(getComputedStyle(behind).backgroundColor) : 1];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least[0]) least = [ratio, e.outerHTML.slice(0, 120)];
  }
  return least;
})()"""


@pytest.fixture(scope="module")
def tab() -> Iterator[chromium.Page]:
    with chromium.browser() as page:
        yield page


def a_report() -> str:
    """Path of the page of the sample's report with most marks."""
    with opened(sample() / "warehouse.duckdb", Path("/nonexistent")) as source:
        return report_path(
            source.one(
                "SELECT document_id FROM reports JOIN quantities USING (document_id) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            )
        )


def address(site: Path, path: str) -> str:
    return (site / path).as_uri()


@pytest.mark.parametrize("path", [*ONE_OF_EACH, "report"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_of_page(tab: chromium.Page, path: str, size: tuple[int, int], language: str) -> None:
    name, path = path.removesuffix(".html").replace("/", "-"), a_report() if path == "report" else path
    tab.visit(f"{address(sample_site(), path)}?language={language}", *size)
    assert tab.errors == []
    assert [r for r in tab.requests if not r.startswith((sample_site().as_uri(), "data:"))] == []
    assert tab.run("document.documentElement.scrollWidth") <= size[0], "the page scrolls sideways"
    assert tab.run("document.querySelector('.invented').checkVisibility()")
    assert (
        tab.run(
            f"[...document.querySelectorAll('.{'en' if language == 'zh' else 'zh'}')].filter((e) => e.checkVisibility()).length"
        )
        == 0
    )
    ratio, where = tab.run(CONTRAST)
    assert ratio >= 4.5, where
    tab.photograph(ROOT / "build" / "site" / f"{name}-{size[0]}-{language}.png")


def test_any_host_will_do(tab: chromium.Page) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(sample_site()))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        for path in (*ONE_OF_EACH, a_report()):
            tab.visit(base + path)
            assert tab.errors == [] and all(r.startswith((base, "data:")) for r in tab.requests)
            assert tab.run(
                "document.documentElement.classList.contains('scripted') && getComputedStyle(document.body).margin === '0px'"
            )
        server.shutdown()


@cache
def axe() -> str | None:
    """Source of axe-core, fetched once; None where npm or its registry is not there."""
    held = ROOT / "build" / AXE
    if not held.exists() and (npm := shutil.which("npm")):
        held.parent.mkdir(exist_ok=True)
        wanted = AXE.removesuffix(".tgz").replace("core-", "core@")
        subprocess.run([npm, "pack", wanted, "--fetch-retries=0", "--pack-destination", held.parent], capture_output=True, timeout=120, check=False)  # fmt: skip
    if not held.exists():
        return None
    assert base64.b64encode(hashlib.sha512(held.read_bytes()).digest()).decode() == AXE_DIGEST
    with tarfile.open(held) as package:
        script = package.extractfile("package/axe.min.js")
        assert script
        return script.read().decode()


@pytest.mark.parametrize("path", [*ONE_OF_EACH, "report"])
@pytest.mark.parametrize(("size", "language"), [(WIDE, "zh"), (NARROW, "en")], ids=["wide", "narrow"])
def test_nothing_bars_those_who_see_or_move_otherwise(
    tab: chromium.Page, path: str, size: tuple[int, int], language: str
) -> None:
    """No finding of axe-core: names and roles, order of headings, contrast, size of targets, landmarks, languages."""
    if axe() is None:
        pytest.skip("no axe-core: npm or its registry cannot be reached")
    path = a_report() if path == "report" else path
    tab.visit(f"{address(sample_site(), path)}?language={language}", *size)
    tab.run(f"{axe()};0")
    found = tab.run(
        f"axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}}).then((r) => r.violations.map((v) => [v.id, v.nodes[0].html.slice(0, 200)]))"
    )
    assert found == []


def choose(tab: chromium.Page, control: str, value: str) -> None:
    tab.run(
        f"(() => {{ const c = document.getElementById('{control}'); c.value = '{value}'; c.dispatchEvent(new Event('change')); }})()"
    )


def test_the_matrix_filters(tab: chromium.Page) -> None:
    tab.visit(address(sample_site(), "index.html"))
    share = "document.querySelector('.matrix tbody tr [data-counts]').textContent"
    assert tab.run(share) == "1/4"
    choose(tab, "status", "not_found")
    assert tab.run(share) == "3/4"
    choose(tab, "status", "blocked")
    assert tab.run(share) == "0/4"
    tab.visit(address(sample_site(), "coverage/9901.html"))
    rows = "[...document.querySelectorAll('.matrix tbody tr')].filter((r) => !r.hidden).map((r) => r.querySelector('th').textContent)"
    assert len(tab.run(rows)) == 2
    choose(tab, "status", "found")
    (kept,) = tab.run(rows)
    assert kept.startswith("云川县")
    dim = "[...document.querySelectorAll('.dim')].filter((e) => e.checkVisibility()).length"
    assert tab.run(dim) == 4  # its years without a report
    choose(tab, "status", "")
    assert len(tab.run(rows)) == 2 and tab.run(dim) == 0


def test_from_the_country_to_a_report_by_links(tab: chromium.Page) -> None:
    tab.visit(address(sample_site(), "index.html"))
    for link in (
        ".matrix tbody a",
        ".matrix a[href$='coverage/9901.html']",
        ".matrix a[href*='990121']",
        "a[href*='/report/']",
    ):
        url = tab.run(f"document.querySelector({link!r}).href")
        tab.visit(url)
        assert tab.errors == []
    assert tab.run("document.querySelectorAll('mark.known').length") > 20


def test_a_place_is_found_by_its_name(tab: chromium.Page) -> None:
    tab.visit(address(sample_site(), "index.html"))
    tab.run(
        "(() => { const s = document.getElementById('search'); s.value = '柘岭'; s.dispatchEvent(new Event('input')); })()"
    )
    assert tab.run("[...document.querySelectorAll('#hits a')].map((a) => a.getAttribute('href'))") == [
        "place/990202.html"
    ]
    none = "document.getElementById('none').checkVisibility()"
    assert not tab.run(none)
    tab.run(
        "(() => { const s = document.getElementById('search'); s.value = '无此地'; s.dispatchEvent(new Event('input')); })()"
    )
    assert tab.run(none) and tab.run("document.querySelectorAll('#hits a').length") == 0


def test_a_marked_number_shows_its_evidence(tab: chromium.Page) -> None:
    tab.visit(address(sample_site(), a_report()))
    shown = "[...document.querySelectorAll('.tip')].filter((t) => t.checkVisibility()).map((t) => t.innerText)"
    assert tab.run(shown) == []
    tab.run("[...document.querySelectorAll('.side a')].at(-1).focus()")
    for _ in range(20):  # with the keyboard alone
        tab.press("Tab")
        if tab.run("document.activeElement.tagName") == "MARK":
            break
    (said,) = tab.run(shown)
    assert any(c.isdigit() for c in said)
    tab.photograph(ROOT / "build" / "site" / "evidence.png")
    tab.press("Escape")
    assert tab.run(shown) == []
    # with the pointer, and a click keeps it open so that its link can be reached
    tab.run("document.querySelector('mark.known').scrollIntoView({block: 'center'})")
    box = tab.run(
        "(() => { const b = document.querySelector('mark.known').getBoundingClientRect(); return [b.x + 4, b.y + b.height / 2]; })()"
    )
    tab.point(*box)
    (said,) = tab.run(shown)
    assert "实测精度" in tab.run(
        "getComputedStyle(document.querySelector('mark.known .precision'), '::before').content"
    )
    assert "数值" in said
    tab.point(*box, click=True)
    tab.point(5, 5)
    assert tab.run(shown) == [said]
    tab.press("Tab")
    assert "/indicator/" in tab.run("document.activeElement.href")


def test_the_language_is_kept(tab: chromium.Page) -> None:
    tab.visit(address(sample_site(), "index.html"))
    heading = "document.querySelector('h1').innerText"
    assert "法治" in tab.run(heading)
    tab.run("document.getElementById('language').click()")
    assert tab.run(heading).startswith("Yearly reports")
    tab.visit(address(sample_site(), "about.html"))
    assert tab.run(heading) == "About" and tab.run("document.title").startswith("About")
    tab.run("document.getElementById('language').click()")
    tab.visit(address(sample_site(), "about.html"))
    assert tab.run(heading) == "说明"


def test_without_scripts_every_page_still_reads(tab: chromium.Page) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.visit(address(sample_site(), a_report()))
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
    assert not tab.run("document.documentElement.classList.contains('scripted')")
    tab.run("document.querySelector('mark').focus()")
    assert tab.run("document.querySelector('mark .tip').checkVisibility()")


def test_hostile_text_does_not_run(tab: chromium.Page) -> None:
    pages = [
        p.relative_to(hostile_site()).as_posix() for p in hostile_site().rglob("*.html") if "indicator/" not in str(p)
    ]
    assert len(pages) > 30
    for path in [*pages, "indicator/administrative_penalties.html"]:
        tab.visit(address(hostile_site(), path))
        assert tab.dialogs == [] and tab.run("window.ran === undefined"), path
        assert tab.errors == [], path
        assert all(r.startswith((hostile_site().as_uri(), "data:")) for r in tab.requests), path
    tab.visit(address(hostile_site(), "index.html"))
    tab.run(
        "(() => { const s = document.getElementById('search'); s.value = 'script'; s.dispatchEvent(new Event('input')); })()"
    )
    assert tab.run("document.querySelectorAll('#hits a').length") > 0 and tab.run("window.ran === undefined")
