"""The model-quality monitor of AWS's engine."""

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.managed_quality import ManagedQualityMonitor
from modelyard.constructs.monitor_target import QualityTarget
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality
from support.small_stack import SmallStack
from support.workflows import JOB_CONTEXT


def add(small: SmallStack, *, delay: int = 0) -> None:
    quality = Quality(problem_type="BinaryClassification", probability="0", positive_label="1", label_delay_hours=delay)
    target = QualityTarget(
        monitoring=Monitoring(engine="model-monitor", schedule="hourly", quality=quality),
        quality=quality,
        layout=DataLayout(model="churn"),
        endpoint="dev-churn",
        schedule="dev-churn-model-quality",
        variants=("primary",),
    )
    ManagedQualityMonitor(
        small.stack,
        "Monitor",
        target=target,
        job_context=JOB_CONTEXT,
        image=ContainerImage(
            small.stack, "Image", container="model-monitor:", image_scope="monitoring", instance="ml.m5.large"
        ),
        role=ExecutionRole(small.stack, "Role", service="sagemaker.amazonaws.com", statements=[], description="Checks"),
        baseline="churn/quality/run",
    )


def test_answers_are_compared_with_the_ground_truth_of_the_endpoint(small: SmallStack) -> None:
    add(small)

    read = small.one("SageMaker::ModelQualityJobDefinition")["ModelQualityJobInput"]
    assert read["GroundTruthS3Input"] == {"S3Uri": "s3://data/churn/ground-truth/dev-churn"}


def test_the_window_reaches_back_as_far_as_labels_may_come(small: SmallStack) -> None:
    add(small, delay=5)

    read = small.one("SageMaker::ModelQualityJobDefinition")["ModelQualityJobInput"]["EndpointInput"]
    assert (read["StartTimeOffset"], read["EndTimeOffset"]) == ("-PT6H", "-PT0H")


def test_the_positive_label_is_a_variable_of_the_analyzer(small: SmallStack) -> None:
    add(small)

    application = small.one("SageMaker::ModelQualityJobDefinition")["ModelQualityAppSpecification"]
    assert application["Environment"]["positive_label"] == "1"
    assert application["ProblemType"] == "BinaryClassification"


def test_the_schedule_has_the_target_s_name(small: SmallStack) -> None:
    add(small)

    assert small.one("SageMaker::MonitoringSchedule")["MonitoringScheduleName"] == "dev-churn-model-quality"
