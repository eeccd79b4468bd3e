"""Run one command, and leave nothing of it behind.

A program and not a library: `python guard.py [--remove FOLDER] [--opt-ml FOLDER] [--network none] COMMAND ...`. Its
standard input is a lifeline, held by whoever started it: when that closes, because its owner let go, was interrupted or
was killed, the command and all its descendants are killed. SIGTERM is passed on to the command's process group. When
the command ends, whatever it started ends too, and the guard exits as it did (128 and the signal's number when a signal
ended it). A folder that is to be removed goes last, also when nobody else is left to see to it. Another is at /opt/ml
for the command and what that starts, and for nobody else: in a mount namespace of their own. With `--network none` they
have a network namespace, too, with a loopback and nothing else.

On Linux the guard is a subreaper (prctl(2)): a descendant that detaches itself, by a double fork or a session of its
own, becomes the guard's child, and is killed as such. There a second guard holds the first on a lifeline, so
that either may be killed and the other still ends everything. Elsewhere only the command's process group ends.
It imports as little as it can, and has no threads: each job starts one.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence

REMOVALS = 50
REMOVAL_SECONDS = 0.1
# Until what was killed has ended: one that waits for a disk may take its time.
REAP_SECONDS = 0.005
# From <sys/prctl.h>.
SET_CHILD_SUBREAPER = 36
# From <linux/sched.h> and <linux/mount.h>.
NEW_USERS = 0x10000000
NEW_MOUNTS = 0x00020000
NEW_NETWORK = 0x40000000
BIND = 0x1000
RECURSIVE = 0x4000
PRIVATE = 0x40000
# From <linux/sockios.h> and <linux/if.h>.
SET_FLAGS = 0x8914
UP = 1
OPT_ML = "/opt/ml"
OPTIONS = ("--remove", "--opt-ml", "--network")


def main(arguments: Sequence[str]) -> int:
    """Run the command under guard, and return the exit code."""
    options: dict[str, str] = {}
    while arguments[0] in OPTIONS:
        options[arguments[0]], arguments = arguments[1], arguments[2:]
    # Blocked until there is somebody to pass it on to: a SIGTERM that comes before must not be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    code = _guard_for(arguments, opt_ml=options.get("--opt-ml"), isolated="--network" in options).hold()
    if "--remove" in options:
        _remove(options["--remove"])
    return code


class _Guard:
    """Holds one child of this process, and on Linux all that descends from it."""

    def __init__(self, *, child: int, leads_group: bool, adopts: bool) -> None:
        self._child = child
        self._leads_group = leads_group
        self._adopts = adopts
        self._status: int | None = None

    def hold(self) -> int:
        """Wait until the child has ended or the lifeline is closed, end what is left, and return the exit code."""
        woken = _wake_on(signal.SIGCHLD, signal.SIGTERM)
        lifeline = sys.stdin.fileno()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        while self._reap() and self._status is None:
            ready, _, _ = select.select([lifeline, woken], [], [])
            if lifeline in ready and not os.read(lifeline, 1024):
                break
            if woken in ready and signal.SIGTERM in os.read(woken, 1024):
                self._signal(signal.SIGTERM)
        self._end_all()
        code = os.waitstatus_to_exitcode(self._status) if self._status is not None else -signal.SIGKILL
        return code if code >= 0 else 128 - code

    def _end_all(self) -> None:
        """Kill until nothing is left that may be killed: what is killed may leave children, which are killed next."""
        self._signal(signal.SIGKILL)
        while self._reap():
            children = self._children()
            killed = [child for child in children if _sent(os.kill, child, signal.SIGKILL)]
            # A child that may not be killed has become another user's, as sudo's does.
            if children and not killed:
                return
            time.sleep(REAP_SECONDS if children else 0)

    def _reap(self) -> bool:
        """Take in all children that have ended, and return whether any is left."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._child:
                    self._status = ended[1]
        except ChildProcessError:
            return False
        return True

    def _children(self) -> list[int]:
        if self._adopts:
            with open(_children_file()) as file:  # noqa: PTH123 - pathlib would cost each job its import
                return [int(child) for child in file.read().split()]
        return [self._child]

    def _signal(self, number: int) -> None:
        if self._leads_group:
            _sent(os.killpg, self._child, number)
        elif self._status is None:
            _sent(os.kill, self._child, number)


def _guard_for(command: Sequence[str], *, opt_ml: str | None, isolated: bool) -> _Guard:
    """Start the command, and on Linux a second guard around the first one, which is this process then."""
    if not _adopts_orphans():
        return _Guard(child=_start(command, opt_ml=opt_ml, isolated=isolated), leads_group=True, adopts=False)
    lifeline, held = os.pipe()
    inner = os.fork()
    if inner:
        os.close(lifeline)
        return _Guard(child=inner, leads_group=False, adopts=True)
    os.close(held)
    os.dup2(lifeline, sys.stdin.fileno())
    _adopts_orphans()
    return _Guard(child=_start(command, opt_ml=opt_ml, isolated=isolated), leads_group=True, adopts=True)


def _start(command: Sequence[str], *, opt_ml: str | None, isolated: bool) -> int:
    kinds = (NEW_MOUNTS if opt_ml is not None else 0) | (NEW_NETWORK if isolated else 0)
    if kinds:
        _take_namespaces(kinds)
    if isolated:
        _bring_loopback_up()
    if opt_ml is not None:
        _mount_at_opt_ml(opt_ml)
    nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    return os.posix_spawnp(command[0], list(command), os.environ, file_actions=[nothing], setpgroup=0, setsigmask=())


def _take_namespaces(kinds: int) -> None:
    """Take namespaces of these kinds for this process and what it starts.

    Raises:
        OSError: the system does not let this user do so.

    """
    import ctypes

    system = ctypes.CDLL(None, use_errno=True)
    # Root needs no namespace of users, in which it could not become another user any more.
    if system.unshare(kinds):
        user, group = os.getuid(), os.getgid()
        if system.unshare(NEW_USERS | kinds):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - as above
                file.write(text)


def _bring_loopback_up() -> None:
    """Let what this process starts reach itself at 127.0.0.1, in a network namespace that has no more than that."""
    import fcntl
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        # An ifreq of 40 bytes: the interface's name and its flags.
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH22x", b"lo", UP))


def _mount_at_opt_ml(folder: str) -> None:
    """Mount a folder at /opt/ml in this mount namespace, and go where the working folder is below that.

    What is in /opt stays where it is, also where this user may make no folder there.

    Raises:
        OSError: the system does not let this user do so.

    """
    import ctypes

    system = ctypes.CDLL(None, use_errno=True)

    def mount(source: str, target: str, *, kind: bytes | None = None, flags: int = 0) -> None:
        if system.mount(source.encode(), target.encode(), kind, ctypes.c_ulong(flags), None):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), f"mount {target}")

    # Or what is mounted here would be mounted for all.
    mount("none", "/", flags=RECURSIVE | PRIVATE)

    # They are reached by their descriptors when /opt is covered.
    held, covered = (os.open(path, os.O_PATH) for path in (folder, "/opt"))
    mount("tmpfs", "/opt", kind=b"tmpfs")
    with os.scandir(f"/proc/self/fd/{covered}") as entries:
        for entry in entries:
            place = f"/opt/{entry.name}"
            if place == OPT_ML:
                continue
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), place)  # noqa: PTH115, PTH211 - as above
            else:
                os.mkdir(place) if entry.is_dir() else os.mknod(place)  # noqa: PTH102 - as above
                mount(entry.path, place, flags=BIND | RECURSIVE)
    os.mkdir(OPT_ML)  # noqa: PTH102 - as above
    mount(f"/proc/self/fd/{held}", OPT_ML, flags=BIND | RECURSIVE)
    below = os.path.relpath(os.getcwd(), os.path.realpath(folder))  # noqa: PTH109 - as above
    if below.split("/")[0] != os.pardir:
        os.chdir(os.path.join(OPT_ML, below))  # noqa: PTH118 - as above


def _adopts_orphans() -> bool:
    """Make this process the parent of its descendants' orphans, and return whether the system can do that."""
    if sys.platform != "linux" or not os.path.exists(_children_file()):  # noqa: PTH110 - as above
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def _children_file() -> str:
    """Return the file of this process's children; as it has one thread, that has them all (proc(5))."""
    return f"/proc/self/task/{os.getpid()}/children"


def _wake_on(*numbers: signal.Signals) -> int:
    """Return a pipe's end that can be read when one of these signals has come, and gives their numbers."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return reading


def _sent(send: Callable[[int, int], None], target: int, number: int) -> bool:
    """Send a signal, and return false if it may not be sent; what has ended already needs none."""
    try:
        send(target, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        # macOS says so of a group of which only zombies are left.
        return False
    return True


def _remove(folder: str) -> None:
    # Only here: most commands have no folder of their own.
    import shutil

    # Where orphans are not adopted, what left the group may write for a moment yet.
    for _ in range(REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):  # noqa: PTH110 - as above
            return
        time.sleep(REMOVAL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
