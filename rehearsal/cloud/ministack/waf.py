"""MiniStack's WAF: templates associate a web ACL with what it stands before.

MiniStack keeps ACLs and associations, and holds no request to their rules.

Source: "AWS::WAFv2::WebACLAssociation" in the CloudFormation template reference.
"""

from ministack.services import waf

from modelyard.rehearsal.cloud.ministack import cloudformation
from modelyard.rehearsal.sagemaker.store import Document


def install() -> None:
    """Make the type known, which MiniStack's engine refuses; each change of one replaces it."""
    handlers = {"create": associate, "delete": disassociate}
    cloudformation.register("AWS::WAFv2::WebACLAssociation", handlers=handlers)


def associate(_logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
    """Associate a web ACL with a resource."""
    status, _headers, body = waf._associate_web_acl(dict(properties.items()))
    if status >= 400:
        raise ValueError(f"Resource handler returned message: {body.decode()} (Service: Wafv2)")
    return f"{properties['ResourceArn']}|{properties['WebACLArn']}", {}


def disassociate(_physical_id: str, properties: Document) -> None:
    """Take a web ACL from a resource, unless another has taken its place."""
    if waf._associations.get(properties["ResourceArn"]) == properties["WebACLArn"]:
        waf._disassociate_web_acl(dict(properties))
