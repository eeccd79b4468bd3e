"""The stack that holds state: key, buckets, alert topic. One for a stage, kept when everything else goes."""

from collections.abc import Sequence

import aws_cdk as cdk

from modelyard.constructs.alert_topic import AlertTopic
from modelyard.constructs.data_store import DataStore
from modelyard.constructs.rest_api.logs import LogRole
from modelyard.constructs.tracking_app import TrackingApp
from modelyard.manifest import Stage
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.stack_kinds import stack_kind
from modelyard.stacks.stage_stack import StageStack


class FoundationStack(StageStack):
    """What all models of a stage share.

    `bucket`, `bucket_arn`, `key_arn` and `topic_arn` are imports, for the other stacks: they are exported whichever
    models there are, so that a new one need not change this stack. `tracking_arn` is one too, None for a stage without
    tracking.

    `destroy_data` is the second of the two keys that let the data be deleted with the stack; the first is the stage's
    `removal`.
    """

    def __init__(self, app: cdk.App, *, stage: Stage, model_names: Sequence[str], destroy_data: bool = False) -> None:
        super().__init__(
            app,
            stack_kind("foundation").stack_name(stage=stage.name),
            stage=stage,
            description=f"The data of all models of {stage.name}, their key, and the topic for alerts",
        )
        self.app = app
        both_keys = stage.removal == "destroy" and destroy_data
        removal = cdk.RemovalPolicy.DESTROY if both_keys else cdk.RemovalPolicy.RETAIN
        self.data = DataStore(
            self,
            "Data",
            removal=removal,
            days_kept={
                prefix: days
                # A rule that went with its model's file would leave what was captured for ever.
                for name in dict.fromkeys((*model_names, *stage.retired_models))
                for prefix, days in DataLayout(model=name).days_kept(capture_days=stage.capture_days).items()
            },
        )
        if stage.api_log_role:
            LogRole(self, "ApiLogs", removal=removal)
        self.alerts = AlertTopic(self, "Alerts", key_arn=self.data.key.attr_arn, email=stage.alert_email)
        self.bucket = self.export_value(self.data.bucket.ref)
        self.bucket_arn = self.export_value(self.data.bucket.attr_arn)
        self.key_arn = self.export_value(self.data.key.attr_arn)
        self.topic_arn = self.export_value(self.alerts.arn)
        self.publish("DataBucketName", self.data.bucket.ref, description="Holds all data of the models")
        self.publish("DataKeyArn", self.data.key.attr_arn, description="Encrypts the data")
        self.publish("AlertTopicArn", self.alerts.arn, description="Takes alarms and reports")
        self.tracking_arn: str | None = None
        if stage.tracking is not None:
            app_of_stage = TrackingApp(
                self,
                "Tracking",
                name=f"{stage.name}-tracking",
                tracking=stage.tracking,
                bucket=self.data.bucket.ref,
                bucket_arn=self.data.bucket.attr_arn,
                key_arn=self.data.key.attr_arn,
            )
            self.tracking_arn = self.export_value(app_of_stage.arn)
            self.publish("TrackingAppArn", app_of_stage.arn, description="Shows the trials: yard leaderboard --open")
