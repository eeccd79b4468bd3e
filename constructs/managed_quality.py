"""The engine `model-monitor` for model quality: AWS merges the ground truth with the captures, and measures."""

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
from modelyard.constructs.monitor_target import QualityTarget
from modelyard.constructs.workflows.analysis import publication_switch
from modelyard.constructs.workflows.requests import JobContext

Definition = sagemaker.CfnModelQualityJobDefinition

# Where AWS's own example puts captures; the merged records go there too.
INPUT_DATA = "/opt/ml/processing/input_data"
MERGER = "sagemaker-model-monitor-groundtruth-merger"


class ManagedQualityMonitor(Construct):
    """A model-quality job definition, and the schedule that runs it over captures and ground truth.

    As for data quality the definition has no name, for every property of it is create-only.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        target: QualityTarget,
        job_context: JobContext,
        image: ContainerImage,
        role: ExecutionRole,
        baseline: str,
    ) -> None:
        super().__init__(scope, construct_id)
        monitoring, layout = target.monitoring, target.layout
        labels = f"{job_context.uri(layout.ground_truth)}/{target.endpoint}"
        constraints = Definition.ConstraintsResourceProperty(s3_uri=f"{job_context.uri(baseline)}/constraints.json")
        # The definition has no member for the positive label, which the analyzer takes as a variable.
        positive = {} if target.quality.positive_label is None else {"positive_label": target.quality.positive_label}
        self.definition = Definition(
            self,
            "Definition",
            role_arn=role.arn,
            model_quality_app_specification=Definition.ModelQualityAppSpecificationProperty(
                image_uri=image.uri,
                problem_type=target.quality.problem_type,
                environment={**publication_switch(monitoring=monitoring), **positive},
            ),
            model_quality_baseline_config=Definition.ModelQualityBaselineConfigProperty(
                constraints_resource=constraints
            ),
            model_quality_job_input=Definition.ModelQualityJobInputProperty(
                endpoint_input=_answers(target),
                ground_truth_s3_input=Definition.MonitoringGroundTruthS3InputProperty(s3_uri=labels),
            ),
            model_quality_job_output_config=output_config(
                Definition, uri=job_context.uri(layout.monitoring), key_arn=job_context.key_arn
            ),
            job_resources=job_resources(Definition, monitoring=monitoring, job_context=job_context),
            network_config=network_config(Definition, job_context=job_context),
            stopping_condition=stopping_condition(Definition, monitoring=monitoring),
        )
        self.schedule = monitoring_schedule(
            self,
            name=target.schedule,
            kind="ModelQuality",
            definition=self.definition.get_att("JobDefinitionName").to_string(),
            monitoring=monitoring,
        )


def _answers(target: QualityTarget) -> Definition.EndpointInputProperty:
    """Return which captures are read.

    AWS reads captures and ground truth with one window (requests of real jobs), and a record of either lies in the hour
    in which it came. So the window begins where the oldest answers lie whose labels may still come, and ends when the
    check is due: with an earlier end it would find answers whose labels lie behind it.
    """
    quality = target.quality
    return Definition.EndpointInputProperty(
        endpoint_name=target.endpoint,
        local_path=INPUT_DATA,
        inference_attribute=quality.inference,
        probability_attribute=quality.probability,
        probability_threshold_attribute=quality.cut,
        start_time_offset=f"-PT{quality.label_delay_hours + target.monitoring.period_hours}H",
        end_time_offset="-PT0H",
    )
