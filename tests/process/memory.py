"""Resident memory stays within its bound through every phase of a server's life.

The phases, and the judgement of every value, are those of the measurement in bench/rows_memory.py;
here they run at a size that an ordinary test has time for.
"""

import os
import sys

from case import MIB, Skipped, expect, note
from support import ROOT

sys.path.insert(0, os.path.join(ROOT, "bench"))

import measure  # noqa: E402
import rows_memory  # noqa: E402

MAXMEMORY_MB = 64
# 100-byte values first, half of them 1 KiB later: about 150 MB, more than twice maxmemory.
KEYS = 250_000
CGROUPS = "/sys/fs/cgroup/memory"
PAGE_CACHE_BYTES = 64 * MIB


def live(arguments, prefix=()):
    if arguments.load is None or not os.path.exists(arguments.load):
        raise Skipped("the load generator basalt-load was not built")
    measure.BASALT = arguments.server
    measure.LOAD = arguments.load
    with measure.basalt("--maxmemory", f"{MAXMEMORY_MB}mb", prefix=prefix) as server:
        phases = rows_memory.Phases(server, MAXMEMORY_MB)
        rows_memory.life_of_a_server(server, phases, KEYS)
    nearest = max(phases.peaks, key=phases.peaks.get)
    note(f"nearest to {phases.limit / MIB:.0f} MB: '{nearest}' with "
         f"{phases.peaks[nearest] / MIB:.0f} MB; " +
         ", ".join(f"{name} {peak / MIB:.0f}" for name, peak in phases.peaks.items()))
    expect(phases.peaks[nearest] <= phases.limit, f"'{nearest}' passed the bound")
    return phases


def case_memory(arguments):
    """every phase of a server's life stays within its bound, and every value is right"""
    live(arguments)


def case_memory_in_a_cgroup(arguments):
    """the same where the kernel kills what takes more than the bound and 64 MB of page cache"""
    group = os.path.join(CGROUPS, f"basalt-test-{os.getpid()}")
    if not os.path.exists(os.path.join(CGROUPS, "memory.limit_in_bytes")):
        raise Skipped("there is no memory controller of control groups, version 1")
    try:
        os.mkdir(group)
    except OSError as error:
        raise Skipped(f"no control group can be made: {error.strerror}") from None
    try:
        limit = int(1.05 * MAXMEMORY_MB * MIB) + 32 * MIB + PAGE_CACHE_BYTES
        with open(os.path.join(group, "memory.limit_in_bytes"), "w", encoding="ascii") as file:
            file.write(str(limit))
        live(arguments, ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"])
        with open(os.path.join(group, "memory.oom_control"), encoding="ascii") as file:
            kills = [line for line in file if line.startswith("oom_kill ")]
        expect(kills in ([], ["oom_kill 0\n"]), f"the kernel killed: {kills}")
    finally:
        os.rmdir(group)
