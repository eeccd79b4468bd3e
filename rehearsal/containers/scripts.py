"""A user's serving functions: found in the script, completed with defaults, and called in their order.

Source: AWS's sagemaker-inference toolkit 1.10.1 (its `transformer`, `decoder`, `encoder` and
`default_inference_handler` modules) for PyTorch and images of one's own; sagemaker-containers 2.8.6 (`_transformer`,
`_worker`) for XGBoost and scikit-learn; sagemaker-huggingface-inference-toolkit 2.6.0 (`handler_service`).
"""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from functools import lru_cache
from types import ModuleType
from typing import Any

from modelyard.rehearsal.containers.environment import ContainerTree
from modelyard.rehearsal.containers.serving_defaults import (
    CSV,
    JSON,
    ModelLoadError,
    UnsupportedAcceptError,
    UnsupportedFormatError,
    functions_of,
)
from modelyard.shared.container_families import CODE_FOLDER, HUGGINGFACE, PYTORCH, CodePlace, ContainerFamily

Body = str | bytes
# The functions that transform_fn takes the place of.
STEPS = ("input_fn", "predict_fn", "output_fn")
# What PyTorch's container calls beside: sagemaker-inference 1.10.1, `transformer.py`.
AROUND_LOADING = ("pre_model_fn", "model_warmup_fn")
TEXT_TYPES = frozenset({CSV, JSON})


class RequestError(Exception):
    """A request that is answered with a status of the 400s, and why."""

    def __init__(self, *, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ScriptError(Exception):
    """A script whose serving functions break the contract: it cannot be served."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The body of an answer and its content type."""

    body: bytes
    content_type: str
    status: int = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingContext:
    """What a function that takes one argument more gets as its last."""

    model_dir: str
    system_properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptModel:
    """A loaded model together with the functions that turn a request into an answer."""

    module: ModuleType
    model: Any
    context: ServingContext
    default_accept: str = JSON
    family: ContainerFamily | None = None

    def __post_init__(self) -> None:
        others = [name for name in STEPS if hasattr(self.module, name)]
        if hasattr(self.module, "transform_fn") and others:
            name = self.module.__name__
            raise ScriptError(f"{name} must define transform_fn or {', '.join(others)}, got both; remove one of them")

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer one request.

        AWS's images answer 500 for whatever a script raises, and look at no `status_code`; Hugging Face's answer 400.
        The others' own defaults say 415 and 406, but for PyTorch's.

        Raises:
            RequestError: what the caller sent is at fault. In an image of one's own: input_fn raised a ValueError, or
                any of the functions an exception whose `status_code` is in the 400s.

        """
        try:
            return self._transformed(body=body, content_type=content_type, accept=accept)
        except Exception as error:
            if self.family is not HUGGINGFACE:
                raise
            traceback.print_exc()
            raise RequestError(status=400, reason=str(error)) from error

    def _transformed(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        accept = self.default_accept if accept in ("", "*/*") else accept
        if self.family is not None and self.family.code_place is CodePlace.SUBMIT_DIRECTORY:
            content_type = content_type if content_type else JSON
        decoded = decode_text(body=body, content_type=content_type, exact=self.family is not None)
        if hasattr(self.module, "transform_fn"):
            result = self._call("transform_fn", self.model, decoded, content_type, accept)
        else:
            rows = self._call("input_fn", decoded, content_type)
            prediction = self._call("predict_fn", rows, self.model)
            result = self._call("output_fn", prediction, accept)
        payload, content_type = result if isinstance(result, tuple) else (result, accept)
        if isinstance(payload, str):
            payload = payload.encode()
        if not isinstance(payload, bytes | bytearray):
            kind = type(payload).__name__
            raise TypeError(f"output_fn must return text or bytes, alone or with a content type, got {kind}")
        return Answer(body=bytes(payload), content_type=content_type)

    def _call(self, name: str, *arguments: Any) -> Any:
        try:
            function = getattr(self.module, name, None) or functions_of(self.family)[name]
            # The old stack of XGBoost and scikit-learn passes no context, whatever a function takes.
            context = self.context if self.family is None or self.family.passes_context else None
            return call(function=function, arguments=arguments, context=context)
        except (UnsupportedFormatError, UnsupportedAcceptError) as error:
            if self.family is not None and self.family.code_place is CodePlace.ARTIFACT:
                raise
            raise RequestError(status=error.status_code, reason=str(error)) from error
        except Exception as error:
            if self.family is not None:
                raise
            status = getattr(error, "status_code", None)
            if isinstance(status, int) and 400 <= status < 500:
                raise RequestError(status=status, reason=str(error)) from error
            if name == "input_fn" and isinstance(error, ValueError):
                raise RequestError(status=400, reason=str(error)) from error
            raise


def load_script(
    *, program: str, tree: ContainerTree, default_accept: str, family: ContainerFamily | None
) -> ScriptModel:
    """Import the program from its folder, and load the model by its `model_fn`.

    Raises:
        ScriptError: the program is missing, does not define model_fn, or defines functions that exclude each other.

    """
    if (tree.code / program).is_file():
        sys.path.insert(0, str(tree.code))
        module = importlib.import_module(program.removesuffix(".py"))
    elif family is PYTORCH:
        # Its container does without, and all functions are the defaults.
        module = ModuleType(program.removesuffix(".py"))
    else:
        raise ScriptError(f"{tree.code} must hold the program {program}, found no such file")
    model_fn = getattr(module, "model_fn", functions_of(family).get("model_fn"))
    if model_fn is None and family is HUGGINGFACE:
        raise ScriptError(
            f"{program} must define model_fn(model_dir) to be served here, where no pipeline is made of "
            "a model; add it, or let a command in local_commands.toml stand for the image"
        )
    if model_fn is None:
        raise ScriptError(f"{program} must define model_fn(model_dir) to be served; add it")

    model = str(tree.model)
    context = ServingContext(model_dir=model, system_properties={"model_dir": model})
    given = context if family is None or family.passes_context else None
    before, after = (getattr(module, name, None) if family is PYTORCH else None for name in AROUND_LOADING)
    if before is not None:
        call(function=before, arguments=(model,), context=given)
    try:
        loaded = call(function=model_fn, arguments=(model,), context=given)
    except ModelLoadError as error:
        raise ScriptError(
            f"{error} Otherwise model.tar.gz must hold {CODE_FOLDER}/{program} with a model_fn, found none; let the "
            f"training script copy its folder to SM_MODEL_DIR/{CODE_FOLDER}"
        ) from error
    if after is not None:
        call(function=after, arguments=(model, loaded), context=given)
    return ScriptModel(module=module, model=loaded, context=context, default_accept=default_accept, family=family)


def call(*, function: Callable[..., Any], arguments: tuple[Any, ...], context: ServingContext | None) -> Any:
    """Call a function with its arguments, and with the context, if there is one, where it takes one more."""
    takes_context = context is not None and _parameter_count(function) == len(arguments) + 1
    return function(*arguments, context) if takes_context else function(*arguments)


# Cached, as each request asks for the same few functions and takes less time than a look at a signature.
@lru_cache(maxsize=64)
def _parameter_count(function: Callable[..., Any]) -> int:
    return len(inspect.signature(function).parameters)


def decode_text(*, body: bytes, content_type: str, exact: bool = False) -> Body:
    """Decode CSV and JSON, by their charset or else as UTF-8; any other body stays bytes.

    With `exact`, as in AWS's images, a type with a parameter is another type: its body stays bytes.

    Raises:
        RequestError: 415 for a charset that does not exist, 400 for bytes that are not of their charset.

    """
    if exact:
        return body.decode() if content_type in TEXT_TYPES else body
    charset = _charset(content_type)
    if charset is None:
        return body
    try:
        return body.decode(charset)
    except LookupError as error:
        raise RequestError(status=415, reason=f"charset must be one that exists, got {charset!r}") from error
    except UnicodeDecodeError as error:
        reason = f"the body must be {charset} as its Content-Type says, got bytes that are not ({error.reason})"
        raise RequestError(status=400, reason=reason) from error


@lru_cache(maxsize=64)
def _charset(content_type: str) -> str | None:
    header = Message()
    header["Content-Type"] = content_type
    if not content_type or header.get_content_type() not in TEXT_TYPES:
        return None
    charset: str = header.get_content_charset("utf-8")
    return charset
