#!/usr/bin/env python3
"""./run.sh tour: in two minutes what Basalt is for.

A small server is filled with ten times its memory, read back, saved while it is written to, its
backup is opened by stock redis-server and compared, and it restarts from the backup. Every value is
verified to its last byte.
"""

import dataclasses
import os
import re
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from measure import MIB, ROOT, Invalid, basalt, finish_load, procfs, run_load, start_load, stock  # noqa: E402,E501
from plot import svg_plot, text_plot  # noqa: E402
from support.resp import Closed, ReplyError  # noqa: E402

VALUE_BYTES = 1024
SVG = os.path.join(ROOT, "build", "tour.svg")


@dataclasses.dataclass
class Step:
    name: str
    seconds: float = 0
    requests: int = 0
    latency: tuple = ()
    peak: int = 0
    remark: str = ""


class Sampler:
    """Samples the resident memory of whichever process it is told to watch."""

    def __init__(self):
        self.samples, self.pid = [], None
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def elapsed(self):
        return time.monotonic() - self._started

    def _loop(self):
        while True:
            try:
                if self.pid is not None:
                    self.samples.append((self.elapsed(), procfs.resident_bytes(self.pid)))
            except OSError:
                pass
            time.sleep(0.1)


class Tour:
    def __init__(self, maxmemory_mb):
        self.maxmemory_mb = maxmemory_mb
        self.promised = 1.05 * maxmemory_mb * MIB + 32 * MIB
        self.keys = 10 * maxmemory_mb * MIB // VALUE_BYTES
        self.sampler, self.steps, self.began = Sampler(), [], []
        self.server = basalt("--maxmemory", f"{maxmemory_mb}mb")

    def step(self, name, work):
        print(f"   {name} ...", file=sys.stderr, flush=True)
        step = Step(name)
        self.began.append((self.sampler.elapsed(), name))
        self.sampler.pid = self.server.pid
        procfs.reset_peak_resident(self.server.pid)
        started = time.monotonic()
        work(step)
        step.seconds = time.monotonic() - started
        step.peak = procfs.peak_resident_bytes(self.server.pid)
        self.steps.append(step)

    def loaded(self, step, result):
        step.requests = result["requests"]
        step.latency = (result["p50_us"], result["p99_us"], result["p999_us"])

    def load(self, step, server=None, **options):
        run = run_load(server or self.server, keys=self.keys, value_bytes=VALUE_BYTES, **options)
        self.loaded(step, run.result)

    def save_under_load(self, step):
        """Overwrites a part with other values meanwhile: none of them may be in the backup."""
        client = self.server.client(timeout=60)
        client.call("BGSAVE")
        writer = start_load(self.server, keys=self.keys, operation="set", subset_to=20, tag=2,
                            value_bytes=VALUE_BYTES, clients=10, seconds=8)
        self.loaded(step, finish_load(writer, self.server))
        while client.info("persistence")["rdb_bgsave_in_progress"] == "1":
            time.sleep(0.1)
        if client.info("persistence")["rdb_last_bgsave_status"] != "ok":
            raise Invalid("the backup failed:\n" + self.server.log_tail())
        client.close()
        size = os.path.getsize(os.path.join(self.server.directory, "dump.rdb"))
        step.remark = f"a backup of {size / MIB:.0f} MB; requests are writes meanwhile"

    def open_in_stock(self, step):
        """Every key with the value it had when BGSAVE was given, and no other key."""
        backup = os.path.join(self.server.directory, "dump.rdb")
        with tempfile.TemporaryDirectory() as directory:
            os.symlink(backup, os.path.join(directory, "dump.rdb"))
            with stock(directory=directory) as redis:
                client = redis.client(timeout=60)
                if client.call("DBSIZE") != self.keys:
                    raise Invalid(f"{client.call('DBSIZE')} of {self.keys} keys were loaded")
                client.close()
                self.load(step, redis, operation="get", each_key_once=True, pipeline=16)
                resident = procfs.resident_bytes(redis.pid)
        step.remark = f"redis-server takes {resident / MIB:.0f} MB for it"

    def restart(self, step):
        client = self.server.client(timeout=60)
        client.send("SHUTDOWN", "NOSAVE")
        self.server.process.wait(60)
        client.close()
        self.server.start()
        self.sampler.pid = self.server.pid
        client = self.server.client(timeout=60)
        step.requests = client.call("DBSIZE")
        client.close()
        step.remark = "keys loaded"

    def run(self):
        self.step("fill with ten times its memory", lambda step: self.load(
            step, operation="set", each_key_once=True, pipeline=8))
        self.step("read at random, cold and hot", lambda step: self.load(
            step, operation="get", seconds=8))
        self.step("back up while writing", self.save_under_load)
        self.step("open the backup in redis-server", self.open_in_stock)
        self.step("restart from the backup", self.restart)
        self.step("read again", lambda step: self.load(step, operation="get", seconds=5))

    def print_table(self):
        print(f"\n{'step':33} {'seconds':>8} {'requests/s':>11} {'p50':>8} {'p99':>8} {'p99.9':>8}"
              f" {'memory':>8}")
        for step in self.steps:
            rate = f"{step.requests / step.seconds:,.0f}" if step.requests else ""
            latency = [f"{us / 1000:.2f}ms" for us in step.latency] or ["", "", ""]
            print(f"{step.name:33} {step.seconds:8.1f} {rate:>11} "
                  + " ".join(f"{text:>8}" for text in latency)
                  + f" {step.peak / MIB:5.0f} MB")
            if step.remark:
                print(f"    {step.remark}")
        highest = max(step.peak for step in self.steps)
        verdict = "kept" if highest <= self.promised else "BROKEN"
        print(f"\nData {self.keys * VALUE_BYTES / MIB:,.0f} MB, maxmemory {self.maxmemory_mb} MB; "
              f"highest resident memory {highest / MIB:.0f} MB of {self.promised / MIB:.0f} "
              f"promised: {verdict}. Every value read was verified.\n")
        return highest <= self.promised

    def print_plot(self):
        print(text_plot(self.sampler.samples, self.promised, self.began))
        with open(SVG, "w", encoding="utf-8") as file:
            file.write(svg_plot(self.sampler.samples, self.promised, self.began,
                                "Resident memory of basalt-server"))
        print(f"\nThe same as a picture: {os.path.relpath(SVG)}")


def maxmemory_for_machine():
    """256 MB; a quarter of that where stock redis-server could not hold ten times as much."""
    with open("/proc/meminfo", encoding="ascii") as file:
        available = int(re.search(r"MemAvailable:\s*(\d+)", file.read()).group(1)) << 10
    return 256 if available > 6 << 30 else 64


def main():
    tempfile.tempdir = "/var/tmp"
    tour = Tour(maxmemory_for_machine())
    try:
        tour.run()
        kept = tour.print_table()
        tour.print_plot()
    except (Invalid, ReplyError, Closed, OSError) as error:
        print(f"error: {error!r}\n{tour.server.log_tail()}", file=sys.stderr)
        return 1
    finally:
        tour.server.stop()
        tour.server.remove()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
