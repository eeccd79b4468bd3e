from pathlib import Path

import pytest

from modelyard.rehearsal.sagemaker.jobs.processing_requests import command_of


@pytest.mark.parametrize("ours", ["verdict", "estimate"])
def test_in_the_place_of_aws_s_analyzer_only_its_own_files_are_written(tmp_path: Path, ours: str) -> None:
    request = {"AppSpecification": {"ImageUri": "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor"}}

    command = command_of(request, root=tmp_path, unpacked=tmp_path)

    assert command.environment[ours] == "Disabled"
