"""Where a stage's alarms and reports go."""

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from constructs import Construct


class AlertTopic(Construct):
    """An encrypted topic that takes messages over TLS, of this account's alarms and of roles that may publish.

    An e-mail address is subscribed where one is given; AWS asks its owner to confirm.
    """

    def __init__(self, scope: Construct, construct_id: str, *, key_arn: str, email: str | None = None) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.CfnTopic(self, "Resource", kms_master_key_id=key_arn)
        self.arn = self.topic.ref
        sns.CfnTopicPolicy(
            self,
            "Policy",
            topics=[self.arn],
            policy_document={"Version": "2012-10-17", "Statement": [_only_tls(self.arn), _alarms(self.arn)]},
        )
        if email is not None:
            sns.CfnSubscription(self, "Email", topic_arn=self.arn, protocol="email", endpoint=email)


def _only_tls(topic_arn: str) -> dict[str, object]:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _alarms(topic_arn: str) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
    }
