"""Write the tables of `manifest/tables` anew from the packages that publish them.

Run it by hand when `sagemaker-core` or `cfn-lint` moves; a test compares the tables with both, so that they cannot
rot unseen. Synth reads the tables only: those packages weigh half a gigabyte.
"""

import importlib.resources
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytz  # type: ignore[import-untyped]
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from sagemaker.core import image_uris

TABLES = Path(__file__).parent.parent / "manifest" / "tables"

# The oldest version of each family that is offered: older ones ship a Python that nothing is released for any more.
OLDEST = {"xgboost": (1, 7), "sklearn": (1, 2), "pytorch": (2, 0), "tensorflow": (2, 13)}
INSTANCE_OF = {"cpu": "ml.m5.xlarge", "gpu": "ml.g4dn.xlarge"}
API_TYPES = {
    "hosting": "ProductionVariantInstanceType",
    "processing": "ProcessingInstanceType",
    "training": "TrainingInstanceType",
    "transform": "TransformInstanceType",
}
MONITORED_TYPES = ("AWS::SageMaker::MonitoringSchedule", "AWS::SageMaker::DataQualityJobDefinition")


def main() -> None:
    """Write every table."""
    _write(name="images.json", table=images())
    _write(name="instances.json", table=instances())
    _write(name="regions.json", table=regions())
    _write(name="time_zones.json", table=time_zones())


def images() -> dict[str, Any]:
    """Return the container images by family, scope and version, their accounts held apart because many share them."""
    accounts: dict[str, dict[str, str]] = {}
    families: dict[str, Any] = {}
    for family in OLDEST:
        families[family] = {
            scope: _versions(family=family, scope=scope, accounts=accounts) for scope in ("training", "inference")
        }
    monitor = _published(family="model-monitor")["versions"][""]
    families["model-monitor"] = {"monitoring": {"": _image(version=monitor, tags={"cpu": ""}, accounts=accounts)}}
    return {"families": families, "accounts": accounts}


def instances() -> dict[str, Any]:
    """For each kind of job the instance types, each with the regions that do *not* offer it: most are offered widely.

    Nobody publishes the regions of training instances: for those the table knows the types alone.
    """
    offers = {kind: _offers(kind=kind) for kind in ("hosting", "processing", "transform")}
    training = botocore.session.get_session().get_service_model("sagemaker").shape_for(API_TYPES["training"]).enum
    return {**offers, "training": {"regions": [], "absent": {name: [] for name in sorted(training)}}}


def regions() -> dict[str, list[str]]:
    """Return the regions in which each resource type of Model Monitor exists."""
    known = sorted(_offers(kind="hosting")["regions"])
    return {
        type_name: [region for region in known if type_name in PROVIDER_SCHEMA_MANAGER.get_resource_types(region)]
        for type_name in MONITORED_TYPES
    }


def time_zones() -> dict[str, list[str]]:
    """Return the names of time zones, as a package publishes them: the files of a machine are those of its own age."""
    return {"names": sorted(pytz.all_timezones)}


def _versions(*, family: str, scope: str, accounts: dict[str, dict[str, str]]) -> dict[str, Any]:
    published = _published(family=family)[scope]["versions"]
    return {
        name: _image(version=version, tags=_tags(family=family, scope=scope, version=name), accounts=accounts)
        for name, version in published.items()
        if tuple(int(part) for part in name.split("-")[0].split(".")[:2]) >= OLDEST[family]
    }


def _image(*, version: dict[str, Any], tags: dict[str, str], accounts: dict[str, dict[str, str]]) -> dict[str, Any]:
    registries = dict(sorted(version["registries"].items()))
    shared = next((name for name, known in accounts.items() if known == registries), None)
    name = shared if shared is not None else f"accounts{len(accounts)}"
    accounts[name] = registries
    return {"repository": version["repository"], "tags": tags, "accounts": name}


def _tags(*, family: str, scope: str, version: str) -> dict[str, str]:
    processors = ("cpu", "gpu") if family in ("pytorch", "tensorflow") else ("cpu",)
    return {
        processor: _tag(family=family, scope=scope, version=version, processor=processor) for processor in processors
    }


def _tag(*, family: str, scope: str, version: str, processor: str) -> str:
    uri = image_uris.retrieve(
        framework=family,
        region="us-east-1",
        version=version,
        image_scope=scope,
        instance_type=INSTANCE_OF[processor],
    )
    return str(uri).rpartition(":")[2]


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


def _write(*, name: str, table: object) -> None:
    (TABLES / name).write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
