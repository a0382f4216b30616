"""Prints figures as ``toondb-bench`` does: one row of a Markdown table each on standard output, the rest on standard error."""

import datetime
import os
import platform
import sys


def _field(path: str, name: str) -> str:
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return "unknown"


def machine() -> str:
    """The processor, its cores, the memory and the kernel."""
    memory_gib = round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20))
    processor = _field("/proc/cpuinfo", "model name")
    return f"{os.cpu_count()} cores of {processor}, {memory_gib} GiB, Linux {platform.release()}"


def row(figure: str, target: str, measured: str) -> None:
    """Prints ``| figure | target | measured | machine | date |``."""
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    print(f"| {figure} | {target} | {measured} | {machine()} | {date} |", flush=True)


def note(text: str) -> None:
    """Tells the person who waits what is happening."""
    print(f"  {text}", file=sys.stderr, flush=True)
