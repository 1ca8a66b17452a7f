"""Runs the commands of a case against one server and renders what comes back."""

import re
import time

from rendering import line_matches, render
from script import ScriptError, expand, split_words
from support.resp import Closed, Reply, encode

REPLY_SECONDS = 20


class Session:
    """The clients and variables of one case."""

    def __init__(self, server, authentication=()):
        self._server = server
        self._authentication = authentication
        self._clients = {}
        self._variables = {"port": str(server.port).encode()}

    def close(self):
        for client in self._clients.values():
            client.close()

    def client(self, name):
        if name not in self._clients:
            self._clients[name] = self._server.client(timeout=REPLY_SECONDS)
        return self._clients[name]

    def run(self, commands):
        """The lines of all replies to `commands` of one block."""
        lines, waiting = [], []
        for _, text in commands:
            if text.startswith("|"):
                waiting.append(self._words(text[1:]))
                continue
            lines += self._pipeline(waiting)
            waiting = []
            lines += self._one(text)
        return lines + self._pipeline(waiting)

    def _words(self, text):
        return [expand(word, self._variables) for word in split_words(text)]

    def _pipeline(self, commands):
        if not commands:
            return []
        client = self.client("1")
        client.send_raw(b"".join(encode(command) for command in commands))
        return [line for _ in commands for line in self._reply_lines(client)]

    def _reply_lines(self, client):
        try:
            return render(client.read())
        except (Closed, ConnectionError):
            return ["closed"]
        except TimeoutError:
            return [f"no reply within {REPLY_SECONDS} s"]

    def _one(self, text):
        name = "1"
        selected = re.match(r"@(\w+)\s+(.*)", text)
        if selected:
            name, text = selected.groups()
        client = self.client(name)
        if not text.startswith("!"):
            return self._command(client, self._words(text))
        directive, _, rest = text[1:].partition(" ")
        method = getattr(self, "do_" + directive, None)
        if method is None:
            raise ScriptError(f"no directive !{directive}")
        if directive == "reconnect":
            self._clients.pop(name).close()
        return method(client, rest)

    def _command(self, client, words):
        try:
            client.send(*words)
        except ConnectionError:
            return ["closed"]
        return self._reply_lines(client)

    def _reply(self, client, text):
        return client.execute(*self._words(text))

    def do_send(self, client, rest):
        client.send_raw(b"".join(self._words(rest)))
        return []

    def do_raw(self, client, rest):
        self.do_send(client, rest)
        return self._reply_lines(client)

    def do_read(self, client, rest):
        return [line for _ in range(int(rest or 1)) for line in self._reply_lines(client)]

    def do_closed(self, client, _):
        return ["closed" if client.at_end(3) else "still open"]

    def do_silent(self, client, rest):
        """Nothing comes within the time given."""
        client.set_timeout(float(rest or "0.1"))
        try:
            return render(client.read())
        except TimeoutError:
            return ["silent"]
        finally:
            client.set_timeout(REPLY_SECONDS)

    def do_reconnect(self, _client, _rest):
        return []

    def do_sleep(self, _, rest):
        time.sleep(float(rest.removesuffix("ms")) / 1000)
        return []

    def do_until(self, _, rest):
        """Repeats a command until the first line of its reply is as given, for at most 10 s."""
        wanted, command = re.match(r'("(?:[^"\\]|\\.)*"|\S+)\s+(.*)', rest).groups()
        deadline = time.monotonic() + 10
        while True:
            lines = self._one(command) or ["nothing"]
            if line_matches(wanted, lines[0]) or time.monotonic() > deadline:
                return lines
            time.sleep(0.01)

    def do_sort(self, client, rest):
        reply = self._reply(client, rest)
        if isinstance(reply.value, list):
            reply.value.sort(key=render)
        return render(reply)

    def do_pairs(self, client, rest):
        """Sorts a flat list of names and values by name."""
        reply = self._reply(client, rest)
        if isinstance(reply.value, list):
            pairs = sorted(zip(reply.value[::2], reply.value[1::2]), key=lambda p: render(p[0]))
            reply.value = [item for pair in pairs for item in pair]
        return render(reply)

    def do_lines(self, client, rest):
        """Only the lines of a text that match a pattern."""
        pattern, command = rest.split(" ", 1)
        reply = self._reply(client, command)
        if reply.is_error():
            return render(reply)
        return [line for line in reply.value.decode("latin-1").splitlines()
                if re.search(pattern, line)]

    def do_fields(self, client, rest):
        """`!fields a,b INFO x`: those `name:value` or `name=value` of a text, in this order."""
        names, command = rest.split(" ", 1)
        reply = self._reply(client, command)
        if reply.is_error():
            return render(reply)
        text = reply.value.decode("latin-1")
        held = dict(re.findall(r"(?m)(?:^|(?<= ))([\w.-]+)[:=]([^\r\n ]*)", text))
        return [f"{name}:{held[name]}" if name in held else f"{name} is missing"
                for name in names.split(",")]

    def do_length(self, client, rest):
        reply = self._reply(client, rest)
        return render(reply) if not isinstance(reply.value, (list, bytes)) else \
            [f"length {len(reply.value)}"]

    def do_quiet(self, client, rest):
        reply = self._reply(client, rest)
        return render(reply) if reply.is_error() else []

    def do_repeat(self, client, rest):
        """`!repeat N command`, with ${i} from 0 to N-1, pipelined; shows the last reply."""
        count, command = rest.split(" ", 1)
        last = None
        for first in range(0, int(count), 1000):
            numbers = range(first, min(first + 1000, int(count)))
            data = []
            for number in numbers:
                self._variables["i"] = str(number).encode()
                data.append(encode(self._words(command)))
            client.send_raw(b"".join(data))
            last = [client.read() for _ in numbers][-1]
        return render(last)

    def do_let(self, client, rest):
        name, command = rest.split(" ", 1)
        reply = self._reply(client, command)
        if reply.is_error() or isinstance(reply.value, list):
            return render(reply)
        value = reply.value
        self._variables[name] = value if isinstance(value, bytes) else str(value).encode()
        return []

    def do_scan(self, client, rest):
        """A whole iteration: the distinct elements, sorted."""
        words = self._words(rest)
        head = 1 if words[0].upper() == b"SCAN" else 2
        cursor, found, calls = b"0", set(), 0
        while True:
            reply = client.execute(*words[:head], cursor, *words[head:])
            if reply.is_error():
                return render(reply)
            cursor = reply.value[0].value
            found.update(item.value for item in reply.value[1].value)
            calls += 1
            if cursor == b"0" or calls > 100000:
                break
        return render(Reply("*", [Reply("$", item) for item in sorted(found)]))

    def do_restart(self, _client, _rest):
        self.close()
        self._clients.clear()
        self._server.restart()
        self._variables["port"] = str(self._server.port).encode()
        return []

    def reset(self):
        """Empties the server before a case, and puts selected settings of a file right again."""
        control = self._server.client(timeout=REPLY_SECONDS)
        if self._authentication:
            control.execute("AUTH", *self._authentication)
        control.execute("FLUSHALL")
        # The clients of the case before, and this one, are gone before the first of the next comes.
        deadline = time.monotonic() + REPLY_SECONDS
        while control.call("CLIENT", "LIST").count(b"\n") > 1 and time.monotonic() < deadline:
            time.sleep(0.001)
        control.execute("QUIT")
        control.at_end(REPLY_SECONDS)
        control.close()
