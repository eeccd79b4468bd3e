from support.plans import predict
from support.templates import resource


def test_an_export_changes_when_what_it_names_is_replaced() -> None:
    role = {"Role": resource("AWS::IAM::Role", {"Path": "/a/"})}
    other = {"Role": resource("AWS::IAM::Role", {"Path": "/b/"})}
    output = {"Outputs": {"Out": {"Value": {"Ref": "Role"}, "Export": {"Name": "role"}}}}
    assert predict(role, other, base=output, head=output).blockers == ()  # nobody imports it
