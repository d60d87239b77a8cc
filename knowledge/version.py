"""What made a row: one digest over the sources that can change its contents."""

from __future__ import annotations

import hashlib
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SOURCES = {".py", ".toml", ".csv", ".sql"}


def code_version(*packages: str) -> str:
    """16 hex digits over names and bytes of all sources in the named package folders (sub-folders included).

    Raises FileNotFoundError for a package that has no folder: a silent digest of nothing would hide a typo.
    """
    digest = hashlib.sha256()
    for package in packages:
        folder = _ROOT / package
        if not folder.is_dir():
            raise FileNotFoundError(f"no package folder {package!r} beside knowledge/")
        for path in sorted(p for p in folder.rglob("*") if p.suffix in _SOURCES and p.is_file()):
            name, data = path.relative_to(_ROOT).as_posix(), path.read_bytes()
            digest.update(f"{name}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()[:16]
