"""Writes that carry a sequence number, and a model of the data set after each of them.

Write number n changes one key; the value says n. So the content after each write differs from that
after every other, and a copy that mixes two moments equals none of them.
"""

import dataclasses
import random
import typing

POOL = random.Random(7).randbytes(1 << 20)
FAR_MS = 4_000_000_000_000  # An expiry that no test sees.


@dataclasses.dataclass(frozen=True)
class Unit:
    """A key's value: the pieces that these writes, with these lengths, have put together."""
    writes: typing.Tuple[typing.Tuple[int, int], ...]
    expiry_ms: int = -1


def piece(write, length):
    head = b"%d:%d:" % (write, length)
    start = write * 977 % (len(POOL) // 2)
    return head + POOL[start:start + length]


class Model:
    """Makes commands, and knows what they leave behind."""

    def __init__(self, keys, value_bytes, seed, large_in=0):
        self.keys = keys
        self.value_bytes = value_bytes
        self.large_in = large_in
        self.random = random.Random(seed)
        self.state = {}
        self.writes = 0

    @staticmethod
    def key(number):
        return b"key:%012d" % number

    @staticmethod
    def value(unit):
        return b"".join(piece(write, length) for write, length in unit.writes)

    def copy(self):
        """The model as it is now, for comparing; it makes no more commands."""
        frozen = Model(self.keys, self.value_bytes, 0)
        frozen.state = dict(self.state)
        frozen.writes = self.writes
        return frozen

    def _length(self):
        if self.large_in and self.random.randrange(self.large_in) == 0:
            return self.random.randrange(66_000, 200_000)
        return self.random.randrange(8, 2 * self.value_bytes)

    def set(self, number):
        self.writes += 1
        unit = Unit(((self.writes, self._length()),))
        self.state[number] = unit
        return ("SET", self.key(number), self.value(unit))

    def any_write(self):
        """SET, SET PXAT, DEL, APPEND, PEXPIREAT or PERSIST of a random key."""
        number = self.random.randrange(self.keys)
        kind = self.random.randrange(20)
        unit = self.state.get(number)
        if unit is None or kind < 10:
            return self.set(number)
        self.writes += 1
        key = self.key(number)
        if kind < 12:
            unit = Unit(((self.writes, self._length()),), FAR_MS + self.writes)
            self.state[number] = unit
            return ("SET", key, self.value(unit), "PXAT", unit.expiry_ms)
        if kind < 15:
            del self.state[number]
            return ("DEL", key)
        if kind < 17 and len(unit.writes) < 8:
            added = (self.writes, self.random.randrange(8, 200))
            self.state[number] = Unit(unit.writes + (added,), unit.expiry_ms)
            return ("APPEND", key, piece(*added))
        if kind < 19:
            self.state[number] = Unit(unit.writes, FAR_MS + self.writes)
            return ("PEXPIREAT", key, FAR_MS + self.writes)
        self.state[number] = Unit(unit.writes)
        return ("PERSIST", key)

    def fill(self, client, batch=200):
        for at in range(0, self.keys, batch):
            run(client, [self.set(number) for number in range(at, min(at + batch, self.keys))])

    def write_batch(self, client, count):
        run(client, [self.any_write() for _ in range(count)])


def run(client, commands):
    """Sends the commands in one write; an error reply ends the test. Returns the replies."""
    replies = client.pipeline(commands)
    for command, reply in zip(commands, replies):
        if reply.is_error():
            raise AssertionError(f"{command[0]} {command[1:2]}: {reply.value!r}")
    return replies
