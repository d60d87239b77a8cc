"""A crawl beside bare Scrapy: the same pages of sample portals on loopback, one request at a time per host on both sides.

Ours archives every exchange, reads lists, obeys robots.txt and keeps a log; the peer asks for the addresses that ours
found and throws the answers away. Both run in processes of their own beside the server; requests per second of processor
time are those of the crawling process, less its starting up, which is measured with one request.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

from knowledge.archive import LOG_FILE, json_lines, runs
from tests.measuring import ROOT, Cost, Rows, cost, faster

PORTALS = 6
_SETTINGS = {
    "CONCURRENT_REQUESTS": 32,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 0.001,  # as a crawl with DELAY=0
    "RANDOMIZE_DOWNLOAD_DELAY": False,
    "REDIRECT_ENABLED": False,
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "LOG_LEVEL": "ERROR",
}


class Bare(Spider):
    """Asks for addresses and does nothing with what comes."""

    name = "bare"
    addresses: Sequence[str] = ()
    handle_httpstatus_all = True

    async def start(self) -> AsyncIterator[Any]:
        for url in self.addresses:
            yield Request(url, dont_filter=True)

    def parse(self, response: Any) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[Path]:
    """A farm of sample portals, served by a process of its own; its registry."""
    registry = folder / "portals.csv"
    command = [sys.executable, "-m", "samples", "serve", "--registry", registry, "--farm", PORTALS, "--entry-urls"]
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            server.stdout.readline()  # it says so when it is ready
            yield registry
        finally:
            server.send_signal(signal.SIGTERM)


def measure(rounds: int = 3) -> Rows:
    """Rows for requests a second, by the processor's time and by the clock."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as registry:
        folder, numbers, addresses = Path(name), count(), Path(name) / "addresses"

        def crawl(*more: object) -> tuple[Cost, Path]:
            data = folder / f"data{next(numbers)}"
            command = ("crawler.run", "--data", data, "--portals", registry, "--delay", 0)
            return cost(*command, *more), data

        def bare(some: list[str]) -> Cost:
            addresses.write_text("\n".join(some), encoding="utf-8")
            return cost("tests.bench_crawl", "--bare", addresses)

        _, first = crawl()  # the server writes its pages when they are asked for first
        rows = [row for run in runs(first / "raw") for row in json_lines(run / LOG_FILE)]
        asked = [row["url"] for row in rows if row["http_status"] and row["method"] == "GET"]
        took: dict[str, list[float]] = {key: [] for key in ("ours", "bare", "ours by the clock", "bare by the clock")}
        for _ in range(rounds):
            whole, start = crawl()[0], crawl("--max-pages", 1)[0]
            peer, peer_start = bare(asked), bare(asked[:1])
            took["ours"].append((whole.processor - start.processor) / len(rows))
            took["bare"].append((peer.processor - peer_start.processor) / len(asked))
            took["ours by the clock"].append((whole.seconds - start.seconds) / len(rows))
            took["bare by the clock"].append((peer.seconds - peer_start.seconds) / len(asked))
    facts = {"part": "crawl", "peer": "bare Scrapy"}
    return [
        {**facts, "what": f"requests ({len(rows)}), archive on", **faster(took["ours"], took["bare"], 1, "a second")},
        {**facts, "what": "the same by the clock",
         **faster(took["ours by the clock"], took["bare by the clock"], 1, "a second")},
    ]  # fmt: skip


def main() -> None:
    """Command line: the peer's process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bare", type=Path, help="file of addresses to ask for")
    given = parser.parse_args()
    if given.bare is None:
        print(json.dumps(measure(), indent=1))
        return
    process = AsyncCrawlerProcess(_SETTINGS)
    crawler = process.create_crawler(Bare)
    addresses = given.bare.read_text(encoding="utf-8").split()
    process.crawl(crawler, addresses=addresses)
    process.start()
    came = crawler.stats.get_value("response_received_count", 0) if crawler.stats else 0
    if came != len(addresses):
        sys.exit(f"{came} answers to {len(addresses)} requests")


if __name__ == "__main__":
    main()
