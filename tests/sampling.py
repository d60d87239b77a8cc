"""What the tests of the sample portals share: documents of a farm, text of a page, the command."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from samples.lookalikes import LookAlike
from samples.portal import Portal
from samples.reports import Report

ROOT = Path(__file__).parent.parent


def documents(farm: list[Portal]) -> Iterator[tuple[Portal, str, Report | LookAlike]]:
    for portal in farm:
        for path in portal.articles:
            document = portal.pages[path].document
            assert document is not None
            yield portal, path, document


def visible(html: str) -> str:
    """Text of a page without scripts, tags and white space."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.S)
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]+>", "", html)))


def samples(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "samples", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False, **options)  # type: ignore[call-overload,no-any-return]
