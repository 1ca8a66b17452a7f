"""Seccomp filters for a child process: what a container or a strict system does to a server."""

import ctypes
import errno
import json
import re

# From linux/filter.h, linux/seccomp.h, linux/audit.h and linux/prctl.h.
_LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO, _KILL = 0x7fff0000, 0x00050000, 0x80000000
_ARCHITECTURE_X86_64 = 0xc000003e
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_NUMBERS = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jump_true", ctypes.c_uint8),
                ("jump_false", ctypes.c_uint8), ("operand", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction))]


def numbers():
    """Name to number of every system call that the C library's headers know."""
    with open(_NUMBERS, encoding="ascii") as header:
        return {name: int(number) for name, number in
                re.findall(r"^#define __NR_(\w+) (\d+)$", header.read(), re.MULTILINE)}


def _filter(matched, on_match, otherwise):
    """Installs a filter that returns `on_match` for the calls `matched`; returns the installer."""
    lines = [(_LOAD_WORD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, _ARCHITECTURE_X86_64),
             (_RETURN, 0, 0, _KILL), (_LOAD_WORD, 0, 0, 0)]
    for number in matched:
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, on_match)]
    lines.append((_RETURN, 0, 0, otherwise))
    array = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), array)
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 \
                or libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")

    return install


def deny(*names):
    """A preexec_fn under which these calls fail with EPERM, as Docker's own profile makes them."""
    known = numbers()
    return _filter([known[name] for name in names], _ERRNO | errno.EPERM, _ALLOW)


def container_profile(path):
    """A preexec_fn under which only what the profile at `path` allows is allowed."""
    with open(path, encoding="utf-8") as file:
        profile = json.load(file)
    known = numbers()
    allowed = {known[name] for rule in profile["syscalls"] for name in rule["names"]
               if name in known}
    return _filter(sorted(allowed), _ALLOW, _ERRNO | profile["defaultErrnoRet"])
