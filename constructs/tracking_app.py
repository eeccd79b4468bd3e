"""The MLflow App of a stage, on whose screen the trials of all models are looked at."""

from collections.abc import Sequence

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from modelyard.constructs.access import Statement, allow, read_data, write_data, write_with_key
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.manifest.data_layout import TRACKING
from modelyard.manifest.tracking import ExperimentTracking


class TrackingApp(Construct):
    """An MLflow App and its role; artifacts that scripts log lie in the data bucket.

    The app goes with its stack, and with it what was logged to it: whatever `yard` logs, `yard` can log again. The
    registry of SageMaker has the packages already, under names that are known before: the app registers none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        tracking: ExperimentTracking,
        bucket: str,
        bucket_arn: str,
        key_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = ExecutionRole(
            self,
            "Role",
            service="sagemaker.amazonaws.com",
            description=f"What the MLflow App {name} may do",
            statements=[*_artifacts(bucket_arn=bucket_arn), write_with_key(key_arn=key_arn)],
        )
        # Name and role can never change: CloudFormation would make another app, without what was logged.
        self.app = sagemaker.CfnMlflowApp(
            self,
            "App",
            name=name,
            role_arn=self.role.arn,
            artifact_store_uri=f"s3://{bucket}/{TRACKING}",
            # Always sent: by one page of AWS's documentation an update that lacks it would enable it.
            model_registration_mode="AutoModelRegistrationDisabled",
            weekly_maintenance_window_start=tracking.maintenance,
        )
        self.arn = self.app.attr_arn


def log_to_app(*, app_arn: str, bucket_arn: str) -> list[Statement]:
    """Log runs to an app and their artifacts to the data bucket, to which MLflow's clients write themselves.

    The whole of MLflow's API is one action on an app, which is the only one that AWS lists for it (developer guide,
    "Set up IAM permissions for MLflow Apps"): there is no narrower one for a single experiment.
    """
    return [allow("sagemaker:CallMlflowAppApi", on=[app_arn]), *_artifacts(bucket_arn=bucket_arn)]


def _artifacts(*, bucket_arn: str) -> Sequence[Statement]:
    prefix = f"{TRACKING}/"
    return [
        *read_data(bucket_arn=bucket_arn, prefixes=[prefix]),
        write_data(bucket_arn=bucket_arn, prefixes=[TRACKING]),
    ]
