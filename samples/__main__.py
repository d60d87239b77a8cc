"""python -m samples: serve the sample portals on loopback, print their truth, or a digest of what they serve."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from .farm import default, digest, farm
from .faults import FAULTS, HOME, LIST, Hostile
from .portal import Portal
from .server import FIRST_PORT, PortTaken, Server

COLUMNS = ("portal_id", "name", "homepage", "region_code", "entry_urls", "cms", "notes")
NOTES = "示例(虚构)"


class Mistake(Exception):
    """Something that a person can put right; its message says what."""


def origins(registry: Path) -> dict[str, str]:
    """portal_id → scheme, host and port, from a registry file. Raises Mistake if it cannot be read as one."""
    try:
        with registry.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        urls = {row["portal_id"]: urlsplit(row["homepage"]) for row in rows}
        return {portal: f"http://{url.hostname}:{url.port or 80}" for portal, url in urls.items()}
    except (KeyError, ValueError, csv.Error) as fault:
        raise Mistake(f"{registry} is no portal registry ({fault}); delete it to have it written anew") from fault


def write_registry(registry: Path, servers: Sequence[Server], hostile: Sequence[Hostile] = (), *, bare: bool) -> None:
    """Write the registry rows of `servers`, `bare` without families and entry addresses, as a crawler that must find
    them meets them; readers see the old file or the whole new one."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for i, s in enumerate(servers):
        p = s.portal
        entries = "" if bare else " ".join(s.origin + path for path in p.entry_paths)
        # left empty for half of them, so that detection is exercised too
        family = p.family if i % 2 == 0 and not bare else ""
        table.writerow([p.portal_id, p.name, s.origin + p.homepage_path, p.region_code, entries, family, NOTES])
    for h in hostile:
        table.writerow(
            [h.portal_id, "示例县", h.origin + HOME, "990101", "" if h.fault.found else h.origin + LIST, "", NOTES]
        )
    registry.parent.mkdir(parents=True, exist_ok=True)
    draft = registry.with_name(f".{registry.name}.{os.getpid()}")
    draft.write_text(text.getvalue(), encoding="utf-8")
    draft.replace(registry)


async def serve(
    registry: Path, portals: Sequence[Portal], command: Sequence[str], *, bare: bool = False, hostile: bool = False
) -> int:
    """Serve until SIGTERM or SIGINT (status 0), or while `command` runs (its status)."""
    ports = {p: urlsplit(o).port for p, o in origins(registry).items()} if registry.exists() else {}
    here: dict[str, str] = {}
    servers = [Server(portal, here) for portal in portals]
    hosts = [Hostile(fault) for fault in FAULTS] if hostile else []
    try:
        for i, server in enumerate(servers):
            known = ports.get(server.portal.portal_id)
            await server.start(known or FIRST_PORT + i, exactly=known is not None)
        for host in hosts:
            await host.start()
        write_registry(registry, servers, hosts, bare=bare)
        where = " ".join(s.origin for s in servers[:4]) + (" …" if len(servers) > 4 else "")
        # With a command, standard output is the command's own.
        print(f"{len(servers)} sample portals (invented) at {where}, registry {registry}",
              file=sys.stderr if command else sys.stdout, flush=True)  # fmt: skip
        return await (_run(command) if command else _wait())
    except PortTaken as taken:
        raise Mistake(f"{taken}; stop what uses it, or delete {registry} to have other ports picked") from taken
    finally:
        for server in servers:
            await server.stop()
        for host in hosts:
            await host.stop()


async def _wait() -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    return 0


async def _run(command: Sequence[str]) -> int:
    try:
        # A session of its own: Ctrl-C at a terminal then reaches the command once, through us, and not twice.
        child = await asyncio.create_subprocess_exec(*command, start_new_session=True)
    except OSError as fault:
        raise Mistake(f"cannot run {command[0]}: {fault.strerror}") from fault

    def forward(number: int) -> None:
        if child.returncode is None:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, forward, number)
    status = await child.wait()
    return status if status >= 0 else 128 - status


def truth(portals: Sequence[Portal], where: dict[str, str]) -> Iterator[str]:
    """A JSON line per article: its address, where it was met, the addresses of its files and whether the text stands
    there only, the document's fields and lines with facts."""
    for portal in portals:
        if portal.portal_id not in where:
            raise Mistake(f"the registry has no portal {portal.portal_id}; run `python -m samples serve` with it first")
        for path in portal.articles:
            document = portal.pages[path].document
            assert document is not None
            row = {"url": where[portal.portal_id] + path, "portal_id": portal.portal_id, **asdict(document)}
            if portal.files.get(path):
                row["attachments"] = [where[portal.portal_id] + file for file in portal.files[path]]
                row["body_in_file"] = path in portal.body_in_file
            yield json.dumps(
                row, ensure_ascii=False, default=lambda d: d.isoformat() if isinstance(d, date) else str(d)
            )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number of portals, at least 1")
    return int(text)


def _portals(asked: argparse.Namespace) -> list[Portal]:
    """The portals that the arguments name. Raises Mistake for a farm that cannot be."""
    if asked.farm is None:
        return default()
    try:
        return farm(asked.seed, asked.farm, edited=asked.edited)
    except ValueError as fault:
        raise Mistake(str(fault)) from fault


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="serve | truth | digest")
    one = verbs.add_parser("serve", help="serve the portals on loopback and write their registry",
                           usage="python -m samples serve --registry FILE [--farm N] [-- COMMAND …]")  # fmt: skip
    one.add_argument(
        "--registry", type=Path, required=True, metavar="FILE", help="portals.csv to write; its ports are kept"
    )
    one.add_argument("command", nargs="*", metavar="COMMAND", help="run this while serving and exit with its status")
    two = verbs.add_parser("truth", help="print what is true of every article, a JSON line each")
    two.add_argument("--registry", type=Path, required=True, metavar="FILE", help="portals.csv that `serve` wrote")
    for verb in (one, two):
        verb.add_argument(
            "--farm", type=_count, metavar="N", help="a generated farm of N portals in place of the default"
        )
        verb.add_argument("--seed", type=int, default=1, metavar="S", help="which farm (default 1)")
        verb.add_argument(
            "--edited", action="store_true", help="the farm some weeks later: reports changed, new and gone"
        )
    one.add_argument("--hostile", action="store_true", help="a host for each fault of faults.py beside the portals")
    one.add_argument("--entry-urls", action="store_true", help="give the report columns of a farm in the registry, too")
    verbs.add_parser("digest", help="print a digest of everything that would be served")
    asked = parser.parse_args(arguments)
    try:
        if asked.verb == "serve":
            bare = asked.farm is not None and not asked.entry_urls
            return asyncio.run(serve(asked.registry, _portals(asked), asked.command, bare=bare, hostile=asked.hostile))
        if asked.verb == "digest":
            print(digest(default()))
            return 0
        for line in truth(_portals(asked), origins(asked.registry)):
            print(line)
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read us has seen enough
        return 0
    except (Mistake, OSError) as fault:
        if os.environ.get("DEBUG") == "1":
            raise
        raise SystemExit(f"samples: {fault}") from None


if __name__ == "__main__":
    sys.exit(main())
