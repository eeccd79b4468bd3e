"""What every command is given: the declarations, the way to AWS, and where to write."""

from dataclasses import dataclass

from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.project import Project
from modelyard.operations.screen.screen import Screen


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """Who runs a command: for which stage, in which account and region, on which screen."""

    project: Project
    aws: Aws
    screen: Screen

    def deployment(self, name: str) -> Deployment:
        """Return the stacks of a model.

        Raises:
            manifest.Refused: the model is not declared, or its manifest cannot be taken.
        """
        return Deployment(aws=self.aws, model=self.project.model(name), stage=self.project.stage.name)

    def bucket(self, deployment: Deployment) -> DataBucket:
        """Return the data bucket of a deployment.

        Raises:
            Failure: the foundation does not stand.
        """
        return DataBucket(aws=self.aws, name=deployment.bucket)
