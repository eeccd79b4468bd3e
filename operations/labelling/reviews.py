"""What people decided on answers that the API held back, where it answers their callers from."""

import json
import re
from typing import Any

from modelyard.manifest.data import Kind
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.labelling.journal import Journal

# As the API's own template names them.
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]")


def write_reviews(journal: Journal, *, deployment: Deployment, bucket: DataBucket) -> int:
    """Write each label of an answer that was held back, whyever it was chosen, and return how many there were."""
    api = deployment.model.rest_api
    if api is None or api.review is None:
        return 0
    folder = f"{deployment.model.layout.reviewed}/{deployment.endpoint}"
    written = 0
    for number, action in sorted(journal.labels.items()):
        item = journal.session.items[number]
        if item.certainty is not None and item.certainty < api.review.below:
            document = {"inferenceId": item.id, "label": _typed(action.label, kind=api.label_kind)}
            key = f"{folder}/{NOT_IN_NAMES.sub('', item.id)}.json"
            bucket.write(key=key, content=json.dumps(document).encode())
            written += 1
    return written


def _typed(label: str, *, kind: Kind) -> Any:
    """A label as the API takes it back; a class that is no number stays a text."""
    if kind == "text":
        return label
    try:
        return int(label) if kind == "integer" else float(label)
    except ValueError:
        return label
