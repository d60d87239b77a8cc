"""`make extract`: the main text of local files, a JSON line each, whatever kind of page they are."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.console import Problem, guard
from knowledge.nesting import too_deep
from transform.decode import UndecodableError, decode
from transform.document import media_type
from transform.extract import extract_html, extract_text

ENDINGS = frozenset((".html", ".htm", ".shtml", ".xhtml", ".txt"))


def files(source: Path) -> Iterator[Path]:
    """The HTML and text files of a folder in name order, or the one file given."""
    if source.is_file():
        yield source
        return
    yield from sorted(p for p in source.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())


def read_file(path: Path, name: str) -> dict[str, Any]:
    """One line: file, title, text, and how it was cut; a file that cannot be read has text "" and an error."""
    payload = path.read_bytes()
    try:
        decoded = decode(payload)
    except UndecodableError as e:
        return {"file": name, "title": None, "text": "", "error": str(e)}
    is_text = path.suffix.lower() == ".txt" and media_type(payload, "text/plain", name) == "text/plain"
    if not is_text and too_deep(decoded.text) is not None:
        return {"file": name, "title": None, "text": "", "error": "elements nest without end"}
    page = extract_text(decoded.text) if is_text else extract_html(decoded.text, f"file:{name}")
    return {
        "file": name,
        "title": page.title,
        "text": page.text,
        "extraction": page.extraction,
        "charset": decoded.charset,
        "retention_ratio": round(page.retention_ratio, 4),
        "residual_chrome": round(page.residual_chrome, 4),
    }


def main() -> None:
    """Command line of `make extract`."""
    parser = argparse.ArgumentParser(prog="python -m transform.extract_files", description=__doc__)
    parser.add_argument("--src", type=Path, required=True, help="folder or file")
    source = parser.parse_args().src
    if not source.exists():
        raise Problem(f"SRC={source}: no such file or folder")
    root = source.parent if source.is_file() else source
    for path in files(source):
        json.dump(read_file(path, path.relative_to(root).as_posix()), sys.stdout, ensure_ascii=False)
        print()


if __name__ == "__main__":
    guard(main)
