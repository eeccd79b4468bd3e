"""How long the local AWS takes from the command until it answers, with the processor time of all its processes.

python benchmarks/start.py [--runs 7]
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request


def free_port() -> int:
    """Return a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def started() -> tuple[float, float]:
    """Return the seconds until the health path answers, and those of processor time until all has ended."""
    port, before = free_port(), os.times()
    begin = time.perf_counter()
    command = [sys.executable, "-m", "modelyard.rehearsal", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not answers(port):
            if process.poll() is not None:
                sys.exit(f"serve ended with {process.returncode}")
            time.sleep(0.005)
        seconds = time.perf_counter() - begin
        process.send_signal(signal.SIGINT)
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    return seconds, spent


def answers(port: int) -> bool:
    """Return whether the health path answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_rehearsal/health", timeout=30) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = [started() for _ in range(parser.parse_args().runs)]
    for name, values in zip(("until it answers", "processor time"), zip(*runs, strict=True), strict=True):
        print(f"{name:16}  median {statistics.median(values):.2f} s, from {min(values):.2f} to {max(values):.2f}")


if __name__ == "__main__":
    main()
