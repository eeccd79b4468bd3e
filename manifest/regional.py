"""What a region does not offer of all that a model needs; asked once the stage's region is known."""

from modelyard.manifest import catalogue
from modelyard.manifest.model import Model
from modelyard.manifest.problems import Problem, problem_if


def regional_problems(*, model: Model, region: str) -> tuple[Problem, ...]:
    """Return every value of the manifest that the region cannot serve."""
    problems = (
        *_instance_problems(model=model, region=region),
        *_image_problems(model=model, region=region),
        _monitor_problem(model=model, region=region),
    )
    return tuple(problem for problem in problems if problem is not None)


def _instance_problems(*, model: Model, region: str) -> tuple[Problem | None, ...]:
    used: list[tuple[str, str, catalogue.JobKind]] = []
    if model.serving is not None:
        instances = {model.serving.instance_of(variant=variant) for variant in model.serving.all_variants}
        used.extend(("serving.instance", instance, "hosting") for instance in sorted(instances))
    if model.preprocessing is not None:
        used.append(("preprocessing.instance", model.preprocessing.instance, "processing"))
    if model.batch is not None:
        used.append(("batch.instance", model.batch.instance, "transform"))
    if model.monitoring is not None:
        used.append(("monitoring.instance", model.monitoring.instance, "processing"))
    return tuple(
        problem_if(
            bool(instance) and not catalogue.is_offered(instance=instance, kind=kind, region=region),
            key=key,
            allowed=f"an instance type that {region} offers for {kind}",
            got=instance,
            hint="choose another type or another region",
        )
        for key, instance, kind in used
    )


def _image_problems(*, model: Model, region: str) -> tuple[Problem | None, ...]:
    """Each container once, though an image of it lacks for several processors."""
    lacking: dict[str, str] = {}
    for use in model.image_uses:
        if not _image_is_in(region, container=use.container, scope=use.scope, instance=use.instance):
            lacking[use.container_key] = use.container
    image = model.monitoring.image if model.monitoring is not None else None
    own = None if image is None else catalogue.OWN_IMAGE.fullmatch(image)
    if image is not None and own is not None and own["region"] != region:
        lacking["monitoring.image"] = image
    return tuple(
        Problem(
            key=key,
            allowed=f"an image that lies in {region}: SageMaker pulls from no other region",
            got=container,
            hint="choose another container or another region",
        )
        for key, container in lacking.items()
    )


def _image_is_in(region: str, *, container: str, scope: catalogue.Scope, instance: str) -> bool:
    own = catalogue.OWN_IMAGE.fullmatch(container)
    if own is not None:
        return own["region"] == region
    image = catalogue.published_image(container=container, scope=scope, instance=instance)
    return region in image.accounts


def _monitor_problem(*, model: Model, region: str) -> Problem | None:
    if model.monitoring is None or model.monitoring.engine != "model-monitor":
        return None
    here = all(
        catalogue.has_type(resource_type=f"AWS::SageMaker::{kind}", region=region)
        for kind in ("MonitoringSchedule", "DataQualityJobDefinition")
    )
    return problem_if(
        not here,
        key="monitoring.engine",
        allowed=f"drift in {region}, where CloudFormation knows no Model Monitor",
        got=model.monitoring.engine,
        hint='write engine = "drift"',
    )
