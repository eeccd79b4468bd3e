"""What AWS's serving containers do otherwise, family by family."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.shared.container_families import HUGGINGFACE, PYTORCH, SKLEARN, TENSORFLOW, XGBOOST, ContainerFamily
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


@pytest.mark.parametrize(
    ("family", "given"), [(XGBOOST, False), (SKLEARN, False), (PYTORCH, True), (HUGGINGFACE, True)]
)
def test_only_pytorch_and_hugging_face_pass_a_context(
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

    with pytest.raises(ServerError, match=r"using torchscript: .*model\.tar\.gz must hold code/serve\.py"):
        ModelServer(model=model, folder=folder / "tree")


def test_code_of_the_archive_is_not_read_where_the_image_does_not(folder: Path) -> None:
    (folder / "model/code/serve.py").write_text(dedent(SUMS))
    model = ServedModel(archive=folder / "model", program="serve.py", family=XGBOOST, packed_code=False)

    with pytest.raises(ServerError, match=r"must hold the program serve\.py, found no such file"):
        ModelServer(model=model, folder=folder / "tree")


CALLED = """
    def model_fn(model_dir):
        return lambda inputs, **parameters: [{"label": inputs, **parameters}]
"""
RAISES = """
    def model_fn(model_dir):
        return None

    def transform_fn(model, body, content_type, accept):
        raise RuntimeError(f"no good: {body}")
"""


def test_whatever_a_script_raises_is_a_400_of_hugging_face(servers: list[ModelServer], folder: Path) -> None:
    server = start(servers, folder=folder, script=RAISES, family=HUGGINGFACE)

    assert send(server, "2")[::2] == (400, "no good: 2")


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
def test_hugging_face_calls_a_model_as_a_pipeline_and_answers_in_json(
    servers: list[ModelServer], folder: Path, accept: str
) -> None:
    (folder / "model/code/serve.py").write_text(dedent(CALLED))
    told = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
    model = ServedModel(archive=folder / "model", program="serve.py", family=HUGGINGFACE, environment=told)
    servers.append(ModelServer(model=model, folder=folder / "tree"))

    body = '{"inputs": "gr\u00fcn", "parameters": {"top_k": 1}}'
    answer = send(servers[-1], body.encode(), headers={"Content-Type": "application/json", "Accept": accept})

    assert answer == (200, "application/json", '[{"label":"gr\u00fcn","top_k":1}]')


@pytest.mark.parametrize("content_type", ["image/png", ""])
def test_a_type_that_hugging_faces_defaults_do_not_read_is_a_400(
    servers: list[ModelServer], folder: Path, content_type: str
) -> None:
    server = start(servers, folder=folder, script=CALLED, family=HUGGINGFACE)

    assert send(server, "1", headers={"Content-Type": content_type})[0] == 400


def test_no_pipeline_is_made_here_where_a_script_loads_no_model(folder: Path) -> None:
    (folder / "model/code/serve.py").write_text("")
    model = ServedModel(archive=folder / "model", program="serve.py", family=HUGGINGFACE)

    with pytest.raises(ServerError, match=r"serve\.py must define model_fn\(model_dir\) .* no pipeline is made"):
        ModelServer(model=model, folder=folder / "tree")


def test_an_archive_without_the_program_is_not_served_as_something_else(folder: Path) -> None:
    model = ServedModel(
        archive=folder / "model", program="inference.py", family=HUGGINGFACE, without_program="nothing stands for it"
    )

    with pytest.raises(ServerError) as refused:
        ModelServer(model=model, folder=folder / "tree")

    assert str(refused.value) == (
        "the model could not be served: its archive holds no code/inference.py, and nothing stands for it"
    )


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_pytorch_serves_torchscript_without_a_script(servers: list[ModelServer], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "model").mkdir()
    torch.jit.script(torch.nn.Flatten(0)).save(str(tmp_path / "model/model.pt"))
    model = ServedModel(archive=tmp_path / "model", program="inference.py", family=PYTORCH)

    servers.append(ModelServer(model=model, folder=tmp_path / "tree"))

    assert send(servers[-1], "[[1, 2], [3, 4]]", headers={"Content-Type": "application/json"})[::2] == (
        200,
        "[1.0, 2.0, 3.0, 4.0]",
    )


def test_pytorch_takes_no_state_for_torchscript(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "model").mkdir()
    torch.save(torch.nn.Linear(1, 1).state_dict(), tmp_path / "model/model.pth")
    model = ServedModel(archive=tmp_path / "model", program="inference.py", family=PYTORCH)

    with pytest.raises(
        ServerError, match=r"Failed to load model\.pth\. Please ensure model is saved using torchscript"
    ):
        ModelServer(model=model, folder=tmp_path / "tree")


def test_pytorch_calls_what_stands_around_loading(servers: list[ModelServer], folder: Path) -> None:
    script = """
        calls = []

        def pre_model_fn(model_dir):
            calls.append("before")

        def model_fn(model_dir):
            calls.append("load")
            return calls

        def model_warmup_fn(model_dir, model):
            calls.append("after")

        def transform_fn(model, body, content_type, accept):
            return " ".join(model)
    """

    assert send(start(servers, folder=folder, script=script, family=PYTORCH))[2] == "before load after"


def test_one_row_of_csv_is_no_table_to_scikit_learn(servers: list[ModelServer], folder: Path) -> None:
    server = start(servers, folder=folder, script=SUMS, family=SKLEARN)

    assert [send(server, body)[0] for body in ("1,2\n3,4\n", "1,2\n")] == [200, 500]


@FAMILIES
def test_a_script_tells_no_execution_parameters(
    servers: list[ModelServer], folder: Path, family: ContainerFamily
) -> None:
    server = start(servers, folder=folder, script=SUMS, family=family)

    assert send(server, b"", method="GET", path="/execution-parameters", headers={})[0] == 404


def test_a_script_of_scikit_learn_may_tell_execution_parameters(servers: list[ModelServer], folder: Path) -> None:
    script = (
        SUMS
        + """
    def execution_parameters_fn():
        return {"MaxConcurrentTransforms": 2}
"""
    )
    server = start(servers, folder=folder, script=script, family=SKLEARN)

    answer = send(server, b"", method="GET", path="/execution-parameters", headers={})
    assert answer[::2] == (200, '{"MaxConcurrentTransforms": 2}')


@pytest.mark.parametrize(("family", "status"), [(XGBOOST, 200), (SKLEARN, 200), (PYTORCH, 413)])
def test_only_pytorch_holds_a_scripts_callers_to_a_length(
    servers: list[ModelServer], folder: Path, family: ContainerFamily, status: int
) -> None:
    server = start(servers, folder=folder, script=WITH_CONTEXT, family=family)

    assert send(server, b" " * 7_000_000)[0] == status


FAMILIES_THAT_INSTALL = pytest.mark.parametrize(
    ("family", "builds"), [(XGBOOST, True), (SKLEARN, True), (PYTORCH, False)], ids=["xgboost", "sklearn", "pytorch"]
)


@FAMILIES
def test_requirements_that_are_not_there_keep_a_server_from_coming_up(
    servers: list[ModelServer], folder: Path, family: ContainerFamily, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (folder / "model/code/requirements.txt").write_text("left-pad\n")

    with pytest.raises(ServerError, match="No matching distribution found for left-pad"):
        start(servers, folder=folder, script=SUMS, family=family)


@FAMILIES_THAT_INSTALL
@pytest.mark.parametrize("environment", [{}, {"PIP_NO_BUILD_ISOLATION": "0"}, {"PIP_INDEX_URL": "http://mirror"}])
def test_without_a_way_to_pypi_a_server_builds_its_script_only_without_isolation(
    folder: Path,
    family: ContainerFamily,
    builds: bool,  # noqa: FBT001
    environment: dict[str, str],
) -> None:
    (folder / "model/code/serve.py").write_text(dedent(SUMS))
    model = ServedModel(
        archive=folder / "model", program="serve.py", family=family, network=Network.VPC, environment=environment
    )

    problem = ""
    try:
        ModelServer(model=model, folder=folder / "tree").stop()
    except ServerError as error:
        problem = str(error)

    assert ("setuptools>=40.8.0" in problem) == (builds and not environment)


def test_tensorflow_without_a_saved_model_does_not_come_up(folder: Path) -> None:
    with pytest.raises(ServerError, match="no SavedModel bundles found!"):
        ModelServer(model=ServedModel(archive=folder / "model", family=TENSORFLOW), folder=folder / "tree")


def test_a_library_that_a_model_misses_is_named_where_it_could_not_be_served(
    servers: list[ModelServer], folder: Path
) -> None:
    with pytest.raises(ServerError, match=r"'no_such_library'\. no_such_library is not listed for AWS's scikit-learn"):
        start(servers, folder=folder, script="import no_such_library", family=SKLEARN)
