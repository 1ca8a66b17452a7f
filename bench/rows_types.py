"""Rows of the types beside strings: server CPU per request, and memory per element of large values,
against redis-server. The requests come from redis-benchmark, whose numbers have twelve digits."""

import random
import shutil
import subprocess

from measure import (Figure, Invalid, basalt, log, median, prefix_for_load, procfs, stock)

ELEMENTS = 1_000_000
REQUESTS = 1_000_000
PER_CALL = 500
RANDOM = "__rand_int__"


def member(number):
    return f"{number:012d}"


def fill(server, elements, words_of):
    """Adds elements in calls of many: words_of(numbers) makes the words of one."""
    client = server.client(timeout=120)
    for first in range(0, elements, PER_CALL):
        client.call(*words_of(range(first, min(first + PER_CALL, elements))))
    client.close()


def pairs_of(numbers, make):
    return [word for number in numbers for word in make(number)]


def fill_hash(server, elements):
    fill(server, elements, lambda numbers: [
        "HSET", "hash", *pairs_of(numbers, lambda n: (member(n), f"{n:08d}"))])


def fill_set(server, elements):
    fill(server, elements, lambda numbers: ["SADD", "set", *map(member, numbers)])


def fill_zset(server, elements):
    scores = random.Random(1)
    fill(server, elements, lambda numbers: [
        "ZADD", "zset", *pairs_of(numbers, lambda n: (scores.randrange(elements), member(n)))])


def fill_list(server, elements):
    fill(server, elements, lambda numbers: ["RPUSH", "list", *map(member, numbers)])


def fill_nothing(_server, _elements):
    pass


def run_benchmark(server, words, requests, elements):
    """CPU microseconds of the server per request."""
    tool = shutil.which("redis-benchmark")
    if tool is None:
        raise Invalid("redis-benchmark is not installed")
    before = procfs.cpu_seconds(server.pid)
    run = subprocess.run([*prefix_for_load(), tool, "-p", str(server.port), "-c", "50", "-P", "16",
                          "-n", str(requests), "-r", str(elements), "-q", *words],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0 or "rror" in run.stdout + run.stderr:
        raise Invalid(f"redis-benchmark {' '.join(words)}: {run.stdout.strip()} "
                      f"{run.stderr.strip()}")
    return (procfs.cpu_seconds(server.pid) - before) * 1e6 / requests


def cpu_ratio(settings, row, fill_value, words, goal, aim=None, share=1.0):
    """Basalt's CPU per request over redis-server's: the median of interleaved pairs."""
    elements = settings.keys(ELEMENTS)
    requests = max(10_000, int(REQUESTS * settings.scale * share))
    servers = [stock(pinned=True), basalt("--maxmemory", "1gb", pinned=True)]
    cpu = {id(server): [] for server in servers}
    try:
        for server in servers:
            fill_value(server, elements)
        for pair in range(settings.pairs):
            # The order alternates, so that a drift of the machine favours neither.
            for server in servers if pair % 2 == 0 else servers[::-1]:
                cpu[id(server)].append(run_benchmark(server, words, requests, elements))
    finally:
        for server in servers:
            server.stop()
            server.remove()
    theirs, ours = (cpu[id(server)] for server in servers)
    ratios = [mine / other for mine, other in zip(ours, theirs)]
    note = f"{' '.join(words)}: CPU {median(ours):.2f} against {median(theirs):.2f} us"
    log(f"{note}, ratio {median(ratios):.3f}")
    return [Figure(row, median(ratios), "<=", goal, aim, min(ratios), max(ratios), "of redis",
                   note)]


def bytes_per_element(server, elements, words_of):
    before = procfs.resident_bytes(server.pid)
    fill(server, elements, words_of)
    return (procfs.resident_bytes(server.pid) - before) / elements


def memory_ratio(settings, row, words_of, goal):
    """Resident memory per element of one large value over redis-server's."""
    elements = settings.keys(ELEMENTS)
    with basalt("--maxmemory", "1gb") as server:
        ours = bytes_per_element(server, elements, words_of)
    with stock() as server:
        theirs = bytes_per_element(server, elements, words_of)
    note = f"{ours:.1f} against {theirs:.1f} bytes of resident memory"
    return [Figure(row, ours / theirs, "<=", goal, None, unit="of redis", note=note)]


def short(number):
    """Ten bytes that are no number."""
    return f"m{number:09d}"


def hash_words(numbers):
    return ["HSET", "hash", *pairs_of(numbers, lambda n: (short(n), f"v{n:07d}"))]


def set_words(numbers):
    return ["SADD", "set", *map(short, numbers)]


def list_words(numbers):
    return ["RPUSH", "list", *map(short, numbers)]


def zset_words(score_of):
    return lambda numbers: ["ZADD", "zset", *pairs_of(numbers, lambda n: (score_of(n), short(n)))]


def scattered(number):
    """Another place in the order for each number."""
    return number * 7_368_787 % 1_000_003


def cpu_row(row, *arguments, **options):
    return lambda settings: cpu_ratio(settings, row, *arguments, **options)


def memory_row(row, *arguments):
    return lambda settings: memory_ratio(settings, row, *arguments)


# Row: what is filled, the request, the goal and the aim.
_CPU = {
    "hset-large-p16": (fill_hash, ["HSET", "hash", RANDOM, RANDOM], 0.68),
    "hset-small-p16": (fill_nothing, ["HSET", RANDOM, "field", "12345678"], 0.68),
    "hget-large-p16": (fill_hash, ["HGET", "hash", RANDOM], 0.8),
    "sadd-large-p16": (fill_set, ["SADD", "set", RANDOM], 0.68),
    "sadd-small-p16": (fill_nothing, ["SADD", RANDOM, "12345678"], 0.68),
    "lpush-p16": (fill_nothing, ["LPUSH", "list", RANDOM], 0.8),
    "rpush-p16": (fill_nothing, ["RPUSH", "list", RANDOM], 0.8),
    "zadd-p16": (fill_zset, ["ZADD", "zset", RANDOM, RANDOM], 0.5, 0.4),
    "zincrby-p16": (fill_zset, ["ZINCRBY", "zset", "1", RANDOM], 0.5, 0.4),
    "zscore-p16": (fill_zset, ["ZSCORE", "zset", RANDOM], 0.8),
    "zrank-p16": (fill_zset, ["ZRANK", "zset", RANDOM], 0.5, 0.4),
    "xadd-p16": (fill_nothing, ["XADD", "stream", "*", "field", RANDOM], 0.8),
}

ROWS = {row: cpu_row(row, *rest) for row, rest in _CPU.items()} | {
    # No more than there are.
    "lpop-p16": cpu_row("lpop-p16", fill_list, ["LPOP", "list"], 0.8, share=0.1),
    # Long replies: a tenth of the requests.
    "zrange-100-p16": cpu_row("zrange-100-p16", fill_zset,
                              ["ZRANGE", "zset", "500000", "500099"], 0.5, 0.4, share=0.1),
    "zrangebyscore-p16": cpu_row(
        "zrangebyscore-p16", fill_zset,
        ["ZRANGEBYSCORE", "zset", RANDOM, "+inf", "LIMIT", "0", "100"], 0.5, 0.4, share=0.1),
    "hash-bytes": memory_row("hash-bytes", hash_words, 0.5),
    "set-bytes": memory_row("set-bytes", set_words, 0.5),
    "list-bytes": memory_row("list-bytes", list_words, 1.0),
    "zset-bytes": memory_row("zset-bytes", zset_words(scattered), 0.45),
    "zset-sequential-bytes": memory_row("zset-sequential-bytes", zset_words(lambda n: n), 0.4),
}
