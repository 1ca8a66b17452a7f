#!/usr/bin/env python3
"""How the server starts, refuses to start, and leaves, as TAP.

usage: start.py --server PATH
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import ROOT, seccomp  # noqa: E402
from support.resp import Client, Closed  # noqa: E402
from support.server import STOCK, Server, free_port  # noqa: E402
from support.tally import TapWriter  # noqa: E402

DEBIAN_CONFIG = "/etc/redis/redis.conf"
CONTAINER_PROFILE = os.path.join(ROOT, "docs", "seccomp-io-uring.json")


class Failed(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failed(text)


class Cases:
    """Every method named case_* is a test; its first line of documentation is its name."""

    def __init__(self, binary):
        self.binary = binary

    def run(self, *arguments, text="", seconds=20, preexec_fn=None):
        """(exit code, everything it printed) of a server that should end by itself."""
        try:
            run = subprocess.run([self.binary, *arguments], input=text, capture_output=True,
                                 text=True, timeout=seconds, check=False, preexec_fn=preexec_fn)
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(arguments)} went on serving") from None
        return run.returncode, run.stdout + run.stderr

    def refused(self, *arguments, says):
        code, output = self.run(*arguments)
        expect(code != 0, f"{arguments} was accepted")
        expect(says.lower() in output.lower(), f"{arguments} says {output!r}, not {says!r}")

    def case_version(self):
        """--version names the version of Redis it stands for"""
        code, output = self.run("--version")
        expect(code == 0 and "v=7.0.15" in output and "basalt=" in output, output)

    def case_help(self):
        """--help explains the command line"""
        code, output = self.run("--help")
        expect(code == 0 and "Usage" in output, output)

    def case_check_config(self):
        """--check-config judges a file without serving"""
        code, output = self.run("--check-config", os.path.join(ROOT, "basalt.conf"))
        expect(code == 0, output)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("port abc\n")
            file.flush()
            code, output = self.run("--check-config", file.name)
            expect(code != 0 and "port" in output, output)

    def case_bad_options(self):
        """unknown options and bad values end the start with one that is named"""
        self.refused("--nosuch", "1", says="nosuch")
        self.refused("--port", "99999", says="port")
        self.refused("--maxmemory-policy", "nosuch", says="maxmemory-policy")
        self.refused("/nonexistent/basalt.conf", says="/nonexistent/basalt.conf")

    def case_tier_needs_memory(self):
        """with the tier on less than 64mb is refused"""
        with tempfile.TemporaryDirectory() as directory:
            self.refused("--port", str(free_port()), "--dir", directory, "--tier", "yes",
                         "--maxmemory", "32mb", says="64mb")

    def case_debian_config(self):
        """Debian's own redis.conf starts it unchanged"""
        if not os.access(DEBIAN_CONFIG, os.R_OK):
            return f"there is no readable {DEBIAN_CONFIG}"
        with tempfile.TemporaryDirectory() as directory:
            config = shutil.copy(DEBIAN_CONFIG, directory)
            code, output = self.run("--check-config", config)
            expect(code == 0, output)
            # Its directories belong to another user and its port may be taken.
            with open(config, "a", encoding="utf-8") as file:
                file.write(f"daemonize no\ndir {directory}\nlogfile ''\n"
                           f"pidfile {directory}/pid\n")
            with Served(self.binary, [config], directory) as server:
                expect(server.client().call("PING") == b"PONG", "no answer")
        return None

    def case_standard_input(self):
        """a dash reads the configuration from standard input"""
        port = free_port()
        with tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen([self.binary, "-"], stdin=subprocess.PIPE, text=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            process.stdin.write(f"port {port}\ndir {directory}\nsave \"\"\n")
            process.stdin.close()
            try:
                expect(answers(port), "no answer on the port given")
            finally:
                process.terminate()
                process.wait(20)

    def case_busy_port(self):
        """a port that is taken is named, and the server leaves"""
        with socket.socket() as holder, tempfile.TemporaryDirectory() as directory:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            self.refused("--port", str(port), "--bind", "127.0.0.1", "--dir", directory,
                         says=str(port))

    def case_busy_port_with_tier(self):
        """a port that is taken ends a server whose tier is open already"""
        with socket.socket() as holder, tempfile.TemporaryDirectory() as directory:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            self.refused("--port", str(port), "--bind", "127.0.0.1", "--dir", directory,
                         "--tier", "yes", "--maxmemory", "64mb", says=f"process {os.getpid()}")

    def case_port_changes(self):
        """CONFIG SET port moves the listener, or leaves it where it is"""
        with Server(self.binary, ["--save", "", "--bind", "127.0.0.1"]) as server, \
                socket.socket() as holder:
            client, before, after = server.client(), server.port, free_port()
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            reply = client.execute("CONFIG", "SET", "port", holder.getsockname()[1])
            expect(reply.is_error() and b"Unable to listen on this port" in reply.value,
                   f"{reply.value}")
            expect(answers(before), "the old port is gone")
            expect(client.call("CONFIG", "SET", "port", after) == b"OK", "not moved")
            expect(answers(after), "no answer on the new port")
            expect(not connects(before), "the old port still accepts")
            expect(client.call("PING") == b"PONG", "the client was dropped")

    def case_addresses_change(self):
        """CONFIG SET bind changes the addresses, or leaves them; none leaves the unix socket"""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "socket")
            with Server(self.binary, ["--save", "", "--bind", "127.0.0.1", "--unixsocket",
                                      path]) as server:
                client = Client(0, path=path)
                reply = client.execute("CONFIG", "SET", "bind", "999.999.999.999")
                expect(reply.is_error() and b"Failed to bind" in reply.value, f"{reply.value}")
                expect(answers(server.port), "the old address is gone")
                for bind, accepts in (("127.0.0.1 127.0.0.2", True), ("*", True), ("", False),
                                      ("127.0.0.2", False), ("127.0.0.1", True)):
                    expect(client.call("CONFIG", "SET", "bind", bind) == b"OK", bind)
                    expect(connects(server.port) == accepts, f"bind '{bind}'")

    def case_stranger(self):
        """a client that has to authenticate cannot pile up replies"""
        with Server(self.binary, ["--save", "", "--requirepass", "secret"]) as server:
            with socket.create_connection(("127.0.0.1", server.port)) as stranger:
                stranger.settimeout(30)
                try:
                    for _ in range(1000):
                        stranger.sendall(b"SET x 5\r\n" * 1000)
                    raise Failed("it was served on")
                except ConnectionError:
                    pass
            client = server.client()
            expect(client.call("AUTH", "secret") == b"OK" and client.call("PING") == b"PONG",
                   "no answer")

    def case_output_limits(self):
        """client-output-buffer-limit closes who passes the hard limit, or the soft one for long"""
        with Server(self.binary, ["--save", ""]) as server:
            client, greedy, slow = server.client(), server.client(), server.client()
            client.call("SET", "large", b"v" * 200_000)
            client.call("CONFIG", "SET", "client-output-buffer-limit", "normal 100000 0 0")
            greedy.send_raw(b"GET large\r\n")
            try:
                raise Failed(f"it was answered: {len(greedy.read().value)} bytes")
            except (Closed, ConnectionError):
                pass
            slow.call("CLIENT", "SETNAME", "slow")
            client.call("CONFIG", "SET", "client-output-buffer-limit", "normal 0 100000 1")
            slow.send_raw(b"GET large\r\n" * 200)
            deadline = time.monotonic() + 30
            while b"name=slow" in client.call("CLIENT", "LIST"):
                expect(time.monotonic() < deadline, "above the soft limit for half a minute")
                time.sleep(0.1)
            closed = client.info("stats")["client_output_buffer_limit_disconnections"]
            expect(closed == "2", f"{closed} are counted")

    def case_locked_data_directory(self):
        """a second server on a port and directory leaves with the owner's pid"""
        with Server(self.binary, ["--save", ""]) as first:
            self.refused("--port", str(first.port), "--dir", first.directory, says=str(first.pid))

    def case_background(self):
        """daemonize leaves the terminal, and the pid file names who serves"""
        port = free_port()
        with tempfile.TemporaryDirectory() as directory:
            pid_file = os.path.join(directory, "pid")
            code, output = self.run("--port", str(port), "--dir", directory, "--save", "",
                                    "--daemonize", "yes", "--pidfile", pid_file)
            expect(code == 0, output)
            expect(answers(port), "no answer")
            with open(pid_file, encoding="utf-8") as file:
                os.kill(int(file.read()), signal.SIGTERM)
            deadline = time.monotonic() + 20
            while os.path.exists(pid_file) and time.monotonic() < deadline:
                time.sleep(0.02)
            expect(not os.path.exists(pid_file), "the pid file is left")

    def case_unwritable_directory(self):
        """a directory that does not exist is named"""
        self.refused("--port", str(free_port()), "--dir", "/nonexistent/place",
                     says="/nonexistent/place")

    def case_locked_directory(self):
        """a second server on a tier directory leaves with the owner's pid"""
        with Server(self.binary, ["--tier", "yes", "--maxmemory", "64mb", "--save", ""]) as first:
            tier = os.path.join(first.directory, f"tier-{first.port}")
            with tempfile.TemporaryDirectory() as directory:
                self.refused("--port", str(free_port()), "--dir", directory, "--tier", "yes",
                             "--tier-dir", tier, "--maxmemory", "64mb", says=str(first.pid))

    def case_two_servers(self):
        """two servers with different ports work in one directory"""
        with tempfile.TemporaryDirectory() as directory:
            arguments = ["--tier", "yes", "--maxmemory", "64mb", "--save", ""]
            with Server(self.binary, arguments, directory=directory) as one, \
                    Server(self.binary, arguments, directory=directory) as two:
                one.client().call("SET", "k", "one")
                expect(two.client().call("EXISTS", "k") == 0, "they share their data")

    def case_io_uring_denied(self):
        """io_uring denied, as by Docker's own profile, ends the start with one line and the remedy"""
        with tempfile.TemporaryDirectory() as directory:
            code, output = self.run("--port", str(free_port()), "--dir", directory,
                                    preexec_fn=seccomp.deny("io_uring_setup"))
        expect(code == 1, f"it left with {code}")
        lines = [line for line in output.splitlines() if "io_uring" in line]
        expect(len(lines) == 1, output)
        for text in ("Operation not permitted", "kernel.io_uring_disabled",
                     "docs/seccomp-io-uring.json"):
            expect(text in lines[0], lines[0])

    def case_container_profile(self):
        """the profile for containers allows all that a server with a cold tier does"""
        install = seccomp.container_profile(CONTAINER_PROFILE)
        with Confined(self.binary, install) as server:
            client = server.client()
            # More than its memory: most of it is demoted.
            for number in range(1500):
                client.call("SET", f"key:{number}", f"{number} " * 12_000)
            for number in range(0, 1500, 50):
                expect(client.call("GET", f"key:{number}") == f"{number} ".encode() * 12_000,
                       f"key:{number} has another value")
            expect(client.call("SAVE") == b"OK", server.log_tail())
            expect(server.stop() == 0, server.log_tail())

    def case_service_manager(self):
        """the service manager is told when clients are served, and when that ends"""
        with tempfile.TemporaryDirectory() as directory, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(directory, "notify")
            manager.bind(path)
            manager.settimeout(20)
            arguments = ["--supervised", "systemd", "--save", ""]
            with Server(self.binary, arguments, environment={"NOTIFY_SOCKET": path}) as server:
                text = manager.recv(4096).decode()
                while "READY=1" not in text:
                    text = manager.recv(4096).decode()
                expect(server.client().call("PING") == b"PONG", "no answer")
                server.stop()
                expect("STOPPING=1" in manager.recv(4096).decode(), "it did not say good-bye")

    def case_sigterm(self):
        """SIGTERM saves where there are save points, and leaves with 0"""
        with Server(self.binary, ["--save", "3600 1"]) as server:
            server.client().call("SET", "k", "v")
            expect(server.stop() == 0, f"it left with {server.process.returncode}")
            expect("bye bye" in server.log(), server.log_tail())
            server.start()
            expect(server.client().call("GET", "k") == b"v", "the key was not saved")

    def case_sigint(self):
        """SIGINT without save points leaves with 0 and saves nothing"""
        with Server(self.binary, ["--save", ""]) as server:
            server.client().call("SET", "k", "v")
            server.process.send_signal(signal.SIGINT)
            expect(server.process.wait(20) == 0, f"it left with {server.process.returncode}")
            expect(not os.path.exists(os.path.join(server.directory, "dump.rdb")), "it saved")

    def case_cpu_lists(self):
        """server_cpulist and bio_cpulist place the threads"""
        processors = sorted(os.sched_getaffinity(0))
        if len(processors) < 2:
            return "there is one CPU only"
        with Server(self.binary, ["--save", "", "--server_cpulist", str(processors[0]),
                                  "--bio_cpulist", str(processors[1])]) as server:
            server.client().call("PING")
            places = {}
            for thread in os.listdir(f"/proc/{server.pid}/task"):
                with open(f"/proc/{server.pid}/task/{thread}/comm", encoding="ascii") as file:
                    places.setdefault(file.read().strip(), []).append(
                        os.sched_getaffinity(int(thread)))
            expect(os.sched_getaffinity(server.pid) == {processors[0]}, f"the loop: {places}")
            expect(places["index-read"] == [{processors[1]}] * len(places["index-read"]),
                   f"the helpers: {places}")
        return None

    def case_oom_score(self):
        """oom-score-adj is followed, also when it changes"""
        def score(process):
            with open(f"/proc/{process}/oom_score_adj", encoding="ascii") as file:
                return int(file.read())
        before = score("self")
        with Server(self.binary, ["--save", "", "--oom-score-adj", "absolute",
                                  "--oom-score-adj-values", "990", "995", "1000"]) as server:
            client = server.client()
            client.call("PING")
            expect(score(server.pid) == 990, f"the score is {score(server.pid)}")
            client.call("CONFIG", "SET", "oom-score-adj-values", "991 995 1000")
            expect(score(server.pid) == 991, f"the score is {score(server.pid)}")
            client.call("CONFIG", "SET", "oom-score-adj", "relative")
            expect(score(server.pid) == min(1000, before + 991), "it is not relative")
        return None

    def case_damaged_backup(self):
        """a damaged backup ends the start with its place, and is left alone"""
        with Server(self.binary, ["--save", ""]) as server:
            client = server.client()
            for number in range(100):
                client.call("SET", f"key:{number}", "value" * 10)
            client.call("SAVE")
            server.stop()
            path = os.path.join(server.directory, "dump.rdb")
            with open(path, "rb") as file:
                whole = file.read()
            for damaged in (whole[:len(whole) // 2], whole[:-4] + b"\0\0\0\0"):
                with open(path, "wb") as file:
                    file.write(damaged)
                code, output = self.run("--port", str(free_port()), "--dir", server.directory)
                expect(code != 0, "it started from a damaged file")
                with open(path, "rb") as file:
                    expect(file.read() == damaged, "it changed the file")
                expect("rdb" in output.lower(), output)

    def case_stock_backup(self):
        """a backup of stock redis-server is loaded"""
        if shutil.which(STOCK) is None:
            return "there is no redis-server"
        with tempfile.TemporaryDirectory() as directory:
            with Server(STOCK, ["--save", ""], directory=directory) as stock:
                client = stock.client()
                for number in range(1000):
                    client.call("SET", f"key:{number}", "x" * number, "PX", 10 ** 9)
                keys = client.call("DBSIZE")
                client.call("SAVE")
            with Server(self.binary, ["--save", ""], directory=directory) as server:
                client = server.client()
                expect(client.call("DBSIZE") == keys, "keys are missing")
                expect(client.call("GET", "key:777") == b"x" * 777, "a value is wrong")
                expect(client.call("PTTL", "key:1") > 10 ** 8, "a time to live is wrong")
        return None


class Served(Server):
    """A server whose configuration file comes first."""

    def __init__(self, binary, config, directory):
        self._config = config
        super().__init__(binary, [], directory=directory)

    def command(self):
        return [self.binary, *self._config, "--port", str(self.port)]


class Confined(Server):
    """A server with a cold tier under a seccomp filter."""

    def __init__(self, binary, install):
        self._install = install
        super().__init__(binary, ["--tier", "yes", "--maxmemory", "64mb", "--save", ""])

    def preexec(self):
        return self._install


def answers(port, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(64).startswith(b"+PONG"):
                    return True
        except OSError:
            time.sleep(0.05)
    return False


def connects(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tap = TapWriter()
    cases = Cases(options.server)
    for name in [name for name in vars(Cases) if name.startswith("case_")]:
        method = getattr(cases, name)
        if options.names and name.removeprefix("case_") not in options.names:
            continue
        try:
            skipped = method()
        except Exception as error:  # pylint: disable=broad-except
            tap.not_ok(method.__doc__, f"{type(error).__name__}: {error}")
            continue
        if skipped:
            tap.skip(method.__doc__, skipped)
        else:
            tap.ok(method.__doc__)
    return tap.plan()


if __name__ == "__main__":
    sys.exit(main())
