"""Hot rows: server CPU per request, and memory per key, against redis-server."""

import shutil

from measure import Figure, Invalid, basalt, log, median, procfs, run_load, stock

KEYS = 1_000_000


def fill(server, settings, value_bytes=64):
    run_load(server, operation="mset", each_key_once=True, keys=settings.keys(KEYS),
             value_bytes=value_bytes, pipeline=16)


def one(server, settings, operation, pipeline):
    return run_load(server, operation=operation, pipeline=pipeline, clients=50, value_bytes=64,
                    keys=settings.keys(KEYS), seconds=settings.seconds)


def cpu_ratio(settings, operation, pipeline, goal, aim):
    """Basalt's CPU per request over redis-server's: the median of interleaved pairs."""
    ratios, ours, theirs, others = [], [], [], []
    valkey = shutil.which("valkey-server")
    servers = [stock(pinned=True), basalt("--maxmemory", "1gb", pinned=True)]
    if valkey:
        servers.append(stock(pinned=True, binary=valkey))
    try:
        for server in servers:
            fill(server, settings)
        for pair in range(settings.pairs):
            # The order alternates, so that a drift of the machine favours neither.
            order = servers if pair % 2 == 0 else servers[::-1]
            loads = {id(s): one(s, settings, operation, pipeline) for s in order}
            theirs.append(loads[id(servers[0])])
            ours.append(loads[id(servers[1])])
            if valkey:
                others.append(loads[id(servers[2])].cpu_us_per_request)
            ratios.append(ours[-1].cpu_us_per_request / theirs[-1].cpu_us_per_request)
            log(f"pair {pair + 1}: redis {theirs[-1].cpu_us_per_request:.2f} us, "
                f"basalt {ours[-1].cpu_us_per_request:.2f} us, ratio {ratios[-1]:.3f}")
    finally:
        for server in servers:
            server.stop()
            server.remove()
    note = note_of(ours, theirs)
    if others:
        note += f"; valkey {median(others):.2f} us"
    name = f"{'mset' if operation == 'mset' else 'hot-' + operation}-p{pipeline}"
    return [Figure(name, median(ratios), "<=", goal, aim, min(ratios), max(ratios), "of redis",
                   note)]


def note_of(ours, theirs):
    cpu = [median([load.cpu_us_per_request for load in loads]) for loads in (ours, theirs)]
    rate = [median([load.rate for load in loads]) / 1000 for loads in (ours, theirs)]
    tail = [median([load.result["p99_us"] for load in loads]) for loads in (ours, theirs)]
    return (f"CPU {cpu[0]:.2f} against {cpu[1]:.2f} us, {rate[0]:.0f}k against {rate[1]:.0f}k/s, "
            f"p99 {tail[0]:.0f} against {tail[1]:.0f} us")


def bytes_per_key(server, settings, keys, value_bytes):
    """(by resident memory, by used_memory) that each key added."""
    client = server.client(timeout=60)
    before = procfs.resident_bytes(server.pid), int(client.info("memory")["used_memory"])
    run_load(server, operation="mset", each_key_once=True, keys=keys, value_bytes=value_bytes,
             pipeline=16)
    if client.call("DBSIZE") != keys:
        raise Invalid(f"{client.call('DBSIZE')} of {keys} keys are there")
    after = procfs.resident_bytes(server.pid), int(client.info("memory")["used_memory"])
    run_load(server, operation="get", requests=200_000, keys=keys, value_bytes=value_bytes,
             pipeline=16)
    client.close()
    return tuple((then - now) / keys for then, now in zip(after, before))


def memory_per_key(settings, value_bytes, key_count, goal, aim):
    keys = settings.keys(key_count)
    ours, theirs = [], []
    # A fresh server each time; twice is enough for a figure that hardly varies.
    for turn in range(2):
        with basalt("--maxmemory", "8gb") as server:
            ours.append(bytes_per_key(server, settings, keys, value_bytes))
        log(f"basalt {ours[-1][0]:.1f} bytes per key by resident memory, {ours[-1][1]:.1f} by "
            "used_memory")
        if turn == 0:
            with stock() as server:
                theirs.append(bytes_per_key(server, settings, keys, value_bytes))
    resident = [pair[0] for pair in ours]
    note = (f"resident memory; by used_memory {median([pair[1] for pair in ours]):.1f}; redis "
            f"{theirs[0][0]:.1f} and {theirs[0][1]:.1f}")
    return [Figure(f"bytes-per-key-{value_bytes}", max(resident), "<=", goal, aim, min(resident),
                   max(resident), "bytes", note)]


ROWS = {
    "hot-get-p1": lambda settings: cpu_ratio(settings, "get", 1, 0.90, 0.75),
    "hot-set-p1": lambda settings: cpu_ratio(settings, "set", 1, 0.90, 0.75),
    "hot-get-p16": lambda settings: cpu_ratio(settings, "get", 16, 0.50, 0.40),
    "hot-set-p16": lambda settings: cpu_ratio(settings, "set", 16, 0.50, 0.40),
    "mset-p16": lambda settings: cpu_ratio(settings, "mset", 16, 0.40, 0.30),
    "bytes-per-key-8": lambda settings: memory_per_key(settings, 8, 5_000_000, 50, 45),
    "bytes-per-key-100": lambda settings: memory_per_key(settings, 100, 10_000_000, 145, 135),
}
