"""The image and the code of a check."""

from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.manifest.monitoring import Monitoring
from support.small_stack import BUCKET_ARN, KEY_ARN, SmallStack
from support.synth import plain

OWN = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/team/analyzer:1"


def source(small: SmallStack, monitoring: Monitoring) -> AnalyzerSource:
    return AnalyzerSource(small.stack, "Analyzer", monitoring=monitoring)


def test_the_engine_of_aws_runs_aws_s_image_without_code(small: SmallStack) -> None:
    analyzer = source(small, Monitoring(engine="model-monitor")).analyzer

    assert "sagemaker-model-monitor-analyzer" in str(plain(small.stack.resolve(analyzer.image)))
    assert analyzer.code is None


def test_an_image_of_the_user_brings_its_own_code(small: SmallStack) -> None:
    analyzer = source(small, Monitoring(engine="drift", image=OWN)).analyzer

    assert (analyzer.image, analyzer.code) == (OWN, None)


def test_the_drift_engine_runs_our_code_in_aws_s_image(small: SmallStack) -> None:
    analyzer = source(small, Monitoring(engine="drift")).analyzer

    assert "sagemaker-scikit-learn" in str(plain(small.stack.resolve(analyzer.image)))
    assert analyzer.code is not None


def test_the_role_of_the_jobs_reads_and_writes_below_its_prefixes(small: SmallStack) -> None:
    source(small, Monitoring(engine="model-monitor")).role(
        small.stack,
        "Role",
        foundation_key_arn=KEY_ARN,
        bucket_arn=BUCKET_ARN,
        reads=["churn/capture/"],
        writes=["churn/monitoring"],
        vpc=None,
        description="What the checks may do",
    )

    statements = small.synthesize().statements("Small", "Role")
    resources = {one["Action"][0]: one["Resource"] for one in statements if one["Action"][0].startswith("s3:")}
    assert resources["s3:GetObject"] == [f"{BUCKET_ARN}/churn/capture/*"]
    assert resources["s3:PutObject"] == [f"{BUCKET_ARN}/churn/monitoring/*"]
