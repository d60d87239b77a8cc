"""What the site is, how to read it, what it does not do."""

from __future__ import annotations

from collections.abc import Iterator

from website.markup import el
from website.shell import Site, page
from website.source import Source
from website.words import both, word

_PARTS = (
    (
        ("这是什么", "What this is"),
        (
            "各级政府每年要报告上一年推进法治政府建设的情况，并在4月1日前向社会公开。本站把采到的报告变成可查、可比、可核对的数据：谁按时公开了、写了哪五项内容、每个数字说的是什么。",
            "China's governments report every year on how they advanced lawful government, and must publish by 1 April. This site turns the reports that were collected into data to look up, compare and check: who published in time, which of the five contents they have, what each number says.",
        ),
    ),
    (
        ("怎样核对一个数字", "Checking a number"),
        (
            "每个数字都链接到它在报告里的原文；报告页下方有原网址、采集时间、档案位置和内容摘要。数字照报告所写：“余”“以上”以符号标出，区间保留两端，不四舍五入。中位数和百分位是本站算的。",
            "Every number links to its words in the report; the foot of a report's page has its address, the time it was fetched, the place in the archive and the digest. Numbers stand as stated: 余 and 以上 become signs, ranges keep both ends, nothing is rounded. Medians and percentiles are worked out by this site.",
        ),
    ),
    (
        ("没有数字时", "Where there is no number"),
        (
            "报告没写、没有找到报告、网站被拦、还没有采集，是四回事：覆盖页给每个空格写明原因。报告没写一个数，不等于这个数是零。",
            "Not stated, no report found, portal blocked and not crawled are different things: the coverage pages give the reason of every hole. A number that is not stated is not zero.",
        ),
    ),
    (
        ("机器会读错", "The machine errs"),
        (
            "指标由规则读出，精度是测出来的，写在每个数字旁；报告也会印错。发现错误，可在数据文件夹的 corrections.csv 里改正，重建后生效并留痕。",
            "Indicators are read by rules whose precision is measured and stands beside each number; reports misprint, too. A line in corrections.csv of the data folder puts a cell right, visibly, on every rebuild.",
        ),
    ),
    (
        ("自己提问", "Questions of your own"),
        (
            "本站没有网页里的查询功能：浏览器里的 DuckDB（duckdb-wasm 1.32，34 MB）读 Parquet 时要向外部服务器取扩展，而本站不向外请求。请用 make query 写 SQL，make recipe 查看常见问题，或用任何工具打开 tables/ 下的 Parquet 文件。",
            "The site has no query page: DuckDB for browsers (duckdb-wasm 1.32, 34 MB) asks a server of others for the extension that reads Parquet, and this site asks nobody. Use make query for SQL, make recipe for questions that people ask, or open the Parquet files under tables/ with any tool.",
        ),
    ),
)


def pages(source: Source, site: Site) -> Iterator[tuple[str, str]]:
    """(path, page) of the one page about the site."""
    info = dict(source.values("SELECT key, value FROM warehouse_info"))
    parts = [[el("h2", both(*title)), el("p", both(*said))] for title, said in _PARTS]
    facts = [
        el("li", both("数据：", "Data: "), word("data", site.kind)),
        el("li", both("最后一次采集：", "Last fetch: "), site.as_of),
        el("li", both("档案摘要：", "Archive digest: "), el("code", site.archive)),
        el("li", both("代码版本：", "Code version: "), el("code", info.get("code_version"))),
    ]
    yield (
        "about.html",
        page(site, 0, ("说明", "About"), parts, el("h2", both("这份数据", "These data")), el("ul", facts)),
    )
