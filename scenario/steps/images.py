"""Images as clients send them: in lists of JSON, and as an array of numpy."""

import io
import json
from collections.abc import Mapping

import numpy as np

from modelyard.manifest import Model
from modelyard.scenario.context import ScenarioContext

IMAGES = 3
# Answers have six digits of each probability.
TOLERANCE = 1e-4
# By the script that was trained: the shape of an image in a list of JSON, and the formats that its server reads.
SHAPES: Mapping[str, tuple[int, ...]] = {"mnist_torch/train.py": (28, 28), "mnist_tf/train.py": (784,)}
FORMATS: Mapping[str, tuple[str, ...]] = {"mnist_torch/train.py": ("json", "npy"), "mnist_tf/train.py": ("json",)}


def takes_images(model: Model) -> bool:
    """Return whether the records of a model are images."""
    return model.training is not None and model.training.script in SHAPES


def ask_with_images(context: ScenarioContext, lines: list[str]) -> None:
    """Send some images in each format, and look at the probabilities; the next check reads what was captured."""
    script = str(context.model.training.script) if context.model.training is not None else ""
    records = context.data.records(most=IMAGES)
    images = np.array([record.split(",") for record in records], dtype=np.uint8).reshape(IMAGES, *SHAPES[script])
    answers = []
    for form in FORMATS[script]:
        file = context.data.write(f"images.{form}", content=_encoded(images, form=form))
        answer = json.loads(context.commands.yard("--json", "invoke", context.name, str(file)).text)
        answers.append(_most_probable(context, body=answer["body"]))
        lines.append(f"$ yard invoke {context.name} {file.name}: {', '.join(answers[-1])}")
    context.require(len(set(answers)) == 1, f"an image must be the same in every format, it was {answers}")


def _encoded(images: "np.typing.NDArray[np.uint8]", *, form: str) -> bytes:
    if form == "json":
        return json.dumps({"instances": images.tolist()}).encode()
    content = io.BytesIO()
    np.save(content, images)
    return content.getvalue()


def _most_probable(context: ScenarioContext, *, body: str) -> tuple[str, ...]:
    """Return what each image shows most probably; an answer is a list of probabilities, or an object that has one."""
    found = []
    for answer in json.loads(body)["predictions"]:
        probabilities = answer["probabilities"] if isinstance(answer, dict) else answer
        total = sum(probabilities)
        context.require(abs(total - 1) < TOLERANCE, f"the probabilities of an image must add up to 1, got {total}")
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        found.append(f"{best} with {probabilities[best]:.0%}")
    return tuple(found)
