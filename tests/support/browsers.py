"""A real Chromium, driven through its own driver on the loopback interface."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Browser:
    """As much of the WebDriver protocol as these tests need."""

    def __init__(self, *, port: int, flags: list[str], options: dict[str, object]) -> None:
        self.base = f"http://127.0.0.1:{port}"
        chrome = {"args": flags, **options}
        capabilities = {"alwaysMatch": {"goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = "/session/" + self.call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def call(self, method: str, path: str, body: object = None) -> dict[str, str]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            value: dict[str, str] = json.load(answer)["value"]
        return value

    def open(self, page: Path) -> None:
        self.visit(page.as_uri())

    def visit(self, url: str) -> None:
        self.call("POST", f"{self.session}/url", {"url": url})

    def run(self, script: str, *arguments: str) -> object:
        return self.call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def run_to_its_end(self, script: str, *arguments: str) -> object:
        """Run a script that calls its last argument with what it returns."""
        return self.call("POST", f"{self.session}/execute/async", {"script": script, "args": list(arguments)})

    def source(self) -> object:
        return self.call("GET", f"{self.session}/source")

    def press(self, *keys: str) -> None:
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        pressed = {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}
        self.call("POST", f"{self.session}/actions", pressed)

    def log(self) -> object:
        return self.call("POST", f"{self.session}/se/log", {"type": "browser"})

    def emulate(self, feature: str, value: str) -> None:
        media = {
            "cmd": "Emulation.setEmulatedMedia",
            "params": {"features": [{"name": feature, "value": value}]},
        }
        self.call("POST", f"{self.session}/goog/cdp/execute", media)

    def close(self) -> None:
        self.call("DELETE", self.session)


@contextlib.contextmanager
def browser_driver() -> Iterator[int]:
    """Start the driver and give its port; skip where it is not installed, which fails on CI."""
    program = shutil.which("chromedriver")
    if program is None or shutil.which("chromium") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium and chromium-driver must be installed on CI; install Debian's packages")
        pytest.skip("chromium and chromium-driver are not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with subprocess.Popen([program, f"--port={port}"], stdout=subprocess.DEVNULL) as process:
        wait_for(port)
        yield port
        process.terminate()


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("chromedriver did not answer within 10 seconds")
