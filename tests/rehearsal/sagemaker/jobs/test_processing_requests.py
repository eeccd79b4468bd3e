from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.containers import networks
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.processing_requests import check_processing, command_of

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"


@pytest.mark.parametrize("ours", ["verdict", "estimate"])
def test_in_the_place_of_aws_s_analyzer_only_its_own_files_are_written(tmp_path: Path, ours: str) -> None:
    request = {"AppSpecification": {"ImageUri": "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor"}}

    command = command_of(request, root=tmp_path, unpacked=tmp_path)

    assert command.environment[ours] == "Disabled"


def isolated(**specification: Any) -> dict[str, Any]:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    return {
        "AppSpecification": {"ImageUri": ANALYZER, **specification},
        "ProcessingResources": {"ClusterConfig": cluster},
        "NetworkConfig": {"EnableNetworkIsolation": True},
    }


def test_a_program_that_cannot_be_isolated_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "obstacle", lambda: "only Linux has what it takes")

    with pytest.raises(ServiceError, match=r"^NetworkConfig\.EnableNetworkIsolation must be false here") as refused:
        check_processing(isolated(ContainerEntrypoint=["python3"]))

    assert "(only Linux has what it takes)" in refused.value.message


def test_the_analyzer_needs_no_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "obstacle", lambda: "only Linux has what it takes")

    check_processing(isolated())
