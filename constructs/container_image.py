"""The image of a container, in whichever region the stack is deployed."""

import aws_cdk as cdk
from constructs import Construct

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import Scope

MAPPING_KEY = "account"


class ContainerImage(Construct):
    """One of AWS's images, or one of the user's own.

    Where the region is known at synth the account is a literal; where it is not, a mapping holds the accounts of all
    regions, so that one template fits any. `uri` and `repository_arn` are for jobs and for the roles that pull it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, container: str, image_scope: Scope, instance: str
    ) -> None:
        super().__init__(scope, construct_id)
        own = catalogue.OWN_IMAGE.fullmatch(container)
        if own is not None:
            self.uri = container
            self._registry = (own["region"], own["account"])
            self.repository_arn = self.repository_beside(own["repository"])
            return
        image = catalogue.published_image(container=container, scope=image_scope, instance=instance)
        region = cdk.Stack.of(self).region
        if cdk.Token.is_unresolved(region):
            rows = {name: {MAPPING_KEY: account} for name, account in image.accounts.items()}
            mapping = cdk.CfnMapping(self, "Accounts", mapping=rows, lazy=True)
            account = mapping.find_in_map(cdk.Aws.REGION, MAPPING_KEY)
        else:
            account = image.accounts[region]
        registry = f"{account}.dkr.ecr.{region}.{cdk.Aws.URL_SUFFIX}"
        tag = f":{image.tag}" if image.tag else ""
        self.uri = f"{registry}/{image.repository}{tag}"
        self._registry = (region, account)
        self.repository_arn = self.repository_beside(image.repository)

    def repository_beside(self, repository: str) -> str:
        """Return the ARN of a repository of the same registry."""
        region, account = self._registry
        return f"arn:{cdk.Aws.PARTITION}:ecr:{region}:{account}:repository/{repository}"
