"""What the cases share: outcomes, waiting, servers with a cold tier, comparing with a model."""

import time

from support.server import STOCK, Server

MIB = 1 << 20
# Commands per pipeline when a whole data set is read.
READ_BATCH = 400


class Failed(Exception):
    """The server did not do what the case says."""


class Skipped(Exception):
    """This machine cannot run the case; the text says why."""


def expect(condition, text):
    if not condition:
        raise Failed(text)


def note(text):
    print(f"# {text}", flush=True)


def wait_until(condition, seconds, what, interval=0.05):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not happen within {seconds} s")
        time.sleep(interval)


def basalt(arguments, *options, maxmemory_mb=64, directory=None, prefix=()):
    """A server with the tier on and no save points."""
    return Server(arguments.server,
                  ["--tier", "yes", "--save", "", "--maxmemory", f"{maxmemory_mb}mb", *options],
                  directory=directory, prefix=prefix, start_seconds=300)


def stock(directory):
    return Server(STOCK, ["--save", "", "--appendonly", "no"], directory=directory,
                  start_seconds=300)


def saving(client):
    return client.info("persistence")["rdb_bgsave_in_progress"] == "1"


def expect_saved(server, client):
    expect(client.info("persistence")["rdb_last_bgsave_status"] == "ok",
           "BGSAVE failed:\n" + server.log_tail(10))


def compare(client, model, what):
    """Every key of `model`, its value and its expiry, and that there are no others."""
    keys = client.call("DBSIZE")
    expect(keys == len(model.state), f"{what}: {keys} keys instead of {len(model.state)}")
    items = list(model.state.items())
    for at in range(0, len(items), READ_BATCH):
        batch = items[at:at + READ_BATCH]
        replies = client.pipeline(
            [command for number, _ in batch
             for command in (("GET", model.key(number)), ("PEXPIRETIME", model.key(number)))])
        for position, (number, unit) in enumerate(batch):
            value, expiry = replies[2 * position].value, replies[2 * position + 1].value
            if value != model.value(unit):
                raise Failed(f"{what}: key {number} is {describe(value)}, not "
                             f"{describe(model.value(unit))} of writes {unit.writes}")
            if expiry != unit.expiry_ms:
                raise Failed(f"{what}: key {number} expires at {expiry}, not {unit.expiry_ms}")


def describe(value):
    if value is None:
        return "absent"
    return f"{len(value)} bytes {value[:24]!r}..."
