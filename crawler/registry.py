"""The portal registry, portals.csv: adding a county is adding a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.console import Problem
from knowledge.urls import canonical_url, host_key

COLUMNS = ("portal_id", "name", "homepage", "region_code", "entry_urls", "cms", "notes")
_SLUG = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


class RegistryError(Problem):
    """A registry, or a choice from it, that cannot be used; one line, with file, line and field."""


@dataclass(frozen=True, slots=True)
class Portal:
    """One registry row. Addresses are canonical; `cms` and `notes` may be empty, `entry_urls` too."""

    portal_id: str
    name: str
    homepage: str
    region_code: str
    entry_urls: tuple[str, ...]
    cms: str
    notes: str

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts (host:port) that this row names."""
        return frozenset(host_key(url) for url in (self.homepage, *self.entry_urls))


def read_portals(path: Path) -> list[Portal]:
    """All rows of the registry in file order; raises RegistryError naming file, line and field."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:  # spreadsheets put a byte order mark in front
            text = f.read()
    except FileNotFoundError:
        raise RegistryError(f"{path}: no such registry; give its place with PORTALS=…") from None
    except (OSError, UnicodeDecodeError) as e:
        raise RegistryError(f"{path}: cannot be read as UTF-8 text: {e}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
        raise RegistryError(f"{path}:1: header lacks {', '.join(missing)}; it must be {','.join(COLUMNS)}")
    portals: list[Portal] = []
    seen: dict[str, int] = {}
    try:
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise RegistryError(f"{where}: {'more' if None in row else 'fewer'} fields than the header has")
            portal = _portal(where, {c: row[c].strip() for c in COLUMNS})
            if portal.portal_id in seen:
                first = seen[portal.portal_id]
                raise RegistryError(f"{where}: portal_id: {portal.portal_id!r} is already used in line {first}")
            seen[portal.portal_id] = reader.line_num
            portals.append(portal)
    except csv.Error as e:
        raise RegistryError(f"{path}:{reader.line_num + 1}: {e}") from None
    return portals


def _portal(where: str, row: dict[str, str]) -> Portal:
    if not _SLUG.match(row["portal_id"]):
        raise RegistryError(f"{where}: portal_id: {row['portal_id']!r} is no slug (letters, digits, . _ -)")
    if not row["name"]:
        raise RegistryError(f"{where}: name: is empty")
    if not re.fullmatch(r"[0-9]{6}", row["region_code"]):
        raise RegistryError(f"{where}: region_code: {row['region_code']!r} is not six digits")

    def address(field: str, url: str) -> str:
        try:
            return canonical_url(url)
        except ValueError:
            raise RegistryError(f"{where}: {field}: {url!r} is no http(s) address") from None

    return Portal(
        portal_id=row["portal_id"],
        name=row["name"],
        homepage=address("homepage", row["homepage"]),
        region_code=row["region_code"],
        entry_urls=tuple(dict.fromkeys(address("entry_urls", u) for u in row["entry_urls"].split())),
        cms=row["cms"],
        notes=row["notes"],
    )


def select(portals: Iterable[Portal], only: str) -> list[Portal]:
    """Portals whose region code begins with one of `only` (codes or prefixes, comma-separated; empty: all).

    Raises RegistryError for what is no code and when nothing is left.
    """
    prefixes = [p for p in re.split(r"[,\s]+", only) if p]
    if wrong := [p for p in prefixes if not re.fullmatch(r"[0-9]{1,6}", p)]:
        raise RegistryError(f"ONLY: {wrong[0]!r} is no region code or prefix (1 to 6 digits)")
    chosen = [p for p in portals if not prefixes or p.region_code.startswith(tuple(prefixes))]
    if prefixes and not chosen:
        raise RegistryError(f"ONLY={only}: no portal of the registry has such a region code")
    return chosen


def write_portals(path: Path, portals: Iterable[Portal]) -> None:
    """Write rows in the registry's own format: the snapshot that a run keeps."""
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(COLUMNS)
        for p in portals:
            writer.writerow([p.portal_id, p.name, p.homepage, p.region_code, " ".join(p.entry_urls), p.cms, p.notes])
