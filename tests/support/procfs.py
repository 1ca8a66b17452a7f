"""What the kernel knows of a process: its memory now and at its highest, its CPU, its reads."""

import os

_TICK = os.sysconf("SC_CLK_TCK")


def status_bytes(pid, field):
    """A kB field of /proc/PID/status, in bytes: VmRSS, VmHWM, RssShmem, ..."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0


def resident_bytes(pid):
    return status_bytes(pid, "VmRSS")


def peak_resident_bytes(pid):
    """The highest resident size, shared memory included, since reset_peak_resident()."""
    return status_bytes(pid, "VmHWM")


def reset_peak_resident(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def cpu_seconds(pid):
    """User and system time of all threads, those of io-wq and those that have ended included.

    The process's own figure is a sum that ended threads stay in; the workers of io_uring are
    threads of the process. The figure of the living threads is finer, so the higher one counts.
    """
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    whole = (int(fields[11]) + int(fields[12])) / _TICK
    living = 0.0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                living += int(file.read().split()[0]) / 1e9
        except (OSError, IndexError):
            continue
    return max(whole, living)


def device_read_bytes(pid):
    """What the process had the device read for it."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        for line in file:
            if line.startswith("read_bytes:"):
                return int(line.split()[1])
    return 0


def disk_counters(path):
    """(read operations, bytes read) of the block device that holds `path`, since boot."""
    device = os.stat(path).st_dev
    name = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"
    with open(name, encoding="ascii") as file:
        fields = file.read().split()
    return int(fields[0]), int(fields[2]) * 512
