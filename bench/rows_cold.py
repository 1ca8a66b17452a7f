"""Cold rows: GETs that miss memory, beside what fio gets from the same file system."""

import json
import os
import subprocess

from measure import MIB, Figure, Invalid, basalt, drop_caches, log, median, procfs, run_load

MAXMEMORY_MB = 256


class Fio:
    """Random 4 KiB reads with O_DIRECT and io_uring from a file beside the server's data."""

    def __init__(self, directory, size_mb):
        self.path = os.path.join(directory, "fio.data")
        self.size_mb = size_mb
        self._run("--rw=write", "--bs=1m", "--iodepth=4")

    def _run(self, *arguments):
        command = ["fio", "--name=bench", f"--filename={self.path}", f"--size={self.size_mb}m",
                   "--ioengine=io_uring", "--direct=1", "--output-format=json", *arguments]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Invalid(f"fio: {run.stderr.strip()}")
        return json.loads(run.stdout[run.stdout.index("{"):])["jobs"][0]

    def reads(self, depth, seconds):
        """(reads per second, p99 in microseconds)."""
        job = self._run("--rw=randread", "--bs=4k", f"--iodepth={depth}", "--time_based",
                        f"--runtime={max(1, round(seconds))}")["read"]
        return job["iops"], job["clat_ns"]["percentile"]["99.000000"] / 1000


def tier_counters(server):
    client = server.client(timeout=60)
    fields = client.info("tier")
    client.close()
    return {name: int(value) for name, value in fields.items() if value.isdigit()}


def cold_load(server, settings, load):
    """One run of cold GETs: per miss the CPU, the device's reads, the rate."""
    drop_caches()
    tier, disk = tier_counters(server), procfs.disk_counters(server.directory)
    read_before = procfs.device_read_bytes(server.pid)
    run = run_load(server, operation="get", seconds=settings.seconds, **load)
    tier_after, disk_after = tier_counters(server), procfs.disk_counters(server.directory)
    misses = tier_after["tier_hits_cold"] - tier["tier_hits_cold"]
    read_bytes = max(procfs.device_read_bytes(server.pid) - read_before, disk_after[1] - disk[1])
    if misses < 0.5 * run.result["requests"]:
        raise Invalid(f"only {misses} of {run.result['requests']} reads were cold")
    if read_bytes < 4096 * misses:
        raise Invalid(f"the device read {read_bytes / misses:.0f} bytes per miss, below 4 KiB")
    return {"cpu_us": run.cpu_seconds * 1e6 / misses,
            "reads": (disk_after[0] - disk[0]) / misses,
            "rate": misses / run.result["seconds"],
            "p99_us": run.result["p99_us"]}


def filled(keys, value_bytes):
    server = basalt("--maxmemory", f"{MAXMEMORY_MB}mb", pinned=True)
    log(f"filling {keys} keys of {value_bytes} bytes")
    try:
        run_load(server, operation="set", each_key_once=True, keys=keys, value_bytes=value_bytes,
                 pipeline=16)
    except Invalid:
        server.stop()
        server.remove()
        raise
    return server


def warm_index(server, settings, load):
    """Reads at random until the index's blocks come from memory, ten runs at most."""
    for _ in range(10):
        before = tier_counters(server)
        run_load(server, operation="get", seconds=settings.seconds, **load)
        after = tier_counters(server)
        index_reads = after["tier_index_device_reads"] - before["tier_index_device_reads"]
        misses = after["tier_hits_cold"] - before["tier_hits_cold"]
        log(f"warming the index: {index_reads / max(1, misses):.3f} reads of it per GET")
        if index_reads <= 0.02 * misses:
            return


def against_fio(settings, row, load, depth, goals):
    """Cold GETs of 1 KiB over 8 times the memory, with the index in memory."""
    keys = settings.keys(8 * MAXMEMORY_MB * MIB // 1024)
    server = filled(keys, 1024)
    load = {**load, "keys": keys, "value_bytes": 1024}
    ours, theirs = [], []
    try:
        warm_index(server, settings, load)
        fio = Fio(server.directory, 2048)
        for pair in range(settings.pairs):
            theirs.append(fio.reads(depth, settings.seconds))
            ours.append(cold_load(server, settings, load))
            last = ours[-1]
            log(f"pair {pair + 1}: fio {theirs[-1][0]:.0f}/s p99 {theirs[-1][1]:.0f} us; cold GET "
                f"{last['rate']:.0f}/s p99 {last['p99_us']:.0f} us, {last['cpu_us']:.1f} us CPU, "
                f"{last['reads']:.3f} reads")
    finally:
        server.stop()
        server.remove()
    series = {
        "reads": [run["reads"] for run in ours],
        "cpu": [run["cpu_us"] for run in ours],
        "rate": [run["rate"] / fio_run[0] for run, fio_run in zip(ours, theirs)],
        "p99": [run["p99_us"] / fio_run[1] for run, fio_run in zip(ours, theirs)],
    }
    note = (f"{median([run['rate'] for run in ours]):.0f}/s against fio's "
            f"{median([run[0] for run in theirs]):.0f}/s at depth {depth}")
    return figures_of(row, series, goals, note)


def figures_of(row, series, goals, note):
    units = {"reads": "reads per GET", "cpu": "us per GET", "rate": "of fio", "p99": "of fio"}
    return [Figure(f"{row} {name}", median(series[name]), relation, goal, aim,
                   min(series[name]), max(series[name]), units[name], note)
            for name, (relation, goal, aim) in goals.items()]


def cold_index(settings):
    """20M small values: the index is eight times its cache."""
    keys = settings.keys(20_000_000)
    server = filled(keys, 64)
    try:
        load = {"keys": keys, "value_bytes": 64, "clients": 64}
        runs = [cold_load(server, settings, load) for _ in range(settings.pairs)]
    finally:
        server.stop()
        server.remove()
    series = {"reads": [run["reads"] for run in runs], "cpu": [run["cpu_us"] for run in runs]}
    return figures_of("cold-index", series, {"reads": ("<=", 2.2, None), "cpu": ("<=", 60, None)},
                      f"{median([run['rate'] for run in runs]):.0f}/s")


COLD_GET = {"reads": ("<=", 1.05, None), "cpu": ("<=", 18, None), "rate": (">=", 0.50, 0.60),
            "p99": ("<=", 3, None)}
COLD_GET_P16 = {"cpu": ("<=", 11, None), "rate": (">=", 0.70, 0.85)}

ROWS = {
    "cold-get": lambda settings: against_fio(settings, "cold-get", {"clients": 64}, 64, COLD_GET),
    "cold-get-p16": lambda settings: against_fio(
        settings, "cold-get-p16", {"clients": 8, "pipeline": 16}, 128, COLD_GET_P16),
    "cold-index": cold_index,
}
