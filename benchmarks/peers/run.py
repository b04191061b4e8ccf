"""The kernel beside what a user could pick instead, in one run on one core.

    python benchmarks/peers/run.py [--peers cimba,line-solver,simpy] [--into FOLDER] [--turns 3]

Each peer gets a virtual environment of its own below FOLDER (made where it is missing) and runs its
own script of this folder, in turns with the kernel and with the C++ reference; the table gives the
median of requests per CPU-second, set-up and compilation not counted. A peer that does not install
or does not finish is a dash, and why is told.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import kernel as ours  # noqa: E402  # the workloads, beside this folder
from measuring import cpu_s, machine, median, pin, table  # noqa: E402

from backend_lead.kernel.run import simulate  # noqa: E402

LONGEST_S = 420  # of one run of a peer
# What each peer's script is asked for each workload; none: it cannot express it, or takes minutes.
SCRIPTS: dict[str, tuple[str, dict[str, str]]] = {
    "cimba": ("bench_cimba.py", {
        "W1": "w1fast", "W2": "w2", "W3 10k": "w3ev 10000", "W3 100k": "w3ev 100000",
        "W3 1M": "w3ev 1000000", "W4": "w4",
    }),
    "line-solver": ("bench_line.py", {
        "W1": "w1 ldes", "W2": "w2region", "W3 10k": "w3flat 10000", "W3 100k": "w3flat 100000",
    }),
    "simpy": ("bench_simpy.py", {
        "W1": "w1store", "W2": "w2", "W3 10k": "w3 10000", "W3 100k": "w3 100000", "W4": "w4",
    }),
}  # fmt: skip


def environment(folder: Path, peer: str) -> Path | None:
    """The Python of a peer's environment; None where it does not install."""
    home = folder / f"v-{peer}"
    python = home / "bin" / "python"
    if python.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    done = subprocess.run([str(home / "bin" / "pip"), "install", "-q", peer],
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        print(f"{peer} does not install: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return python


def rate(command: list[str]) -> float | None:
    """Requests per CPU-second that a run of a peer tells."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, cwd=HERE,
                              env={**os.environ})  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"{' '.join(command)}: more than {LONGEST_S} s", file=sys.stderr)
        return None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"{' '.join(command)}: {(done.stderr or done.stdout)[-300:]}", file=sys.stderr)
        return None
    told = json.loads(lines[-1])["req_per_cpu_s"]
    return None if told is None else float(told)


def row(name: str, reference: Path | None, peers: dict[str, Path], turns: int) -> list[str]:
    """One line of the table."""
    build, arguments = ours.WORKLOADS[name]
    tables, until_s = build()
    rates: dict[str, list[float]] = {"kernel": [], "c++": [], **{peer: [] for peer in peers}}
    for _ in range(turns):
        seconds, run = cpu_s(lambda: simulate(tables, seed=1, until_s=until_s))
        rates["kernel"].append(run.ok / seconds)
        if reference is not None and (found := rate([str(reference), *arguments])):
            rates["c++"].append(found)
        for peer, python in peers.items():
            script, asked = SCRIPTS[peer]
            if name not in asked or (rates[peer] and peer == "simpy"):
                continue  # SimPy takes long, and hardly differs from turn to turn
            if found := rate([str(python), str(HERE / script), *asked[name].split()]):
                rates[peer].append(found)
    kernel = median(rates["kernel"])
    return [name, f"{kernel:,.0f}"] + [
        f"{median(rates[who]):,.0f} ({kernel / median(rates[who]):.2f}x)" if rates[who] else "-"
        for who in ("c++", *peers)
    ]


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peers", default=",".join(SCRIPTS))
    asked.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "peers")
    asked.add_argument("--turns", type=int, default=3)
    options = asked.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    found = {peer: environment(options.into, peer) for peer in options.peers.split(",") if peer}
    peers = {peer: python for peer, python in found.items() if python is not None}
    pin()
    reference = ours.reference(options.into)
    tables, _ = ours.w2()
    simulate(tables, seed=1, until_s=0.1)  # compiles, or loads what is compiled
    rows = [row(name, reference, peers, options.turns) for name in ours.WORKLOADS]
    print(table(["workload", "kernel, requests/CPU-s", "C++ reference", *peers], rows))


if __name__ == "__main__":
    main()
