"""What pages of every family share: head, meta tags, navigation, metadata block, side lists, footer.

All of it is chrome that a report's text must be told from; the weight (30–150 kB) and the noise (clock, counters,
share buttons, record numbers) are those of real portals. Links are relative to the root, so that pages are the same
whatever the port.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from html import escape
from pathlib import Path

from .dice import Dice
from .site import Column, Entry, Index, Site

NOTE = "示例数据：地名与数字均为虚构"
WEEK = "一二三四五六日"
WORDS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "chrome.toml").read_text(encoding="utf-8"))


def page(site: Site, title: str, metas: Sequence[tuple[str, str]], main: str) -> str:
    """A whole page."""
    tags = [("SiteName", site.name), ("SiteDomain", site.place.domain), ("SiteIDCode", site.site_id), *metas]
    meta = "\n".join(f'<meta name="{name}" content="{escape(content)}">' for name, content in tags)
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta http-equiv="Content-Type" content="text/html; charset={site.label}">
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
{meta}
{_assets(site)}{site.head.replace("{site_id}", site.site_id)}
</head>
<body>
{_top(site)}
{main}
{_bottom(site)}
</body>
</html>
"""


def breadcrumb(site: Site, column: Column, tail: str = "") -> str:
    """当前位置: home, the columns above, this column."""
    parts = [f'<a href="{site.home}">首页</a>', *(f"<span>{name}</span>" for name in column.trail)]
    parts.append(f'<a href="{column.path}">{column.name}</a>')
    return f'<div class="location position">当前位置：{" &gt; ".join(parts)}{tail}</div>'


def link(entry: Entry, *, dated: bool = True) -> str:
    """An entry as an item of a side list."""
    shown = f"<span>{entry.published_on:%m-%d}</span>" if dated else ""
    return f'<li><a href="{entry.path}" target="_blank" title="{escape(entry.title)}">{escape(entry.title)}</a>{shown}</li>'


def article(site: Site, entry: Entry, body: str, heading: str, labels: Sequence[tuple[str, str]] = ()) -> str:
    """An article page round the family's body and heading; labels: fields that its metadata block adds."""
    document, column = entry.document, entry.column
    around = site.listed(column)
    at = around.index(entry)
    clock = Dice(site.seed, entry.path)
    minute = f"{entry.published_on:%Y-%m-%d} {clock.whole(8, 18):02d}:{clock.whole(0, 59):02d}"
    metas = [
        ("ColumnName", column.name), ("ColumnDescription", f"{site.name}{column.name}栏目"),
        ("ColumnKeywords", f"{column.name},{site.place.name}"), ("ColumnType", "政府信息公开"),
        ("ArticleTitle", document.title), ("PubDate", minute), ("ContentSource", entry.source),
        ("Keywords", "法治政府,依法行政"), ("Author", "管理员"), ("Description", document.title),
    ]  # fmt: skip
    if site.faults & {"placeholders", "column_pubdate"}:
        metas = [(name, _meta_fault(site, column, name, value)) for name, value in metas]
    earlier = around[at + 1] if at + 1 < len(around) else None
    later = around[at - 1] if at else None
    steps = [
        f"<p>{word}：" + (f'<a href="{e.path}">{escape(e.title)}</a>' if e else "没有了") + "</p>"
        for word, e in (("上一篇", later), ("下一篇", earlier))
    ]
    related = "".join(link(e) for e in clock.shuffled([e for e in around if e is not entry])[:4])
    side = "".join(link(e, dated=False) for e in site.newest[:12])
    share = "".join(
        f'<a class="share-{w}" href="javascript:void(0)">{t}</a> ' for w, t in (("wx", "微信"), ("wb", "微博"))
    )
    main = f"""<div class="main-content clearfix">
{breadcrumb(site, column, " &gt; 正文")}
<div class="content-left">
{metadata(site, entry, labels)}
<div class="article-head">{heading}
<div class="info"><span>发布时间：{minute}</span><span>来源：{entry.source}</span><span>浏览量：<em id="hits">{clock.whole(90, 9800)}</em></span>
<span>字号：[ <a href="javascript:doZoom(18)">大</a> <a href="javascript:doZoom(16)">中</a> <a href="javascript:doZoom(14)">小</a> ]</span>
<span class="print"><a href="javascript:window.print()">打印</a></span><span class="share">分享到：{share}</span></div></div>
{body}
<div class="article-foot"><p class="editor">责任编辑：{site.place.name}政务公开办 陈喆</p><p>扫一扫在手机打开当前页</p>
<p><a href="javascript:window.print()">【打印本页】</a> <a href="javascript:window.close()">【关闭窗口】</a></p></div>
<div class="prev-next">{"".join(steps)}</div>
<div class="related"><h3>相关文章</h3><ul>{related}</ul></div>
</div>
<div class="sidebar"><h3>最新公开</h3><ul>{side}</ul><h3>公开目录</h3><ul>{_links(site, WORDS["disclosure"])}</ul></div>
</div>"""
    return page(site, f"{document.title}_{site.name}", metas, main)


def _meta_fault(site: Site, column: Column, name: str, value: str) -> str:
    """A meta tag as a careless template fills it."""
    if name == "PubDate" and "column_pubdate" in site.faults:
        made = Dice(site.seed, column.slug, "made")
        return f"{made.whole(2016, 2018)}-{made.whole(1, 12):02d}-{made.whole(1, 28):02d} 10:00"
    if "placeholders" not in site.faults:
        return value
    left = {
        "ArticleTitle": "<$[标题]>",
        "ContentSource": "本网/网站管理员",
        "Keywords": "<$[关键字]>",
        "Description": "",
    }
    return left.get(name, value)


def metadata(site: Site, entry: Entry, labels: Sequence[tuple[str, str]] = ()) -> str:
    """The 政府信息公开 block above an article: a table, a dl, or one inline line, by portal."""
    d = entry.document
    fields = [
        ("索 引 号", d.index_number), ("主题分类", "法治政府建设"), ("发布机构", d.issuer_name),
        ("发文日期", f"{d.published_on.year}年{d.published_on.month:02d}月{d.published_on.day:02d}日"),
        ("文&emsp;&emsp;号", d.document_number or "无"), ("名&emsp;&emsp;称", escape(d.title)),
        ("有效性", "有效"), ("公开方式", "主动公开"), *labels,
    ]  # fmt: skip
    if "doubled_labels" in site.faults:
        plain = [(name.replace("&emsp;&emsp;", "  "), value) for name, value in fields[:6]]
        return '<div class="xxgk-line">' + " ".join(f"{name}: {name}:{value}" for name, value in plain) + "</div>"
    manner = 0 if labels else site.style("metadata", 3)
    if manner == 0:
        cells = [f"<td class='lab'>{name}：</td><td>{value}</td>" for name, value in fields]
        rows = "".join(f"<tr>{a}{b}</tr>" for a, b in zip(cells[::2], cells[1::2], strict=True))
        return f'<table class="xxgk-table" width="100%" border="0" cellspacing="0"><tbody>{rows}</tbody></table>'
    if manner == 1:
        items = "".join(f"<dt>{name}：</dt><dd>{value}</dd>" for name, value in fields)
        return f'<dl class="xxgk-info clearfix">{items}</dl>'
    return '<div class="xxgk-line">' + " ".join(f"<b>{name}：</b>{value}" for name, value in fields[:6]) + "</div>"


def index(site: Site, shown: Index) -> str:
    """A page that only leads on."""
    parts = "".join(
        f'<div class="box"><h2>{head}</h2><ul class="box-list">{"".join(items)}</ul></div>'
        for head, items in shown.groups
    )
    return page(site, f"{shown.title}_{site.name}", [("ColumnName", shown.title), ("ColumnType", "栏目")],
                f'<div class="main-content clearfix">{parts}</div>')  # fmt: skip


def _links(site: Site, names: Sequence[str]) -> str:
    return "".join(f'<li><a href="{site.services}#item{i}" title="{n}">{n}</a></li>' for i, n in enumerate(names))


@lru_cache(maxsize=256)
def _top(site: Site) -> str:
    """Banner, navigation and search box, the same on every page."""
    dice = Dice(site.seed, site.place.code, "top")
    day = date(2026, 3, 2) + timedelta(days=dice.whole(0, 20))
    if "clock_2019" in site.faults:
        day = date(2019, 3, 2) + timedelta(days=dice.whole(0, 20))
    low = dice.whole(4, 12)
    nav = f'<li><a href="{site.home}">网站首页</a></li>'
    links = site.nav or tuple((c.path, c.name) for c in site.columns)
    nav += "".join(f'<li><a href="{path}">{name}</a></li>' for path, name in links)
    offices = [f"{site.place.word}{name}" for name in WORDS["offices"]]
    menus = "".join(
        f'<div class="sub-nav"><h4>{head}</h4><ul>{_links(site, names)}</ul></div>'
        for head, names in (("政务公开", WORDS["disclosure"]), ("办事服务", WORDS["services"]), ("政府部门", offices),
                            ("乡镇街道", [f"{t}人民政府" for t in site.place.townships] or ["县（市、区）政府"]))
    )  # fmt: skip
    return f"""<div class="top-bar"><div class="wrap"><span id="clock">今天是{day.year}年{day.month}月{day.day}日 星期{WEEK[day.weekday()]}</span>
<span class="weather">{site.place.name} 多云转晴 {low}℃～{low + 9}℃ 空气质量：优</span>
<span class="tools"><a href="javascript:void(0)" onclick="s2t()">繁體</a> | <a href="javascript:void(0)">无障碍浏览</a> | <a href="javascript:void(0)">长者模式</a> | <a href="javascript:void(0)">登录</a> | <a href="javascript:void(0)">注册</a></span></div></div>
<div class="header"><div class="logo"><a href="{site.home}">{site.name}</a></div>
<form class="search" action="{site.search}" method="get"><input type="text" name="q" placeholder="请输入关键字"><button type="submit">搜索</button>
<p>热搜词：<a href="{site.search}?q=yfxz">依法行政</a> <a href="{site.search}?q=ggfw">公共服务</a></p></form></div>
<div class="nav"><ul class="main-nav">{nav}</ul><div class="mega">{menus}</div></div>"""


@lru_cache(maxsize=256)
def _bottom(site: Site) -> str:
    """Links to other sites and the footer, the same on every page."""
    place, dice = site.place, Dice(site.seed, site.place.code, "bottom")
    friends = "".join(
        f'<option value="http://{place.slug}-{i}.gov.example/">{place.word}{n}</option>'
        for i, n in enumerate(WORDS["offices"])
    )
    friends += "".join(f'<option value="{path}">{name}</option>' for path, name in site.offices)
    return f"""<div class="links"><select><option>部门网站</option>{friends}</select></div>
<div class="footer"><p><a href="{site.services}#map">网站地图</a> | <a href="{site.services}#about">关于我们</a> | <a href="javascript:void(0)">无障碍</a> | <a href="{site.services}#contact">联系我们</a></p>
<p>主办：{site.name}办公室　承办：{place.name}政务服务和数据管理局　电话：0{dice.whole(100, 999)}-{dice.whole(2000000, 8999999)}　邮编：{place.code[:2]}{dice.whole(0, 9999):04d}</p>
<p>版权所有：{site.name}　网站标识码：{site.site_id}　{place.icp}ICP备{dice.whole(10000000, 23999999)}号-1　{place.icp}公网安备 {place.code}02{dice.whole(0, 999999):06d}号</p>
<p class="sample-note">{NOTE}</p></div>
<script>var _hits=document.getElementById("hits");function doZoom(s){{var z=document.getElementById("zoom");if(z){{z.style.fontSize=s+"px";}}}}</script>"""


@lru_cache(maxsize=256)
def _assets(site: Site) -> str:
    """Style sheet and scripts as portals carry them inline: rules for every box, a calendar, a share widget."""
    dice = Dice(site.seed, site.place.code, "assets")
    rules = []
    for box in WORDS["boxes"]:
        for part in ("", " ul", " li", " a", " a:hover", " h3", " p", " span", " img"):
            size, pad, tint = dice.whole(12, 22), dice.whole(0, 20), dice.whole(0, 0xFFFFFF)
            rules.append(
                f".{box}{part}{{font-size:{size}px;padding:{pad}px {pad // 2}px;color:#{tint:06x};line-height:{size + 12}px}}"
            )
    items = ",".join(
        f'{{id:{i},name:"{n}",pid:{i % 7}}}'
        for i, n in enumerate((*WORDS["services"], *WORDS["offices"], *WORDS["disclosure"]))
    )
    steps = "".join(f"case {i}:el.className='tab-item on{i}';el.setAttribute('data-i','{i}');break;" for i in range(60))
    return f"""<style type="text/css">
{chr(10).join(rules)}
</style>
<script type="text/javascript">
var menuData=[{items}];
function switchTab(el,i){{switch(i){{{steps}}}}}
function s2t(){{document.cookie="lang=t;path=/";location.reload();}}
</script>"""
