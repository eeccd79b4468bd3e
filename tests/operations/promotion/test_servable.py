"""What the serving container of a family looks for in an archive."""

import pytest

from modelyard.manifest import Model
from modelyard.manifest.serving import Serving, Variant
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.servable import check_code_is_read, check_servable

OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"
TORCH = "code/inference.py, or a file that ends in .pt or .pth,"


PIPELINE = "code/inference.py, or config.json or model_index.json at its top,"


def model(container: str, *, program: str | None = None, environment: dict[str, str] | None = None) -> Model:
    serving = Serving(
        variants=(Variant(name="primary"),),
        instance="ml.g5.xlarge",
        container=container,
        program=program,
        environment={} if environment is None else environment,
    )
    return Model(name="churn", serving=serving)


@pytest.mark.parametrize(
    ("container", "program", "names"),
    [
        ("sklearn:1.9-0", None, ["m.joblib", "code/inference.py"]),
        ("sklearn:1.9-0", "serve.py", ["code/serve.py"]),
        ("xgboost:3.2-0", None, ["any"]),
        ("xgboost:3.2-0", "serve.py", ["code/serve.py"]),
        ("pytorch:2.6", None, ["code/inference.py"]),
        ("pytorch:2.6", None, ["model.pth"]),
        ("tensorflow:2.19", None, ["export/1/saved_model.pb"]),
        ("huggingface:4.49", None, ["code/inference.py"]),
        ("huggingface:4.49", "serve.py", ["code/serve.py"]),
        ("huggingface:4.49", "serve.py", ["config.json"]),
        ("huggingface:4.49", None, ["model_index.json"]),
        ("djl:0.36", None, ["any"]),
        (OWN, None, ["any"]),
        (OWN, "serve.py", ["any"]),
    ],
)
def test_an_archive_that_its_container_can_serve_is_taken(
    container: str, program: str | None, names: list[str]
) -> None:
    served = model(container, program=program)

    check_servable(names, model=served, archive="it", hint="pack it")
    check_code_is_read(names, model=served, archive="it")


@pytest.mark.parametrize(
    ("container", "program", "names", "needed", "title"),
    [
        ("sklearn:1.9-0", None, ["inference.py"], "code/inference.py", "scikit-learn"),
        ("sklearn:1.9-0", "serve.py", ["code/inference.py"], "code/serve.py", "scikit-learn"),
        ("xgboost:3.2-0", "serve.py", ["xgboost-model"], "code/serve.py", "XGBoost"),
        ("pytorch:2.6", None, ["weights.bin"], TORCH, "PyTorch"),
        ("tensorflow:2.19", None, ["saved_model.pbtxt"], "saved_model.pb", "TensorFlow"),
        ("huggingface:4.49", None, ["model.pt", "inner/config.json"], PIPELINE, "Hugging Face"),
    ],
)
def test_an_archive_without_what_its_container_needs_is_refused(
    container: str, program: str | None, names: list[str], needed: str, title: str
) -> None:
    with pytest.raises(Failure) as refused:
        check_servable(names, model=model(container, program=program), archive="it", hint="pack it")

    assert str(refused.value) == f"it must hold {needed} for {title}'s container to serve it, and does not; pack it"


@pytest.mark.parametrize("variable", ["HF_TASK", "HF_MODEL_ID"])
def test_a_pipeline_that_is_told_what_to_do_needs_no_file_that_says_it(variable: str) -> None:
    told = model("huggingface:4.49", environment={variable: "text-classification"})

    check_servable(["weights.bin"], model=told, archive="it", hint="pack it")
