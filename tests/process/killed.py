"""kill -9 while a snapshot is written: the file of the one before is intact, always."""

import hashlib
import os
import random
import threading
import time

from case import basalt, compare, expect, expect_saved, note, wait_until
from numbered import Model
from support.resp import Closed
from moment import check_file, load_in_stock

KEYS = 40_000
VALUE_BYTES = 1000
ROUNDS = 8
# What a snapshot of the data takes at the rate it is limited to.
RATE_BYTES = 32 << 20
SNAPSHOT_SECONDS = 1.3


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def temporary_files(directory):
    return [name for name in os.listdir(directory) if name.startswith("temp")]


def write_until_killed(client, model):
    try:
        while True:
            model.write_batch(client, 50)
    except (OSError, Closed):
        pass


def kill_in_snapshot(server, seed):
    """BGSAVE, writes, and kill -9 after a random time. Whether there was a temporary file."""
    client = server.client(timeout=60)
    model = Model(KEYS, VALUE_BYTES, seed)
    client.call("BGSAVE")
    writer = threading.Thread(target=write_until_killed, args=(client, model))
    writer.start()
    time.sleep(random.Random(seed).uniform(0, SNAPSHOT_SECONDS))
    left = bool(temporary_files(server.directory))
    server.kill()
    writer.join()
    client.close()
    return left


def case_killed(arguments):
    """after kill -9 at any instant of BGSAVE the older file is intact and loads"""
    with basalt(arguments, "--snapshot-rate-limit", str(RATE_BYTES)) as server:
        path = os.path.join(server.directory, "dump.rdb")
        client = server.client(timeout=60)
        model = Model(KEYS, VALUE_BYTES, seed=3)
        model.fill(client)
        client.call("SAVE")
        expect_saved(server, client)
        client.close()
        saved = digest(path)
        interrupted = 0
        for seed in range(ROUNDS):
            interrupted += kill_in_snapshot(server, seed)
            if "DB saved on disk" in server.log().rsplit("Background saving started", 1)[1]:
                # It was complete before the kill, and is another moment's: begin again from it.
                note(f"round {seed}: the snapshot was faster than the kill")
                saved = digest(path)
                check_file(path)
                model = None
            expect(digest(path) == saved, f"round {seed}: the file of the snapshot before changed")
            server.start()
            left = temporary_files(server.directory)
            expect(not left, f"round {seed}: {left} left behind after the start")
            client = server.client(timeout=60)
            if model is not None:
                compare(client, model, f"round {seed}")
            client.close()
        expect(interrupted >= ROUNDS // 2, f"only {interrupted} of {ROUNDS} kills hit a snapshot")
        note(f"{interrupted} of {ROUNDS} kills hit a snapshot")
        check_file(path)
        if model is not None:
            load_in_stock(path, model, "the file, in stock Redis")


def case_leftovers_of_others(arguments):
    """a start removes the temporary files of snapshots that nobody writes any more, no others"""
    with basalt(arguments, "--snapshot-rate-limit", str(1 << 20)) as writer:
        client = writer.client(timeout=60)
        Model(20_000, 500, seed=4).fill(client)
        client.call("BGSAVE")
        wait_until(lambda: temporary_files(writer.directory), 10, "a temporary file")
        used = temporary_files(writer.directory)
        for name in ("temp-4194304.rdb", "temp-note.rdb", "temporary.rdb"):
            with open(os.path.join(writer.directory, name), "w", encoding="ascii") as file:
                file.write("REDIS")
        with basalt(arguments, directory=writer.directory):
            left = sorted(temporary_files(writer.directory))
            expect(left == sorted([*used, "temp-note.rdb", "temporary.rdb"]), f"left: {left}")
        client.close()
        writer.kill()
