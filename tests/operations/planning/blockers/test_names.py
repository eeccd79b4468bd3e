from typing import Any

from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.plan import plan
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import Template
from support.plans import kinds
from support.templates import resource

GROUP = {"Group": resource("ModelPackageGroup", {"ModelPackageGroupName": "churn"})}


def revision(**stacks: Any) -> Revision:
    """Stacks of these resources."""
    templates = tuple(Template(name=name, body={"Resources": found}) for name, found in stacks.items())
    return Revision(name="revision", templates=templates)


def test_another_type_under_the_same_logical_id_is_refused() -> None:
    old, new = {"One": resource("AWS::SNS::Topic")}, {"One": resource("AWS::S3::Bucket")}
    assert kinds(old, new) == [("type changes", True)]


def test_a_new_name_is_free() -> None:
    assert kinds({}, GROUP) == []


def test_a_name_that_goes_from_one_stack_to_another_is_taken_until_the_first_is_deployed() -> None:
    base = revision(one=GROUP, two={})
    found = plan(base=base, head=revision(one={}, two=GROUP), prices=shipped()).blockers
    assert ("name is taken", "two", False) in [(one.kind, one.stack, one.certain) for one in found]


def test_a_name_that_another_stack_keeps_is_taken() -> None:
    found = plan(base=revision(one=GROUP, two={}), head=revision(one=GROUP, two=GROUP), prices=shipped()).blockers
    assert [(one.kind, one.stack, one.certain) for one in found] == [("name is taken", "two", True)]
