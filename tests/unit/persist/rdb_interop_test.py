#!/usr/bin/env python3
"""RDB files of stock redis-server through our reader and writer and back.

    rdb_interop_test.py RDB-COPY [BASALT-CHECK-RDB]

A file must come out byte for byte where values pass whole, and with the same data set (DEBUG
DIGEST) where they pass in pieces; redis-check-rdb and redis-server must accept the copies.
"""

import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

from support.server import STOCK, Server  # noqa: E402

WHOLE = 1 << 30
CHUNKS = ((262144, WHOLE), (1000, WHOLE), (7, WHOLE), (262144, 262144), (65536, 1000), (333, 64))


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, good, what, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}", flush=True)
        if not good and detail:
            print("# " + str(detail).replace("\n", "\n# "))


def fill(client, rng):
    text = "".join(rng.choice("abcd") for _ in range(5000))
    noise = rng.randbytes(70000)
    for database in (0, 5):
        client.call("SELECT", database)
        for number in (0, -1, 127, 128, -129, 40000, -40000, 2147483647, 2147483648, 10**15):
            client.call("SET", f"int:{number}", number)
        for size in (0, 1, 20, 21, 63, 64, 300, 5000):
            client.call("SET", f"text:{size}", text[:size])
            client.call("SET", f"noise:{size}", noise[:size])
        client.call("SET", "large:text", text * 600, "PX", 10**9)
        client.call("SET", "large:noise", noise * 10)
        client.call("SET", "key of " + "a" * 3000, "compressed key")
        client.call("RPUSH", "list:small", "a", 1, text[:300], -70000)
        client.call("RPUSH", "list:nodes", *[text[:i * 10] for i in range(300)])
        client.call("RPUSH", "list:plain", text * 3, noise[:20000], "z")
        client.call("SADD", "set:16", 1, 2, 3)
        client.call("SADD", "set:32", 1, 70000)
        client.call("SADD", "set:64", 1, 10**12)
        client.call("SADD", "set:table", *[text[i:i + 30] for i in range(600)])
        client.call("HSET", "hash:small", "f", "v", "number", 17)
        client.call("HSET", "hash:table", *[x for i in range(700) for x in (i, text[:i])])
        client.call("ZADD", "zset:small", 1, "a", 2.5, "b", "-inf", "c")
        client.call("ZADD", "zset:table", *[x for i in range(300) for x in (i / 3, f"member {i}")])
        client.call("ZADD", "zset:table", "inf", "top", "-inf", "bottom", 1e300, "high")
        for i in range(300):
            client.call("XADD", "stream", f"{i + 1}-{i}", "field", text[:i], "n", i)
        client.call("XDEL", "stream", "5-4")
        client.call("XGROUP", "CREATE", "stream", "workers", "0")
        client.call("XGROUP", "CREATE", "stream", "idle", "$")
        client.call("XREADGROUP", "GROUP", "workers", "alice", "COUNT", 70, "STREAMS", "stream", ">")
        client.call("XREADGROUP", "GROUP", "workers", "bob", "COUNT", 3, "STREAMS", "stream", ">")
        client.call("XGROUP", "CREATE", "stream:empty", "workers", "$", "MKSTREAM")
        client.call("PFADD", "hyperloglog", *range(500))
    client.call("FUNCTION", "LOAD", "#!lua name=lib\n-- " + text[:200] +
                "\nredis.register_function('one', function() return 1 end)")


def digest(server):
    with_client = server.client(timeout=60)
    return with_client.call("DEBUG", "DIGEST")


def arguments_of(policy):
    return ["--save", "", "--enable-debug-command", "yes", "--maxmemory", "1gb",
            "--maxmemory-policy", policy]


def copied(tool, source, target, chunk, value_max):
    return subprocess.run([tool, source, target, str(chunk), str(value_max)],
                          capture_output=True, text=True, check=False)


def check_rdb(path, tool="redis-check-rdb"):
    return subprocess.run([tool, path], capture_output=True, text=True, check=False)


def check_copies(tap, tool, server, policy):
    source = os.path.join(server.directory, "dump.rdb")
    original = open(source, "rb").read()
    wanted = digest(server)
    for chunk, value_max in CHUNKS:
        name = f"{policy}, chunks of {chunk}, values to {value_max}"
        target = os.path.join(server.directory, "copy.rdb")
        made = copied(tool, source, target, chunk, value_max)
        tap.check(made.returncode == 0, f"read and written: {name}", made.stderr)
        if value_max == WHOLE:
            tap.check(open(target, "rb").read() == original, f"byte for byte: {name}")
            continue
        checked = check_rdb(target)
        tap.check(checked.returncode == 0, f"redis-check-rdb accepts: {name}", checked.stdout)
        with Server(STOCK, ["--dbfilename", "loaded.rdb", *arguments_of(policy)]) as second:
            second.stop()
            shutil.copy(target, os.path.join(second.directory, "loaded.rdb"))
            second.start()
            tap.check(digest(second) == wanted, f"redis-server loads the same data: {name}",
                      second.log_tail())


def check_damage(tap, tool, checker, server, rng):
    source = os.path.join(server.directory, "dump.rdb")
    original = open(source, "rb").read()
    target = os.path.join(server.directory, "bad.rdb")
    accepted = []
    for _ in range(60):
        bad = bytearray(original)
        if rng.random() < 0.5:
            at = rng.randrange(len(bad))
            bad[at] ^= 1 << rng.randrange(8)
        else:
            at = rng.randrange(len(bad))
            del bad[at:]
        with open(target, "wb") as file:
            file.write(bad)
        for command in ([tool, target, os.devnull, "4096", "1000"], [checker, target]):
            outcome = subprocess.run(command, capture_output=True, text=True, check=False)
            if outcome.returncode != 1:
                accepted.append((at, command[0], outcome.returncode, outcome.stderr))
    tap.check(not accepted, "a damaged or truncated file ends with status 1", accepted)


def main(arguments):
    tap = Tap()
    if shutil.which(STOCK) is None:
        print("1..0 # skip redis-server is not installed")
        return 0
    tool, checker = arguments
    rng = random.Random(1)
    for policy in ("noeviction", "allkeys-lru", "allkeys-lfu"):
        with Server(STOCK, arguments_of(policy)) as server:
            client = server.client(timeout=60)
            fill(client, rng)
            client.call("SAVE")
            check_copies(tap, tool, server, policy)
            ours = check_rdb(os.path.join(server.directory, "dump.rdb"), checker)
            tap.check(ours.returncode == 0 and "RDB looks OK!" in ours.stdout,
                      f"basalt-check-rdb accepts: {policy}", ours.stdout)
            if policy == "noeviction":
                check_damage(tap, tool, checker, server, rng)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
