"""The server of a model of XGBoost's own algorithm: any model file, an ensemble of several, CSV or LIBSVM.

Source: sagemaker-xgboost-container cb8df91, `algorithm_mode/serve.py` and `serve_utils.py`.
"""

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.scripts import Answer, RequestError
from modelyard.rehearsal.containers.serving_defaults import CSV, JSON
from modelyard.rehearsal.containers.xgboost_data import csv_table, libsvm_table
from modelyard.shared.container_families import DEFAULT_ACCEPT
from modelyard.shared.xgboost_channels import LIBSVM_TYPES, MISSING_TYPE

BATCH = "SAGEMAKER_BATCH"
ENSEMBLE = "SAGEMAKER_INFERENCE_ENSEMBLE"
OUTPUT = "SAGEMAKER_INFERENCE_OUTPUT"
ACCEPTED = (CSV, JSON, "application/jsonlines", "application/x-recordio-protobuf")
# These predict a class, of which an ensemble takes the one that most of its models predict.
VOTING = ("multi:softmax", "binary:hinge")


@dataclass(frozen=True, kw_only=True, slots=True)
class Algorithm:
    """Trained models that answer together as AWS's container does in algorithm mode.

    CSV has one prediction a line. With `batch`, as in a transform job, a prediction of several values is written as a
    list, whatever is accepted.
    """

    boosters: Sequence[xgboost.Booster]
    default_accept: str = CSV
    batch: bool = False

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer one request with one prediction a row; an empty body gets 204. A body without a type is LIBSVM.

        Raises:
            RequestError: 415 for what is neither CSV nor LIBSVM, 406 for an Accept that is unknown, 400 for rows
                that are wider than those of the training data; narrower ones miss the last features.
            ValueError: an Accept that the container knows and cannot write.

        """
        if not body:
            return Answer(status=204, body=b"", content_type=CSV)
        accepted = (self.default_accept if accept in ("", "*/*") else accept).partition(";")[0].strip().lower()
        if accepted not in ACCEPTED:
            raise RequestError(status=406, reason=f"Accept must be one of {', '.join(ACCEPTED)}, got {accepted!r}")
        data = xgboost.DMatrix(_table(body=body, content_type=content_type))
        try:
            predictions = self._predict(data).tolist()
        except xgboost.core.XGBoostError as error:
            reason = f"Unable to evaluate payload provided: {split_lines(str(error))[0]}"
            raise RequestError(status=400, reason=reason) from error

        if accepted not in (CSV, JSON) and not self.batch:
            raise ValueError(f"{accepted} is written for selected outputs alone, which {OUTPUT} names")
        lines = [",".join(map(str, one)) if isinstance(one, list) and not self.batch else one for one in predictions]
        text = "".join(f"{line}\n" for line in lines)
        if accepted == JSON and not self.batch:
            text = json.dumps({"predictions": [{"score": prediction} for prediction in predictions]})
        return Answer(body=text.encode(), content_type=accepted)

    def _predict(self, data: xgboost.DMatrix) -> NDArray[Any]:
        each: NDArray[Any] = np.array([booster.predict(data, validate_features=False) for booster in self.boosters])
        objective = json.loads(self.boosters[0].save_config())["learner"]["objective"]["name"]
        if objective in VOTING:
            return np.array([np.bincount(votes).argmax() for votes in each.astype(int).T], dtype=float)
        average: NDArray[Any] = each.mean(axis=0)
        return average


def load_algorithm(*, model: Path, environment: Mapping[str, str]) -> Algorithm:
    """Load what training saved: every file of the model that is not hidden.

    Raises:
        ValueError: there is no such file, one is no model, or outputs are selected, which is not rehearsed.

    """
    if environment.get(OUTPUT):
        raise ValueError(
            f"{OUTPUT} must be left out here, got {environment[OUTPUT]!r}: selected outputs are not rehearsed"
        )
    files = sorted(path for path in model.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise ValueError(f"{model} must hold a version folder with a SavedModel or a model of XGBoost, found neither")
    together = environment.get(ENSEMBLE, "true").lower() == "true"
    return Algorithm(
        boosters=[_booster(path) for path in (files if together else files[:1])],
        default_accept=environment.get(DEFAULT_ACCEPT, CSV),
        batch=bool(environment.get(BATCH)),
    )


def _booster(path: Path) -> xgboost.Booster:
    """Load one file: XGBoost's own format, or a pickle."""
    content = path.read_bytes()
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError:
        refusal = f"Unable to load model: {path.name} must be a model of XGBoost's, or a pickled one"
    try:
        model = pickle.loads(content)  # noqa: S301 - the user's own, in a process of its own, as on AWS
    except Exception as error:  # whatever an unknown class raises
        raise ValueError(refusal) from error
    if isinstance(model, xgboost.Booster):
        return model
    raise ValueError(refusal)


def _table(*, body: bytes, content_type: str) -> NDArray[np.float64]:
    kind = (content_type if content_type else MISSING_TYPE).partition(";")[0].strip().lower()
    if kind not in (CSV, *LIBSVM_TYPES):
        raise RequestError(
            status=415,
            reason=f"Content-Type must be {CSV} or {MISSING_TYPE}, got {kind!r}; other types are not rehearsed",
        )
    try:
        lines = [line for line in split_lines(body.decode()) if line.strip()]
        if kind == CSV:
            return csv_table(lines)
        # A line may do without the label, which is not known.
        return libsvm_table([f"0 {line}" if ":" in line.split()[0] else line for line in lines])[1]
    except ValueError as error:
        reason = f"the body must be {kind} without header: {error}"
        if not content_type:
            reason += f"; without Content-Type it is {MISSING_TYPE}: send {CSV} for CSV"
        raise RequestError(status=415, reason=reason) from error
