"""Small CloudFormation templates, right as they are: a test says only what it makes wrong."""

from typing import Any

from modelyard.template_checks import check_templates
from modelyard.template_checks.template import Template

Properties = dict[str, Any]


def sentences_of(*, region: str | None = None, rule: str = "", **resources: Any) -> list[str]:
    """What the checks say of one template, or what one rule says."""
    template = Template(name="stack", body={"Resources": resources}, region=region)
    return [problem.sentence for problem in check_templates([template]) if problem.key.startswith(rule)]


def resource(kind: str, properties: Any = None, **beside: Any) -> dict[str, Any]:
    """A resource of a type of SageMaker's, or of another service's when it is written in full."""
    full = kind if "::" in kind else f"AWS::SageMaker::{kind}"
    return {"Type": full, "Properties": properties if properties is not None else {}, **beside}


def variant(**given: Any) -> Properties:
    """A variant of instances."""
    return {
        "VariantName": "primary",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1,
        **given,
    }


def serverless(**given: Any) -> Properties:
    """A variant without instances."""
    return {"VariantName": "primary", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **given}}


def config(*variants: Any, **given: Any) -> dict[str, Any]:
    """An endpoint configuration, of one variant of instances when none is given."""
    return resource("EndpointConfig", {"ProductionVariants": list(variants) if variants else [variant()], **given})


def capture(**given: Any) -> Properties:
    """A data capture."""
    return {"DestinationS3Uri": "s3://data/churn/capture", "InitialSamplingPercentage": 100, **given}


def endpoint(**given: Any) -> dict[str, Any]:
    """An endpoint of the configuration `Config`."""
    name = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    return resource("Endpoint", {"EndpointName": "dev-churn", "EndpointConfigName": name, **given})


def target(**given: Any) -> dict[str, Any]:
    """A scalable target of the variant `primary` of `Endpoint`."""
    place = {"Fn::Join": ["", ["endpoint/", {"Fn::GetAtt": ["Endpoint", "EndpointName"]}, "/variant/primary"]]}
    properties = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": place,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
    }
    return resource("AWS::ApplicationAutoScaling::ScalableTarget", {**properties, **given})


def model(**given: Any) -> dict[str, Any]:
    """A model of one container."""
    container = {
        "Image": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0",
        "ModelDataUrl": "s3://data/churn/training/run/job/output/model.tar.gz",
    }
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    return resource("Model", {"PrimaryContainer": container, "ExecutionRoleArn": role, **given})


def role(*actions: str, **given: Any) -> dict[str, Any]:
    """A role whose statements are in it."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::data/*"}
    policies = [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]
    return resource("AWS::IAM::Role", {"Policies": policies, **given})


def definition(kind: str = "DataQuality", **given: Any) -> dict[str, Any]:
    """A job definition of a monitor of `Endpoint`."""
    name = {"Fn::GetAtt": ["Endpoint", "EndpointName"]}
    job_input = {"EndpointInput": {"EndpointName": name, "LocalPath": "/opt/ml/processing/input/endpoint"}}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}
    properties = {
        f"{kind}JobInput": job_input,
        "JobResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
    }
    return resource(f"{kind}JobDefinition", {**properties, **given})


def schedule(expression: Any = "cron(0 * ? * * *)", **given: Any) -> dict[str, Any]:
    """A schedule of the definition `Definition`."""
    config = {
        "MonitoringJobDefinitionName": {"Fn::GetAtt": ["Definition", "JobDefinitionName"]},
        "MonitoringType": "DataQuality",
        "ScheduleConfig": {"ScheduleExpression": expression},
        **given,
    }
    properties = {"MonitoringScheduleName": "dev-churn-data-quality", "MonitoringScheduleConfig": config}
    return resource("MonitoringSchedule", properties)
