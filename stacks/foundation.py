"""The stack that holds state: key, buckets, alert topic. One for a stage, kept when everything else goes."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from manifest import Stage
from manifest.data_layout import DataLayout
from modelyard.alert_topic import AlertTopic
from modelyard.data_store import DataStore
from stacks.stage_stack import StageStack


class FoundationStack(StageStack):
    """What all models of a stage share.

    `destroy_data` is the second of the two keys that let the data be deleted with the stack; the first is the stage's
    `removal`.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, model_names: Sequence[str], destroy_data: bool = False
    ) -> None:
        super().__init__(
            scope,
            f"{stage.name}-foundation",
            stage=stage,
            description=f"The data of all models of {stage.name}, their key, and the topic for alerts",
        )
        both_keys = stage.removal == "destroy" and destroy_data
        self.data = DataStore(
            self,
            "Data",
            removal=cdk.RemovalPolicy.DESTROY if both_keys else cdk.RemovalPolicy.RETAIN,
            capture_prefixes=[DataLayout(model=name).capture for name in model_names],
            capture_days=stage.capture_days,
        )
        self.alerts = AlertTopic(self, "Alerts", key_arn=self.data.key.attr_arn, email=stage.alert_email)
        self._export()
        self._outputs()

    @property
    def bucket(self) -> str:
        """The data bucket's name."""
        return self.data.bucket.ref

    @property
    def bucket_arn(self) -> str:
        """The data bucket's ARN."""
        return self.data.bucket.attr_arn

    @property
    def key_arn(self) -> str:
        """The key's ARN."""
        return self.data.key.attr_arn

    @property
    def topic_arn(self) -> str:
        """The alert topic's ARN."""
        return self.alerts.arn

    def _export(self) -> None:
        """Whichever models there are: a new one must not have to change this stack first."""
        for value in (self.bucket, self.bucket_arn, self.key_arn, self.topic_arn):
            self.export_value(value)

    def _outputs(self) -> None:
        self.publish("DataBucketName", self.bucket, description="Holds all data of the models")
        self.publish("DataKeyArn", self.key_arn, description="Encrypts the data")
        self.publish("AlertTopicArn", self.topic_arn, description="Takes alarms and reports")
