"""A live node for the tests: started by the launcher, on free ports, with a folder of its own."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

import varve

REPOSITORY = Path(__file__).resolve().parents[2]
LAUNCHER = os.environ.get("VARVE_LAUNCHER", str(REPOSITORY / "varve"))
DATA = REPOSITORY.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the long tests")
    parser.addoption("--cluster", action="store_true", help="ask a cluster of three nodes instead of one node")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="long; runs with --slow"))


@dataclass(frozen=True)
class Node:
    """A running node."""

    url: str

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the launcher against this node."""
        return subprocess.run(
            [LAUNCHER, *arguments, "--url", self.url], check=check, capture_output=True, text=True, timeout=600
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _cluster(folder: Path) -> Iterator[Node]:
    """Three nodes and their ZooKeeper; the tests ask one of them."""
    subprocess.run([LAUNCHER, "cluster", "start", "--nodes", "3", "--dir", str(folder)], check=True, timeout=600)
    try:
        status = subprocess.run(
            [LAUNCHER, "cluster", "status", "--dir", str(folder)], check=True, capture_output=True, text=True
        )
        ports = [json.loads(line)["httpPort"] for line in status.stdout.splitlines() if "httpPort" in line]
        yield Node(f"http://127.0.0.1:{random.choice(ports)}")
    finally:
        subprocess.run([LAUNCHER, "cluster", "stop", "--dir", str(folder)], check=True, timeout=120)


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("node")
    if request.config.getoption("--cluster"):
        with _cluster(folder / "cluster") as member:
            yield member
        return
    port = _free_port()
    log = (folder / "log").open("wb")
    command = [LAUNCHER, "server", "--data", str(folder / "data"), "--http-port", str(port)]
    process = subprocess.Popen([*command, "--flight-port", str(_free_port()), "--s3-port", "0"], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 180
    pool = urllib3.PoolManager(retries=False)
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the node did not start:\n{(folder / 'log').read_text()}")
        try:
            if pool.request("GET", url + "/readyz", timeout=5).status == 200:
                break
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.1)
    yield Node(url)
    process.terminate()
    assert process.wait(60) in (0, 143), (folder / "log").read_text()


@pytest.fixture(scope="session")
def con(node: Node) -> Iterator[varve.Connection]:
    with varve.connect(node.url) as connection:
        yield connection
