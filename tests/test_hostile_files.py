"""Files made to hurt: each ends as a document or as one row or line that says why it is none, and costs no other file."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import random
import struct
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from attachment_files import docx, ofd, packed, para, pdf, typeset
from hypothesis import given, settings
from hypothesis import strategies as st
from test_hostile_limits import REPORT, archived, good, outcome

from crawler.ingest import main as ingest
from crawler.registry import RegistryError, read_portals, write_portals
from knowledge.archive import json_lines
from transform.decode import UndecodableError, charset_name, decode
from transform.files.filetext import Unreadable
from transform.files.read import read_file, sniff
from transform.reader import Reader

LINES = REPORT.splitlines()
PDF = pdf(typeset(LINES[0], LINES[1:]))
TEXT = "法治政府建设情况报告。"

# ---------------------------------------------------------------- PDF


def objects(*bodies: str, trailer: str = "/Root 1 0 R") -> bytes:
    """A PDF of numbered objects, with a correct table of where they are."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{at:010} 00000 n \n" for at in places)
    end = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(places) + 1} {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode("latin-1")


CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"
PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"


def flate(content: bytes, length: int | None = None) -> str:
    packed_ = zlib.compress(content, 9)
    size = len(packed_) if length is None else length
    return f"<< /Length {size} /Filter /FlateDecode >>\nstream\n{packed_.decode('latin-1')}\nendstream"


# name → (file, words one of which the reason must be; None: it may also be read)
PDFS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "locked": (lambda: pdf(typeset("甲", LINES), locked=True), {"encrypted"}),
    "head only": (lambda: b"%PDF-1.7\n", {"damaged"}),
    "cut in the middle": (lambda: PDF[: len(PDF) // 2], {"damaged", "empty"}),
    "pages that are their own children": (lambda: objects(CATALOG, "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"), {"damaged", "empty"}),
    "a tree of pages in a circle": (
        lambda: objects(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>"),
        {"damaged", "empty"},
    ),
    "a parent in a circle": (
        lambda: objects(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 3 0 R >>", "<< /Type /Page /Parent 2 0 R >>"),
        {"damaged", "empty"},
    ),
    "objects that are each other": (lambda: objects("2 0 R", "3 0 R", "1 0 R"), {"damaged"}),
    "two thousand million pages": (lambda: objects(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>", PAGE, flate(b"")), {"damaged", "empty", "too_large"}),
    "fewer than no pages": (lambda: objects(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count -5 >>", PAGE, flate(b"")), {"damaged", "empty"}),
    "a million brackets": (lambda: objects(CATALOG, "[" * 1_000_000), {"damaged", "empty"}),
    "a length that lies": (lambda: objects(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE, flate(b"BT ET", 2**31 - 1)), {"damaged", "empty"}),
    "a form that draws itself": (
        lambda: objects(
            CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>",
            "<< /Length 5 >>\nstream\n/F Do\nendstream",
            "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >> /Length 5 >>\nstream\n/F Do\nendstream",
        ),
        {"damaged", "empty", ""},
    ),
    "a table of places that points at itself": (lambda: b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF", {"damaged"}),
    "a page of nothing a mile wide": (lambda: objects(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE.replace("595 842", "1e30 1e30"), flate(b"")), {"damaged", "empty"}),
}  # fmt: skip

# ---------------------------------------------------------------- ZIP, DOCX, OFD


def lying_zip() -> bytes:
    """A DOCX whose part says that it is small and unpacks to a hundred times as much."""
    whole = bytearray(docx(para(TEXT * 200_000)))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = whole.find(b"word/document.xml") if signature == b"PK\x03\x04" else whole.rfind(b"word/document.xml")
        start = whole.rfind(signature, 0, at)
        whole[start + place : start + place + 4] = struct.pack("<I", 400)
    return bytes(whole)


def many_parts() -> bytes:
    return packed({"word/document.xml": "<a/>", **{f"p/{i}": b"" for i in range(20_000)}})


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "lol">{entities}]><w><body><p><r><t>&l9;</t></r></p></body></w>'
    )


def outside(place: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "{place}">]><w><body><p><r><t>&a;</t></r></p></body></w>'
    )


def ofd_parts(**changed: str) -> bytes:
    """The OFD of a report with parts put in place of its own."""
    with zipfile.ZipFile(io.BytesIO(ofd(typeset("甲", LINES)))) as whole:
        parts: dict[str, str | bytes] = {n: whole.read(n) for n in whole.namelist()}
    names = {"root": "OFD.xml", "document": "Doc_0/Document.xml", "page": "Doc_0/Pages/Page_0/Content.xml"}
    return packed(parts | {names[k]: v for k, v in changed.items()})


NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
PAGES = '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>'
ZIPS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "a bomb": (lambda: docx("", document=b"<a>" + b" " * (70 * 2**20) + b"</a>"), {"too_large"}),
    "a bomb that says it is small": (lying_zip, {"damaged", "too_large"}),
    "a bomb of many parts": (many_parts, {"damaged", "empty"}),
    "a billion laughs": (lambda: docx("", document=laughs()), {"damaged"}),
    "a local file as entity": (lambda: docx("", document=outside("file:///etc/passwd")), {"damaged"}),
    "an address as entity": (lambda: docx("", document=outside("http://169.254.169.254/")), {"damaged"}),
    "entities in the styles": (lambda: docx(para(TEXT * 9), styles=laughs()), {"damaged"}),
    "no parts": (lambda: packed({}), {"unsupported_media", "damaged"}),
    "paths that lead out": (lambda: packed({"../../../etc/passwd": "x", "/etc/profile": "x", "C:\\x": "x"}), {"unsupported_media"}),
    "a document that leads out": (lambda: ofd_parts(root=f"<ofd:OFD {NS}><ofd:DocBody><ofd:DocRoot>../../../../etc/passwd</ofd:DocRoot></ofd:DocBody></ofd:OFD>"), {"damaged"}),
    "a page named a million times": (lambda: ofd_parts(document=f"<ofd:Document {NS}><ofd:Pages>{PAGES * 200_000}</ofd:Pages></ofd:Document>"), {"too_large"}),
    "a template of itself": (lambda: ofd_parts(page=f'<ofd:Page {NS}><ofd:Template TemplateID="1"/></ofd:Page>'), {"empty"}),
    "advances without end": (lambda: ofd_parts(page=f'<ofd:Page {NS}><ofd:Content><ofd:TextObject Boundary="0 0 9 9" Size="3"><ofd:TextCode DeltaX="{"g 999999999 1 " * 50}">{TEXT}</ofd:TextCode></ofd:TextObject></ofd:Content></ofd:Page>'), {"empty", "damaged"}),
    "numbers that are none": (lambda: ofd_parts(page=f'<ofd:Page {NS}><ofd:Content><ofd:TextObject Boundary="nan inf 1e999 -1" Size="nan"><ofd:TextCode X="nan" DeltaX="nan inf">{TEXT * 9}</ofd:TextCode></ofd:TextObject></ofd:Content></ofd:Page>'), {"empty", "damaged", ""}),
    "a list without end": (lambda: docx("".join(para("甲", num=1, level=n % 9) for n in range(20_000))), {""}),
    "a table in a table in a table": (lambda: docx("<w:tbl><w:tr><w:tc>" * 5_000 + para(TEXT) + "</w:tc></w:tr></w:tbl>" * 5_000), {"damaged", "empty"}),
    "cut": (lambda: docx(para(TEXT * 50))[:-30], {"damaged", "unsupported_media"}),
}  # fmt: skip


@pytest.mark.parametrize("name", [*PDFS, *ZIPS])
def test_each_file_ends_in_a_word(name: str) -> None:
    make, words = {**PDFS, **ZIPS}[name]
    payload, ending = make(), "a.pdf" if name in PDFS else "a.docx"
    began = time.monotonic()
    try:
        got = read_file(payload, sniff(payload, ending), ending)
    except Unreadable as e:
        assert e.reason in words, (e.reason, e.detail)
        assert e.detail and "root:" not in e.detail
    else:
        assert "" in words and (got.lines or got.needs_ocr), got.lines[:3]
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_no_file_costs_another(tmp_path: Path) -> None:
    """All of them and good ones in one archive file: a row each, the good ones read."""
    hostile = {f"{i}-{name}": make() for i, (name, (make, _)) in enumerate({**PDFS, **ZIPS}.items())}
    shard = archived(tmp_path / "raw", {**good(2), **hostile, **good(2, 2)})
    with Reader() as reader:
        documents, aside = outcome(reader.read(shard, "v"))
    assert [d for d in documents if d.endswith(".txt")] == [f"file:{i}.txt" for i in range(4)]
    rows = [d for d in documents if not d.endswith(".txt")] + [url for url, _, _ in aside]
    assert sorted(rows) == sorted(f"file:{name}" for name in hostile)


@pytest.mark.slow
def test_damaged_files_are_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good and crafted files, each damaged in many ways drawn from a seed: a row each."""
    dice = random.Random(20261123)
    whole = [PDF, ofd(typeset("甲", LINES)), docx("".join(map(para, LINES))), REPORT.encode("gb18030")]
    whole += [make() for name, (make, _) in {**PDFS, **ZIPS}.items() if "bomb" not in name]
    files: dict[str, bytes] = {}
    for number in range(1500):
        data = bytearray(dice.choice(whole)[: 2**16])
        for _ in range(dice.choice((1, 3, 9, 40))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        files[f"{number}.bin"] = bytes(data[: dice.choice((len(data), len(data), dice.randrange(len(data)) + 1))])
    shard = archived(tmp_path / "raw", files)
    with Reader() as reader:
        documents, aside = outcome(reader.read(shard, "v"))
    lost = {f"file:{name}" for name in files}.difference(documents, (url for url, _, _ in aside))
    ended = Counter(reason for _, _, reason in aside)
    with capsys.disabled():
        print(
            f"\nfiles tried: {len(files)}, documents {len(documents)}, set aside {dict(ended)}; rows lost: {len(lost)}"
        )
    assert not lost and len(documents) + len(aside) == len(files)


# ---------------------------------------------------------------- HTML and text

PAGES_OF_TEXT = {
    "bits of the alphabet": bytes(range(256)) * 400,
    "NUL between the signs": b"<html><body>" + TEXT.encode() * 5 + b"\0" * 500 + TEXT.encode() * 5,
    "half a million open tags": b"<div>" * 500_000,
    "a table of tables": b"<table><tr><td>" * 30_000 + TEXT.encode(),
    "half a million attributes": b"<div " + b"a=b " * 500_000 + b">" + TEXT.encode() * 9,
    "a comment that does not end": b"<html><body><p>" + TEXT.encode() * 9 + b"<!--" + b"x" * 2**20,
    "a script that does not end": b"<html><body><p>" + TEXT.encode() * 9 + b"<script>" + b"x" * 2**20,
    "one line of a million signs": TEXT.encode() * 90_000,
    "a hundred thousand lines": (TEXT + "\n").encode() * 100_000,
    "a hundred thousand headings": "".join(f"一、{TEXT}\n" for _ in range(50_000)).encode(),
    "digits without end": "全年办理".encode() + b"1234567890" * 100_000 + "件。".encode() * 20,
    "brackets without end": b"(" * 300_000 + TEXT.encode() * 9,
    "numerals without end": "一二三四五六七八九十百千万亿".encode() * 30_000,
    "marks that combine without end": ("法" + "\u0301" * 300_000).encode() + TEXT.encode() * 9,
    "marks of direction": ("\u202e\u2066" * 50_000).encode() + TEXT.encode() * 9,
    "a meta tag that does not end": b"<meta " + b"charset " * 100_000,
    "entities without end": b"<p>" + b"&#20013;" * 200_000,
    "captions without end": ("(单位:万元)" * 20_000 + "1 " * 20_000).encode(),
    "a list to choose from without end": b"<select>" + b"<option>x" * 100_000 + TEXT.encode() * 9,
    "a colour for each paragraph": b"".join(b"<p><font color=%d>x" % n for n in range(20_000)) + TEXT.encode() * 9,
    "entities that are none": b"<p>" + b"&#99999999999;&nosuch;&#xD800;" * 20_000 + TEXT.encode() * 9,
}  # fmt: skip


def test_no_page_costs_another(tmp_path: Path) -> None:
    hostile = {f"{i}.html": page for i, page in enumerate(PAGES_OF_TEXT.values())}
    shard = archived(tmp_path / "raw", {**good(1), **hostile, **good(2, 2)})
    with Reader(seconds=5) as reader:
        tables = reader.read(shard, "v")
    documents, aside = outcome(tables)
    assert {"file:0.txt", "file:2.txt", "file:3.txt"} <= set(documents)
    assert sorted([*documents, *(url for url, _, _ in aside)]) == sorted(
        ["file:0.txt", "file:2.txt", "file:3.txt", *(f"file:{n}" for n in hostile)]
    )
    # a document is never longer than the page it is from
    names = tables["documents"]["url"].to_pylist()
    lengths = dict(zip(names, tables["documents"]["char_count"].to_pylist(), strict=True))
    assert all(lengths.get(f"file:{name}", 0) <= len(page) for name, page in hostile.items())
    slow = [url for url, _, reason in aside if reason == "time_limit"]
    assert not slow, [list(PAGES_OF_TEXT)[int(url[5:].split(".")[0])] for url in slow]


@pytest.mark.parametrize("label", ["zlib", "hex", "base64", "rot13", "punycode", "idna", "unicode_escape", "undefined", "mbcs", "utf-7", "utf-16", "utf-32", "no-such", "\0", "a" * 10**5, "../etc"])  # fmt: skip
def test_a_label_decides_nothing_that_the_bytes_deny(label: str) -> None:
    for charset in ("gb18030", "utf-8"):
        got = decode((TEXT * 20 + "\\u0041 \\x41").encode(charset), label)
        assert got.text == TEXT * 20 + "\\u0041 \\x41" and got.charset == charset
    long = TEXT.encode("gb18030") * 20_000 + b"\xff"
    began = time.monotonic()
    decode(long, label)
    assert time.monotonic() - began < 5


def test_edges_of_the_charsets() -> None:
    whole = "𠮷𬭚\U0010ffff\uffe5\u0080€" + TEXT * 9  # four bytes in GB18030, and its end
    assert decode(whole.encode("gb18030")).text == whole
    assert decode(codecs.BOM_UTF16_LE + whole.encode("utf-16-le")).text == whole
    assert decode(codecs.BOM_UTF16_BE + whole.encode("utf-16-be") + b"\0").text.rstrip("\ufffd") == whole
    surrogates, overlong = b"\xed\xa0\x80\xed\xb0\x80", b"\xc0\xaf\xe0\x80\xaf"
    for bad in (surrogates, overlong, b"\xf5\x80\x80\x80", b"\xfe\xff"[::-1]):
        try:
            text = decode(TEXT.encode() * 50 + bad).text
        except UndecodableError:
            continue
        assert "/" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
    assert decode(b"").text == ""
    assert charset_name("GB2312") == charset_name("x-gbk") == "gb18030" and charset_name("") is None


@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=12)))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_text_or_refused(payload: bytes, label: str | None) -> None:
    try:
        got = decode(payload, label)
    except UndecodableError:
        return
    got.text.encode("utf-8")  # no lone surrogates: they cannot be written


# ---------------------------------------------------------------- WARC


def warc_record(number: int, body: bytes = b"", coding: bytes = b"", **headers: str) -> bytes:
    body = body or f"<p>{TEXT * 9}{number}</p>".encode()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + coding + b"\r\n" + body
    head = {
        "WARC-Type": "response", "WARC-Record-ID": f"<urn:uuid:{number:08}-0000-4000-8000-000000000000>",
        "WARC-Target-URI": f"http://a.example/{number}.html", "WARC-Date": "2024-01-01T00:00:00Z",
        "Content-Type": "application/http; msgtype=response", "Content-Length": str(len(http)),
    } | {k.replace("_", "-"): v for k, v in headers.items()}  # fmt: skip
    return b"WARC/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head.items()).encode() + b"\r\n" + http + b"\r\n\r\n"


# What stands between two good records, and how many good records it takes with it.
BETWEEN = {
    "length too short": warc_record(7, Content_Length="30"),
    "length too long": warc_record(7, Content_Length="700"),
    "length without end": warc_record(7, Content_Length="999999999999"),
    "length below nothing": warc_record(7, Content_Length="-9"),
    "length that is no number": warc_record(7, Content_Length="0x20"),
    "digest of something else": warc_record(7, WARC_Block_Digest="sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    "noise": b"\x00\xff\x17" * 300,
    "lines of noise": b"noise\r\n\r\n" * 40,
    "half a record": warc_record(7)[:200],
    "half a head": warc_record(7)[:90],
    "a head without end": b"WARC/1.1\r\n" + b"X-Y: z\r\n" * 20_000,
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", BETWEEN)
def test_damage_costs_only_itself(name: str, zipped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrap = gzip.compress if zipped else bytes
    path = tmp_path / ("x.warc.gz" if zipped else "x.warc")
    path.write_bytes(wrap(warc_record(1)) + wrap(BETWEEN[name]) + wrap(warc_record(2)) + wrap(warc_record(3)))
    assert ingest(["--data", str(tmp_path / "data"), "--src", str(path)]) == 0
    assert urls(tmp_path / "data") == [f"http://a.example/{n}.html" for n in (1, 2, 3)]
    said = capsys.readouterr().out
    assert said.count("not readable") == 1 and "at byte" in said


@pytest.mark.parametrize("where", ["magic", "inside", "checksum", "cut out", "zeros"])
def test_a_damaged_member_costs_only_itself(where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = [gzip.compress(warc_record(n, os.urandom(300) + TEXT.encode() * 20)) for n in range(5)]
    bad = bytearray(members[2])
    if where == "magic":
        bad[0] ^= 0xFF
    elif where == "inside":
        bad[len(bad) // 2] ^= 0xFF
    elif where == "checksum":
        bad[-6] ^= 0xFF
    elif where == "cut out":
        del bad[80:200]
    else:
        bad[60:] = bytes(len(bad) - 60)
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"".join([*members[:2], bytes(bad), *members[3:]]))
    assert ingest(["--data", str(tmp_path / "data"), "--src", str(path)]) == 0
    assert urls(tmp_path / "data") == [f"http://a.example/{n}.html" for n in (0, 1, 3, 4)]
    assert "at byte" in capsys.readouterr().out


def test_wrong_chunks_are_kept_as_they_came(tmp_path: Path) -> None:
    good_chunks, bad_chunks = b"4\r\n<p>a\r\n0\r\n\r\n", b"FFFFFFF\r\n<p>a</p>\r\n0\r\n\r\n"
    path = tmp_path / "x.warc"
    marked = b"Transfer-Encoding: chunked\r\n"
    path.write_bytes(warc_record(1, good_chunks, marked) + warc_record(2, bad_chunks, marked) + warc_record(3))
    assert ingest(["--data", str(tmp_path / "data"), "--src", str(path)]) == 0
    outcomes = {row["url"][-6:]: row["outcome"] for row in log(tmp_path / "data")}
    assert outcomes == {"1.html": "ok", "2.html": "broken_response", "3.html": "ok"}


def test_names_that_would_break_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    src = tmp_path / "src"
    src.mkdir()
    names = [b"a\nb.html", b"\x1b[2J\x1b]0;x\x07.html", b"\xff\xfe.html", "‮txt.html".encode(), b"-rf.html", b"$(id);`id`'\".html", b"%0d%0aX: y.html", b"\x1b[31mz.warc"]  # fmt: skip
    for name in names:
        (Path(os.fsdecode(os.fsencode(src) + b"/" + name))).write_bytes(f"<p>{TEXT * 9}</p>".encode())
    assert ingest(["--data", str(tmp_path / "data"), "--src", str(src)]) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err and "\u202e" not in said.out
    assert len(urls(tmp_path / "data")) == 7
    for path in (tmp_path / "data/raw").glob("*/*.gz"):
        assert b"\x1b" not in gzip.decompress(path.read_bytes())


def log(data: Path) -> list[dict[str, str]]:
    return [row for run in sorted((data / "raw").glob("*-*")) for row in json_lines(run / "fetches.jsonl")]


def urls(data: Path) -> list[str]:
    return [row["url"] for row in log(data)]


# ---------------------------------------------------------------- registry rows

HEADER = "portal_id,name,homepage,region_code,entry_urls,cms,notes\n"


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
)
@settings(max_examples=100, deadline=None)
def test_registry_rows_come_back_as_they_were(name: str, notes: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portals.csv"
        with path.open("w", encoding="utf-8", newline="") as f:
            f.write(HEADER)
            csv.writer(f, lineterminator="\n").writerow(["x", name, "http://a.example/", "441284", "", "", notes])
        try:
            (portal,) = read_portals(path)
        except RegistryError as e:
            assert str(path) in str(e)
            return
        assert (portal.name, portal.notes) == (name.strip(), notes.strip())
        write_portals(path, [portal])
        assert read_portals(path) == [portal]


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ('x,"县,http://a.example/,441284,,,', "fields"),
        ("x,县,http://a.example/,441284,,,,,,", "more fields"),
        ("=cmd|' /C calc'!A0,县,http://a.example/,441284,,,", "portal_id"),
        ("../../x,县,http://a.example/,441284,,,", "portal_id"),
        ("x,县,javascript:alert(1),441284,,,", "homepage"),
        ("x,县,file:///etc/passwd,441284,,,", "homepage"),
        ("x,县,http://a.example:99999/,441284,,,", "homepage"),
        ("x,县,http://a.example/,441284,http://b.example/\x00 ftp://c/,,", "entry_urls"),
        ("x,县,http://a.example/,４４１２８４,,,", "region_code"),
        ("x," + "县" * 200_000 + ",http://a.example/,441284,,,", "field"),
    ],
)  # fmt: skip
def test_registry_rows_that_are_none(row: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "portals.csv"
    path.write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(RegistryError) as stop:
        read_portals(path)
    assert word in str(stop.value) and f"{path}:2" in str(stop.value) and len(str(stop.value).splitlines()) == 1
    assert len(str(stop.value)) < 1000
