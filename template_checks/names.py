"""What a name, a tag or a deletion policy would break at the next deploy."""

from collections.abc import Iterator

from modelyard.manifest.problems import NOTHING, Problem
from modelyard.manifest.rules import LONGEST_NAME, SAGEMAKER_NAME
from modelyard.template_checks.template import Template

JOB_DEFINITIONS = (
    "AWS::SageMaker::DataQualityJobDefinition",
    "AWS::SageMaker::ModelBiasJobDefinition",
    "AWS::SageMaker::ModelExplainabilityJobDefinition",
    "AWS::SageMaker::ModelQualityJobDefinition",
)
REPLACED = {
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    **dict.fromkeys(JOB_DEFINITIONS, "JobDefinitionName"),
}
LONGEST_EXPERIMENT = 120
NAMED = {
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::MonitoringSchedule": "MonitoringScheduleName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
    "AWS::SageMaker::Experiment": "ExperimentName",
}
CREATE_ONLY_TAGS = (
    *JOB_DEFINITIONS,
    "AWS::SageMaker::FeatureGroup",
    "AWS::SageMaker::ProcessingJob",
    "AWS::SageMaker::Project",
)
RETAINED = ("Retain", "RetainExceptOnCreate")
UNDELETABLE = ("AWS::SageMaker::Experiment", "AWS::SageMaker::ModelPackageGroup")


def no_name_that_blocks_replacement(template: Template) -> Iterator[Problem | None]:
    """S01: a replacement is made before the old resource goes, and two cannot have one name."""
    for resource in template.resources(*REPLACED):
        key = REPLACED[resource.type]
        yield resource.problem_if(
            key in resource.properties,
            key=key,
            allowed="left out: every change replaces the resource",
            got=resource.properties.get(key),
            hint="let CloudFormation name it",
        )


def names_fit_sagemaker(template: Template) -> Iterator[Problem | None]:
    """S03: the API takes 63 characters, one fewer than the schema."""
    for resource in template.resources(*NAMED):
        key = NAMED[resource.type]
        name = resource.properties.get(key)
        longest = LONGEST_EXPERIMENT if key == "ExperimentName" else LONGEST_NAME
        fits = not isinstance(name, str) or (len(name) <= longest and SAGEMAKER_NAME.fullmatch(name) is not None)
        yield resource.problem_if(
            not fits,
            key=key,
            allowed=f"1 to {longest} letters, digits and inner hyphens",
            got=name,
            hint="shorten it",
        )


def no_tag_that_replaces(template: Template) -> Iterator[Problem | None]:
    """S15: on these types a changed tag replaces the resource."""
    for resource in template.resources(*CREATE_ONLY_TAGS):
        yield resource.problem_if(
            "Tags" in resource.properties,
            key="Tags",
            allowed="left out: a changed tag replaces the resource",
            got=resource.properties.get("Tags"),
            hint="exclude the type where tags are added",
        )


def what_cannot_be_deleted_is_retained(template: Template) -> Iterator[Problem | None]:
    """S16: a group with versions and an experiment with trials make a deletion fail."""
    for resource in template.resources(*UNDELETABLE):
        policy = resource.body.get("DeletionPolicy", NOTHING)
        yield resource.problem_if(
            policy not in RETAINED,
            key="DeletionPolicy",
            allowed="Retain: with what was made in it, it cannot be deleted",
            got=policy,
            hint="retain it, and delete it by hand when it is empty",
        )
