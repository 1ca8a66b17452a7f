"""The append only file: what was acknowledged is there after kill -9; stock Redis reads it."""

import os
import random
import shutil
import subprocess
import threading

from case import expect, note, wait_until
from support.resp import Closed
from support.server import STOCK, Server

APPEND_ONLY = ["--appendonly", "yes", "--save", "", "--enable-debug-command", "yes"]
TIER = ["--tier", "yes", "--maxmemory", "64mb"]
NAMES = "appendonlydir"


def append_only(arguments, *options, directory=None):
    return Server(arguments.server, [*TIER, *APPEND_ONLY, *options], directory=directory)


def stock(directory, *options):
    return Server(STOCK, [*APPEND_ONLY, *options], directory=directory)


def files(server):
    return sorted(os.listdir(os.path.join(server.directory, NAMES)))


def path_of(server, name):
    return os.path.join(server.directory, NAMES, name)


def last_increment(server):
    names = [name for name in files(server) if name.endswith(".incr.aof")]
    return path_of(server, max(names, key=lambda name: int(name.split(".")[-3])))


def manifest(server):
    with open(path_of(server, "appendonly.aof.manifest"), encoding="ascii") as file:
        return file.read()


def rewritten(client):
    def done():
        info = client.info("persistence")
        return info["aof_rewrite_in_progress"] == "0" and info["aof_rewrite_scheduled"] == "0"
    return done


def rewrite(client):
    client.call("BGREWRITEAOF")
    wait_until(rewritten(client), 60, "the end of a rewrite")
    expect(client.info("persistence")["aof_last_bgrewrite_status"] == "ok", "the rewrite failed")


# ---- What the file says

def case_effects_of_commands(arguments):
    """times to live, chance, floats and expiry stand in the file as what came of them"""
    with append_only(arguments) as server:
        client = server.client()
        for command in ("SET a 1 EX 100", "INCRBYFLOAT a 0.5", "SADD s x", "SPOP s",
                        "SETEX b 100 1", "GETEX b PERSIST", "SET c 1 PX 1", "SELECT 3", "SET d 1"):
            client.call(*command.split())
        wait_until(lambda: b"$1\r\nc\r\n" in read(last_increment(server)).split(b"PXAT")[-1], 10,
                   "the deletion of the expired key")
        text = read(last_increment(server)).decode()
        for effect in ("PXAT", "KEEPTTL", "SREM", "PERSIST", "DEL", "*2\r\n$6\r\nSELECT\r\n$1\r\n3"):
            expect(effect in text, f"{effect} is not in {text!r}")
        for word in ("EX\r\n", "SPOP", "INCRBYFLOAT", "GETEX"):
            expect(word not in text, f"{word} is in {text!r}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


# ---- kill -9

class Writer(threading.Thread):
    """Writes its keys one after the other, in small pipelines, until the server is gone."""

    def __init__(self, server, number):
        super().__init__()
        self.client = server.client(timeout=60)
        self.number = number
        self.sent = 0
        self.acknowledged = 0

    def run(self):
        try:
            while True:
                first = self.sent
                self.sent += 8
                replies = self.client.pipeline(
                    [("RPUSHX", "none", "x") if i % 8 == 7 else
                     ("SET", f"w{self.number}:{i}", str(i)) for i in range(first, self.sent)])
                if any(reply.is_error() and i % 8 != 7 for i, reply in enumerate(replies)):
                    return
                self.acknowledged = self.sent
        except (OSError, Closed):
            pass


def kill_under_load(server, seed, rewrites):
    writers = [Writer(server, number) for number in range(4)]
    for writer in writers:
        writer.start()
    client = server.client()
    chance = random.Random(seed)
    wait_until(lambda: min(writer.acknowledged for writer in writers) > chance.randrange(50, 400),
               60, "the writers' progress")
    if rewrites:
        client.call("BGREWRITEAOF")
        wait_until(lambda: min(w.acknowledged for w in writers) > chance.randrange(400, 1200),
                   60, "the writers' progress")
    server.kill()
    for writer in writers:
        writer.join()
    return writers


def expect_acknowledged(server, client, writers, what):
    for writer in writers:
        keys = [f"w{writer.number}:{i}" for i in range(writer.sent) if i % 8 != 7]
        values = client.call("MGET", *keys)
        there = [value is not None for value in values]
        # A prefix, and all that was acknowledged.
        count = there.index(False) if False in there else len(there)
        expect(not any(there[count:]), f"{what}: writer {writer.number} has a hole at {count}")
        expected = sum(1 for i in range(writer.acknowledged) if i % 8 != 7)
        expect(count >= expected, f"{what}: {count} of {expected} acknowledged writes are there\n"
               + server.log_tail(25))


def kill_rounds(arguments, policy):
    with append_only(arguments, "--appendfsync", policy) as server:
        for seed in range(3):
            writers = kill_under_load(server, seed, rewrites=seed > 0)
            server.start()
            client = server.client(timeout=60)
            expect_acknowledged(server, client, writers, f"{policy}, round {seed}")
            client.call("FLUSHALL")
            client.close()


def case_kill_always(arguments):
    """kill -9 under load, appendfsync always: what was acknowledged is there, nothing after a gap"""
    kill_rounds(arguments, "always")


def case_kill_everysec(arguments):
    """kill -9 under load, appendfsync everysec: the same, since the process alone is gone"""
    kill_rounds(arguments, "everysec")


def case_kill_no(arguments):
    """kill -9 under load, appendfsync no: the same"""
    kill_rounds(arguments, "no")


# ---- Beside stock Redis

COMMANDS = (
    lambda r: ("SET", key(r), value(r)),
    lambda r: ("SET", key(r), value(r), "EX", "1000"),
    lambda r: ("APPEND", key(r), value(r)),
    lambda r: ("INCRBYFLOAT", "f" + key(r), "0.25"),
    lambda r: ("HSET", "h" + key(r), value(r), value(r)),
    lambda r: ("HINCRBYFLOAT", "hf" + key(r), "x", "1.5"),
    lambda r: ("SADD", "s" + key(r), value(r), value(r)),
    lambda r: ("SPOP", "s" + key(r)),
    lambda r: ("PFADD", "p" + key(r), value(r)),
    lambda r: ("SETRANGE", key(r), str(r.randrange(200_000)), value(r)),
    lambda r: ("RENAME", key(r), key(r)),
    lambda r: ("COPY", key(r), key(r), "REPLACE"),
    lambda r: ("PERSIST", key(r)),
    lambda r: ("DEL", key(r), key(r)),
    lambda r: ("SELECT", str(r.randrange(3))),
    lambda r: ("SET", key(r), value(r) * 100_000),
)


def key(chance):
    return f"k{chance.randrange(60)}"


def value(chance):
    return str(chance.randrange(1000))


def run_commands(client, seed, count):
    chance = random.Random(seed)
    weights = [8] * (len(COMMANDS) - 1) + [1]
    for _ in range(count // 50):
        client.pipeline([chance.choices(COMMANDS, weights)[0](chance) for _ in range(50)])


def digest(client):
    return client.call("DEBUG", "DIGEST")


def case_both_directions(arguments):
    """redis-server goes on with a directory of Basalt, and Basalt with one of redis-server"""
    with append_only(arguments) as server:
        client = server.client(timeout=60)
        for turn in range(2):
            run_commands(client, turn, 1500)
            if turn == 0:
                rewrite(client)
        ours = digest(client)
        server.stop()
        with stock(server.directory) as other:
            client = other.client(timeout=60)
            expect(digest(client) == ours, "redis-server has other data:\n" + other.log_tail())
            run_commands(client, 7, 1000)
            client.call("BGREWRITEAOF")
            wait_until(rewritten(client), 60, "redis-server's rewrite")
            run_commands(client, 8, 500)
            theirs = digest(client)
            other.stop()
        server.start()
        client = server.client(timeout=60)
        expect(digest(client) == theirs, "we have other data than redis-server had")
        rewrite(client)
        expect(digest(client) == theirs, "a rewrite changed the data")
        expect(len(files(server)) == 3, f"history is left: {files(server)}")


def case_single_file(arguments):
    """the single file of Redis 6 and earlier, with and without a snapshot in front, is taken in"""
    with stock(None) as other:
        client = other.client()
        run_commands(client, 3, 500)
        client.call("SELECT", "1")
        client.call("SET", "last", "1")
        client.call("BGREWRITEAOF")
        wait_until(rewritten(client), 60, "redis-server's rewrite")
        client.call("SET", "tail", "1")
        theirs = digest(client)
        other.stop()
        base, increment = [read(path_of(other, line.split()[1]))
                           for line in manifest(other).splitlines() if line[-1] in "bi"]
        with append_only(arguments, "--appendonly", "no") as server:
            server.stop()
            server.arguments = [*TIER, *APPEND_ONLY]
            with open(os.path.join(server.directory, "appendonly.aof"), "wb") as file:
                file.write(base + increment)
            server.start()
            expect(digest(server.client()) == theirs, "the data of the old file differ")
            expect("Successfully migrated an old-style AOF" in server.log(), server.log_tail())
            expect(not os.path.exists(os.path.join(server.directory, "appendonly.aof")),
                   "the old file is still there")
            server.restart()
            expect(digest(server.client()) == theirs, "the data differ after a restart")


# ---- Starts

def case_truncated_tail(arguments):
    """an unfinished command or transaction at the end is cut off, unless aof-load-truncated is no"""
    with append_only(arguments) as server:
        server.client().call("SET", "a", "1")
        server.stop()
        whole = read(last_increment(server))
        for tail in (b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$5\r\nhe",
                     b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n"):
            with open(last_increment(server), "wb") as file:
                file.write(whole + tail)
            server.arguments += ["--aof-load-truncated", "no"]
            refused(server, "Unexpected end of file reading the append only file")
            server.arguments = server.arguments[:-2]
            server.start()
            expect(server.client().call("GET", "a") == b"1", "the write before the tail is lost")
            expect("Truncating the AOF" in server.log(), server.log_tail())
            server.stop()
            expect(read(last_increment(server)) == whole, "the file is not cut")


def refused(server, text):
    try:
        server.start()
    except Exception:  # pylint: disable=broad-except
        expect(text in server.log_tail(5), server.log_tail(8))
        return
    expect(False, f"it started:\n{server.log_tail(8)}")


def case_damage_is_refused(arguments):
    """what is no command, a missing file and a bad manifest stop the start and are left alone"""
    with append_only(arguments) as server:
        server.client().call("SET", "a", "1")
        server.stop()
        increment = last_increment(server)
        whole = read(increment)
        for damaged, text in ((b"x" + whole, "Bad file format reading the append only file"),
                              (whole + b"*0\r\n", "at offset"),
                              (whole + b"*1\r\n$6\r\nNOSUCH\r\n", "Unknown command 'NOSUCH'")):
            with open(increment, "wb") as file:
                file.write(damaged)
            refused(server, text)
            expect(read(increment) == damaged, "the damaged file was changed")
        os.rename(increment, increment + ".away")
        refused(server, "Unable to obtain the AOF file")
        os.rename(increment + ".away", increment)
        with open(increment, "wb") as file:
            file.write(whole)
        with open(path_of(server, "appendonly.aof.manifest"), "ab") as file:
            file.write(b"file x seq 9 type z\n")
        refused(server, "Unknown AOF file type")


def case_missing_files(arguments):
    """append only files that are missing beside a snapshot: the snapshot is loaded, with a word"""
    with append_only(arguments, "--appendonly", "no") as server:
        client = server.client()
        run_commands(client, 5, 500)
        ours = digest(client)
        client.call("SAVE")
        server.stop()
        server.arguments = [*TIER, *APPEND_ONLY]
        server.start()
        expect(digest(server.client()) == ours, "the snapshot was not loaded")
        expect("a base of the append only file is made from it" in server.log(), server.log_tail())
        server.stop()
        with stock(server.directory) as other:
            expect(digest(other.client()) == ours, "redis-server has other data")
        shutil.rmtree(os.path.join(server.directory, NAMES))
        server.arguments += ["--aof-missing-use-rdb", "no"]
        server.start()
        expect(server.client().call("DBSIZE") == 0, "aof-missing-use-rdb no was not kept to")


def check(tool, *arguments, answer="y"):
    run = subprocess.run([tool, *arguments], input=answer + "\n", capture_output=True, text=True,
                         timeout=60, check=False)
    return run.returncode, run.stdout


def case_check_tool(arguments):
    """basalt-check-aof agrees with redis-check-aof, repairs an end, and finds a flipped bit"""
    ours = os.path.join(os.path.dirname(arguments.server), "..", "persist", "basalt-check-aof")
    theirs = shutil.which("redis-check-aof")
    with append_only(arguments, "--aof-timestamp-enabled", "yes") as server:
        client = server.client()
        run_commands(client, 2, 300)
        rewrite(client)
        run_commands(client, 3, 300)
        client.call("SET", "a", "value")
        server.stop()
        names = path_of(server, "appendonly.aof.manifest")
        increment = last_increment(server)
        whole = read(increment)
        for tool in (ours, theirs):
            code, text = check(tool, names)
            expect(code == 0 and "All AOF files and manifest are valid" in text, text)
        with open(increment, "ab") as file:
            file.write(b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$5\r\nhe")
        for tool in (theirs, ours):
            code, text = check(tool, names)
            expect(code == 1 and "Use the --fix option to try fixing it" in text, text)
        code, text = check(ours, "--fix", names, answer="n")
        expect(code == 1 and read(increment) != whole, text)
        code, text = check(ours, "--fix", names)
        expect(code == 0 and read(increment) == whole, text)
        at = whole.rindex(b"value")
        with open(increment, "r+b") as file:
            file.seek(at)
            file.write(b"w")
        code, text = check(ours, names)
        expect(code == 1 and "the checksum of a batch does not fit" in text, text)
        with open(increment, "wb") as file:
            file.write(whole + b"#TS:4000000000\r\n*1\r\n$8\r\nFLUSHALL\r\n")
        code, text = check(ours, "--truncate-to-timestamp", "3999999999", names)
        expect(code == 1 or read(increment) == whole, text)
        expect(read(increment) == whole, text)


def case_flipped_bit(arguments):
    """a batch that is not what was written ends the start, with file, place and what repairs it"""
    with append_only(arguments, "--appendfsync", "always") as server:
        client = server.client()
        for number in range(20):
            client.call("SET", f"key{number}", f"value{number}")
        server.stop()
        increment = last_increment(server)
        whole = read(increment)
        at = whole.index(b"value7")
        with open(increment, "r+b") as file:
            file.seek(at)
            file.write(b"w")
        refused(server, "the checksum of a batch does not fit")
        expect("basalt-check-aof --fix" in server.log_tail(2), server.log_tail(3))
        with open(increment, "wb") as file:
            file.write(whole)
        server.start()
        expect(server.client().call("GET", "key7") == b"value7", "the value is lost")


# ---- Live

def case_switch_live(arguments):
    """CONFIG SET appendonly yes and no: a base of the moment, and no byte after the end"""
    with append_only(arguments, "--appendonly", "no") as server:
        client = server.client(timeout=60)
        run_commands(client, 11, 500)
        client.call("CONFIG", "SET", "appendonly", "yes")
        run_commands(client, 12, 500)
        wait_until(lambda: client.info("persistence")["aof_rewrites"] == "1", 60, "the first base")
        run_commands(client, 13, 200)
        ours = digest(client)
        client.call("CONFIG", "SET", "appendonly", "no")
        wait_until(lambda: client.info("persistence")["aof_enabled"] == "0", 10, "the end")
        client.call("SET", "later", "1")
        server.stop()
        server.arguments = [*TIER, *APPEND_ONLY]
        server.start()
        expect(digest(server.client()) == ours, "the files hold something else")


def case_automatic_rewrite(arguments):
    """the file is rewritten when it has grown by so many percent, and history is removed"""
    with append_only(arguments, "--auto-aof-rewrite-min-size", "100kb") as server:
        client = server.client(timeout=60)
        for i in range(40):
            client.pipeline([("SET", "key", str(i) * 1000)] * 50)
        wait_until(lambda: client.info("persistence")["aof_rewrites"] not in ("0", "1"), 60,
                   "an automatic rewrite")
        wait_until(rewritten(client), 60, "its end")
        wait_until(lambda: len(files(server)) == 3, 10, "the end of history")
        expect("Starting automatic rewriting of AOF on" in server.log(), server.log_tail())
        note(manifest(server).replace("\n", "; "))


def case_timestamps(arguments):
    """annotations of time are written where that is wanted, and skipped by both servers"""
    with append_only(arguments, "--aof-timestamp-enabled", "yes") as server:
        server.client().call("SET", "a", "1")
        server.stop()
        expect(b"\r\n#TS:" in read(last_increment(server)), "there is no annotation")
        with stock(server.directory) as other:
            expect(other.client().call("GET", "a") == b"1", "redis-server has lost the key")
        server.start()
        expect(server.client().call("GET", "a") == b"1", "the key is lost")
