"""The table of machines: that it is whole, and that it tells them apart."""

import json

import pytest

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import JobKind
from modelyard.shared.instance_types import TABLE, InstanceType, has_local_disk, instance_types


@pytest.mark.parametrize("kind", ["hosting", "processing", "training", "transform"])
def test_the_machine_of_every_instance_type_is_known(kind: JobKind) -> None:
    assert catalogue.instance_types(kind=kind) <= set(instance_types())


def test_the_table_names_its_source_and_its_date() -> None:
    table = json.loads(TABLE.read_text(encoding="utf-8"))

    assert table["source"].startswith("EC2, DescribeInstanceTypes, as moto==")
    assert table["date"] == "2026-10-27"


@pytest.mark.parametrize(
    ("name", "machine"),
    [
        ("ml.m5.xlarge", InstanceType(architecture="x86_64", accelerator="none", local_disk_gb=0)),
        ("ml.m5d.large", InstanceType(architecture="x86_64", accelerator="none", local_disk_gb=75)),
        ("ml.t2.medium", InstanceType(architecture="x86_64", accelerator="none", local_disk_gb=0)),
        ("ml.c7g.xlarge", InstanceType(architecture="arm64", accelerator="none", local_disk_gb=0)),
        ("ml.g5.xlarge", InstanceType(architecture="x86_64", accelerator="gpu", local_disk_gb=250)),
        ("ml.p3.2xlarge", InstanceType(architecture="x86_64", accelerator="gpu", local_disk_gb=0)),
        ("ml.inf2.xlarge", InstanceType(architecture="x86_64", accelerator="inferentia", local_disk_gb=0)),
        ("ml.trn1.2xlarge", InstanceType(architecture="x86_64", accelerator="trainium", local_disk_gb=474)),
        ("ml.p6e-gb200.36xlarge", InstanceType(architecture="arm64", accelerator="gpu", local_disk_gb=22_500)),
    ],
)
def test_a_machine_is_told_by_its_type(name: str, machine: InstanceType) -> None:
    assert instance_types()[name] == machine


def test_the_families_with_disks_of_their_own_are_these() -> None:
    found = {name.split(".")[1] for name in instance_types() if has_local_disk(instance=name)}

    assert found == {
        *("c5d", "c6gd", "m5d", "m6gd", "r5d", "r6gd", "r7gd"),
        *("g4dn", "g5", "g6", "g6e", "g7", "g7e"),
        *("p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
        *("trn1", "trn1n", "trn2"),
    }


def test_an_instance_type_that_is_not_known_is_taken_for_one_without_disks() -> None:
    assert not has_local_disk(instance="ml.z9.large")
