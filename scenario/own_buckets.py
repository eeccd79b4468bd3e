"""Buckets of the user's own, which channels read and no stack has: the scenario makes them, and takes them away."""

from collections.abc import Iterator

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.data import files_elsewhere


def make_own_buckets(context: ScenarioContext) -> Iterator[str]:
    """Make the buckets, upload what stands for their objects, and yield what a user would type."""
    s3, region = context.client("s3"), context.connection.region
    # The oldest region is named by leaving it out (S3 API reference, CreateBucket).
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    project = context.workspace.project
    files = files_elsewhere(model=context.model, project=project)
    for bucket in sorted({uri.bucket for uri in files}):
        s3.create_bucket(Bucket=bucket, **place)
        yield f"$ aws s3 mb s3://{bucket}"
    for uri, file in files.items():
        s3.upload_file(Filename=str(file), Bucket=uri.bucket, Key=uri.key)
        yield f"$ aws s3 cp {file.relative_to(project)} {uri}"


def remove_own_buckets(context: ScenarioContext) -> Iterator[str]:
    """Delete the buckets with all that is in them, and yield what a user would type."""
    s3 = context.client("s3")
    files = files_elsewhere(model=context.model, project=context.workspace.project)
    for bucket in sorted({uri.bucket for uri in files}):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for stored in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=stored["Key"])
        s3.delete_bucket(Bucket=bucket)
        yield f"$ aws s3 rb s3://{bucket} --force"
