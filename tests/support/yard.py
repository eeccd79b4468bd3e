"""What tests of `yard` share: what a command said, and stacks by hand where the whole app is not looked at."""

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelyard.operations.cli.main import main
from support.local_aws import SharedLocalAws


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Yard = Callable[..., Ran]


def run_yard(*arguments: str, stage: str) -> Ran:
    """Run `yard` for the models of the current folder's project."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*arguments, "--stage", stage, "--models", "models"])
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


def make_foundation(aws: SharedLocalAws, *, stage: str, policy: str) -> str:
    """Make a stack with a foundation's outputs, whose buckets and key are kept or not; return the data bucket."""
    kinds = {"Data": "AWS::S3::Bucket", "Logs": "AWS::S3::Bucket", "Key": "AWS::KMS::Key"}
    template = {
        "Resources": {name: {"Type": kind, "DeletionPolicy": policy} for name, kind in kinds.items()},
        "Outputs": {
            "DataBucketName": {"Value": {"Ref": "Data"}},
            "DataKeyArn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}},
        },
    }
    cloudformation, name = aws.client("cloudformation"), f"{stage}-foundation"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return str(next(one["OutputValue"] for one in outputs if one["OutputKey"] == "DataBucketName"))
