"""AWS's own tables: container images by region, instance types by region, regions of a resource type, time zones.

They are data, written by `maintenance/refresh_tables.py` and compared with their source by a test. What the machine of
an instance type is stands in `shared/instance_types.py`.
"""

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from modelyard.shared.instance_types import instance_types as machines

TABLES = Path(__file__).parent / "tables"
OWN_IMAGE = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+)(:(?P<tag>[\w.-]+)|@sha256:[0-9a-f]{64})"
)

Scope = Literal["training", "inference", "monitoring"]
JobKind = Literal["hosting", "processing", "training", "transform"]
Processor = Literal["cpu", "gpu", "arm64"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedImage:
    """One of AWS's images: its processor, repository and tag, and the account that holds it in each region.

    `cuda` is that of an image for GPUs, None where AWS's list does not say: such an image is older than the list.
    """

    processor: Processor
    repository: str
    tag: str
    accounts: dict[str, str]
    cuda: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CudaRange:
    """The CUDA that has kernels for the GPUs of an instance type: from the first to the last, None without a bound."""

    first: str | None
    last: str | None

    def holds(self, cuda: str | None) -> bool:
        """Whether an image of that CUDA has kernels for the GPUs: one that is not listed is older than the list."""
        given = _ordered(cuda) if cuda is not None else (0, 0)
        first = self.first is None or given >= _ordered(self.first)
        return first and (self.last is None or given <= _ordered(self.last))


def family_of(container: str) -> str:
    """Return the family of `family:version`, or an empty text for an image of the user's own."""
    return "" if OWN_IMAGE.fullmatch(container) else container.partition(":")[0]


def versions(*, family: str, scope: Scope) -> tuple[str, ...]:
    """Return the versions of a family for a scope, oldest first; empty for an unknown family."""
    known = _images()["families"].get(family, {}).get(scope, {})
    return tuple(sorted(known, key=lambda version: [int(number) for number in re.findall(r"\d+", version)]))


def families(*, scope: Scope) -> tuple[str, ...]:
    """Return the families that have images for a scope."""
    return tuple(name for name, scopes in _images()["families"].items() if scope in scopes)


def resolved_version(*, container: str, scope: Scope) -> str | None:
    """The full version that `family:version` stands for, as 2.6.0 for `pytorch:2.6`; None for none or several.

    Only the last number may be left out: one that is the only one of its major version today is not so for long.
    """
    family, _, version = container.partition(":")
    known = versions(family=family, scope=scope)
    if version in known:
        return version
    longer = [name for name in known if name.rpartition(".")[0] == version]
    return longer[0] if len(longer) == 1 else None


def processors_of(*, instance: str) -> tuple[Processor, ...]:
    """Return for which processors an image may be built that an instance type runs, the best first.

    None for one with accelerators of AWS's own, which no image of a family here is built for, and for an Arm processor
    with GPUs; an empty text stands for serverless inference, which has neither Arm processors nor GPUs.

    Raises:
        KeyError: no such instance type is in the table.
    """
    if not instance:
        return ("cpu",)
    machine = machines()[instance]
    fitting: dict[tuple[str, str], tuple[Processor, ...]] = {
        ("x86_64", "none"): ("cpu",),
        ("x86_64", "gpu"): ("gpu", "cpu"),
        ("arm64", "none"): ("arm64",),
    }
    return fitting.get((machine.architecture, machine.accelerator), ())


def best_image(*, container: str, scope: Scope, instance: str) -> PublishedImage | None:
    """Return the image of `family:version` for the processor of an instance type, or None where there is none.

    Raises:
        KeyError: the family or the version is not in the table.
    """
    images = _version(container=container, scope=scope)["images"]
    for processor in processors_of(instance=instance):
        if processor in images:
            accounts = _images()["accounts"][images[processor]["accounts"]]
            return PublishedImage(**{**images[processor], "processor": processor, "accounts": accounts})
    return None


def published_image(*, container: str, scope: Scope, instance: str) -> PublishedImage:
    """Return the image of `family:version` that an instance type runs.

    Raises:
        KeyError: the family or the version is not in the table, or has no image that this instance type runs; a
            manifest that was read cannot hold such a one.
    """
    image = best_image(container=container, scope=scope, instance=instance)
    if image is None or not has_kernels(image, instance=instance):
        raise KeyError(container, instance)
    return image


def has_kernels(image: PublishedImage, *, instance: str) -> bool:
    """Whether an image has kernels for the GPUs of an instance type; true for one without GPUs, or for CPUs."""
    return image.processor != "gpu" or cuda_of(instance=instance).holds(image.cuda)


def cuda_of(*, instance: str) -> CudaRange:
    """Return which CUDA has kernels for the GPUs of an instance type."""
    gpus, family = _images()["cuda_of_gpus"], instance.split(".")[1]
    return CudaRange(first=gpus["first"].get(family), last=gpus["last"].get(family))


def patched_until(*, container: str, scope: Scope) -> str | None:
    """Return the day until which AWS mends what is found in an image, or None where its list names no such day.

    Raises:
        KeyError: the family or the version is not in the table.
    """
    day: str | None = _version(container=container, scope=scope)["patched_until"]
    return day


def patches_by_image() -> dict[str, str | None]:
    """Return of each image, as `repository:tag`, the day until which AWS mends what is found in it."""
    return {
        f"{image['repository']}:{image['tag']}": version["patched_until"]
        for scopes in _images()["families"].values()
        for versions_ in scopes.values()
        for version in versions_.values()
        for image in version["images"].values()
        if image["tag"]
    }


def listed_on() -> str:
    """Return the day of AWS's list of images, from which the ends of patches are."""
    return str(_images()["listed"])


def instance_types(*, kind: JobKind) -> frozenset[str]:
    """Return every instance type that some region offers for a kind of job."""
    return frozenset(_instances()[kind]["absent"])


def is_offered(*, instance: str, kind: JobKind, region: str) -> bool:
    """Whether a region offers an instance type for a kind of job; true for a region that the table does not know."""
    table = _instances()[kind]
    return region not in table["regions"] or region not in table["absent"].get(instance, [])


def regions() -> tuple[str, ...]:
    """Return the regions that the table of resource types knows."""
    return tuple(_regions()["regions"])


def has_type(*, resource_type: str, region: str) -> bool:
    """Whether CloudFormation knows a resource type in a region; true for a type that no template of this app has."""
    return region not in _regions()["absent"].get(resource_type, ())


@functools.cache
def time_zones() -> tuple[str, ...]:
    """Return the names of the database of time zones."""
    return tuple(_table("time_zones.json")["names"])


def _ordered(cuda: str) -> tuple[int, ...]:
    return tuple(int(part) for part in cuda.split("."))


def _version(*, container: str, scope: Scope) -> dict[str, Any]:
    version = resolved_version(container=container, scope=scope)
    if version is None:
        raise KeyError(container)
    found: dict[str, Any] = _images()["families"][container.partition(":")[0]][scope][version]
    return found


@functools.cache
def _images() -> dict[str, Any]:
    return _table("images.json")


@functools.cache
def _instances() -> dict[str, Any]:
    return _table("instances.json")


@functools.cache
def _regions() -> dict[str, Any]:
    return _table("regions.json")


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((TABLES / name).read_text(encoding="utf-8"))
    return table
