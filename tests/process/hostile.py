"""Resident memory stays within its bound whatever clients do, and each of them gets an answer.

An answer is a reply, a clear error, or an end of the connection whose reason is in the log.
"""

import random
import socket
import time

from case import MIB, basalt, expect, note, wait_until
from numbered import POOL
from support import procfs
from support.resp import Closed, encode

MAXMEMORY_MB = 256


def bound_bytes(maxmemory_mb):
    return int(1.05 * maxmemory_mb * MIB) + 32 * MIB


class Watched:
    """Judges the highest resident size of a server since the block began, and that it still serves."""

    def __init__(self, server, what, maxmemory_mb=MAXMEMORY_MB):
        self.server = server
        self.what = what
        self.maxmemory_mb = maxmemory_mb

    def __enter__(self):
        procfs.reset_peak_resident(self.server.pid)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        expect(self.server.alive(), f"{self.what}: the server ended:\n{self.server.log_tail(20)}")
        client = self.server.client(timeout=30)
        expect(client.call("PING") == b"PONG", f"{self.what}: PING is not answered")
        client.close()
        peak = procfs.peak_resident_bytes(self.server.pid)
        bound = bound_bytes(self.maxmemory_mb)
        note(f"{self.what}: {peak / MIB:.0f} MB resident at most, {bound / MIB:.0f} promised")
        expect(peak <= bound, f"{self.what}: {peak} bytes resident, the bound is {bound}")


def value(number, length):
    start = number * 977 % (len(POOL) // 2)
    data = POOL[start:start + min(length, len(POOL) // 2)]
    return b"%d:" % number + data * (length // len(data))


def fill(client, count, length, prefix=b"v"):
    """`count` values of about `length` bytes, in pipelines of at most 4 MB."""
    batch = max(1, min(200, 4 * MIB // length))
    for at in range(0, count, batch):
        commands = [("SET", b"%s:%d" % (prefix, n), value(n, length))
                    for n in range(at, min(at + batch, count))]
        for reply in client.pipeline(commands):
            expect(not reply.is_error(), f"SET: {reply.value!r}")


def case_keys(arguments):
    """KEYS * over more keys than a reply may hold is refused, or answered in full"""
    count = 600_000
    with basalt(arguments, maxmemory_mb=64) as server:
        client = server.client(timeout=60)
        for at in range(0, count, 1000):
            client.call("MSET", *[word for n in range(at, at + 1000)
                                  for word in (b"a-key-of-some-length:%030d" % n, b"v")])
        with Watched(server, "KEYS *", 64):
            reply = client.execute("KEYS", "*")
            if reply.is_error():
                expect(b"OOM" in reply.value or b"SCAN" in reply.value,
                       f"KEYS *: {reply.value!r}")
                note(f"KEYS *: {reply.value.decode()}")
            else:
                expect(len(reply.value) == count, f"KEYS *: {len(reply.value)} of {count} keys")
        client.close()


def case_mget_of_cold_values(arguments):
    """MGET of more cold bytes than memory holds is refused; one that fits is answered"""
    count = 8000
    with basalt(arguments, maxmemory_mb=64) as server:
        client = server.client(timeout=60)
        fill(client, count, 60_000)
        names = [b"v:%d" % n for n in range(count)]
        with Watched(server, "MGET of cold values", 64):
            reply = client.execute("MGET", *names[:2000])
            expect(reply.is_error() and b"OOM" in reply.value, f"MGET: {str(reply.value)[:200]}")
            note(f"MGET: {reply.value.decode()}")
            for at in range(0, 2000, 100):
                reply = client.execute("MGET", *names[at:at + 100])
                expect(not reply.is_error(), f"MGET of 100: {str(reply.value)[:200]}")
                for n, item in enumerate(reply.value, at):
                    expect(item.value == value(n, 60_000), f"MGET: value {n} is wrong")
        client.close()


def half_sent(server, what, bulk_bytes):
    """50 clients send a bulk as far as they may, but for its last byte; another is served."""
    chunk = b"x" * (256 * 1024)
    with Watched(server, what):
        peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
        for number, peer in enumerate(peers):
            peer.setblocking(False)
            send_some(peer, b"*3\r\n$3\r\nSET\r\n$6\r\nbig:%02d\r\n$%d\r\n" % (number, bulk_bytes))
        left = [bulk_bytes - 1] * len(peers)
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline and any(left):
            before = sum(left)
            for number, peer in enumerate(peers):
                left[number] -= send_some(peer, chunk[:left[number]])
            if sum(left) == before:
                time.sleep(0.01)
        note(f"{what}: {(bulk_bytes * len(peers) - sum(left)) / MIB:.0f} MB taken")
        client = server.client(timeout=30)
        expect(client.call("SET", "small", "value") == b"OK", "a small SET is not served")
        expect(client.call("GET", "small") == b"value", "a small GET is not served")
        client.close()
    for peer in peers:
        peer.close()


def case_half_sent_bulks(arguments):
    """50 clients that announce 512 MB and send part of it are refused, with the reason in the log"""
    with basalt(arguments, maxmemory_mb=MAXMEMORY_MB) as server:
        half_sent(server, "bulks of 512 MB", 512 * MIB)
        expect(server.log().count("sends a bulk of more than a quarter") == 50,
               "not every client was refused:\n" + server.log_tail())
        client = server.client(timeout=30)
        reply = client.send_raw(b"*2\r\n$4\r\nECHO\r\n$300000000\r\nx") or client.read()
        expect(reply.is_error() and b"OOM command needs 300000000 bytes" in reply.value,
               f"a large bulk: {reply.value!r}")
        client.close()


def case_half_sent_allowed_bulks(arguments):
    """50 clients that stop within 60 MB each leave room for others, and one alone is served"""
    with basalt(arguments, maxmemory_mb=MAXMEMORY_MB) as server:
        half_sent(server, "bulks of 60 MB", 60 * MIB)
        with Watched(server, "one bulk of 60 MB"):
            client = server.client(timeout=60)
            sent = value(3, 60 * MIB)
            expect(client.call("SET", "big", sent) == b"OK", "SET of 60 MB")
            expect(client.call("GET", "big") == sent, "GET of 60 MB")
            client.close()


def send_some(peer, data):
    """What the peer takes now; 0 when it takes nothing or has closed."""
    try:
        return peer.send(data)
    except (BlockingIOError, ConnectionError):
        return 0


def case_clients_that_never_read(arguments):
    """100 clients that pipeline GETs of large values and never read do not take its memory"""
    with basalt(arguments, maxmemory_mb=MAXMEMORY_MB) as server:
        client = server.client(timeout=60)
        fill(client, 40, MIB, b"large")
        fill(client, 2000, 65_000)
        pick = random.Random(5)
        with Watched(server, "clients that never read"):
            peers = []
            for _ in range(100):
                peer = server.client(timeout=30)
                peers.append(peer)
                peer.send_raw(b"".join(
                    encode(("GET", pick.choice((b"large:%d" % pick.randrange(40),
                                                b"v:%d" % pick.randrange(2000)))))
                    for _ in range(200)))
            until = time.monotonic() + 15
            while time.monotonic() < until:
                expect(client.call("SET", "small", "value") == b"OK", "a SET is not served")
                n = pick.randrange(2000)
                expect(client.call("GET", b"v:%d" % n) == value(n, 65_000), "a GET is wrong")
                time.sleep(0.05)
        for peer in peers:
            peer.close()
        client.close()


def case_append_during_snapshot(arguments):
    """APPEND to a string of 100 MB during BGSAVE is answered within the bound"""
    with basalt(arguments, maxmemory_mb=MAXMEMORY_MB) as server:
        client = server.client(timeout=60)
        piece = value(1, MIB)
        for _ in range(100):
            client.call("APPEND", "long", piece)
        fill(client, 60_000, 1000)
        with Watched(server, "APPEND during BGSAVE"):
            length = client.call("STRLEN", "long")
            client.call("BGSAVE")
            for number in range(50):
                reply = client.execute("APPEND", "long", b"more:%d" % number)
                if reply.is_error():
                    note(f"APPEND: {reply.value.decode()}")
                    break
                length += len(b"more:%d" % number)
            expect(client.call("STRLEN", "long") == length, "APPEND: the length is wrong")
            wait_until(lambda: client.info("persistence")["rdb_bgsave_in_progress"] == "0", 120,
                       "the end of BGSAVE")
            expect(client.info("persistence")["rdb_last_bgsave_status"] == "ok",
                   "BGSAVE failed:\n" + server.log_tail())
        client.close()


def case_pipeline_before_reading(arguments):
    """a client that writes 100 MB of pipeline before it reads anything is served"""
    with basalt(arguments, maxmemory_mb=MAXMEMORY_MB) as server:
        with Watched(server, "100 MB of pipeline"):
            client = server.client(timeout=60)
            count = 100_000
            for at in range(0, count, 1000):
                client.send_raw(b"".join(encode(("SET", b"k:%d" % n, value(n, 970)))
                                         for n in range(at, at + 1000)))
            for n in range(count):
                reply = client.read()
                expect(reply.value == b"OK", f"reply {n} is {reply.value!r}")
            for at in range(0, 400_000, 1000):
                client.send_raw(encode(("GET", b"k:%d" % (at % count))) * 1000)
                if at >= 100_000:
                    break
            try:
                for at in range(0, 101_000):
                    n = at // 1000 * 1000 % count
                    expect(client.read().value == value(n, 970), f"GET {n} is wrong")
            except Closed:
                expect("Closing client" in server.log(), "closed without a reason in the log")
            client.close()
