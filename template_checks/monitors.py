"""What Model Monitor's schedules and definitions must be, and what they must find."""

from collections.abc import Iterator, Mapping, Sequence

from modelyard.manifest.monitoring import CRON
from modelyard.manifest.problems import NOTHING, Problem
from modelyard.template_checks.names import JOB_DEFINITIONS
from modelyard.template_checks.template import Resource, Template, number, referred, table

SCHEDULE = "AWS::SageMaker::MonitoringSchedule"
ENDPOINT = "AWS::SageMaker::Endpoint"
HOURLY = "cron(0 * ? * * *)"

# The longest run of a definition that an hourly schedule starts, by kind (API reference, MonitoringStoppingCondition).
LONGEST_HOURLY = {"DataQuality": 3600, "ModelExplainability": 3600, "ModelQuality": 1800, "ModelBias": 1800}


def schedules_are_sagemakers(template: Template) -> Iterator[Problem | None]:
    """S11: a schedule of whole hours, a definition of its own kind, a run that ends before the next."""
    for schedule in template.resources(SCHEDULE):
        config = table(schedule.properties.get("MonitoringScheduleConfig"))
        expression = _expression(config)
        yield schedule.problem_if(
            expression is not None and expression != "NOW" and CRON.fullmatch(expression) is None,
            key="ScheduleExpression",
            allowed=f"NOW, {HOURLY}, cron(0 H ? * * *) or cron(0 H/N ? * * *)",
            got=expression,
            hint="SageMaker knows whole hours only",
        )
        definition = template.resource(referred(config.get("MonitoringJobDefinitionName")) or "")
        if definition is not None:
            kind = _kind(definition)
            yield schedule.problem_if(
                not isinstance(config.get("MonitoringType"), Mapping) and config.get("MonitoringType") != kind,
                key="MonitoringType",
                allowed=f"that of its definition ({kind})",
                got=config.get("MonitoringType", NOTHING),
                hint="change one of them",
            )
            longest = LONGEST_HOURLY[kind]
            runtime = number(table(definition.properties.get("StoppingCondition")).get("MaxRuntimeInSeconds"))
            yield definition.problem_if(
                _expression(config) == HOURLY and runtime is not None and runtime > longest,
                key="StoppingCondition.MaxRuntimeInSeconds",
                allowed=f"at most {longest} for an hourly schedule",
                got=runtime,
                hint="lower it",
            )
    for definition in template.resources(*JOB_DEFINITIONS):
        whole = definition.properties.get(f"{_kind(definition)}JobInput", {})
        given = sorted({"EndpointInput", "BatchTransformInput"} & set(_job_input(definition)))
        yield definition.problem_if(
            len(given) != 1 and not (whole and table(whole) == {}),
            key=f"{_kind(definition)}JobInput",
            allowed="one of EndpointInput and BatchTransformInput",
            got=given,
            hint="keep one",
        )


def monitored_endpoints_capture(template: Template) -> Iterator[Problem | None]:
    """S12, for a template by itself; an app's templates are looked at together."""
    return across(template, endpoints_by_name([template]))


def endpoints_by_name(templates: Sequence[Template]) -> dict[str, bool]:
    """Return the endpoints of an app by name, and whether each captures its traffic, as far as its template tells."""
    found = {}
    for template in templates:
        for endpoint in template.resources(ENDPOINT):
            captures = _captures(template, endpoint=endpoint)
            name = endpoint.properties.get("EndpointName")
            if captures is not None and isinstance(name, str):
                found[name] = captures
    return found


def _captures(template: Template, *, endpoint: Resource) -> bool | None:
    config = template.resource(referred(endpoint.properties.get("EndpointConfigName")) or "")
    if config is None:
        return None
    capture = config.properties.get("DataCaptureConfig")
    return capture is not None and table(capture).get("EnableCapture") not in (False, "false")


def across(template: Template, endpoints: Mapping[str, bool]) -> Iterator[Problem | None]:
    """S12: a monitor's endpoint captures, and its region has monitors."""
    for definition in template.resources(*JOB_DEFINITIONS):
        source = table(_job_input(definition).get("EndpointInput")).get("EndpointName")
        own = template.resource(referred(source) or "")
        name = source if own is None else own.logical_id
        captures = endpoints.get(str(source)) if own is None else _captures(template, endpoint=own)
        yield definition.problem_if(
            captures is False,
            key="EndpointInput.EndpointName",
            allowed="an endpoint that captures its traffic",
            got=name,
            hint="give its configuration a DataCaptureConfig",
        )


def _expression(config: Mapping[str, object]) -> str | None:
    """The expression of a schedule, or None where only the deploy knows it."""
    found = table(config.get("ScheduleConfig")).get("ScheduleExpression")
    return found if isinstance(found, str) else None


def _job_input(definition: Resource) -> Mapping[str, object]:
    return table(definition.properties.get(f"{_kind(definition)}JobInput"))


def _kind(definition: Resource) -> str:
    return definition.type.removeprefix("AWS::SageMaker::").removesuffix("JobDefinition")
