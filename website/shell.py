"""What every page has: head, banner for invented data, navigation, footer."""

from __future__ import annotations

from dataclasses import dataclass

from website.markup import Html, Node, el
from website.words import both

# nothing from elsewhere, no script but the site's own; the pages hold no inline script or style
_POLICY = "default-src 'none'; style-src 'self' file:; script-src 'self' file:; img-src 'self' data:; base-uri 'none'; form-action 'none'"
_PAGES = (
    ("index.html", "覆盖", "Coverage"),
    ("indicators.html", "指标", "Indicators"),
    ("health.html", "采集情况", "Health"),
    ("about.html", "说明", "About"),
)


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages say of the data: `kind` sample, mixed or real; day of the archive's last fetch; digest of the archive."""

    kind: str
    as_of: str
    archive: str


def page(site: Site, depth: int, title: tuple[str, str], *body: Node, scripts: tuple[str, ...] = ()) -> str:
    """A whole page. `depth`: folders between it and the site's root; `title`: Chinese, English."""
    up = "../" * depth
    head = [
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{title[0]} · 法治年报库"),
        el("link", rel="stylesheet", href=f"{up}assets/site.css"),
        el("link", rel="icon", href="data:,"),
        [el("script", src=f"{up}assets/{name}", defer=True) for name in ("site.js", *scripts)],
    ]
    links = [el("a", both(zh, en), href=up + file) for file, zh, en in _PAGES]
    top = el(
        "header",
        el("a", both("跳到正文", "Skip to content"), href="#main", _class="skip"),
        el("a", "法治年报库", el("span", " Fazhi", lang="en"), href=up + "index.html", _class="name"),
        el("nav", links, aria_label="网站 · site"),
        el("button", "English", id="language", type="button", lang="en", hidden=True),
    )
    foot = el(
        "footer",
        both(f"数据截至最后一次采集：{site.as_of}。", f"As of the last fetch: {site.as_of}. "),
        both(f"档案摘要 {site.archive}。", f"Archive digest {site.archive}. "),
        both("数字旁的符号：", "Signs beside numbers: "),
        both("≥ 不少于，> 超过，≈ 约，< 不足，≤ 不超过。", "≥ at least, > over, ≈ about, < under, ≤ at most."),
    )
    heading = el("h1", both(*title))
    content = el("main", banner(site), heading, body, id="main")
    document = el("html", el("head", head), el("body", top, content, foot), lang="zh-CN")
    return f"<!doctype html>\n{document}\n"


def banner(site: Site) -> Html | None:
    """The line that says that data are invented; None where they are not."""
    if site.kind == "real":
        return None
    if site.kind == "mixed":
        zh, en = (
            "其中代码以 99 开头的地区是示例数据，均为虚构。",
            "Regions whose code begins with 99 are sample data, all invented.",
        )
    else:
        zh, en = (
            "示例数据，均为虚构：地名、机关和数字都不存在。",
            "Sample data, all invented: no such places, bodies or figures exist.",
        )
    return el("p", both(zh, en), _class="invented", role="note")
