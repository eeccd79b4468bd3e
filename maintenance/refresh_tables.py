"""Write the tables of `manifest/tables`, and that of machines in `shared`, anew from the packages that publish them.

Run it by hand when `sagemaker-core` or `cfn-lint` moves; a test compares the tables with both, so that they cannot
rot unseen. Synth reads the tables only: those packages weigh half a gigabyte. The machines of instance types are read
out of a package that is downloaded for it; a test fails where a type has none. `stated_facts` has what none publishes.
"""

import ast
import datetime
import gzip
import importlib.resources
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytz  # type: ignore[import-untyped]
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from sagemaker.core import image_uris

from maintenance.stated_facts import (
    CUDA,
    END_OF_PATCHES,
    FIRST_CUDA,
    LAST_CUDA,
    LISTED,
    LISTED_ARM64,
    LISTED_TAGS,
    STATED_INSTANCES,
)
from modelyard.rehearsal.cloud import managed_policies
from modelyard.shared import instance_types
from modelyard.shared.instance_types import Accelerator, InstanceType

TABLES = Path(__file__).parent.parent / "manifest" / "tables"
# The package that ships EC2's answer to DescribeInstanceTypes, and the policies that AWS publishes. It is read and not
# installed: the product needs no moto.
EC2_PACKAGE = "moto==5.2.5"
EC2_ANSWER = "moto/ec2/resources/instance_types.json.gz"
MANAGED_POLICIES = "moto/iam/aws_managed_policies.py"

# The oldest version of each family that is offered: older ones ship a Python that nothing is released for any more.
OLDEST = {
    "xgboost": (1, 7),
    "sklearn": (1, 2),
    "pytorch": (2, 0),
    "tensorflow": (2, 13),
    "huggingface": (4, 28),
    "djl": (0, 28),
}
# For which processors a family has images, where that is not the CPU alone.
PROCESSORS = {
    ("pytorch", "training"): ("cpu", "gpu"),
    ("pytorch", "inference"): ("cpu", "gpu"),
    ("tensorflow", "training"): ("cpu", "gpu"),
    ("tensorflow", "inference"): ("cpu", "gpu"),
    ("huggingface", "training"): ("gpu",),
    ("huggingface", "inference"): ("cpu", "gpu"),
    ("djl", "inference"): ("gpu",),
}
# What sagemaker-core keeps apart of a family: its images from a version on, in a repository of another name.
NEWER = {("pytorch", "training"): "pytorch-amzn2023"}
# How sagemaker-core names a family, where that is otherwise: of DJL's images those for large models, LMI.
PUBLISHED_NAMES = {"djl": "djl-lmi"}
# The CUDA in a tag, as cu124.
TAGGED_CUDA = re.compile(r"-cu([0-9]{2})([0-9])(?=-|$)")
INSTANCE_OF = {"cpu": "ml.m5.xlarge", "gpu": "ml.g4dn.xlarge"}
API_TYPES = {
    "hosting": "ProductionVariantInstanceType",
    "processing": "ProcessingInstanceType",
    "training": "TrainingInstanceType",
    "transform": "TransformInstanceType",
}
NEURON: dict[str, Accelerator] = {
    "Inferentia": "inferentia",
    "Inferentia2": "inferentia",
    "Trainium": "trainium",
    "Trainium2": "trainium",
}
# Its rows name every type that a template of the app may have.
USED_TYPES = Path(__file__).parent.parent / "rehearsal" / "cloud" / "coverage.toml"


def main() -> None:
    """Write every table."""
    offers = instances()
    named = {name for kind in offers.values() for name in kind["absent"]}
    _write(TABLES / "images.json", table=images())
    _write(TABLES / "instances.json", table=offers)
    _write(TABLES / "regions.json", table=regions())
    _write(TABLES / "time_zones.json", table=time_zones())
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, EC2_PACKAGE]
        subprocess.run(command, check=True)  # noqa: S603 - words of our own
        (wheel,) = Path(folder).glob("*.whl")
        _write(instance_types.TABLE, table=machines(wheel=wheel, names=named))
        packed = json.dumps(policies(wheel=wheel), separators=(",", ":"), sort_keys=True).encode()
        # without the time, so that the same policies are the same bytes
        managed_policies.TABLE.write_bytes(gzip.compress(packed, mtime=0))


def images() -> dict[str, Any]:
    """Return the container images by family, scope and version, their accounts held apart because many share them.

    A version has an image for each processor, and the day until which AWS mends what is found in it, where AWS says;
    an image for GPUs has its CUDA. Of a family of instances the table has the CUDA that its GPUs begin or end with.
    """
    accounts: dict[str, dict[str, str]] = {}
    families: dict[str, Any] = {}
    for family in OLDEST:
        scopes = {
            scope: _versions(family=family, scope=scope, accounts=accounts) for scope in ("training", "inference")
        }
        families[family] = {scope: versions for scope, versions in scopes.items() if versions}
    monitor = _published(family="model-monitor")["versions"][""]
    analyzer = {"images": {"cpu": _image(version=monitor, tag="", accounts=accounts)}, "patched_until": None}
    families["model-monitor"] = {"monitoring": {"": analyzer}}
    gpus = {"first": FIRST_CUDA, "last": LAST_CUDA}
    return {"families": families, "accounts": accounts, "listed": LISTED, "cuda_of_gpus": gpus}


def instances() -> dict[str, Any]:
    """For each kind of job the instance types, each with the regions that do *not* offer it: most are offered widely.

    Nobody publishes the regions of training instances: for those the table knows the types alone.
    """
    offers = {kind: _offers(kind=kind) for kind in ("hosting", "processing", "transform")}
    training = botocore.session.get_session().get_service_model("sagemaker").shape_for(API_TYPES["training"]).enum
    return {**offers, "training": {"regions": [], "absent": {name: [] for name in sorted(training)}}}


def regions() -> dict[str, Any]:
    """Return every resource type that a template may have, each with the regions whose CloudFormation lacks it."""
    known = {name: set(PROVIDER_SCHEMA_MANAGER.get_resource_types(name)) for name in _offers(kind="hosting")["regions"]}
    # Its other rows are of requests that state machines make, which CloudFormation does not know.
    rows = tomllib.loads(USED_TYPES.read_text(encoding="utf-8"))
    used = sorted(name for name in rows if name.startswith("AWS::"))
    return {
        "regions": sorted(known),
        "absent": {type_: sorted(name for name in known if type_ not in known[name]) for type_ in used},
    }


def time_zones() -> dict[str, list[str]]:
    """Return the names of time zones, as a package publishes them: the files of a machine are those of its own age."""
    return {"names": sorted(pytz.all_timezones)}


def machines(*, wheel: Path, names: Iterable[str]) -> dict[str, Any]:
    """Return the machine of each instance type, as EC2 describes it or as it is stated by hand.

    Raises:
        KeyError: neither of the two knows a type; state it in `maintenance/stated_facts.py`.
    """
    with zipfile.ZipFile(wheel) as archive:
        described = json.loads(gzip.decompress(archive.read(EC2_ANSWER)))
        packed = datetime.datetime(*archive.getinfo(EC2_ANSWER).date_time, tzinfo=datetime.UTC)
    found: dict[str, InstanceType] = {}
    for name in sorted(names):
        answer = described.get(name.removeprefix("ml."))
        found[name] = STATED_INSTANCES[name] if answer is None else _machine(answer)
    return {
        "source": f"EC2, DescribeInstanceTypes, as {EC2_PACKAGE} ships it; maintenance/stated_facts.py for the rest",
        "date": packed.date().isoformat(),
        "types": {name: asdict(machine) for name, machine in found.items()},
    }


def policies(*, wheel: Path) -> dict[str, Any]:
    """Return the version and the document of each of AWS's own policies, by the end of its ARN."""
    with zipfile.ZipFile(wheel) as archive:
        assigned = ast.parse(archive.read(MANAGED_POLICIES)).body[0]
    described = json.loads(ast.literal_eval(assigned.value)) if isinstance(assigned, ast.Assign) else {}
    return {
        f"{policy['Path'].removeprefix('/')}{name}": {
            "version": policy["DefaultVersionId"],
            "document": json.dumps(policy["Document"]),
        }
        for name, policy in sorted(described.items())
    }


def _machine(answer: Mapping[str, Any]) -> InstanceType:
    accelerator: Accelerator = "gpu" if "GpuInfo" in answer else "none"
    if "NeuronInfo" in answer:
        accelerator = NEURON[answer["NeuronInfo"]["NeuronDevices"][0]["Name"]]
    return InstanceType(
        architecture="arm64" if "arm64" in answer["ProcessorInfo"]["SupportedArchitectures"] else "x86_64",
        accelerator=accelerator,
        local_disk_gb=answer.get("InstanceStorageInfo", {"TotalSizeInGB": 0})["TotalSizeInGB"],
    )


def _versions(*, family: str, scope: str, accounts: dict[str, dict[str, str]]) -> dict[str, Any]:
    framework = PUBLISHED_NAMES.get(family, family)
    listed = _listed(family=family, scope=scope, framework=framework)
    graviton = _listed(family=family, scope="inference_graviton", framework=framework) if scope == "inference" else {}
    newer = NEWER.get((family, scope))
    if newer is not None:
        listed |= _listed(family=family, scope=scope, framework=newer)
    versions: dict[str, Any] = {}
    for name, release in listed.items():
        images: dict[str, dict[str, str | None]] = {}
        for processor in PROCESSORS.get((family, scope), ("cpu",)):
            tag = LISTED_TAGS.get((family, scope, name, processor))
            if tag is None:
                tag = release.tag(processor=processor)
            images[processor] = _image(version=release.image, tag=tag, accounts=accounts)
        if "gpu" in images:
            tagged = TAGGED_CUDA.search(str(images["gpu"]["tag"]))
            stated = CUDA.get((family, scope, name))
            images["gpu"]["cuda"] = stated if tagged is None else ".".join(tagged.groups())
        if (family, name) in LISTED_ARM64 and scope == "inference":
            repository, tag = LISTED_ARM64[family, name]
            images["arm64"] = {**images["cpu"], "repository": repository, "tag": tag}
        elif name in graviton:
            tag = graviton[name].tag(processor="cpu")
            images["arm64"] = _image(version=graviton[name].image, tag=tag, accounts=accounts)
        versions[name] = {"images": images, "patched_until": END_OF_PATCHES.get((family, scope, name))}
    return versions


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A version of a family as sagemaker-core publishes it; `base` is the framework below Hugging Face's."""

    framework: str
    scope: str
    version: str
    image: dict[str, Any]
    base: str | None = None

    def tag(self, *, processor: str) -> str:
        """Return the tag that sagemaker-core makes for a processor."""
        uri = image_uris.retrieve(
            framework=self.framework,
            region="us-east-1",
            version=self.version,
            base_framework_version=self.base,
            image_scope=self.scope,
            instance_type=INSTANCE_OF[processor],
        )
        return str(uri).rpartition(":")[2]


def _listed(*, family: str, scope: str, framework: str) -> dict[str, Release]:
    """Return the versions that are offered of a family for a scope: Hugging Face's are those of transformers.

    Raises:
        ValueError: a version of transformers comes upon several versions of PyTorch, so that it names no image.
    """
    published = _published(family=framework)
    if "versions" in published:
        published = dict.fromkeys(published["scope"], published)
    releases: dict[str, Release] = {}
    for name, version in published.get(scope, {"versions": {}})["versions"].items():
        if tuple(int(part) for part in name.split("-")[0].split(".")[:2]) < OLDEST[family]:
            continue
        base, image = None, version
        if family == "huggingface":
            (base,) = (key for key in version if key.startswith("pytorch"))
            image = version[base]
        releases[name] = Release(framework=framework, scope=scope, version=name, image=image, base=base)
    return releases


def _image(*, version: dict[str, Any], tag: str, accounts: dict[str, dict[str, str]]) -> dict[str, str | None]:
    registries = dict(sorted(version["registries"].items()))
    shared = next((name for name, known in accounts.items() if known == registries), None)
    name = shared if shared is not None else f"accounts{len(accounts)}"
    accounts[name] = registries
    return {"repository": version["repository"], "tag": tag, "accounts": name}


def _published(*, family: str) -> dict[str, Any]:
    folder = importlib.resources.files("sagemaker.core") / "image_uri_config"
    published: dict[str, Any] = json.loads((folder / f"{family}.json").read_text(encoding="utf-8"))
    return published


def _offers(*, kind: str) -> dict[str, Any]:
    extensions = importlib.resources.files("cfnlint") / "data" / "schemas" / "extensions"
    text = (extensions / f"aws_sagemaker_{kind}" / "instancetype_enum.json").read_text(encoding="utf-8")
    rules = {region: rule for region, rule in json.loads(text).items() if isinstance(rule, dict)}
    # The price list, of which cfn-lint makes its lists, names types that the API does not take.
    taken = set(botocore.session.get_session().get_service_model("sagemaker").shape_for(API_TYPES[kind]).enum)
    offered = {region: taken & set(rule["enum"]) for region, rule in rules.items()}
    types = sorted(set().union(*offered.values()))
    return {
        "regions": sorted(offered),
        "absent": {name: sorted(r for r in offered if name not in offered[r]) for name in types},
    }


def _write(file: Path, *, table: object) -> None:
    file.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
