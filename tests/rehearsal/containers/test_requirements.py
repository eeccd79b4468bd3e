"""Libraries of a script's own: installed into an environment of its own, once, and never into this one."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import pytest

from modelyard.rehearsal.containers.environment import ContainerTree
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.requirements import FOLDER, OWN_PYTHON, InstallError, own_python, script_python
from support.wheels import write_wheel

Install = Callable[..., str]


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where environments are kept, in place of this one's own folder."""
    folder = tmp_path / "prefix"
    folder.mkdir()
    monkeypatch.setattr(sys, "prefix", str(folder))
    return folder


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks."""
    folder = tmp_path / "wheels"
    write_wheel(folder, name="ownlib", version="1.0", source="VALUE = 1\n", requires="numpy")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def install(tmp_path: Path, prefix: Path, wheels: Path) -> Install:
    """Install a text of requirements, and return the interpreter."""
    assert prefix.is_dir()
    assert wheels.is_dir()
    script = tmp_path / "script"
    script.mkdir()

    def run(
        text: str, *, lines: list[str] | None = None, network: Network = Network.INTERNET, **environment: str
    ) -> str:
        (script / "requirements.txt").write_text(text)
        printed = [] if lines is None else lines
        return script_python(
            folder=script, builds=False, network=network, environment=environment, on_line=printed.append
        )

    return run


def said_by(python: str, code: str) -> str:
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_what_is_here_needs_no_environment(install: Install, prefix: Path) -> None:
    assert install("# nothing else\n-i https://mirror\nnumpy>=1\nleft-pad; python_version < '3'\n") == sys.executable
    assert not (prefix / FOLDER).exists()


def test_a_library_is_installed_beside_the_packages_that_are_here(install: Install) -> None:
    python = install("ownlib\n")
    told = said_by(python, "import ownlib, numpy; print(ownlib.VALUE, numpy.__version__)")
    assert told == f"1 {metadata.version('numpy')}"


def test_the_environment_that_rehearses_is_never_changed(install: Install) -> None:
    before = sorted(f"{one.name}=={one.version}" for one in metadata.distributions())
    install("ownlib\n")
    assert sorted(f"{one.name}=={one.version}" for one in metadata.distributions()) == before
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("ownlib")


def test_another_version_than_the_one_here_is_the_script_s_alone(install: Install, wheels: Path) -> None:
    write_wheel(wheels, name="joblib", version="0.1", source="VALUE = 'old'\n")
    assert said_by(install("joblib==0.1\n"), "import joblib; print(joblib.VALUE)") == "old"
    assert metadata.version("joblib") != "0.1"


def test_the_same_requirements_are_installed_once(install: Install, wheels: Path) -> None:
    first: list[str] = []
    python = install("ownlib\n", lines=first)
    assert any("Successfully installed ownlib-1.0" in line for line in first)
    (wheels / "ownlib-1.0-py3-none-any.whl").unlink()
    second: list[str] = []
    assert install("ownlib\n", lines=second) == python
    assert second == []


def test_other_requirements_have_another_environment(install: Install, wheels: Path) -> None:
    write_wheel(wheels, name="ownlib", version="2.0", source="VALUE = 2\n")
    old, new = install("ownlib==1.0\n"), install("ownlib==2.0\n")
    assert [said_by(python, "import ownlib; print(ownlib.VALUE)") for python in (old, new)] == ["1", "2"]


def test_two_jobs_that_need_it_at_once_make_it_once(install: Install) -> None:
    lines: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        pythons = set(pool.map(lambda _: install("ownlib\n", lines=lines), range(2)))
    assert len(pythons) == 1
    assert sum("Successfully installed" in line for line in lines) == 1


def test_what_a_killed_job_has_left_is_made_anew(install: Install) -> None:
    python = Path(install("ownlib\n"))
    (python.parents[1] / ".ready").unlink()
    (python.parents[1] / "pyvenv.cfg").write_text("broken")
    assert said_by(install("ownlib\n"), "import ownlib; print(ownlib.VALUE)") == "1"


def test_a_file_of_the_folder_is_a_part_of_what_is_asked_for(install: Install, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "script", name="local", version="1.0", source="VALUE = 1\n")
    first = install(f"./{wheel.name}\n")
    write_wheel(tmp_path / "script", name="local", version="1.0", source="VALUE = 2\n")
    second = install(f"./{wheel.name}\n")
    assert [said_by(python, "import local; print(local.VALUE)") for python in (first, second)] == ["1", "2"]


def test_the_job_s_own_index_outranks_the_user_s(install: Install, tmp_path: Path) -> None:
    write_wheel(tmp_path / "others", name="theirs", version="1.0", source="VALUE = 3\n")
    python = install("theirs\n", PIP_FIND_LINKS=str(tmp_path / "others"))
    assert said_by(python, "import theirs; print(theirs.VALUE)") == "3"


@pytest.mark.parametrize("wanted", ["left-pad", "numpy<1"])
def test_what_cannot_be_installed_is_told_in_pip_s_own_last_words(install: Install, wanted: str) -> None:
    with pytest.raises(InstallError) as failed:
        install(f"{wanted}\n")
    assert str(failed.value) == (
        f"Could not find a version that satisfies the requirement {wanted} (from versions: none)\n"
        f"No matching distribution found for {wanted}"
    )


def test_a_failed_installation_is_tried_again(install: Install, wheels: Path) -> None:
    with pytest.raises(InstallError):
        install("later\n")
    write_wheel(wheels, name="later", version="1.0", source="VALUE = 4\n")
    assert said_by(install("later\n"), "import later; print(later.VALUE)") == "4"


def test_in_a_vpc_without_an_index_of_its_own_nothing_is_fetched(install: Install, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="found for ownlib: the VPC may have no way to PyPI; set PIP_INDEX_URL"):
        install("ownlib\n", network=Network.VPC)
    write_wheel(tmp_path / "mirror", name="ownlib", version="1.0", source="VALUE = 5\n")
    python = install("ownlib\n", network=Network.VPC, PIP_FIND_LINKS=str(tmp_path / "mirror"))
    assert said_by(python, "import ownlib; print(ownlib.VALUE)") == "5"


def test_without_a_network_not_even_the_user_s_own_places_are_searched(install: Install) -> None:
    with pytest.raises(InstallError) as failed:
        install("ownlib\n", network=Network.NONE)
    assert str(failed.value) == (
        "Could not find a version that satisfies the requirement ownlib (from versions: none)\n"
        "No matching distribution found for ownlib: the container is isolated from the network; bring wheels beside "
        "requirements.txt, or set EnableNetworkIsolation to false"
    )


def test_an_environment_that_was_made_with_a_network_is_not_one_without(install: Install) -> None:
    install("ownlib\n")
    with pytest.raises(InstallError, match="the container is isolated from the network"):
        install("ownlib\n", network=Network.NONE)


def test_a_wheel_beside_the_requirements_needs_no_network(install: Install, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "script", name="local", version="1.0", source="VALUE = 6\n")
    python = install(f"./{wheel.name}\n", network=Network.NONE)
    assert said_by(python, "import local; print(local.VALUE)") == "6"


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (Network.VPC, "the VPC may have no way to PyPI"),
        (Network.NONE, "the container is isolated from the network"),
    ],
)
def test_what_builds_a_script_s_folder_is_fetched_too(network: Network, why: str, tmp_path: Path, prefix: Path) -> None:
    assert prefix.is_dir()

    with pytest.raises(InstallError, match=rf"setuptools>=40.8.0: {why}; set PIP_NO_BUILD_ISOLATION to 0"):
        script_python(folder=tmp_path, builds=True, network=network, environment={}, on_line=print)


def test_pip_that_does_not_end_is_ended(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.rehearsal.containers.requirements.SECONDS", 0.01)
    with pytest.raises(InstallError, match=r"pip must end within 0.01 s, it did not"):
        install("ownlib\n")


@pytest.fixture
def tree(tmp_path: Path) -> ContainerTree:
    made = ContainerTree(root=tmp_path / "tree")
    made.create()
    return made


@pytest.mark.parametrize("program", [["pip"], ["python", "-m", "pip"], ["python3", "-m", "pip"]])
def test_what_a_container_has_pip_install_is_its_own(tree: ContainerTree, wheels: Path, program: list[str]) -> None:
    variables = own_python(tree=tree, seen=tree, network=Network.INTERNET)
    assert wheels.is_dir()

    subprocess.run([*program, "install", "-q", "ownlib"], env=variables, check=True)

    told = said_by(str(tree.home / OWN_PYTHON), "import ownlib, numpy; print(ownlib.VALUE, numpy.__version__)")
    assert told == f"1 {metadata.version('numpy')}"
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("ownlib")


def test_what_an_isolated_container_has_pip_install_is_not_to_be_had(tree: ContainerTree, wheels: Path) -> None:
    variables = own_python(tree=tree, seen=tree, network=Network.NONE)
    assert wheels.is_dir()

    command = [str(tree.home / OWN_PYTHON), "-m", "pip", "install", "ownlib"]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    assert "No matching distribution found for ownlib" in ended.stderr


def test_a_container_sees_what_its_script_requires(tree: ContainerTree, install: Install) -> None:
    python = install("ownlib\n")

    own_python(tree=tree, seen=tree, network=Network.INTERNET, python=python)

    assert said_by(str(tree.home / OWN_PYTHON), "import ownlib, numpy; print(ownlib.VALUE)") == "1"
