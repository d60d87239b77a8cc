"""Web archives that other tools wrote: what is taken of them, what is passed over and why, and what becomes of it."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import duckdb
import pytest
from attachment_files import pdf, typeset
from fastwarc.stream_io import zstd_train_dictionary_from_samples
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import CrawlLog
from crawler.history import read_history
from crawler.ingest import main
from crawler.runs import start_run
from knowledge.archive import runs
from knowledge.console import Problem
from tests.foreign_records import HOME, SENTENCE, Place, http, page, record, report, revisit, zstd
from transform.reader import Reader

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, reader: Reader) -> Place:
    return Place(tmp_path, reader)


# ---------------------------------------------------------------- files as tools write them


def _zstd_with_dictionary(records: list[bytes], compressed: bool) -> bytes:
    samples = [record(i, http(page(n=i))) for i in range(200)]
    return zstd(records, zstd_train_dictionary_from_samples(samples, 8192), compressed)


FORMS: dict[str, Callable[[list[bytes]], bytes]] = {
    "x.warc": b"".join,
    "member.warc.gz": lambda records: b"".join(map(gzip.compress, records)),
    "whole.warc.gz": lambda records: gzip.compress(b"".join(records)),
    "x.warc.zst": lambda records: zstd(records, None, False),
    "dictionary.warc.zst": lambda records: _zstd_with_dictionary(records, False),
    "packed.WARC.ZST": lambda records: _zstd_with_dictionary(records, True),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_files(name: str, place: Place) -> None:
    asked = record(8, b"GET / HTTP/1.1\r\n\r\n", WARC_Type="request", Content_Type="application/http; msgtype=request")
    about = record(9, b"fetchTimeMs: 4\r\n", WARC_Type="metadata", Content_Type="application/warc-fields")
    info = record(7, b"software: x\r\n", WARC_Type="warcinfo", Content_Type="application/warc-fields")
    foreign = report(3, "http://www.example.org/3.html")
    other = record(4, http(page("柘岭区召开法治政府建设工作推进会")))
    place.take(FORMS[name]([info, asked, report(1), about, foreign, other, report(2)]), name=name)
    assert [(row["url"], row["portal_id"], row["source_file"]) for row in place.rows()] == [
        (f"{HOME}/1.html", "zheling", name), (f"{HOME}/2.html", "zheling", name),
    ]  # fmt: skip
    assert place.run()["passed_over"] == {"host": 1, "triage": {"news": 1}}
    assert place.run()["warc_responses"] == 4
    documents = place.documents()
    for number, row in enumerate(place.rows(), 1):
        assert place.payload(row) == page(n=number)
        assert SENTENCE.format(n=number) in documents[row["url"]]["text"]
        assert documents[row["url"]]["portal_id"] == "zheling"
        assert documents[row["url"]]["region_code"] == "990121"
        assert row["fetched_at"] == "2024-03-01T08:00:00.000000Z"


def test_source_is_named(place: Place) -> None:
    place.take(*map(gzip.compress, [report(1, "http://a.example/"), report(2)]), name="x.warc.gz")
    (row,) = place.rows()
    with (place.folder / "src" / row["source_file"]).open("rb") as f:
        f.seek(row["source_offset"])
        found = next(iter(ArchiveIterator(f)))
    assert found.rec_headers.get_header("WARC-Record-ID") == f"<{row['source_record']}>"


def test_warcio(place: Place) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "another tool"}))
    for i, status in enumerate(("200 OK", "404 Not Found", "302 Found", "206 Partial Content")):
        headers = StatusAndHeaders(status, [("Content-Type", "text/html")], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(f"{HOME}/{i}", "response", payload=io.BytesIO(page(n=i)), http_headers=headers)
        )
    place.take(out.getvalue(), name="x.warc.gz")
    (row,) = place.rows()
    assert place.payload(row) == page(n=0) and list(place.documents()) == [f"{HOME}/0"]
    assert place.run()["passed_over"] == {"status": {"404": 1, "302": 1, "206": 1}}


@pytest.mark.parametrize("wrap", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_bare_line_feeds(wrap: Callable[[bytes], bytes], place: Place) -> None:
    place.take(*(wrap(record(n, http(page(n=n), line=b"\n"), line=b"\n")) for n in (1, 2)), name="x.warc")
    assert [place.payload(row) for row in place.rows()] == [page(n=1), page(n=2)]
    assert len(place.documents()) == 2


HEADS = {
    "HTTP/1.0": http(page(), status="HTTP/1.0 200 OK"),
    "without a reason": http(page(), status="HTTP/1.1 200"),
    "HTTP/2": http(page(), status="HTTP/2 200"),
    "bare line feeds": http(page(), line=b"\n"),
    "folded": http(page(), "X-A: b\r\n c"),
    "GBK in the head": http(page()).replace(b"charset=utf-8", "charset=utf-8\r\nX-A: 法治".encode("gb18030")),
    "GBK in the page": http(page().decode().encode("gb18030")),
    "no content type": http(page()).replace(b"Content-Type: text/html; charset=utf-8\r\n", b"X-A: b\r\n"),
    "as Common Crawl has it": http(page(), "X-Crawler-Content-Encoding: gzip", "X-Crawler-Transfer-Encoding: chunked"),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads(name: str, place: Place) -> None:
    place.take(record(1, HEADS[name]))
    (row,), (document,) = place.rows(), place.documents().values()
    assert (row["outcome"], row["http_status"]) == ("ok", 200)
    assert place.payload(row) == HEADS[name].partition(b"\n\n" if name == "bare line feeds" else b"\r\n\r\n")[2]
    assert SENTENCE.format(n=89) in document["text"]


def chunked(body: bytes, extension: bytes = b"", line: bytes = b"\r\n") -> bytes:
    parts = [body[i : i + 700] for i in range(0, len(body), 700)]
    return b"".join(b"%x%b%b%b%b" % (len(x), extension, line, x, line) for x in parts) + b"0" + line * 2


def raw_deflate(body: bytes) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    return pack.compress(body) + pack.flush()


CHUNKED, PACKED = "Transfer-Encoding: chunked", gzip.compress(page())
# name → (block, payload as it is archived; None: not taken)
BODIES: dict[str, tuple[bytes, bytes | None]] = {
    "chunks": (http(chunked(page()), CHUNKED), page()),
    "chunks with extensions": (http(chunked(page(), b";x=1"), CHUNKED), page()),
    "chunks of bare lines": (http(chunked(page(), line=b"\n"), CHUNKED), page()),
    "chunk marks gone": (http(page(), CHUNKED), page()),
    "chunks that lie": (http(b"fffffff\r\n" + page() + b"\r\n0\r\n\r\n", CHUNKED), None),
    "gzip": (http(PACKED, "Content-Encoding: gzip"), PACKED),
    "GZIP": (http(PACKED, "content-encoding: GZIP"), PACKED),
    "x-gzip": (http(PACKED, "Content-Encoding: x-gzip"), PACKED),
    "gzip in chunks": (http(chunked(PACKED), "Content-Encoding: gzip", CHUNKED), PACKED),
    "gzip twice": (http(gzip.compress(PACKED), "Content-Encoding: gzip, gzip"), gzip.compress(PACKED)),
    "gzip with a tail": (http(PACKED + b"tail", "Content-Encoding: gzip"), page()),
    "gzip that was undone": (http(page(), "Content-Encoding: gzip"), page()),
    "gzip that is none": (http(b"\x1f\x8b\x08" + page(), "Content-Encoding: gzip"), None),
    "deflate": (http(zlib.compress(page()), "Content-Encoding: deflate"), zlib.compress(page())),
    "deflate without its frame": (http(raw_deflate(page()), "Content-Encoding: deflate"), page()),
    "br": (http(brotli.compress(page()), "Content-Encoding: br"), brotli.compress(page())),
    "br that was undone": (http(page(), "Content-Encoding: br"), page()),
    "zstd": (http(zstd([page()], None, False), "Content-Encoding: zstd"), zstd([page()], None, False)),
    "no coding": (http(page(), "Content-Encoding: utf-8"), page()),
    "shorter than it says": (http(page(), "Content-Length: 99999"), None),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str, place: Place) -> None:
    block, payload = BODIES[name]
    place.take(record(1, block), record(2, http(page(n=2))))
    rows, documents = place.rows(), place.documents()
    if payload is None:
        assert [row["url"] for row in rows] == [f"{HOME}/2.html"]
        assert place.run()["passed_over"] in ({"broken": 1}, {"truncated": 1})
        return
    assert [place.payload(row) for row in rows] == [payload, page(n=2)]
    assert SENTENCE.format(n=89) in documents[f"{HOME}/1.html"]["text"]


# name → (record, what is counted; None: it is taken)
RECORDS: dict[str, tuple[bytes, Any]] = {
    "address in brackets": (report(1, f"<{HOME}/1.html>"), None),
    "no digests": (report(1), None),
    "a payload digest of something else": (report(1, WARC_Payload_Digest="sha1:AAAA"), None),
    "content type in capitals": (report(1, Content_Type="Application/HTTP;msgtype=response"), None),
    "no content type": (report(1, Content_Type=None), None),
    "a page without HTTP": (record(1, page(n=1), WARC_Type="resource", Content_Type="text/html"), None),
    "truncated": (report(1, WARC_Truncated="length"), {"truncated": 1}),
    "in segments": (report(1, WARC_Segment_Number="1"), {"truncated": 1}),
    "a name's address": (record(1, b"20240101 1 1.1.1.1", "dns:www.zheling.gov.cn", Content_Type="text/dns"), {"not_http": 1}),
    "another protocol": (record(1, page(), "ftp://www.zheling.gov.cn/1"), {"not_http": 1}),
    "no head": (record(1, page()), {"not_http": 1}),
    "no date": (report(1, WARC_Date=None), {"date": 1}),
    "a date that is none": (report(1, WARC_Date="yesterday"), {"date": 1}),
    "a date to come": (report(1, WARC_Date="2999-01-01T00:00:00Z"), {"date": 1}),
    "a picture": (record(1, http(b"\xff\xd8\xff").replace(b"text/html; charset=utf-8", b"image/jpeg")), {"media": {"image/jpeg": 1}}),
    "a picture, as the WARC head knows": (report(1, WARC_Identified_Payload_Type="image/png"), {"media": {"image/png": 1}}),
    "a feed": (record(1, http(b'<?xml version="1.0"?><rss><title>' + page() + b"</rss>")), {"media": {"text/html": 1}}),
    "a page that is gone": (record(1, http(page(more="<!--") + b"--><title>404</title>")), {"not_page": {"soft_404": 1}}),
    "derived text": (record(1, page(), WARC_Type="conversion", Content_Type="text/plain"), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_records(name: str, place: Place) -> None:
    given, counted = RECORDS[name]
    place.take(report(2), given, report(3))
    found = [row["url"].rpartition("/")[2] for row in place.rows()]
    assert found == (["2.html", "3.html"] if counted is not None else ["2.html", "1.html", "3.html"])
    assert place.run()["passed_over"] == (counted or {})
    assert [place.payload(row) for row in place.rows()] == [page(n=int(name[0])) for name in found]
    assert len(place.documents()) == len(found)


def test_a_wrong_block_digest_is_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    bad = report(1, WARC_Block_Digest="sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    away = report(3, "http://a.example/", WARC_Block_Digest="sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    for name in ("member.warc.gz", "whole.warc.gz", "x.warc.zst"):
        place.take(FORMS[name]([report(5), bad, away, report(2)]), name=name)
    assert {row["url"] for row in place.rows()} == {f"{HOME}/5.html", f"{HOME}/2.html"}
    assert "does not have the digest" in capsys.readouterr().out


# ---------------------------------------------------------------- hosts


def test_host_goes_first_and_all_can_be_asked_for(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    office = report(1, "http://mzj.weichuan.zheling.gov.cn/1.html")
    column = report(2, "https://www.column.gov.cn/fz/weichuan/2.html")
    lookalike = report(3, "http://zheling.gov.cn.example.org/3.html")
    shop = record(4, http("<title>店铺</title>法治".encode()), "http://shop.example.org/")
    place.take(office, column, lookalike, shop, report(5))
    assert {(row["url"], row["portal_id"]) for row in place.rows()} == {
        ("http://mzj.weichuan.zheling.gov.cn/1.html", "weichuan"),
        ("https://www.column.gov.cn/fz/weichuan/2.html", "weichuan"),
        (f"{HOME}/5.html", "zheling"),
    }
    assert place.run()["passed_over"] == {"host": 2}
    said = capsys.readouterr().out
    assert "WARC files: 5 responses in 1 files; passed over: 2 of hosts that the registry does not know" in said
    assert {p["portal_id"] for p in _portals(place)} == {"zheling", "weichuan"}

    place.ingest("all")
    assert {row["url"] for row in place.rows()[3:]} == {"http://zheling.gov.cn.example.org/3.html"}
    assert place.rows()[3]["portal_id"] is None
    assert place.run()["passed_over"] == {"triage": {"other": 1}}


def _portals(place: Place) -> list[dict[str, str]]:
    with (list(runs(place.data / "raw"))[-1] / "portals.csv").open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def test_a_collection_of_unknown_hosts_is_taken_whole(place: Place) -> None:
    records = [
        report(1, "http://a.example/1.html"),
        record(2, http(b"x", status="HTTP/1.1 404 No"), "http://b.example/"),
    ]
    place.take(*records, hosts=None)
    assert [row["outcome"] for row in place.rows()] == ["ok", "not_found"]
    # one host of the registry, or many hosts: no collection any more
    place.take(*records, report(3), name="y.warc", hosts=None)
    many = [report(10 + i, f"http://{i}.example/") for i in range(30)]
    place.take(*many, name="z.warc", hosts=None)
    assert [row["url"] for row in place.rows()[2:]] == [f"{HOME}/3.html"]


# ---------------------------------------------------------------- what needs a second pass


def a_pdf(n: int) -> bytes:
    lines = [
        "柘岭区2023年法治政府建设年度报告",
        *(SENTENCE.format(n=n) + "推进法治政府建设,落实执法责任。" for _ in range(9)),
    ]
    return pdf(typeset(lines[0], lines[1:]))


def file(number: int, url: str, *headers: str) -> bytes:
    block = http(a_pdf(number), *headers).replace(b"text/html; charset=utf-8", b"application/pdf")
    return record(number, block, url)


def test_files(place: Place) -> None:
    linking = record(1, http(page(more="<p>附件:<a href='/files/P1.pdf'>年度报告.pdf</a></p>")))
    linked = file(2, f"{HOME}/files/P1.pdf")
    named = file(3, f"{HOME}/files/%E6%9F%98%E5%B2%AD%E5%8C%BA2022%E5%B9%B4%E6%B3%95%E6%B2%BB%E6%94%BF%E5%BA%9C%E5%BB%BA%E8%AE%BE%E5%B9%B4%E5%BA%A6%E6%8A%A5%E5%91%8A.pdf")  # fmt: skip
    told = file(
        4, f"{HOME}/down.jsp?id=4", 'Content-Disposition: attachment; filename="柘岭区2021年法治政府建设年度报告.pdf"'
    )
    neither = file(5, f"{HOME}/files/P5.pdf")
    place.take(linked, named, neither, told, linking)  # the file stands before the page that links to it
    rows = {row["url"]: row for row in place.rows()}
    attached = rows.pop(f"{HOME}/files/P1.pdf")
    assert (attached["purpose"], attached["found_on_url"], attached["link_text"]) == (
        "attachment", f"{HOME}/1.html", "年度报告.pdf",
    )  # fmt: skip
    assert place.payload(attached) == a_pdf(2)
    assert len(rows) == 3 and {row["purpose"] for row in rows.values()} == {"file"}
    assert place.run()["passed_over"] == {"file": 1}
    assert {d["extraction"] for url, d in place.documents().items() if "1.html" not in url} == {"attachment"}


ID = "<urn:uuid:00000001-0000-4000-8000-000000000000>"
# name → (headers of the revisit record, headers of the record that it refers to)
REFERENCES: dict[str, tuple[dict[str, str], dict[str, str | None]]] = {
    "by id": ({"WARC_Refers_To": ID}, {}),
    "by address and date": (
        {"WARC_Refers_To_Target_URI": f"<{HOME}/1.html>", "WARC_Refers_To_Date": "2024-03-01T08:00:00Z"},
        {"WARC_Date": "2024-03-01T08:00:00.123456Z"},
    ),
    "by digest alone": ({"WARC_Payload_Digest": "sha1:ABC"}, {"WARC_Payload_Digest": "sha1:ABC"}),
}


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("order", ["before", "behind", "elsewhere", "foreign"])
def test_revisits(name: str, order: str, place: Place) -> None:
    """The payload is taken under the revisit's address and date, wherever in the source it lies and whoever's it is."""
    refers, head = REFERENCES[name]
    first, again = report(1, **head), revisit(2, f"{HOME}/copy.html", **refers)
    if order == "foreign":
        cache = "http://cache.example.org"
        first = report(1, f"{cache}/1.html", **head)
        again = revisit(2, f"{HOME}/copy.html", **{k: v.replace(HOME, cache) for k, v in refers.items()})
    if order == "elsewhere":
        (place.folder / "src/a.warc").write_bytes(again)
        place.take(first, name="b.warc")
    else:
        place.take(*([again, first] if order == "before" else [first, again]))
    rows = {row["url"]: row for row in place.rows()}
    copy = rows[f"{HOME}/copy.html"]
    assert copy["fetched_at"] == "2024-05-01T08:00:00.000000Z" and copy["source_payload"] == ID.strip("<>")
    assert place.payload(copy) == page(n=1)
    assert SENTENCE.format(n=1) in place.documents()[copy["url"]]["text"]
    assert len(rows) == (1 if order == "foreign" else 2)


def test_revisits_that_give_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    missing = revisit(2, f"{HOME}/2.html", WARC_Refers_To="<urn:uuid:none>")
    other = revisit(3, f"{HOME}/3.html", WARC_Refers_To=ID, WARC_Payload_Digest="sha1:OTHER")
    same = revisit(4, f"{HOME}/1.html", WARC_Refers_To=ID)
    foreign = revisit(5, "http://a.example/", WARC_Refers_To=ID)
    unchanged = revisit(6, f"{HOME}/1.html", WARC_Profile="http://netpreserve.org/warc/1.0/revisit/server-not-modified")
    cut = revisit(7, f"{HOME}/7.html", WARC_Refers_To="<urn:uuid:00000008-0000-4000-8000-000000000000>")
    news = record(9, http(page("柘岭区召开法治政府建设工作推进会")))
    of_news = revisit(10, f"{HOME}/10.html", WARC_Refers_To="<urn:uuid:00000009-0000-4000-8000-000000000000>")
    first, short = report(1, WARC_Payload_Digest="sha1:ABC"), report(8, WARC_Truncated="length")
    place.take(missing, first, other, same, foreign, unchanged, cut, short, news, of_news)
    assert [row["url"] for row in place.rows()] == [f"{HOME}/1.html"]
    assert place.run()["passed_over"] == {
        "host": 1, "triage": {"news": 2}, "truncated": 1, "revisit": 3, "not_modified": 1,
    }  # fmt: skip
    lost = [f"{HOME}/{n}.html" for n in (2, 3, 7)]
    assert place.run()["revisits_lost"] == lost
    assert f"revisits without their payload: {', '.join(lost)}" in capsys.readouterr().out


# ---------------------------------------------------------------- again, and all the way


def test_a_second_time_brings_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    linking = record(1, http(page(more="<p>附件:<a href='/files/P1.pdf'>年度报告.pdf</a></p>")))
    records = [linking, file(2, f"{HOME}/files/P1.pdf"), report(3, "http://a.example/")]
    records += [revisit(4, f"{HOME}/copy.html", WARC_Refers_To=ID)]
    place.take(*records)
    assert len(place.rows()) == 3
    capsys.readouterr()
    place.ingest()
    place.take(FORMS["x.warc.zst"](records), name="the same.warc.zst")
    said = capsys.readouterr().out
    assert said.count("nothing new") == 2 and said.count("passed over: 1 of hosts") == 1
    assert len(list(runs(place.data / "raw"))) == 1 and len(place.rows()) == 3


def test_two_pages_of_one_address_and_second(place: Place) -> None:
    place.take(report(1, f"{HOME}/a?spm=1"), report(2, f"{HOME}/a?spm=2"))
    assert [place.payload(row) for row in place.rows()] == [page(n=1)]
    assert place.run()["passed_over"] == {"moment": 1}


def test_an_old_page_is_no_news_to_the_crawler(place: Place) -> None:
    (place.data / "raw").mkdir(parents=True)
    crawl = start_run(place.data / "raw", "crawl", 1)
    log = CrawlLog(crawl.directory)
    for number, at in ((1, "2025-01-01T00:00:00.000000Z"), (2, "2023-01-01T00:00:00.000000Z")):
        log.append({"method": "GET", "url": f"{HOME}/{number}.html", "fetched_at": at, "outcome": "not_found"})
    log.close()
    crawl.finish("finished")
    place.take(report(1), report(2))
    history = read_history(place.data / "raw")
    assert history.gone(f"{HOME}/1.html") and not history.gone(f"{HOME}/2.html")


def test_hosts_need_a_registry(tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(report(1))
    with pytest.raises(Problem, match="PORTALS"):
        main(["--data", str(tmp_path / "data"), "--src", str(tmp_path / "x.warc"), "--hosts", "registry"])
    with pytest.raises(Problem, match="must be registry or all"):
        main(["--data", str(tmp_path / "data"), "--src", str(tmp_path / "x.warc"), "--hosts", "some"])


def test_all_the_way_to_the_warehouse(place: Place) -> None:
    """References hold, and an ingest is no crawl: the health of a portal does not come from it."""
    linking = record(1, http(page(more="<p>附件:<a href='/files/P1.pdf'>年度报告.pdf</a></p>")))
    place.take(linking, file(2, f"{HOME}/files/P1.pdf"), report(3, "http://a.example/"))
    for module in ("transform.run", "warehouse.build", "warehouse.check"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--data", str(place.data)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(place.data / "warehouse.duckdb"), read_only=True) as con:
        found = con.execute(
            "SELECT url, portal_id, parent_document_id IS NOT NULL FROM documents ORDER BY url"
        ).fetchall()
        assert found == [(f"{HOME}/1.html", "zheling", False), (f"{HOME}/files/P1.pdf", "zheling", True)]
        health = con.execute("SELECT portal_id, health, reports_held FROM portal_health").fetchall()
        assert health == [("zheling", "not_asked", 1)]
