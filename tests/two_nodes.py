"""A Ray cluster of two nodes and a server of the S3 protocol, on this machine and on loopback, for tests and benchmarks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from knowledge import storage

KEYS = {"AWS_ACCESS_KEY_ID": "TESTKEYOFACCESS", "AWS_SECRET_ACCESS_KEY": "TESTSECRETKEY"}


def environment_of(home: Path) -> dict[str, str]:
    """What the processes of a test cluster find in their environment."""
    return KEYS | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "FAZHI_SCRATCH": str(home / "copies"),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # loopback alone
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_TOKEN": "0123456789abcdef" * 4,
    }


class Nodes:
    """A cluster of two nodes with one processor each, the second of which may be killed and begun anew."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self.cluster: Any = Cluster(
            initialize_head=True, connect=False, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        self.second: Any = self.cluster.add_node(num_cpus=1)

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def kill(self) -> None:
        """kill -9 of the second node's raylet; its workers go with it."""
        self.cluster.remove_node(self.second, allow_graceful=False)
        self.second = None

    def whole(self) -> None:
        """Two nodes again."""
        if self.second is None:
            self.second = self.cluster.add_node(num_cpus=1)


@contextmanager
def object_store() -> Iterator[str]:
    """Address of an empty bucket, with a place for {name}; the server ends with the `with`."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        query = f"?endpoint_override={host}:{port}&scheme=http"
        system, _ = storage.opened(f"s3://fazhi/x{query}&allow_bucket_creation=true")
        system.create_dir("fazhi")
        yield "s3://fazhi/{name}" + query
    finally:
        server.stop()
