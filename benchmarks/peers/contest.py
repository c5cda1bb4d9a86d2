"""Two contenders that do the same work on the same files, each in a process of its own: run in turn, compared by medians."""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

Contender = Callable[[Path, Path, str], dict[str, object]]
"""From landing folder, folder for results and memory limit to `seconds`, `stages` (by name) and `totals`."""


def hold(
    file: str, about: str, write: Callable[[Path, int], None], plain: Contender, ours: Contender, said: str
) -> None:
    """Run the benchmark in `file` from its command line. `write`: the files. `said`: what the totals are, in words."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--contender")
    parser.add_argument("--landing", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.contender:
        run = {"ours": ours, "duckdb": plain}[arguments.contender]
        found = run(arguments.landing, arguments.out, arguments.memory)
        print(json.dumps(found | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
        return
    with tempfile.TemporaryDirectory(prefix="finops-benchmark-") as folder:
        landing = Path(folder) / "landing"
        write(landing, arguments.rows)
        runs = [
            {name: _measure(file, name, landing, Path(folder), arguments.memory) for name in ("duckdb", "ours")}
            for _ in range(arguments.repeat)
        ]
    _report(runs, arguments.rows, said)


def _measure(file: str, name: str, landing: Path, home: Path, memory: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=home) as out:
        command = [sys.executable, file, "--contender", name, "--landing", str(landing), "--out", out]
        done = subprocess.run([*command, "--memory", memory], check=True, capture_output=True, text=True, timeout=3600)
    return json.loads(done.stdout.splitlines()[-1])


def _report(runs: list[dict[str, dict[str, object]]], rows: int, said: str) -> None:
    medians = {name: statistics.median(run[name]["seconds"] for run in runs) for name in ("duckdb", "ours")}
    print(f"{rows:,} rows, median of {len(runs)}")
    for name, seconds in medians.items():
        last = runs[-1][name]
        stages = ", ".join(f"{stage} {took:.1f}" for stage, took in last["stages"].items())
        print(f"{name:8} {seconds:7.1f} s {seconds / medians['duckdb']:6.2f} x {last['peak_mb']:6} MB  {stages}")
    totals = {tuple(found["totals"]) for run in runs for found in run.values()}
    print(f"totals ({said}): {sorted(totals)}")
    if len(totals) > 1:
        raise SystemExit("the totals do not agree")
