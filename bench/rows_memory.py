"""P1: resident memory within 1.05 times maxmemory and 32 MB, through every phase of a server's life.

A phase's figure is the highest resident size since its beginning (VmHWM, reset through
/proc/PID/clear_refs), shared memory included.
"""

import os
import subprocess
import time

from measure import MIB, Figure, Invalid, basalt, finish_load, log, procfs, run_load, start_load

KEYS = 5_000_000
FILLED = {"value_bytes": 100, "tag": 1}
OVERWRITTEN = {"value_bytes": 1024, "tag": 2}
REFILLED = {"value_bytes": 300, "tag": 3}


def promised_bytes(maxmemory_mb):
    return 1.05 * maxmemory_mb * MIB + 32 * MIB


class Phases:
    """The peaks of the phases that have run."""

    def __init__(self, server, maxmemory_mb):
        self.server = server
        self.limit = promised_bytes(maxmemory_mb)
        self.peaks = {}

    def run(self, name, work):
        procfs.reset_peak_resident(self.server.pid)
        started = time.monotonic()
        work()
        self.note(name, time.monotonic() - started)

    def note(self, name, seconds):
        self.peaks[name] = procfs.peak_resident_bytes(self.server.pid)
        log(f"{name}: {self.peaks[name] / MIB:.0f} MB of {self.limit / MIB:.0f} promised, "
            f"{seconds:.0f} s")

    def figure(self, row):
        name = max(self.peaks, key=self.peaks.get)
        return Figure(row, self.peaks[name] / self.limit, "<=", 1.0, unit="of the promise",
                      note=f"nearest in the phase '{name}': {self.peaks[name] / MIB:.0f} MB of "
                           f"{self.limit / MIB:.0f}; " + ", ".join(
                               f"{phase} {peak / MIB:.0f}" for phase, peak in self.peaks.items()))


def each(server, keys, **options):
    return run_load(server, keys=keys, each_key_once=True, pipeline=16, **options)


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Invalid(f"{what} did not happen within {seconds} s")
        time.sleep(0.1)


def expire_half(server, keys):
    """Half of the keys get 20 s to live; the others stay."""
    client = server.client(timeout=60)
    before = client.call("DBSIZE")
    each(server, keys, operation="expire", time_to_live_ms=20_000, subset_to=50)
    wait_until(lambda: client.call("DBSIZE") <= before * 0.6, 300, "the expiry of half of the keys")
    each(server, keys, operation="get", subset_to=50, absent="expected", **REFILLED)
    client.close()


def bgsave_under_load(server, keys):
    """The data at the command is what is left after the expiry; then everything changes.

    Returns how many keys there were at the command.
    """
    client = server.client(timeout=60)
    saved_keys = client.call("DBSIZE")
    client.call("BGSAVE")
    loads = [start_load(server, keys=keys, first_key=keys, operation="set", seconds=4, clients=10,
                        pipeline=8, value_bytes=100, tag=9),
             start_load(server, keys=keys, operation="del", seconds=4, clients=10, pipeline=8,
                        absent="allowed", seed=2),
             start_load(server, keys=keys, operation="expire", time_to_live_ms=1000, seconds=4,
                        clients=10, pipeline=8, absent="allowed", seed=3)]
    for process in loads:
        finish_load(process, server)
    client.call("FLUSHALL")
    run_load(server, keys=keys, first_key=keys, operation="set", seconds=2, value_bytes=100, tag=9)
    saving = lambda: client.info("persistence")["rdb_bgsave_in_progress"] == "1"  # noqa: E731
    wait_until(lambda: not saving(), 600, "the end of BGSAVE")
    if client.info("persistence")["rdb_last_bgsave_status"] != "ok":
        raise Invalid("BGSAVE failed:\n" + server.log_tail(10))
    client.close()
    return saved_keys


def restart_and_verify(server, phases, keys, saved_keys):
    client = server.client(timeout=60)
    client.send("SHUTDOWN", "NOSAVE")
    server.process.wait(60)
    client.close()
    started = time.monotonic()
    server.start()
    phases.note("restart and load", time.monotonic() - started)
    client = server.client(timeout=60)
    if client.call("DBSIZE") != saved_keys:
        raise Invalid(f"{client.call('DBSIZE')} keys were loaded, {saved_keys} were saved")
    client.close()
    phases.run("reads after the restart", lambda: (
        each(server, keys, operation="get", subset_from=50, subset_to=90, **REFILLED),
        each(server, keys, operation="get", subset_from=90, **FILLED),
        each(server, keys, operation="get", subset_to=50, absent="expected", **REFILLED)))


def life_of_a_server(server, phases, keys):
    """Fills, overwrites, deletes, refills, expires, reads, saves under load, loads."""
    run = phases.run
    run("fill", lambda: each(server, keys, operation="set", **FILLED))
    run("overwrite half", lambda: each(server, keys, operation="set", subset_to=50, **OVERWRITTEN))
    run("delete 90 %", lambda: each(server, keys, operation="del", subset_to=90))
    run("refill", lambda: each(server, keys, operation="set", subset_to=90, **REFILLED))
    run("expire half", lambda: expire_half(server, keys))
    run("random reads", lambda: run_load(
        server, keys=keys, operation="get", subset_from=50, subset_to=90, requests=keys // 5,
        pipeline=16, **REFILLED))
    saved_keys = []
    run("BGSAVE under load", lambda: saved_keys.append(bgsave_under_load(server, keys)))
    restart_and_verify(server, phases, keys, saved_keys[0])


def memory_run(settings, row, maxmemory_mb, prefix=()):
    with basalt("--maxmemory", f"{maxmemory_mb}mb", prefix=prefix) as server:
        phases = Phases(server, maxmemory_mb)
        life_of_a_server(server, phases, settings.keys(KEYS))
        return [phases.figure(row)]


def memory_in_cgroup(settings):
    """The same where the kernel kills what takes more: P1's size and 64 MB for the page cache."""
    group = "/sys/fs/cgroup/memory/basalt-bench"
    limit = int(promised_bytes(256)) + 64 * MIB
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        raise Invalid("there is no memory controller of control groups, version 1")
    os.makedirs(group, exist_ok=True)
    with open(f"{group}/memory.limit_in_bytes", "w", encoding="ascii") as file:
        file.write(str(limit))
    prefix = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
    try:
        return memory_run(settings, "memory-cgroup", 256, prefix)
    finally:
        subprocess.run(["rmdir", group], check=False, capture_output=True)


def keys_leave_memory(settings):
    keys = settings.keys(20_000_000)
    with basalt("--maxmemory", "256mb") as server:
        phases = Phases(server, 256)
        options = {"key_bytes": 32, "value_bytes": 64}
        phases.run("fill", lambda: each(server, keys, operation="set", **options))
        client = server.client(timeout=600)
        if client.call("DBSIZE") != keys:
            raise Invalid(f"{client.call('DBSIZE')} of {keys} keys are there")
        client.close()
        phases.run("reads", lambda: run_load(server, keys=keys, operation="get", pipeline=16,
                                             seconds=settings.seconds, **options))
        return [phases.figure("keys-leave-memory")]


ROWS = {
    "memory-run": lambda settings: memory_run(settings, "memory-run", 256),
    "memory-run-128": lambda settings: memory_run(settings, "memory-run-128", 128),
    "memory-cgroup": memory_in_cgroup,
    "keys-leave-memory": keys_leave_memory,
}
