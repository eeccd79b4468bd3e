"""The images of a revision that AWS mends no more: a deploy of them goes through, and nobody else says so."""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelyard.manifest import catalogue
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import as_text, values_at

# Where models, job definitions, and the requests of state machines name an image.
IMAGE_KEYS = ("Image", "ImageUri", "TrainingImage")


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpatchedImage:
    """An image as `repository:tag`, the stacks that run it, and its last day of patches, None where it is not known."""

    image: str
    stacks: tuple[str, ...]
    until: str | None

    @property
    def sentence(self) -> str:
        """The image, the stacks, and what to do."""
        where = f"{self.image} of {', '.join(self.stacks)}"
        if self.until is None:
            listed = catalogue.listed_on()
            return f"{where} has no end of patches in AWS's list of {listed}: whether it gets patches is unknown"
        return f"{where} gets patches no more, since {self.until}; name a newer one, if there is one"


def unpatched_images(revision: Revision, *, today: datetime.date) -> tuple[UnpatchedImage, ...]:
    """Return the images of AWS's that get no patches any more on a day, or of which that is not known."""
    patches = catalogue.patches_by_image()
    stacks: dict[str, list[str]] = defaultdict(list)
    for template in revision.templates:
        for image in sorted(set(_images(template.body))):
            stacks[image].append(template.name)
    found = (
        UnpatchedImage(image=image, stacks=tuple(names), until=patches[image])
        for image, names in sorted(stacks.items())
        if image in patches
    )
    return tuple(one for one in found if one.until is None or one.until < today.isoformat())


def _images(body: Any) -> Iterator[str]:
    for key in IMAGE_KEYS:
        for found in values_at(body, key):
            # The registry before it is known at deploy alone where a template fits any region.
            yield as_text(found).rpartition("/")[2]
