"""An alarm from its metric to whoever subscribed to it."""

import json

from rehearsed import Rehearsed


def test_an_alarm_that_fires_notifies_its_topic_with_the_reason(local_aws: Rehearsed) -> None:
    name, sns, sqs = local_aws.name("alarm"), local_aws.client("sns"), local_aws.client("sqs")
    cloudwatch = local_aws.client("cloudwatch")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn, "Principal": {"AWS": "*"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName=name,
        Dimensions=[{"Name": "Endpoint", "Value": "churn"}],
        Statistic="Maximum",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    for endpoint, value in (("another", 9.0), ("churn", 3.0)):
        dimensions = [{"Name": "Endpoint", "Value": endpoint}]
        cloudwatch.put_metric_data(
            Namespace="Test", MetricData=[{"MetricName": name, "Dimensions": dimensions, "Value": value}]
        )
    local_aws.advance(seconds=120)

    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    notice = json.loads(json.loads(message["Body"])["Message"])
    assert notice["NewStateValue"] == "ALARM"
    assert notice["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [3.0 (")
    assert notice["NewStateReason"].endswith(
        ")] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
