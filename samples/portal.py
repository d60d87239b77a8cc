"""A portal as it is served: pages by address, answers to queries and postbacks, and what is true of each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from .site import Document

SAMPLE_HEADER = ("X-Fazhi-Sample", "invented")
# Pages kept once made. Making one takes a millisecond or two; keeping thousands of 60 kB would take the machine.
KEPT = 128

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What is served under one address. document: the report or look-alike that the page carries, if any."""

    status: int
    content_type: str
    body: bytes
    document: Document | None
    headers: tuple[tuple[str, str], ...]


# Answers a request from its query and form fields; None where a real server would say 404.
Endpoint = Callable[[Params], Page | None]


class Pages(Mapping[str, Page]):
    """Pages by path, each built when asked for; the last few are kept."""

    def __init__(self, makers: Mapping[str, Callable[[], Page]]) -> None:
        self._makers = makers
        self._made: dict[str, Page] = {}

    def __getitem__(self, path: str) -> Page:
        if path not in self._made:
            page = self._makers[path]()
            if len(self._made) >= KEPT:
                del self._made[next(iter(self._made))]
            self._made[path] = page
        return self._made[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal as it is served.

    entry_paths: its report columns; articles: paths that carry a report or look-alike, oldest first; files: paths of
    the files attached to an article; body_in_file: articles that only point at their file; endpoints: addresses whose
    answer depends on the query or on posted fields; views: first path segment or query field under which every page is
    met once more (a mirror) and how its page is rewritten; moved_to: the origin to which every address has moved.
    """

    portal_id: str
    name: str
    region_code: str
    family: str
    homepage_path: str
    entry_paths: tuple[str, ...]
    faults: frozenset[str]
    pages: Mapping[str, Page]
    articles: tuple[str, ...]
    missing: Page
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body_in_file: frozenset[str] = frozenset()
    views: Mapping[str, Callable[[Page], Page]] = field(default_factory=dict)
    moved_to: str = ""

    def answer(self, target: str, form: str = "") -> Page:
        """The page for a request target (path and query) and a posted body of form fields."""
        if self.moved_to:
            return replace(self.missing, headers=(("Location", self.moved_to + target), *self.missing.headers))
        parts = urlsplit(target)
        path = unquote(parts.path) or "/"
        params = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(parse_qsl(form, keep_blank_values=True))
        first = path.split("/", 2)[1]
        if first in self.views:
            return self.views[first](self._plain(path[len(first) + 1 :] or "/", parts.query, params))
        for name in params:
            if name in self.views:
                return self.views[name](self._plain(path, parts.query, params))
        return self._plain(path, parts.query, params)

    def _plain(self, path: str, query: str, params: Params) -> Page:
        if query and f"{path}?{query}" in self.pages:
            return self.pages[f"{path}?{query}"]
        if path in self.endpoints:
            try:
                return self.endpoints[path](params) or self.missing
            except ValueError:  # a field that is no number
                return self.missing
        return self.pages.get(path, self.missing)


def stamps(body: bytes, changed: date) -> tuple[tuple[str, str], ...]:
    """Validators of a response: Last-Modified (09:00 UTC of that day) and ETag."""
    moment = datetime(changed.year, changed.month, changed.day, 9, tzinfo=UTC)
    return ("Last-Modified", format_datetime(moment, usegmt=True)), (
        "ETag",
        f'"{hashlib.sha256(body).hexdigest()[:16]}"',
    )


def origin(portal_id: str) -> str:
    """How a page writes the address of another portal of the farm; the server puts host and port in its place."""
    return f"http://{portal_id}.portal.example"
