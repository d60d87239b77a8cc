"""Web archives of other tools, made by hand for the tests, and a data folder that takes them in. All is invented."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from fastwarc.stream_io import ZstdWriter
from warcio.archiveiterator import ArchiveIterator

from crawler.ingest import main
from knowledge.archive import digest, json_lines, runs
from transform.reader import Reader
from transform.shard import shards

HOME = "http://www.zheling.gov.cn"  # invented, as its code
REGISTRY = (
    "portal_id,name,homepage,region_code,entry_urls,cms,notes\n"
    f"zheling,柘岭区人民政府,{HOME}/,990121,,,\n"
    "weichuan,苇川县人民政府,https://weichuan.zheling.gov.cn/,990122,https://column.gov.cn/fz/weichuan/index.html,,\n"
    "column,柘岭市人民政府,https://www.column.gov.cn/,990100,,,\n"
    "local,霁州市人民政府,http://127.0.0.1:8001/,990101,,,\n"
)
SENTENCE = "全年办理行政复议案件{n}件,审结{n}件。"


def page(title: str = "柘岭区2023年法治政府建设年度报告", n: int = 89, more: str = "") -> bytes:
    """A report as a page; `n` stands in its text."""
    body = "".join(
        f"<p>{line}</p>"
        for line in (
            "2023年,柘岭区(虚构)坚持依法行政,推进法治政府建设。现将有关情况报告如下。",
            "一、主要举措和成效",
            SENTENCE.format(n=n) + "全面落实行政执法三项制度。组织学法活动。公开征求意见。",
            "二、存在的问题",
            "执法人员能力有待提高,普法工作的针对性不强。",
            "三、2024年工作安排",
            "继续推进法治政府建设,提升依法决策水平。加强行政执法监督。",
        )
    )
    return (
        f"<html><head><title>{title}_柘岭区人民政府</title></head><body><div id='nav'><a href='/fz/'>法治政府建设年度报告</a>"
        f"</div><h1>{title}</h1><div id='zoom'>{body}{more}</div></body></html>"
    ).encode()


def http(body: bytes, *headers: str, status: str = "HTTP/1.1 200 OK", line: bytes = b"\r\n") -> bytes:
    lines = [status, "Content-Type: text/html; charset=utf-8", *headers]
    return line.join([*(x.encode() for x in lines), b"", body])


def record(number: int, block: bytes, url: str | None = None, line: bytes = b"\r\n", **headers: str | None) -> bytes:
    """A record by hand; a header that is None is left out."""
    head = {
        "WARC-Type": "response", "WARC-Record-ID": f"<urn:uuid:{number:08}-0000-4000-8000-000000000000>",
        "WARC-Target-URI": url or f"{HOME}/{number}.html", "WARC-Date": "2024-03-01T08:00:00Z",
        "Content-Type": "application/http; msgtype=response", "Content-Length": str(len(block)),
    } | {k.replace("_", "-"): v for k, v in headers.items()}  # fmt: skip
    lines = [b"WARC/1.0", *(f"{k}: {v}".encode() for k, v in head.items() if v is not None), b""]
    return line.join([*lines, block]) + line * 2


def report(number: int, url: str | None = None, **headers: str | None) -> bytes:
    return record(number, http(page(n=number)), url, **headers)


def revisit(number: int, url: str, **headers: str | None) -> bytes:
    profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    head = {"WARC_Type": "revisit", "WARC_Profile": profile, "WARC_Date": "2024-05-01T08:00:00Z"}
    return record(number, http(b""), url, **{**head, **headers})


def zstd(records: list[bytes], dictionary: bytes | None, compressed: bool) -> bytes:
    out = io.BytesIO()
    writer = ZstdWriter(out, dictionary=dictionary, compress_dictionary_frame=compressed)
    for one in records:
        writer.write(one)
        writer.finish()
    writer.flush()
    writer.close()
    return out.getvalue()


class Place:
    """A data folder with its registry: takes files in, and reads what came of them."""

    def __init__(self, folder: Path, reader: Reader) -> None:
        self.folder, self.data, self._reader = folder, folder / "data", reader
        self.portals = folder / "portals.csv"
        self.portals.write_text(REGISTRY, encoding="utf-8")
        (folder / "src").mkdir()

    def take(self, *records: bytes, name: str = "x.warc", hosts: str | None = "registry") -> None:
        (self.folder / "src" / name).write_bytes(b"".join(records))
        self.ingest(hosts)

    def ingest(self, hosts: str | None = "registry") -> None:
        given = ["--data", str(self.data), "--src", str(self.folder / "src"), "--portals", str(self.portals)]
        assert main([*given, *(["--hosts", hosts] if hosts else [])]) == 0

    def rows(self) -> list[dict[str, Any]]:
        return [row for run in runs(self.data / "raw") for row in json_lines(run / "fetches.jsonl")]

    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((list(runs(self.data / "raw"))[-1] / "run.json").read_text(encoding="utf-8"))
        return found

    def payload(self, row: dict[str, Any]) -> bytes:
        """The archived body as another reader sees it, its coding left as it is; digests are checked."""
        with (self.data / "raw" / row["archive_file"]).open("rb") as f:
            f.seek(row["archive_offset"])
            found = next(iter(ArchiveIterator(f, check_digests="raise")))
            assert found.rec_headers.get_header("WARC-Target-URI") == row["url"]
            payload: bytes = found.raw_stream.read()
        assert digest(payload) == row["payload_digest"] and len(payload) == row["byte_count"]
        return payload

    def documents(self) -> dict[str, dict[str, Any]]:
        """Documents after the transform, by address; nothing may be set aside."""
        found: dict[str, dict[str, Any]] = {}
        for shard in shards(self.data / "raw"):
            tables = self._reader.read(shard, "v")
            assert tables["quarantine"].num_rows == 0, tables["quarantine"].to_pylist()
            found |= {d["url"]: d for d in tables["documents"].to_pylist()}
        return found
