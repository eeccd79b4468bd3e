"""The policies of an app's templates as a deploy would write them: references become what they would stand for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.template_checks.template import SUBSTITUTED, listed

ACCOUNT = "123456789012"
HASH = re.compile(r"[0-9A-F]{8}$")
# The ARN of a resource by its type, from the partition on. An id that AWS makes up is the same for all.
ARNS = {
    "AWS::CloudWatch::Alarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/01234567-89ab-cdef-0123-456789abcdef",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SageMaker::Experiment": "sagemaker:{region}:{account}:experiment/{name}",
    "AWS::SageMaker::ModelPackageGroup": "sagemaker:{region}:{account}:model-package-group/{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
}
# Types whose Ref is the ARN (CloudFormation user guide, "Return values" of each).
ARN_BY_REF = frozenset({"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"})
# Which properties of a type are policies; a role's own policies each have a table around theirs.
DOCUMENTS = {
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", "Policies"),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::IAM::Policy": ("PolicyDocument",),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
}


class UnknownReferenceError(ValueError):
    """A policy refers to what this module has no value for; the sentence says to what, and where."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One policy: the stack and the resource that it is of, and the document without references."""

    owner: str
    document: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Templates by the name of their stack, and the region that they are deployed to."""

    templates: Mapping[str, Mapping[str, Any]]
    region: str

    def policies(self) -> Iterator[Policy]:
        """Yield every policy of every template.

        Raises:
            UnknownReferenceError: a policy refers to what has no value here.
        """
        for stack, template in self.templates.items():
            for logical_id, body in template["Resources"].items():
                for key in DOCUMENTS.get(body["Type"], ()):
                    for found in listed(body["Properties"].get(key, [])):
                        document = found["PolicyDocument"] if key == "Policies" else found
                        document = self._value(document, stack=stack)
                        # A role's trust names no resource and a key's policy says `*`: each is of its own alone.
                        if key in {"AssumeRolePolicyDocument", "KeyPolicy"}:
                            own = {"Resource": self._arn(stack, logical_id)}
                            document["Statement"] = [{**statement, **own} for statement in document["Statement"]]
                        yield Policy(owner=f"{stack}/{HASH.sub('', logical_id)}", document=document)

    def _value(self, value: Any, *, stack: str) -> Any:
        match value:
            case list():
                return [self._value(element, stack=stack) for element in value]
            case {"Ref": name}:
                return self._referred(name, stack=stack)
            case {"Fn::GetAtt": [logical_id, attribute]} if attribute.endswith("Arn"):
                return self._arn(stack, logical_id)
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self._value(part, stack=stack) for part in parts)
            case {"Fn::Sub": str(text)}:
                return SUBSTITUTED.sub(lambda found: self._referred(found[1], stack=stack), text)
            case {"Fn::FindInMap": [name, first, second]}:
                return self.templates[stack]["Mappings"][name][self._value(first, stack=stack)][second]
            case {"Fn::ImportValue": export}:
                return self._exported(export)
            case {**entries}:
                if any(str(key).startswith("Fn::") for key in entries):
                    raise UnknownReferenceError(f"{stack} has {value} in a policy; say here what a deploy makes of it")
                return {key: self._value(entry, stack=stack) for key, entry in entries.items()}
            case _:
                return value

    def _referred(self, name: str, *, stack: str) -> str:
        pseudo = {"AWS::Partition": "aws", "AWS::Region": self.region, "AWS::AccountId": ACCOUNT}
        template = self.templates[stack]
        if name in pseudo:
            return pseudo[name]
        if name in template.get("Parameters", {}):
            return "given-at-deploy"
        if template["Resources"].get(name, {}).get("Type") in ARN_BY_REF:
            return self._arn(stack, name)
        return _physical_name(stack, name)

    def _arn(self, stack: str, logical_id: str) -> str:
        type_ = self.templates[stack]["Resources"][logical_id]["Type"]
        if type_ not in ARNS:
            raise UnknownReferenceError(f"{stack} has the ARN of {logical_id} ({type_}) in a policy; add it to ARNS")
        name = _physical_name(stack, logical_id)
        return f"arn:aws:{ARNS[type_].format(region=self.region, account=ACCOUNT, name=name)}"

    def _exported(self, name: str) -> Any:
        for stack, template in self.templates.items():
            for output in template.get("Outputs", {}).values():
                if output.get("Export", {}).get("Name") == name:
                    return self._value(output["Value"], stack=stack)
        raise UnknownReferenceError(f"no template exports {name}; give this the templates of the whole app")


def _physical_name(stack: str, logical_id: str) -> str:
    return f"{stack}-{HASH.sub('', logical_id)}".lower()
