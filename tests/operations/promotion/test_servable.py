"""What the serving container of a family looks for in an archive."""

import pytest

from modelyard.manifest import Model
from modelyard.manifest.serving import Serving, Variant
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.servable import check_code_is_read, check_servable

OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"
TORCH = "code/inference.py, or a file that ends in .pt or .pth,"


def model(container: str, *, program: str | None = None) -> Model:
    serving = Serving(variants=(Variant(name="primary"),), instance="ml.m5.large", container=container, program=program)
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
    ],
)
def test_an_archive_without_what_its_container_needs_is_refused(
    container: str, program: str | None, names: list[str], needed: str, title: str
) -> None:
    with pytest.raises(Failure) as refused:
        check_servable(names, model=model(container, program=program), archive="it", hint="pack it")

    assert str(refused.value) == f"it must hold {needed} for {title}'s container to serve it, and does not; pack it"
