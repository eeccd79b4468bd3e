import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.rehearsal.containers import namespaces, networks
from modelyard.rehearsal.containers.namespaces import GUARD
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.processes import ContainerProcess
from support.networks import ISOLATES
from support.opt_ml import MOUNTS

NOBODY = 65534
ROUTES = Path("/proc/net/route")


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine's at which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def connected(folder: Path, port: int, *, network: Network, root: Path | None = None) -> list[str]:
    """What a program prints that connects to a port of this machine."""
    lines: list[str] = []
    code = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {port})))"
    process = ContainerProcess(
        command=[sys.executable, "-c", code],
        environment={"PATH": os.defpath},
        folder=folder,
        on_line=lambda _stream, line: lines.append(line),
        root=root,
        network=network,
    )
    assert process.wait(timeout=30) == 0, lines
    return lines


@pytest.mark.parametrize(
    ("isolated", "in_vpc", "network"),
    [
        (False, False, Network.INTERNET),
        (False, True, Network.VPC),
        (True, False, Network.NONE),
        (True, True, Network.NONE),
    ],
)
def test_isolation_outranks_a_vpc(*, isolated: bool, in_vpc: bool, network: Network) -> None:
    assert Network.of(isolated=isolated, in_vpc=in_vpc) is network


@pytest.mark.parametrize("network", [Network.INTERNET, Network.VPC])
def test_a_process_with_a_network_reaches_this_machine(tmp_path: Path, port: int, network: Network) -> None:
    assert connected(tmp_path, port, network=network) == ["0"]


@ISOLATES
def test_a_process_without_a_network_does_not_reach_this_machine(tmp_path: Path, port: int) -> None:
    assert connected(tmp_path, port, network=Network.NONE) != ["0"]


@MOUNTS
@ISOLATES
def test_nor_does_one_with_a_folder_at_opt_ml(tmp_path: Path, port: int) -> None:
    assert connected(tmp_path, port, network=Network.NONE, root=tmp_path) != ["0"]


@ISOLATES
def test_it_reaches_itself(tmp_path: Path) -> None:
    code = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
"""
    process = ContainerProcess(
        command=[sys.executable, "-c", code],
        environment={},
        folder=tmp_path,
        on_line=lambda _stream, _line: None,
        network=Network.NONE,
    )

    assert process.wait(timeout=30) == 0


@ISOLATES
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; any other is an ordinary one")
def test_an_ordinary_user_is_isolated_too(port: int) -> None:
    # not below the folder of the tests, which is the user's alone
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        guard = shutil.copy(GUARD, folder)
        code = f"import socket; raise SystemExit(socket.socket().connect_ex(('127.0.0.1', {port})) == 0)"
        with subprocess.Popen(
            ["/usr/bin/python3", "-I", "-S", guard, "--network", "none", "/usr/bin/python3", "-c", code],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            stdin=subprocess.PIPE,
        ) as process:
            assert process.wait(timeout=30) == 0


@pytest.mark.skipif(
    not ROUTES.exists() or len(ROUTES.read_text().splitlines()) < 2, reason="this machine has no network itself"
)
def test_a_namespace_that_still_has_routes_is_no_isolation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guard.py").write_text("import os, sys; os.execvp(sys.argv[3], sys.argv[3:])")
    monkeypatch.setattr(namespaces, "GUARD", tmp_path / "guard.py")

    assert networks.obstacle.__wrapped__() == "a trial ended with exit code 1"
