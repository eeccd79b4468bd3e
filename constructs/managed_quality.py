"""The engine `model-monitor` for model quality: AWS merges what proved true with the captures, and measures."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.job_definitions import (
    job_resources,
    monitoring_schedule,
    network_config,
    output_config,
    stopping_condition,
)
from modelyard.constructs.workflows.requests import Place
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality

Definition = sagemaker.CfnModelQualityJobDefinition

# Where AWS's own example puts captures; the merged records go there too.
INPUT_DATA = "/opt/ml/processing/input_data"
MERGER = "sagemaker-model-monitor-groundtruth-merger"
# AWS merges below the reports, in a folder whose name is not ours to choose (requests of real jobs).
MERGE_FOLDER = "merge"


class ManagedQualityMonitor(Construct):
    """A model-quality job definition, and the schedule that runs it over captures and what proved true.

    As for data quality the definition has no name, for every property of it is create-only.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        monitoring: Monitoring,
        quality: Quality,
        layout: DataLayout,
        endpoint: str,
        schedule: str,
        place: Place,
        image: ContainerImage,
        role: ExecutionRole,
        baseline: str,
    ) -> None:
        super().__init__(scope, construct_id)
        report, truth = place.uri(layout.monitoring), f"{place.uri(layout.ground_truth)}/{endpoint}"
        constraints = Definition.ConstraintsResourceProperty(s3_uri=f"{place.uri(baseline)}/constraints.json")
        self.definition = Definition(
            self,
            "Definition",
            role_arn=role.arn,
            model_quality_app_specification=_application(image_uri=image.uri, quality=quality),
            model_quality_baseline_config=Definition.ModelQualityBaselineConfigProperty(
                constraints_resource=constraints
            ),
            model_quality_job_input=Definition.ModelQualityJobInputProperty(
                endpoint_input=_answers(endpoint=endpoint, quality=quality, hours=monitoring.period_hours),
                ground_truth_s3_input=Definition.MonitoringGroundTruthS3InputProperty(s3_uri=truth),
            ),
            model_quality_job_output_config=output_config(Definition, uri=report, key_arn=place.key_arn),
            job_resources=job_resources(Definition, monitoring=monitoring, place=place),
            network_config=network_config(Definition, place=place),
            stopping_condition=stopping_condition(Definition, monitoring=monitoring),
        )
        self.schedule = monitoring_schedule(
            self,
            name=schedule,
            kind="ModelQuality",
            definition=self.definition.get_att("JobDefinitionName").to_string(),
            monitoring=monitoring,
        )


def _application(*, image_uri: str, quality: Quality) -> Definition.ModelQualityAppSpecificationProperty:
    """The definition has no member for the positive label, which the analyzer takes as a variable."""
    positive = {} if quality.positive_label is None else {"positive_label": quality.positive_label}
    return Definition.ModelQualityAppSpecificationProperty(
        image_uri=image_uri,
        problem_type=quality.problem_type,
        environment={"publish_cloudwatch_metrics": "Enabled", **positive},
    )


def _answers(*, endpoint: str, quality: Quality, hours: int) -> Definition.EndpointInputProperty:
    """The window begins where the oldest answers lie whose truth is still told, and ends when the check is due.

    With one window AWS reads captures and what proved true (requests of real jobs), and each lies in the hour in which
    it came: a window that ended earlier would find answers whose truth lies behind its end.
    """
    return Definition.EndpointInputProperty(
        endpoint_name=endpoint,
        local_path=INPUT_DATA,
        inference_attribute=quality.inference,
        probability_attribute=quality.probability,
        probability_threshold_attribute=quality.cut,
        start_time_offset=f"-PT{quality.label_delay_hours + hours}H",
        end_time_offset="-PT0H",
    )
