"""The machines of instance types and AWS's policies, out of a package that holds both. The others: tests/manifest."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from maintenance.refresh_tables import EC2_ANSWER, MANAGED_POLICIES, machines, policies
from modelyard.rehearsal.cloud.managed_policies import managed_policies

X86 = {"ProcessorInfo": {"SupportedArchitectures": ["i386", "x86_64"]}}
ARM = {"ProcessorInfo": {"SupportedArchitectures": ["arm64"]}}


def answered(tmp_path: Path, **types: Any) -> Path:
    """A wheel that holds EC2's answer, dated."""
    wheel = tmp_path / "package.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        entry = zipfile.ZipInfo(EC2_ANSWER, date_time=(2026, 10, 27, 22, 45, 0))
        archive.writestr(entry, gzip.compress(json.dumps(types).encode()))
    return wheel


@pytest.mark.parametrize(
    ("answer", "machine"),
    [
        (X86, ("x86_64", "none", 0)),
        (ARM, ("arm64", "none", 0)),
        ({**X86, "GpuInfo": {}}, ("x86_64", "gpu", 0)),
        ({**X86, "InstanceStorageInfo": {"TotalSizeInGB": 75}}, ("x86_64", "none", 75)),
        ({**X86, "NeuronInfo": {"NeuronDevices": [{"Name": "Inferentia2"}]}}, ("x86_64", "inferentia", 0)),
        ({**X86, "NeuronInfo": {"NeuronDevices": [{"Name": "Trainium"}]}}, ("x86_64", "trainium", 0)),
    ],
)
def test_a_machine_is_what_ec2_describes(tmp_path: Path, answer: Any, machine: tuple[str, str, int]) -> None:
    table = machines(wheel=answered(tmp_path, **{"x1.large": answer}), names=["ml.x1.large"])

    found = table["types"]["ml.x1.large"]
    assert (found["architecture"], found["accelerator"], found["local_disk_gb"]) == machine


def test_the_table_bears_the_date_of_the_answer(tmp_path: Path) -> None:
    assert machines(wheel=answered(tmp_path), names=[])["date"] == "2026-10-27"


def test_a_type_that_ec2_no_longer_describes_is_as_stated_by_hand(tmp_path: Path) -> None:
    table = machines(wheel=answered(tmp_path), names=["ml.p3.2xlarge"])

    assert table["types"]["ml.p3.2xlarge"] == {"architecture": "x86_64", "accelerator": "gpu", "local_disk_gb": 0}


def test_a_type_that_nobody_describes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"ml\.z9\.large"):
        machines(wheel=answered(tmp_path), names=["ml.z9.large"])


def test_an_accelerator_that_is_not_known_is_refused(tmp_path: Path) -> None:
    answer = {**X86, "NeuronInfo": {"NeuronDevices": [{"Name": "Trainium9"}]}}

    with pytest.raises(KeyError, match="Trainium9"):
        machines(wheel=answered(tmp_path, **{"x1.large": answer}), names=["ml.x1.large"])


def test_policies_are_known_by_the_end_of_their_arn_with_their_version(tmp_path: Path) -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    described = {"Reads": {"Path": "/service-role/", "DefaultVersionId": "v3", "Document": document}}
    with zipfile.ZipFile(tmp_path / "package.whl", "w") as archive:
        archive.writestr(MANAGED_POLICIES, f'# made\ndata = """\n{json.dumps(described)}"""\n')

    (policy,) = policies(wheel=tmp_path / "package.whl").items()

    assert policy == ("service-role/Reads", {"version": "v3", "document": json.dumps(document)})


def test_the_policies_that_the_rehearsal_has_are_documents() -> None:
    read = managed_policies()

    assert len(read) > 1000
    assert all(json.loads(policy["document"])["Statement"] for policy in read.values())
