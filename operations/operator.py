"""What every command is given: the declarations, the way to AWS, and where to write."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from modelyard.manifest import Model
from modelyard.manifest.names import MODEL_NAME, dashed
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import DENIED, code_of
from modelyard.operations.project import Project
from modelyard.operations.screen.screen import Screen
from modelyard.operations.undeclared import UndeclaredStack, undeclared_stacks
from modelyard.operations.undeclared_resources import UndeclaredResource, undeclared_resources


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

    def undeclared_stacks(
        self, *, model: str | None = None, in_app: Collection[str] = ()
    ) -> tuple[UndeclaredStack, ...] | None:
        """Return what stands in the stage, or of one model, and neither a manifest nor `in_app` declares.

        None, with a note, where stacks may not be listed.

        Raises:
            manifest.Refused: a manifest cannot be taken.
        """
        stage = self.project.stage.name
        try:
            found = undeclared_stacks(
                aws=self.aws,
                stage=stage,
                declared=self._declared_stacks(model=model) | set(in_app),
                seen=self.screen.note,
                model_slug=None if model is None else dashed(model),
            )
            return tuple(one for one in found if model is None or dashed(model) == dashed(one.model or ""))
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
            self.screen.note(
                f"Not known, for stacks may not be listed: what stands in {stage} and no manifest declares"
            )
            return None

    def undeclared_resources(
        self, *, stacks: Collection[UndeclaredStack] | None, model: str | None = None, in_app: Collection[str] = ()
    ) -> tuple[UndeclaredResource, ...] | None:
        """Return what carries the stage's tag and is in no stack that is declared, `in_app` or among the undeclared.

        With `model` that is what is tagged with it, or itself named so. None where stacks may not be listed, or, with a
        note, where tags may not be searched.

        Raises:
            manifest.Refused: a manifest cannot be taken.
        """
        if stacks is None:
            return None
        stage = self.project.stage.name
        known = self._declared_stacks(model=model) | set(in_app) | {one.name for one in stacks}
        try:
            found = undeclared_resources(aws=self.aws, stage=stage, known=known, seen=self.screen.note, name=model)
            return tuple(found)
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
            self.screen.note(f"Not known, for tags may not be searched: what has the tag of {stage} and no stack")
            return None

    def deployments(
        self,
        *,
        model: str | None,
        undeclared: Iterable[UndeclaredStack],
        resources: Collection[UndeclaredResource] = (),
    ) -> list[Deployment]:
        """Return the stacks of a model, or of all; a model that something is tagged with needs no manifest.

        There are none for the name of one of the resources itself.

        Raises:
            manifest.Refused: the model has neither a manifest nor anything that is tagged with it, or a manifest cannot
                be taken.
        """
        names = {one.model for one in undeclared if one.model is not None}
        names |= {one.model for one in resources if MODEL_NAME.fullmatch(one.model)}
        tagged = [
            Model(name=name)
            for name in sorted(names)
            if not self.project.declares(name) and (model is None or dashed(name) == dashed(model))
        ]
        if model is None:
            models = [*self.project.all_models(), *tagged]
        elif tagged or (resources and not self.project.declares(model)):
            models = tagged
        else:
            models = [self.project.model(model)]
        return [Deployment(aws=self.aws, model=one, stage=self.project.stage.name) for one in models]

    def _declared_stacks(self, *, model: str | None) -> frozenset[str]:
        """The names of the stacks of the stage and of a model, or of all that are declared."""
        if model is None:
            return self.project.stack_names(of=self.project.all_models())
        return self.project.stack_names(of=[self.project.model(model)] if self.project.declares(model) else [])

    def bucket(self, deployment: Deployment) -> DataBucket:
        """Return the data bucket of a deployment.

        Raises:
            Failure: the foundation does not stand.
        """
        return DataBucket(aws=self.aws, name=deployment.bucket)
