"""Sends the same seeded random commands to redis-server and to Basalt and compares every reply, and
the content at the end, as TAP.

    python3 tests/differential/differential.py --commands 20000 --seed 1
    python3 tests/differential/differential.py --commands 1000000 --maxmemory 64mb

Replies without an order are compared sorted; of random picks the count alone. What a random pick
changed (SPOP) is made equal again by removing on the other server what was taken.
"""

import argparse
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from support.server import BASALT, STOCK, Server  # noqa: E402

KEYS = 24


class Words:
    """Random keys, fields and values: few, so that commands meet; some at their limits."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def key(self):
        return f"key:{self.random.randrange(KEYS)}"

    def field(self):
        pick = self.random.random()
        if pick < 0.5:
            return f"f{self.random.randrange(40)}"
        if pick < 0.8:
            return str(self.random.randrange(-20, 600))
        if pick < 0.9:
            return self.number()
        return self.random.choice(["", "x" * 70, "007", "-0", " 1", "f" * 3000, "a\r\nb\0c"])

    def number(self):
        edge = self.random.choice([0, 1 << 7, 1 << 15, 1 << 31, 1 << 63])
        return str(self.random.choice([-1, 1]) * edge + self.random.randrange(-2, 3))

    def value(self):
        pick = self.random.random()
        if pick < 0.4:
            return str(self.random.randrange(100000))
        if pick < 0.6:
            return self.number()
        if pick < 0.97:
            return "v" * self.random.randrange(70)
        return "w" * self.random.randrange(6000)

    def score(self):
        pick = self.random.random()
        if pick < 0.5:
            return str(self.random.randrange(-20, 20))
        if pick < 0.8:
            return repr(self.random.uniform(-5, 5))
        return self.random.choice(["inf", "-inf", "1e300", "-2.5e-310", "3", "nan", "x", "1e17",
                                   "12345678901", self.number()])

    def bound(self):
        return self.random.choice(["", "", "("]) + self.score()

    def lex_key(self):
        return f"lex:{self.random.randrange(3)}"

    def lex_bound(self):
        return self.random.choice(["-", "+", "[" + self.field(), "(" + self.field()])

    def scored(self, most):
        return [word for _ in range(self.random.randrange(1, most + 1))
                for word in (self.score(), self.field())]

    def some_flags(self):
        return [flag for flag in ("NX", "XX", "GT", "LT", "CH", "INCR")
                if self.random.random() < 0.1]

    def limit(self):
        return self.random.choice([[], [], ["LIMIT", self.random.randrange(-1, 5),
                                            self.random.randrange(-1, 20)]])

    def zset_range(self):
        """Bounds and options of ZRANGE and ZRANGESTORE, often of a kind."""
        rank, reverse = self.random.randrange, self.random.choice([[], ["REV"]])
        return self.random.choice([
            [rank(-9, 9), rank(-9, 30), *reverse],
            [self.bound(), self.bound(), "BYSCORE", *reverse, *self.limit()],
            [0, -1, *reverse, *self.limit()]])

    def operands(self, options):
        keys = self.some(self.key, 3)
        words = [len(keys), *keys]
        if options and self.random.random() < 0.4:
            # None is negative: a score of -0 is 0 here.
            words += ["WEIGHTS", *[self.score().lstrip("-") for _ in keys]]
        if options and self.random.random() < 0.4:
            words += ["AGGREGATE", self.random.choice(["SUM", "MIN", "MAX", "AVG"])]
        return words

    def count(self):
        return self.random.choice([0, 1, 2, 3, 10, 100, -1, -5, "x", "2147483648"])

    def index(self):
        return self.random.choice([0, 1, -1, -2, 5, -7, 60, 10000, "-9223372036854775808"])

    def stream_id(self):
        return f"{self.random.randrange(2000)}-{self.random.randrange(3)}"

    def some(self, make, most):
        return [make() for _ in range(self.random.randrange(1, most + 1))]

    def pairs(self):
        return [word for _ in range(self.random.randrange(1, 4))
                for word in (self.field(), self.value())]


def list_commands(words):
    """As commands(), of lists."""
    key, field, value, count = words.key, words.field, words.value, words.count
    pick = words.random.choice
    return [
        (6, lambda: [pick(["LPUSH", "RPUSH"]), key(), *words.some(value, 6)], None),
        (2, lambda: [pick(["LPUSHX", "RPUSHX"]), key(), *words.some(field, 4)], None),
        (3, lambda: [pick(["LPOP", "RPOP"]), key()], None),
        (2, lambda: [pick(["LPOP", "RPOP"]), key(), count()], None),
        (1, lambda: ["LLEN", key()], None),
        (2, lambda: ["LINDEX", key(), words.index()], None),
        (2, lambda: ["LRANGE", key(), words.index(), words.index()], None),
        (2, lambda: ["LINSERT", key(), pick(["BEFORE", "AFTER"]), field(), value()], None),
        (2, lambda: ["LSET", key(), words.index(), value()], None),
        (2, lambda: ["LREM", key(), count(), field()], None),
        (1, lambda: ["LTRIM", key(), pick([0, 1, -200]), pick([-1, -2, 300])], None),
        (2, lambda: ["LPOS", key(), field(), *pick([[], ["RANK", -1], ["COUNT", 0],
                                                    ["MAXLEN", 5, "RANK", 2]])], None),
        (3, lambda: ["LMOVE", key(), key(), pick(["LEFT", "RIGHT"]), pick(["LEFT", "RIGHT"])],
         None),
        (1, lambda: ["RPOPLPUSH", key(), key()], None),
        (1, lambda: ["LMPOP", 2, key(), key(), pick(["LEFT", "RIGHT"]), "COUNT", pick([1, 3])],
         None),
    ]


def stream_commands(words):
    """As commands(), of streams."""
    key, value, stream_id = words.key, words.value, words.stream_id
    pick = words.random.choice
    group = lambda: pick(["g", "h"])  # noqa: E731
    name = lambda: pick(["alice", "bob", "carol"])  # noqa: E731
    return [
        (12, lambda: ["XADD", key(), stream_id(), *words.pairs()], None),
        (6, lambda: ["XADD", key(), f"{words.random.randrange(2000)}-*", "field", value()], None),
        (2, lambda: ["XADD", key(), pick(["MAXLEN", "MINID"]), pick(["~", "="]), pick([5, 50, 150]),
                     "2000-*", "field", value()], None),
        (1, lambda: ["XTRIM", key(), pick(["MAXLEN", "MINID"]), pick([3, 20, 300])], None),
        (1, lambda: ["XLEN", key()], None),
        (3, lambda: ["XRANGE", key(), stream_id(), stream_id(), "COUNT", pick([1, 5, 1000])],
         None),
        (2, lambda: ["XREVRANGE", key(), pick(["+", stream_id()]), pick(["-", stream_id()])], None),
        (3, lambda: ["XDEL", key(), *words.some(stream_id, 4)], None),
        (1, lambda: ["XSETID", key(), stream_id()], None),
        (2, lambda: ["XREAD", "COUNT", pick([1, 10]), "STREAMS", key(), key(), stream_id(), 0],
         None),
        (4, lambda: ["XGROUP", "CREATE", key(), group(), pick([0, "$", stream_id()]),
                     *pick([[], ["MKSTREAM"]])], None),
        (1, lambda: ["XGROUP", "SETID", key(), group(), stream_id()], None),
        (1, lambda: ["XGROUP", "DESTROY", key(), group()], None),
        (1, lambda: ["XGROUP", "CREATECONSUMER", key(), group(), name()], None),
        (1, lambda: ["XGROUP", "DELCONSUMER", key(), group(), name()], None),
        (6, lambda: ["XREADGROUP", "GROUP", group(), name(), "COUNT", pick([1, 7]),
                     *pick([[], ["NOACK"]]), "STREAMS", key(), pick([">", ">", 0])], None),
        (3, lambda: ["XACK", key(), group(), *words.some(stream_id, 4)], None),
        (2, lambda: ["XPENDING", key(), group()], None),
        (2, lambda: ["XCLAIM", key(), group(), name(), 0, *words.some(stream_id, 3),
                     *pick([[], ["FORCE"], ["JUSTID"]])], None),
        (2, lambda: ["XAUTOCLAIM", key(), group(), name(), 0, stream_id(), "COUNT", pick([1, 9])],
         None),
        (2, lambda: ["XINFO", "STREAM", key()], None),
        (2, lambda: ["XINFO", "GROUPS", key()], None),
    ]


def hash_and_set_commands(words):
    key, field, value, count = words.key, words.field, words.value, words.count
    pick = words.random.choice
    return [
        (12, lambda: ["HSET", key(), *words.pairs()], None),
        (2, lambda: ["HMSET", key(), *words.pairs()], None),
        (2, lambda: ["HSETNX", key(), field(), value()], None),
        (5, lambda: ["HDEL", key(), *words.some(field, 4)], None),
        (3, lambda: ["HGET", key(), field()], None),
        (2, lambda: ["HMGET", key(), *words.some(field, 4)], None),
        (2, lambda: ["HGETALL", key()], "pairs"),
        (1, lambda: ["HKEYS", key()], "sorted"),
        (1, lambda: ["HVALS", key()], "sorted"),
        (2, lambda: ["HLEN", key()], None),
        (1, lambda: ["HSTRLEN", key(), field()], None),
        (1, lambda: ["HEXISTS", key(), field()], None),
        (3, lambda: ["HINCRBY", key(), field(), words.number()], None),
        (2, lambda: ["HINCRBYFLOAT", key(), field(), pick(["0.5", "-1e3", "3", "x", "1e400"])],
         None),
        (1, lambda: ["HRANDFIELD", key(), count()], "length"),
        (1, lambda: ["HRANDFIELD", key(), count(), "WITHVALUES"], "length"),
        (1, lambda: ["HSCAN", key(), "0", "COUNT", "100000"], "scan"),
        (12, lambda: ["SADD", key(), *words.some(field, 6)], None),
        (5, lambda: ["SREM", key(), *words.some(field, 4)], None),
        (2, lambda: ["SISMEMBER", key(), field()], None),
        (1, lambda: ["SMISMEMBER", key(), *words.some(field, 4)], None),
        (2, lambda: ["SCARD", key()], None),
        (2, lambda: ["SMEMBERS", key()], "sorted"),
        (3, lambda: ["SMOVE", key(), key(), field()], None),
        (1, lambda: ["SRANDMEMBER", key(), count()], "length"),
        (1, lambda: ["SPOP", key(), pick([1, 2, 1000])], "pop"),
        (1, lambda: ["SSCAN", key(), "0", "COUNT", "100000"], "scan"),
        (1, lambda: [pick(["SINTER", "SUNION", "SDIFF"]), *words.some(key, 3)], "sorted"),
        (2, lambda: [pick(["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]), key(),
                     *words.some(key, 3)], None),
        (1, lambda: ["SINTERCARD", 2, key(), key(), "LIMIT", pick([0, 1, 5])], None),
    ]


def sorted_set_commands(words):
    key, field, count = words.key, words.field, words.count
    pick = words.random.choice
    return [
        (10, lambda: ["ZADD", key(), *words.some_flags(), *words.scored(5)], None),
        (4, lambda: ["ZINCRBY", key(), words.score(), field()], None),
        (4, lambda: ["ZREM", key(), *words.some(field, 4)], None),
        (2, lambda: ["ZSCORE", key(), field()], None),
        (1, lambda: ["ZMSCORE", key(), *words.some(field, 4)], None),
        (2, lambda: [pick(["ZRANK", "ZREVRANK"]), key(), field()], None),
        (1, lambda: ["ZCARD", key()], None),
        (2, lambda: ["ZCOUNT", key(), words.bound(), words.bound()], None),
        (4, lambda: ["ZRANGE", key(), *words.zset_range(), *pick([[], ["WITHSCORES"]])], None),
        (2, lambda: ["ZRANGESTORE", key(), key(), *words.zset_range()], None),
        (2, lambda: ["ZREMRANGEBYSCORE", key(), words.bound(), words.bound()], None),
        (1, lambda: ["ZREMRANGEBYRANK", key(), words.random.randrange(-9, 9),
                     words.random.randrange(-9, 9)], None),
        (1, lambda: [pick(["ZPOPMIN", "ZPOPMAX"]), key(), *pick([[], [count()]])], None),
        (1, lambda: ["ZMPOP", 2, key(), key(), pick(["MIN", "MAX"]), "COUNT", count()], None),
        (1, lambda: ["ZRANDMEMBER", key(), count(), *pick([[], ["WITHSCORES"]])], "length"),
        (1, lambda: ["ZSCAN", key(), "0", "COUNT", "100000"], "scan"),
        (2, lambda: [pick(["ZUNION", "ZINTER"]), *words.operands(True),
                     *pick([[], ["WITHSCORES"]])], None),
        (1, lambda: ["ZDIFF", *words.operands(False), *pick([[], ["WITHSCORES"]])], None),
        (2, lambda: [pick(["ZUNIONSTORE", "ZINTERSTORE"]), key(), *words.operands(True)], None),
        (1, lambda: ["ZDIFFSTORE", key(), *words.operands(False)], None),
        (1, lambda: ["ZINTERCARD", *words.operands(False), "LIMIT", pick([0, 1, 5])], None),
        (4, lambda: ["ZADD", words.lex_key(), *[word for name in words.some(field, 9)
                                                for word in (0, name)]], None),
        (2, lambda: ["ZREM", words.lex_key(), *words.some(field, 4)], None),
        (2, lambda: [pick(["ZRANGEBYLEX", "ZREVRANGEBYLEX"]), words.lex_key(), words.lex_bound(),
                     words.lex_bound(), *words.limit()], None),
        (1, lambda: [pick(["ZLEXCOUNT", "ZREMRANGEBYLEX"]), words.lex_key(), words.lex_bound(),
                     words.lex_bound()], None),
        (1, lambda: ["ZRANK", words.lex_key(), field()], None),
    ]


def string_and_key_commands(words):
    key, value = words.key, words.value
    pick = words.random.choice
    return [
        (2, lambda: ["DEL", key()], None),
        (2, lambda: ["SET", key(), value()], None),
        (1, lambda: ["SET", key(), value(), "GET"], None),
        (2, lambda: ["GET", key()], None),
        (1, lambda: ["APPEND", key(), value()], None),
        (1, lambda: ["INCRBY", key(), words.number()], None),
        (1, lambda: ["GETRANGE", key(), words.random.randrange(-9, 9), 20], None),
        (1, lambda: ["TYPE", key()], None),
        (2, lambda: ["OBJECT", "ENCODING", key()], "encoding"),
        (1, lambda: ["EXISTS", *words.some(key, 3)], None),
        (1, lambda: ["COPY", key(), key(), *pick([[], ["REPLACE"]])], None),
        (1, lambda: ["RENAME", key(), key()], None),
        (1, lambda: ["EXPIRE", key(), 10000], None),
        (1, lambda: ["PERSIST", key()], None),
        (1, lambda: ["DUMP", key()], "restore"),
        (1, lambda: ["DEBUG", "DIGEST-VALUE", key()], None),
    ]


def commands(words):
    """Name, how to compare, and the arguments of every command, by weight."""
    return (hash_and_set_commands(words) + sorted_set_commands(words) + list_commands(words) +
            stream_commands(words) + string_and_key_commands(words))


def flat(reply):
    """A reply as text that two servers must agree on."""
    if isinstance(reply.value, list):
        return [flat(item) for item in reply.value]
    return (reply.kind, reply.value)


def comparable(how, reply):
    # A string that comes back from the tier is embstr or int again, as after a restart.
    if how == "encoding" and reply.value in (b"raw", b"embstr", b"int"):
        return "string"
    if not isinstance(reply.value, list):
        return flat(reply)
    items = flat(reply)
    if how == "length":
        return len(items)
    if how == "sorted":
        return sorted(items)
    if how == "pairs":
        return sorted(zip(items[::2], items[1::2]))
    if how == "scan":
        return [items[0], sorted(items[1])]
    return items


class Run:
    def __init__(self, stock, basalt, seed):
        self.stock = stock
        self.basalt = basalt
        self.words = Words(seed)
        table = commands(self.words)
        self.rows = [row for row in table for _ in range(row[0])]

    def both(self, *arguments):
        return self.stock.execute(*arguments), self.basalt.execute(*arguments)

    def step(self):
        """One command on both; what differs, or None."""
        _, make, how = self.words.random.choice(self.rows)
        arguments = make()
        theirs, ours = self.both(*arguments)
        if how == "pop":
            return self.after_pop(arguments, theirs, ours)
        if how == "restore":
            return self.restore_across(arguments[1], theirs, ours)
        expected, received = comparable(how, theirs), comparable(how, ours)
        if expected != received:
            return f"{arguments}: expected {expected!r}, received {received!r}"
        return None

    def after_pop(self, arguments, theirs, ours):
        if not isinstance(theirs.value, list):
            if flat(theirs) != flat(ours):
                return f"{arguments}: expected {flat(theirs)!r}, received {flat(ours)!r}"
            return None
        if len(theirs.value) != len(ours.value):
            return f"{arguments}: expected {len(theirs.value)} members, received {len(ours.value)}"
        # Both lose what either has popped.
        popped = [item.value for item in theirs.value + ours.value]
        if popped:
            self.both("SREM", arguments[1], *popped)
        return None

    def restore_across(self, key, theirs, ours):
        """What each server dumps, the other one restores."""
        if theirs.value is None or ours.value is None:
            return None if theirs.value == ours.value else f"DUMP {key}: only one has it"
        for client, payload in ((self.basalt, theirs.value), (self.stock, ours.value)):
            reply = client.execute("RESTORE", key, 0, payload, "REPLACE")
            if reply.is_error():
                return f"RESTORE {key} {payload!r}: {reply.value!r}"
        digests = [flat(reply) for reply in self.both("DEBUG", "DIGEST-VALUE", key)]
        return None if digests[0] == digests[1] else f"RESTORE {key}: the values differ"

    def content(self):
        """The digests of all keys where they differ."""
        names = [f"key:{i}" for i in range(KEYS)] + [f"lex:{i}" for i in range(3)]
        theirs, ours = self.both("DEBUG", "DIGEST-VALUE", *names)
        return [name for name, a, b in zip(names, flat(theirs), flat(ours)) if a != b]


def compare(arguments, title, basalt_arguments):
    common = ["--save", "", "--enable-debug-command", "yes"]
    with Server(STOCK, common) as stock, \
            Server(arguments.server, common + basalt_arguments) as basalt:
        run = Run(stock.client(), basalt.client(), arguments.seed)
        for i in range(arguments.commands):
            wrong = run.step()
            if wrong:
                return f"{title}, seed {arguments.seed}, command {i}: {wrong}"
            if i % 2000 == 0:
                differing = run.content()
                if differing:
                    return f"{title}, seed {arguments.seed}, command {i}: {differing} differ"
                if "--tier" in basalt_arguments:
                    run.basalt.execute("TIER", "DEMOTE", *[f"key:{k}" for k in range(KEYS)])
        digests = [flat(reply) for reply in run.both("DEBUG", "DIGEST")]
        if digests[0] != digests[1]:
            return f"{title}, seed {arguments.seed}: {run.content()} differ at the end"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=BASALT)
    parser.add_argument("--commands", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--maxmemory", default="64mb", help="of the run with the tier")
    arguments = parser.parse_args()
    if shutil.which(STOCK) is None:
        print("1..0 # SKIP redis-server is not installed")
        return 0
    runs = [("tier off", ["--tier", "no"]),
            ("tier on", ["--tier", "yes", "--maxmemory", arguments.maxmemory])]
    failed = 0
    for number, (title, options) in enumerate(runs, 1):
        wrong = compare(arguments, title, options)
        failed += wrong is not None
        print(f"{'ok' if wrong is None else 'not ok'} {number} - {arguments.commands} random "
              f"commands, {title}", flush=True)
        if wrong:
            print(f"# {wrong}")
    print(f"1..{len(runs)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
