"""`make audit`: known vulnerabilities among the pinned requirements, by pip-audit where it is installed and can ask."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PINS = sorted((Path(__file__).resolve().parent.parent / "requirements").glob("*.txt"))


def verdict(report: dict[str, Any]) -> tuple[int, list[str]]:
    """(exit status, lines) of what pip-audit reported; what nobody could say is a skip, never a pass."""
    entries = report.get("dependencies", [])
    asked = [d for d in entries if "skip_reason" not in d]
    bad = [f"  {d['name']} {d['version']}: {', '.join(v['id'] for v in d['vulns'])}" for d in asked if d["vulns"]]
    if bad:
        return 1, [f"audit: {len(bad)} of {len(asked)} pinned packages have known vulnerabilities", *bad]
    if not asked:
        return 0, ["audit: skipped, no advisories can be had from here; run it where the package index gives them"]
    unknown = f"; {len(entries) - len(asked)} are not known to the index" if len(asked) < len(entries) else ""
    return 0, [f"audit: no known vulnerability in {len(asked)} pinned packages{unknown}"]


def main() -> int:
    """Run pip-audit over the lock file; nothing is installed or resolved."""
    options = [
        *[part for path in PINS for part in ("-r", str(path))],
        "--require-hashes",
        "--disable-pip",
        "--no-deps",
        "--progress-spinner",
        "off",
        "-f",
        "json",
    ]
    done = subprocess.run([sys.executable, "-m", "pip_audit", *options], capture_output=True, text=True)
    if "No module named" in done.stderr:
        print("audit: skipped, pip-audit is not installed here")
        return 0
    try:
        status, lines = verdict(json.loads(done.stdout))
    except ValueError:  # no connection
        status, lines = verdict({})
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
