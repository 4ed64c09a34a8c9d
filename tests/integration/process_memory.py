"""Resident memory of another process, as proc(5) tells it."""

from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """In MB: now (VmRSS), and the most it ever was (VmHWM). Zeros when it has ended."""

    now: float
    peak: float


def memory(pid: int) -> Memory:
    """Look now. getrusage would tell of the process that looks, too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return Memory(0.0, 0.0)
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Vm")}
    return Memory(sizes.get("VmRSS", 0) / 1024, sizes.get("VmHWM", 0) / 1024)
