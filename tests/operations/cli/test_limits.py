"""`yard limits`: the limits of a promoted baseline change, in a data bucket of the local AWS."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.manifest.reading import read_model
from support.local_aws import SharedLocalAws
from support.manifests import WHOLE
from support.projects import make_project
from support.yard import Ran, Yard, make_foundation

SUGGESTED = "whole/baseline/20261122-101500"
CONSTRAINTS = {"features": [{"name": "age", "inferred_type": "Integral", "completeness": 1.0}]}

Limits = Callable[[str], tuple[Ran, Path]]


@pytest.fixture
def limits(yard: Yard, local_aws: SharedLocalAws, tmp_path: Path) -> Limits:
    """Declare limits behind a manifest, and run the command in a stage that has the manifest's baseline."""

    def run(text: str) -> tuple[Ran, Path]:
        stage = local_aws.name("limits").replace("-", "")
        models = make_project(tmp_path / stage, stage=stage, manifests={"whole": text}) / "models"
        bucket = make_foundation(local_aws, stage=stage, policy="Delete")
        for name, content in (("constraints", CONSTRAINTS), ("statistics", {})):
            local_aws.client("s3").put_object(
                Bucket=bucket, Key=f"{SUGGESTED}/{name}.json", Body=json.dumps(content).encode()
            )
        return yard("limits", "whole", "--stage", stage, "--models", str(models), "--json"), models / "whole.toml"

    return run


def test_changed_limits_are_in_a_baseline_of_their_own_that_the_manifest_names(limits: Limits) -> None:
    said, file = limits(WHOLE + "[monitoring.limits]\ncompleteness = 0.8\n")

    monitoring = read_model(file).monitoring
    assert monitoring is not None
    assert monitoring.limits is not None
    assert said.code == 0
    assert monitoring.baseline == said.document["monitoring.baseline"] == f"{SUGGESTED}/{monitoring.limits.folder}"
    assert f'+baseline = "{monitoring.baseline}"' in said.document["diff"]


def test_without_limits_the_manifest_names_the_suggested_baseline_again(limits: Limits) -> None:
    said, file = limits(WHOLE.replace(SUGGESTED, f"{SUGGESTED}/limits-0123456789ab"))

    assert said.document["monitoring.baseline"] == SUGGESTED
    assert f'baseline = "{SUGGESTED}"' in file.read_text()


def test_a_manifest_that_names_them_already_stays(limits: Limits) -> None:
    said, file = limits(WHOLE)

    assert (said.code, said.document) == (0, {"monitoring.baseline": SUGGESTED, "diff": ""})
    assert "names these limits already" in said.err
    assert file.read_text() == WHOLE


def test_a_model_without_a_baseline_is_refused_with_the_command_that_writes_one(limits: Limits) -> None:
    said, _ = limits(WHOLE.replace(f'baseline = "{SUGGESTED}"\n', ""))

    assert (said.code, said.err) == (
        1,
        "whole has no baseline yet; yard promote writes one, with the limits\n",
    )
