"""Which image runs on which machine: every instance type of a model has the image of its own processor, or none."""

from dataclasses import dataclass

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import JobKind, Scope
from modelyard.manifest.problems import NOTHING, Problem
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
        if self._fits(self.instance):
            return None
        families = {one.split(".")[1] for one in known if self._fits(one)}
        return Problem(
            key=self.instance_key,
            allowed=f"of a family that {self.container} has an image for ({', '.join(sorted(families))})",
            got=self.instance if self.instance else NOTHING,
            hint=f"{self._machine()}: choose another, or name an image of your own for it",
        )

    def _fits(self, instance: str) -> bool:
        image = self._image(instance)
        return image is not None and catalogue.has_kernels(image, instance=instance)

    def _image(self, instance: str) -> catalogue.PublishedImage | None:
        return catalogue.best_image(container=self.container, scope=self.scope, instance=instance)

    def _machine(self) -> str:
        """What of the instance type no image fits: its processor, or its GPUs."""
        image = self._image(self.instance)
        if image is not None:
            needed = catalogue.cuda_of(instance=self.instance)
            bound = f"CUDA {needed.first} or newer" if needed.first is not None else f"CUDA {needed.last} or older"
            has = "an older one" if image.cuda is None else image.cuda
            return f"its GPUs need {bound}, and the image has {has}"
        if not self.instance:
            return "serverless inference has no GPUs"
        machine = instance_types()[self.instance]
        extra = "" if machine.accelerator == "none" else f" with {machine.accelerator}"
        return f"its machine is {machine.architecture}{extra}"
