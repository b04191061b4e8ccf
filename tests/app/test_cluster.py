"""Replications on a Ray cluster: the same bytes as here; a cluster that is not there is told.

The test with a cluster starts one of its own, and ends it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_lead.app.cluster import on_ray
from backend_lead.model.finding import InvalidInput
from tests.app.command_line import Place
from tests.app.good_model import GOOD

HEAD = """
import ray, sys
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=sys.argv[1])
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
"""
WORDS = ("simulate", "--replications", "4", "--duration", "15s", "-q", "-f", "json", "--no-save")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.write("backend.yaml", GOOD)
    return place


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_ray_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding says what to install, before anything is simulated."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with socket.create_server(("127.0.0.1", 0)) as there, pytest.raises(InvalidInput) as told:
        on_ray(f"127.0.0.1:{there.getsockname()[1]}")
    (finding,) = told.value.findings
    assert finding.rule == "ray-absent" and "pip install" in finding.hint


@pytest.mark.parametrize(
    ("address", "rule"),
    [("nowhere", "ray-address"), ("http://a:1", "ray-address"), ("a:b", "ray-address"),
     ("", "ray-unreachable")],
)  # fmt: skip
def test_a_cluster_that_is_not_there_is_told(address: str, rule: str, place: Place) -> None:
    """No address, and one at which nobody listens, are findings within seconds."""
    done = place.run(*WORDS, "--ray", address or f"127.0.0.1:{free_port()}")
    assert done.code == 2 and rule in done.err


def test_a_cluster_is_only_for_replications(place: Place) -> None:
    """A single run does not go there."""
    assert place.run("simulate", "--ray", "127.0.0.1:6379").code == 2


@pytest.fixture
def cluster(place: Place) -> Iterator[str]:
    """The address of a cluster of two, started here, and ended by its own process."""
    place.env = {"RAY_AUTH_MODE": "disabled"}
    with tempfile.TemporaryDirectory(prefix="ray") as folder:  # sockets in it need a short name
        words = [sys.executable, "-c", HEAD, folder]
        head = subprocess.Popen(words, env=place.environment(), text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)  # fmt: skip
        assert head.stdout is not None
        yield head.stdout.readline().strip()
        head.communicate("", timeout=60)
        assert head.returncode == 0


def test_the_same_bytes_as_here(cluster: str, place: Place) -> None:
    """Four replications, and a sweep, give on the cluster what they give on this machine."""
    here, there = place.run(*WORDS), place.run(*WORDS, "--ray", cluster)
    assert here.code == there.code == 0 and here.out == there.out
    sweep = (*WORDS, "--sweep", "load=0.5,1")
    assert place.run(*sweep).out == place.run(*sweep, "--ray", cluster).out
