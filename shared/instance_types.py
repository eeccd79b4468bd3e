"""What the machine of each instance type is: its processor, its accelerator, the disks of its own.

`instance_types.json` is written by `maintenance/refresh_tables.py`, and names its source and that source's date.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

TABLE = Path(__file__).parent / "instance_types.json"

Architecture = Literal["x86_64", "arm64"]
Accelerator = Literal["none", "gpu", "inferentia", "trainium"]


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceType:
    """A machine. `local_disk_gb` is the size of its own disks together, 0 where it has none."""

    architecture: Architecture
    accelerator: Accelerator
    local_disk_gb: int


@functools.cache
def instance_types() -> Mapping[str, InstanceType]:
    """Return every instance type that SageMaker names, with its machine."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return MappingProxyType({name: InstanceType(**machine) for name, machine in table["types"].items()})


def has_local_disk(*, instance: str) -> bool:
    """Whether an instance type has disks of its own; false for one that is not known.

    They encrypt themselves: SageMaker takes no key for them (API reference, ResourceConfig, VolumeKmsKeyId).
    """
    machine = instance_types().get(instance)
    return machine is not None and machine.local_disk_gb > 0
