"""Which image runs on which machine: every instance type of a model has the image of its own processor, or none."""

from dataclasses import dataclass

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import JobKind, Scope
from modelyard.manifest.problems import Problem
from modelyard.shared.instance_types import instance_types


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageUse:
    """A container on an instance type, each with the key that names it; `instance` is empty for serverless."""

    container_key: str
    container: str
    scope: Scope
    instance_key: str
    instance: str
    kind: JobKind

    def problem(self) -> Problem | None:
        """Return that no image of the container runs on the instance type, with the families that one does run on.

        Nothing is said of an image of the user's own, whose processor is not known here, nor of a container or an
        instance type that is none: another rule says so.
        """
        known = catalogue.instance_types(kind=self.kind)
        version = catalogue.resolved_version(container=self.container, scope=self.scope)
        if version is None or (self.instance and self.instance not in known):
            return None
        built = set(catalogue.image_processors(container=self.container, scope=self.scope))
        if built.intersection(catalogue.processors_of(instance=self.instance)):
            return None
        machine = instance_types()[self.instance]
        families = {one.split(".")[1] for one in known if built.intersection(catalogue.processors_of(instance=one))}
        extra = "" if machine.accelerator == "none" else f" with {machine.accelerator}"
        return Problem(
            key=self.instance_key,
            allowed=f"of a family that {self.container} has an image for ({', '.join(sorted(families))})",
            got=self.instance,
            hint=f"its machine is {machine.architecture}{extra}: choose another, or name an image of your own for it",
        )
