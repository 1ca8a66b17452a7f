"""A snapshot is the data set at one moment: that of the command."""

import os
import shutil
import subprocess
import tempfile

from case import (MIB, Skipped, basalt, compare, expect, expect_saved, note, saving, stock,
                  wait_until)
from numbered import Model, run
from support.server import STOCK

KEYS = 200_000
VALUE_BYTES = 1100
BATCH = 100
# How many batches follow the command at least, however fast the snapshot is.
BATCHES_AFTER = 200


def check_file(path):
    checker = shutil.which("redis-check-rdb")
    if checker is None:
        raise Skipped("redis-check-rdb is not installed")
    checked = subprocess.run([checker, path], capture_output=True, text=True, check=False)
    expect(checked.returncode == 0, f"redis-check-rdb: {checked.stdout[-800:]}")


def load_in_stock(path, model, what):
    """Stock Redis loads a copy of the file, and its content is the model."""
    if not os.path.exists(STOCK):
        raise Skipped("redis-server is not installed")
    with tempfile.TemporaryDirectory(prefix="basalt-test-") as directory:
        shutil.copy(path, os.path.join(directory, "dump.rdb"))
        with stock(directory) as redis:
            client = redis.client(timeout=60)
            compare(client, model, what)
            client.close()


def save_amid_writes(client, model, *after):
    """BGSAVE in the middle of a pipeline, `after` at once behind it. The model at the command."""
    before = [model.any_write() for _ in range(BATCH // 2)]
    frozen = model.copy()
    commands = [*before, ("BGSAVE",), *after]
    if after:
        model.state.clear()
    commands += [model.any_write() for _ in range(BATCH // 2)]
    run(client, commands)
    return frozen


def write_until_saved(client, model):
    batches = 0
    while batches < BATCHES_AFTER or saving(client):
        model.write_batch(client, BATCH)
        batches += 1
    return batches * BATCH


def judge(server, client, frozen, what):
    expect_saved(server, client)
    path = os.path.join(server.directory, "dump.rdb")
    note(f"{what}: {os.path.getsize(path) / MIB:.0f} MB; "
         f"{[line for line in server.log().splitlines() if 'DB saved' in line][-1]}")
    check_file(path)
    load_in_stock(path, frozen, f"{what}, in stock Redis")


def case_moment(arguments):
    """a snapshot amid writes holds exactly the moment of the command, here and in stock Redis"""
    with basalt(arguments) as server:
        client = server.client(timeout=60)
        model = Model(KEYS, VALUE_BYTES, seed=1, large_in=10_000)
        model.fill(client)
        frozen = save_amid_writes(client, model)
        note(f"{write_until_saved(client, model)} writes after the command")
        compare(client, model, "the data set after the snapshot")
        judge(server, client, frozen, "a snapshot amid writes")
        client.close()
        server.kill()
        server.start()
        client = server.client(timeout=60)
        compare(client, frozen, "a restart from the same file")
        client.close()


def case_moment_of_flush(arguments):
    """a snapshot with FLUSHALL right behind it holds everything that was flushed"""
    with basalt(arguments) as server:
        client = server.client(timeout=60)
        model = Model(KEYS // 2, VALUE_BYTES, seed=2)
        model.fill(client)
        frozen = save_amid_writes(client, model, ("FLUSHALL",))
        model.write_batch(client, BATCH)
        wait_until(lambda: not saving(client), 120, "the end of BGSAVE")
        compare(client, model, "the data set after the flush")
        judge(server, client, frozen, "a snapshot before a flush")
        client.close()
