"""How much faster replications are on more cores.

    python benchmarks/scale_out.py

Two replications of W2 of `kernel.py` by one worker and by two, in turns: the wall time of each,
the processor time, and how many cores others had meanwhile; where that is more than a little, wall
times say nothing. So it is also told which share of the processor time is spent outside the
compiled kernel, under Python's lock: with a share s of it two workers are at most 2 / (1 + s) times
as fast.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from kernel import w2
from measuring import machine, table

from backend_lead.analysis.replications import Task, replicate
from backend_lead.app.progress import Progress
from backend_lead.app.replicate import cores, local
from backend_lead.kernel import run as runs
from backend_lead.kernel.load import compiled

TURNS = 3
SIMULATED_S = 1_000.0


def busy_s() -> float:
    """Seconds that all processors of the machine were busy since it started."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:]
    ticks = [int(field) for field in fields]
    return (sum(ticks[:3]) + sum(ticks[5:8])) / 100  # user, nice, system, interrupts, steal


def locked_share(tasks: list[Task]) -> float:
    """Share of a replication's processor time that is not in the compiled kernel."""
    kernel, inside = compiled(), [0.0]

    def run(address: int) -> int:
        start = time.thread_time()
        code = kernel.run(address)
        inside[0] += time.thread_time() - start
        return code

    runs.compiled = lambda: replace(kernel, run=run)  # type: ignore[assignment]
    start = time.thread_time()
    for task in tasks:
        replicate(task)
    total = time.thread_time() - start
    runs.compiled = compiled
    return 1 - inside[0] / total


def timed(number: int, tasks: list[Task]) -> tuple[float, float, float]:
    """Wall and processor seconds of the tasks on so many workers, and cores that others had."""
    start, cpu, all_s = time.perf_counter(), time.process_time(), busy_s()
    found = dict(local(number)(tasks, Progress()))
    wall = time.perf_counter() - start
    assert len(found) == len(tasks)
    own = time.process_time() - cpu
    return wall, own, max(0.0, (busy_s() - all_s - own) / wall)


def main() -> None:
    """Print the table."""
    print(machine(), flush=True)
    program, _ = w2()
    tasks = [Task(program, seed, SIMULATED_S, 5.0, 2.0) for seed in (1, 2)]
    timed(1, [Task(program, 1, 1.0, 0.5, 1.0)])  # loads the kernel
    rows = []
    for turn in range(TURNS):
        one, two = timed(1, tasks), timed(min(2, cores()), tasks)
        rows.append([turn + 1, *(f"{x:.2f}" for x in (*one, *two)), f"{one[0] / two[0]:.2f}"])
    head = ["turn", "1 worker: wall s", "CPU s", "others", "2 workers: wall s", "CPU s", "others"]
    print(table([*head, "gain"], rows))
    share = locked_share(tasks)
    print(f"outside the kernel {share:.1%}: at most {2 / (1 + share):.2f} times as fast")


if __name__ == "__main__":
    main()
