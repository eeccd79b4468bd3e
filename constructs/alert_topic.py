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
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Action": "sns:Publish",
                        "Resource": self.arn,
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": self.arn,
                        "Condition": {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
                    },
                ],
            },
        )
        if email is not None:
            sns.CfnSubscription(self, "Email", topic_arn=self.arn, protocol="email", endpoint=email)
