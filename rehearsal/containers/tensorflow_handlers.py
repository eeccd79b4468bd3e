"""A user's functions around TensorFlow Serving: `input_handler` and `output_handler` of code/inference.py.

Source: sagemaker-tensorflow-serving-container da19256, `python_service.py`. There both stand in a server of their own
in front of TensorFlow Serving, which is asked by HTTP; here what it would answer is asked of the model.
"""

import importlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from modelyard.rehearsal.containers.saved_models import SavedModel
from modelyard.rehearsal.containers.scripts import Answer, RequestError, ScriptError
from modelyard.rehearsal.containers.serving_defaults import JSON

HANDLERS = ("input_handler", "output_handler")


@dataclass(frozen=True, kw_only=True, slots=True)
class HandlerContext:
    """What both functions are told of a request; a type that is not given is JSON."""

    request_content_type: str
    accept_header: str
    content_length: int
    model_name: str = "model"
    model_version: str = ""
    method: str = "predict"
    custom_attributes: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingResponse:
    """What TensorFlow Serving answered, as `requests` hands it over."""

    status_code: int
    content: bytes

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode()

    def json(self) -> object:
        """Return the content as JSON has it."""
        return json.loads(self.content)


@dataclass(frozen=True, kw_only=True, slots=True)
class HandledModel:
    """A SavedModel with the functions before and behind it."""

    module: ModuleType
    model: SavedModel

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer one request; what a function raises is for the server, which says 500."""
        context = HandlerContext(
            request_content_type=content_type if content_type else JSON,
            accept_header=accept if accept else JSON,
            content_length=len(body),
        )
        asked = self.module.input_handler(io.BytesIO(body), context)
        sent = asked if isinstance(asked, bytes) else str(asked).encode()
        try:
            served = self.model.answer(body=sent, content_type=JSON, accept=JSON)
            response = ServingResponse(status_code=served.status, content=served.body)
        except RequestError as error:
            response = ServingResponse(status_code=error.status, content=json.dumps({"error": str(error)}).encode())
        payload, kind = self.module.output_handler(response, context)
        return Answer(body=payload if isinstance(payload, bytes) else str(payload).encode(), content_type=kind)


def load_handlers(*, program: Path, model: SavedModel) -> HandledModel:
    """Import the functions from their file.

    Raises:
        ScriptError: it defines one of the two alone, neither, or `handler`, which asks TensorFlow Serving by itself.

    """
    sys.path.insert(0, str(program.parent))
    module = importlib.import_module(program.stem)
    if hasattr(module, "handler"):
        raise ScriptError(
            f"{program.name}: handler is not rehearsed, as it asks TensorFlow Serving by HTTP; define "
            f"{' and '.join(HANDLERS)} in its place"
        )
    missing = [name for name in HANDLERS if not hasattr(module, name)]
    if missing:
        raise ScriptError(f"{program.name} must define {' and '.join(HANDLERS)}, found no {missing[0]}; add it")
    return HandledModel(module=module, model=model)
