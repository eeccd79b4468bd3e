"""What is called while a model's life is played, and what AWS answers: each call of the SDK, scrubbed at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from modelyard.operations.certification.record import Call, Step
from modelyard.operations.certification.scrubbing import Scrubber

MARK = "modelyard-certification"


class Recorder:
    """Listens to every client of a session; what is called outside of a step is not recorded.

    Nothing unscrubbed is kept, so nothing unscrubbed can be written.
    """

    def __init__(self, *, scrubber: Scrubber) -> None:
        self.scrubber = scrubber
        self.steps: list[Step] = []
        self._current: Step | None = None
        self._lock = threading.Lock()

    def attach(self, session: Any) -> None:
        """Listen to the clients that a boto3 session makes from now on."""
        session.events.register("before-parameter-build", self._begin)
        session.events.register("after-call", self._end)
        session.events.register("after-call-error", self._break)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Record what is called in a `with` as one step; how it ended stands in the step."""
        step = Step(name=name)
        self.steps.append(step)
        self._current = step
        try:
            yield step
            step.outcome = "done"
        except KeyboardInterrupt:
            step.outcome = "interrupted"
            raise
        except Exception:
            step.outcome = "failed"
            raise
        finally:
            self._current = None

    def _begin(self, *, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """The parameters as they were given: the SDK changes them later."""
        context[MARK] = dict(params)
        context[f"{MARK}-model"] = model

    def _end(self, *, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        error = parsed.get("Error")
        status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode")
        with self._lock:
            asked = self._asked(model, context=context)
            refused = isinstance(status, int) and status >= 300
            self._add(
                Call(
                    service=model.service_model.service_name,
                    operation=model.name,
                    parameters=asked,
                    status=status,
                    answer=None if refused else self._answer(parsed, model=model),
                    code=self.scrubber.code(str(error.get("Code", ""))) if error and refused else None,
                    text=self.scrubber.text(str(error.get("Message", ""))) if error and refused else None,
                )
            )

    def _break(self, *, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        """No answer came: a connection that ended, or a time that was over."""
        model = context[f"{MARK}-model"]
        with self._lock:
            self._add(
                Call(
                    service=model.service_model.service_name,
                    operation=model.name,
                    parameters=self._asked(model, context=context),
                    status=None,
                    answer=None,
                    code=type(exception).__name__,
                    text=None,
                )
            )

    def _asked(self, model: Any, *, context: dict[str, Any]) -> Any:
        return {} if model.input_shape is None else self.scrubber.value(context[MARK], shape=model.input_shape)

    def _answer(self, parsed: dict[str, Any], *, model: Any) -> Any:
        return {} if model.output_shape is None else self.scrubber.value(parsed, shape=model.output_shape)

    def _add(self, call: Call) -> None:
        if self._current is not None:
            self._current.calls.append(call)
