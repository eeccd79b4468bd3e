"""Whether a region, a network and a bucket have what a resource looks for there."""

import re
from collections.abc import Iterator
from typing import Any

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import JobKind
from modelyard.manifest.problems import Problem, problem_if
from modelyard.shared.s3_uri import is_s3_uri
from modelyard.template_checks.endpoints import CONFIG, shadows_of, variants_of
from modelyard.template_checks.names import JOB_DEFINITIONS
from modelyard.template_checks.template import Resource, Template, as_text, referred, table, values_at

MODEL = "AWS::SageMaker::Model"
LEAST_SUBNETS = 2
STARTED_JOBS: tuple[tuple[JobKind, str], ...] = (
    ("transform", "TransformResources"),
    ("processing", "ProcessingResources"),
    ("training", "ResourceConfig"),
)
REGISTRY = re.compile(r"\.dkr\.ecr\.(?P<region><[^>]*>|[a-z0-9-]+)\.")


def instance_types_are_offered(template: Template) -> Iterator[Problem | None]:
    """S07: every type is one that the region offers for that kind of job, or any region where it is not known."""
    for config in template.resources(CONFIG):
        for variant in (*variants_of(config), *shadows_of(config)):
            yield _offer(config, instance=variant.get("InstanceType"), kind="hosting", region=template.region)
    for definition in template.resources(*JOB_DEFINITIONS):
        for instance in values_at(definition.properties.get("JobResources"), "InstanceType"):
            yield _offer(definition, instance=instance, kind="processing", region=template.region)
    for machine in template.resources("AWS::StepFunctions::StateMachine"):
        for kind, key in STARTED_JOBS:
            for found in values_at(machine.properties.get("Definition"), key):
                for instance in values_at(found, "InstanceType"):
                    yield _offer(machine, instance=instance, kind=kind, region=template.region)


def types_are_known_in_the_region(template: Template) -> Iterator[Problem | None]:
    """S25: CloudFormation knows not every type in every region."""
    region = template.region
    for resource in template.resources() if region is not None else ():
        yield resource.problem_if(
            not catalogue.has_type(resource_type=resource.type, region=str(region)),
            key="Type",
            allowed=f"one that CloudFormation knows in {region}",
            got=resource.type,
            hint="deploy to another region, or leave out the table of the manifest that this is of",
        )


def networks_span_zones_and_outlive_endpoints(template: Template) -> Iterator[Problem | None]:
    """S14: two subnets even for one instance, and none of this stack: SageMaker's interfaces outlive the endpoint."""
    for model in template.resources(MODEL):
        subnets = table(model.properties.get("VpcConfig")).get("Subnets")
        if not isinstance(subnets, list):
            continue
        own = [name for name in map(referred, subnets) if name and template.resource(name) is not None]
        yield model.problem_if(
            len(subnets) < LEAST_SUBNETS,
            key="VpcConfig.Subnets",
            allowed="at least two, in two availability zones",
            got=subnets,
            hint="add a subnet of another zone",
        )
        yield model.problem_if(
            bool(own),
            key="VpcConfig.Subnets",
            allowed="of a network that another stack keeps",
            got=own,
            hint="interfaces of SageMaker's would block their deletion",
        )


def artifacts_and_images_are_where_sagemaker_looks(template: Template) -> Iterator[Problem | None]:
    """S19: an artifact is an s3:// URI of a tar.gz, an image lies in the stack's own region."""
    for model in template.resources(MODEL):
        for found in values_at(model.properties, "ModelDataUrl"):
            uri = as_text(found)
            yield model.problem_if(
                not ((is_s3_uri(uri) or uri.startswith("<")) and uri.endswith((".tar.gz", ">"))),
                key="ModelDataUrl",
                allowed="an s3:// URI that ends in .tar.gz",
                got=uri,
                hint="promote a model",
            )
        for found in values_at(model.properties, "Image"):
            image = as_text(found)
            match = REGISTRY.search(image)
            there = match["region"] if match is not None else None
            own = there is None or there.startswith("<") or template.region is None or there == template.region
            yield model.problem_if(
                not own,
                key="Image",
                allowed=f"in the stack's own region ({template.region})",
                got=image,
                hint="SageMaker pulls from no other region",
            )


def _offer(resource: Resource, *, instance: Any, kind: JobKind, region: str | None) -> Problem | None:
    if not isinstance(instance, str):
        return None
    known = instance in catalogue.instance_types(kind=kind)
    offered = known and (region is None or catalogue.is_offered(instance=instance, kind=kind, region=region))
    return problem_if(
        not offered,
        key=f"{resource.logical_id}.InstanceType",
        allowed=f"one that {region if region is not None else 'some region'} offers for {kind}",
        got=instance,
        hint="choose another type",
    )
