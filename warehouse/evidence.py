"""`make evidence ID=…`: from a figure back to the bytes it was read from.

indicator → quote → section → document → the record of the archive, opened and digested again. `--all` walks every row
of `indicators` back and counts those that arrive.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
from fastwarc.warc import ArchiveIterator, WarcRecordType
from rich.console import Console
from rich.text import Text

from knowledge import console, storage
from warehouse.query import find

_BREAK = re.compile(r"[。!?!?\n]")
_SENTENCE = 200  # characters to either side of a number; a longer sentence is shown in part
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Bytes:
    """An archived record as it lies on the disk: digest of its payload as received, or why there is none."""

    digest: str | None
    problem: str | None = None


@dataclass(slots=True)
class Trace:
    """Of all rows of indicators, how many lead back to bytes with the recorded digest; examples of those that do not."""

    rows: int = 0
    matched: int = 0
    documents: int = 0
    broken: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- the archive


def read_bytes(raw: Path, file: str, offsets: dict[int, str]) -> Iterator[tuple[int, Bytes]]:
    """(offset, bytes) of records of one WARC file, in file order; `offsets` give the kind of digest wanted of each.

    The payload is what followed the HTTP head, content encodings not undone; of a local file the whole record.
    """
    kinds = WarcRecordType.response | WarcRecordType.resource
    try:
        stream = storage.present(raw / file).open("rb")
    except OSError as e:
        yield from ((at, Bytes(None, problem=f"{raw / file}: {e.strerror}")) for at in sorted(offsets))
        return
    with stream:
        for at, kind in sorted(offsets.items()):
            stream.seek(at)
            try:
                record = next(iter(ArchiveIterator(stream, kinds, parse_http=False)), None)
                if record is None or record.stream_pos != at:
                    yield at, Bytes(None, problem=f"no response or file at offset {at} of {raw / file}")
                    continue
                if record.is_http:
                    record.parse_http(auto_decode="none")
                yield at, Bytes(digest_as(kind, record.reader.read()))
            except Exception as e:  # whatever a decoder raises on torn bytes: the record cannot be read
                yield at, Bytes(None, problem=f"the record at offset {at} of {raw / file} cannot be read ({e})")


def digest_as(like: str, payload: bytes) -> str:
    """Digest of `payload` by the algorithm and in the spelling of `like`: sha256:<hex>, or sha1:<base32> as others write it.

    Raises ValueError for an algorithm that is not known.
    """
    name, _, digits = like.partition(":")
    hashed = hashlib.new(name, payload)
    is_hex = len(digits) == hashed.digest_size * 2
    return f"{name}:{hashed.hexdigest() if is_hex else base64.b32encode(hashed.digest()).decode()}"


def trace(data: Path) -> Trace:
    """Walk every row of `indicators` of a data folder back to its bytes; each document's record is read once.

    A row arrives if its quote stands in its document's text and the document's record has the digest that is recorded.
    Raises Problem if there is no warehouse.
    """
    path = data / "warehouse.duckdb"
    if not path.exists():
        raise console.Problem(f"no warehouse at {path}: run make warehouse first.")
    sql = """
    SELECT d.archive_file, d.archive_offset, d.payload_digest, d.document_id, count(*) AS rows,
        count(*) FILTER (substring(d.text, i.char_start + 1, i.char_end - i.char_start) = i.quote) AS quoted
    FROM indicators i LEFT JOIN documents d USING (document_id)
    GROUP BY ALL ORDER BY ALL
    """
    with duckdb.connect(str(path), read_only=True) as con:
        found = con.execute(sql).fetchall()
    out = Trace()
    by_file: dict[str, dict[int, tuple[str, str, int, int]]] = {}
    for file, offset, digest, document, rows, quoted in found:
        out.rows += rows
        if document is None:
            out.broken.append(f"{rows} rows of indicators name a document that is not there")
            continue
        by_file.setdefault(file, {})[offset] = (digest, document, rows, quoted)
    with console.progress("evidence", len(by_file)) as step:
        for file, wanted in by_file.items():
            for offset, got in read_bytes(data / "raw", file, {at: w[0] for at, w in wanted.items()}):
                digest, document, rows, quoted = wanted[offset]
                out.documents += 1
                if got.digest == digest:
                    out.matched += quoted
                    if quoted < rows:
                        out.broken.append(f"document {document}: {rows - quoted} quotes do not stand in its text")
                else:
                    out.broken.append(
                        f"document {document}: {got.problem or f'digest is {got.digest}, recorded {digest}'}"
                    )
            step(file)
    return out


# ---------------------------------------------------------------- one figure, for a person


def sentence(text: str, start: int, end: int) -> tuple[str, str, str]:
    """What stands before the span [start, end) in its sentence, the span, and what stands behind it."""
    low = max(start - _SENTENCE, max((m.end() for m in _BREAK.finditer(text, 0, start)), default=0))
    stop = _BREAK.search(text, end)
    high = min(end + _SENTENCE, stop.end() if stop else len(text))
    before = text[low:start] if low == 0 or _BREAK.match(text[low - 1]) else "…" + text[low:start]
    behind = text[end:high] if high == len(text) or (stop and high == stop.end()) else text[end:high] + "…"
    return before.lstrip(), text[start:end], behind.rstrip()


def show(path: Path, indicator_id: str) -> bool:
    """Print where a figure comes from; True if its bytes are there with the recorded digest. Raises Problem for an unknown id."""
    with duckdb.connect(str(path), read_only=True) as con:
        cursor = con.execute(
            "SELECT e.*, d.text FROM evidence e JOIN documents d USING (document_id) WHERE indicator_id = ?",
            [indicator_id],
        )
        names = [d[0] for d in cursor.description or []]
        found = cursor.fetchall()
    if not found:
        raise console.Problem(
            f"no indicator {console.inert(indicator_id)!r} in {path}: ids stand in indicators.indicator_id (make query)."
        )
    row: dict[str, Any] = dict(zip(names, found[0], strict=True))
    recorded = str(row["payload_digest"])
    ((_, got),) = read_bytes(path.parent / "raw", row["archive_file"], {row["archive_offset"]: recorded})
    matches = got.digest == recorded
    verdict = (
        "matches the archived bytes" if matches else f"DOES NOT MATCH: {got.problem or f'the bytes have {got.digest}'}"
    )
    section = " ".join(x for x in (row["section_path"], row["section_title"]) if x) or "(no heading)"
    value = f"{row['value']:,.10g} {row['unit']} ({row['modifier']}, {row['measure']}, {row['period']}, {row['year'] or 'year unknown'})"
    facts = {
        "indicator": f"{row['indicator_name'] or ''} {row['indicator_code']}".strip(),
        "value": value,
        "issuer": row["issuer_name"] or "unknown",
        "report year": row["report_year"] or "unknown",
        "report": row["title"],
        "section": section,
        "page": row["url"],
        "fetched": f"{row['fetched_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "archive": f"{row['archive_file']} at byte {row['archive_offset']}",
        "digest": f"{recorded} {verdict}",
        "flags": ", ".join(row["flags"]),
    }
    _print(sentence(row["text"], row["number_start"], row["number_end"]), facts)
    return matches


def _print(parts: tuple[str, str, str], facts: dict[str, Any]) -> None:
    """The sentence with its number marked, then the facts; nothing that a page wrote reaches the terminal as a command."""
    before, number, behind = (console.inert(p) for p in parts)
    out = Console(markup=False, highlight=False, soft_wrap=True)
    if out.is_terminal:
        out.print(Text.assemble(before, (number, "bold underline"), behind))
    else:
        out.print(f"{before}»{number}«{behind}")
    width = max(map(len, facts))
    for name, value in facts.items():
        if value != "":
            out.print(f"{name:<{width}}  {console.inert(str(value))}")


def main() -> int:
    """Command line of `make evidence`; status 1 if bytes are missing or differ."""
    parser = argparse.ArgumentParser(description="Where a figure comes from, back to the archived bytes.")
    parser.add_argument("--data", type=storage.with_warehouse, required=True, help="data folder")
    parser.add_argument("--id", default="", help="an indicator_id")
    parser.add_argument("--all", action="store_true", help="walk every row of indicators back")
    args = parser.parse_args()
    if args.all:
        result = trace(args.data)
        for line in result.broken[:_EXAMPLES]:
            print(console.inert(line))
        print(
            f"evidence: {result.matched} of {result.rows} indicators of {result.documents} documents lead back to bytes "
            "with the recorded digest."
        )
        return 0 if result.matched == result.rows else 1
    if not args.id.strip():
        raise console.Problem("say which figure: make evidence ID=indicator_id (or --all).")
    return 0 if show(find(args.data), args.id.strip()) else 1


if __name__ == "__main__":
    console.guard(main)
