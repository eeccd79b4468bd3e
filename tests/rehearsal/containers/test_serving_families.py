"""What AWS's serving containers do otherwise, family by family."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.shared.container_families import PYTORCH, SKLEARN, XGBOOST, ContainerFamily
from support.model_servers import DOUBLE, send

WITH_CONTEXT = """
    def model_fn(model_dir):
        return "model"

    def transform_fn(model, body, content_type, accept, context=None):
        return f"{type(body).__name__} {content_type} {context is not None}"
"""
SUMS = """
    class Model:
        def predict(self, rows):
            return rows.sum(axis=1)

    def model_fn(model_dir):
        return Model()
"""
FAMILIES = pytest.mark.parametrize("family", [XGBOOST, SKLEARN, PYTORCH], ids=["xgboost", "sklearn", "pytorch"])


@pytest.fixture
def servers() -> Iterator[list[ModelServer]]:
    started: list[ModelServer] = []
    yield started
    for server in started:
        server.stop(grace=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model/code").mkdir(parents=True)
    (tmp_path / "model/weight").write_text("3")
    return tmp_path


def start(servers: list[ModelServer], *, folder: Path, script: str, family: ContainerFamily) -> ModelServer:
    (folder / "model/code/serve.py").write_text(dedent(script))
    model = ServedModel(archive=folder / "model", program="serve.py", family=family)
    servers.append(ModelServer(model=model, folder=folder / "tree"))
    return servers[-1]


@FAMILIES
@pytest.mark.parametrize("body", ["not a number", "418", "404"])
def test_whatever_a_script_raises_is_a_500(
    servers: list[ModelServer], folder: Path, family: ContainerFamily, body: str
) -> None:
    assert send(start(servers, folder=folder, script=DOUBLE, family=family), body)[0] == 500


@pytest.mark.parametrize(("family", "status"), [(XGBOOST, 415), (SKLEARN, 415), (PYTORCH, 500)])
def test_a_type_that_the_defaults_do_not_read_is_a_415_but_for_pytorch(
    servers: list[ModelServer], folder: Path, family: ContainerFamily, status: int
) -> None:
    server = start(servers, folder=folder, script=SUMS, family=family)

    assert send(server, "1", headers={"Content-Type": "image/png"})[0] == status


@pytest.mark.parametrize(("family", "given"), [(XGBOOST, False), (SKLEARN, False), (PYTORCH, True)])
def test_only_pytorch_passes_a_context(
    servers: list[ModelServer],
    folder: Path,
    family: ContainerFamily,
    given: bool,  # noqa: FBT001
) -> None:
    server = start(servers, folder=folder, script=WITH_CONTEXT, family=family)

    assert send(server)[2] == f"str text/csv {given}"


@FAMILIES
def test_a_type_with_a_parameter_is_no_text(servers: list[ModelServer], folder: Path, family: ContainerFamily) -> None:
    server = start(servers, folder=folder, script=WITH_CONTEXT, family=family)

    assert send(server, headers={"Content-Type": "text/csv; charset=utf-8"})[2].startswith(
        "bytes text/csv; charset=utf-8"
    )


def test_pytorch_without_the_models_own_code_does_not_come_up(folder: Path) -> None:
    model = ServedModel(archive=folder / "model", program="serve.py", family=PYTORCH)

    with pytest.raises(ServerError, match=r"using torchscript: model\.tar\.gz must hold code/serve\.py"):
        ModelServer(model=model, folder=folder / "tree")


def test_code_of_the_archive_is_not_read_where_the_image_does_not(folder: Path) -> None:
    (folder / "model/code/serve.py").write_text(dedent(SUMS))
    model = ServedModel(archive=folder / "model", program="serve.py", family=XGBOOST, packed_code=False)

    with pytest.raises(ServerError, match=r"must hold the program serve\.py, found no such file"):
        ModelServer(model=model, folder=folder / "tree")
