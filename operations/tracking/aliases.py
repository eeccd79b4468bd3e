"""A model in MLflow's registry: a version for each artifact that was promoted, and the aliases of those that serve.

`champion` is what the manifest's first variant serves, `challenger` what its second does. They are of lines: `yard
promote` sets them with these, and `yard verify` again by what is deployed, should the lines never have been merged.
"""

from collections.abc import Mapping

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.tracking.app import ABSENT, TAKEN, Document, MlflowRefused, TrackingApp
from modelyard.operations.tracking.runs import find_experiment
from modelyard.shared.s3_uri import is_s3_uri

CHAMPION, CHALLENGER = "champion", "challenger"
ALIASES = (CHAMPION, CHALLENGER)
# Model, "training", run, job: the parts of the key of one of this model's artifacts.
JOB_PART = 3


def wanted_aliases(model: Model) -> dict[str, str]:
    """Return which artifact each alias is of, as a manifest names it; a model that is only scored with has one."""
    variants = () if model.serving is None else model.serving.variants
    artifacts = [variant.model for variant in variants] if variants else [model.batch_model]
    return {alias: artifact for alias, artifact in zip(ALIASES, artifacts, strict=False) if artifact is not None}


def set_aliases(app: TrackingApp, *, deployment: Deployment, wanted: Mapping[str, str]) -> dict[str, str]:
    """Have the aliases be of these artifacts, and return the version of each; an alias of none is taken away.

    An artifact that has no version yet gets one, which names the run that made it where MLflow has that.
    """
    name = deployment.model.endpoint(stage=deployment.stage)
    model = _registered_model(app, name=name)
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    versions: dict[str, str] = {}
    for alias, artifact in wanted.items():
        uri = artifact if is_s3_uri(artifact) else bucket.uri(artifact)
        versions[alias] = _version(app, name=name, source=uri, artifact=artifact)
    present = {one["alias"]: one["version"] for one in model.get("aliases", [])}
    for alias in ALIASES:
        if alias in versions and present.get(alias) != versions[alias]:
            app.post("registered-models/alias", {"name": name, "alias": alias, "version": versions[alias]})
        elif alias in present and alias not in versions:
            app.delete("registered-models/alias", {"name": name, "alias": alias})
    return versions


def aliases_sentence(versions: Mapping[str, str], *, name: str) -> str:
    """Return which version of a registered model has which alias."""
    said = ", ".join(f"{alias} is version {version}" for alias, version in versions.items())
    return f"{name} in MLflow: {said if said else 'nothing is promoted'}"


def _registered_model(app: TrackingApp, *, name: str) -> Document:
    try:
        return dict(app.get("registered-models/get", name=name)["registered_model"])
    except MlflowRefused as refused:
        if refused.error_code != ABSENT:
            raise
    try:
        return dict(app.post("registered-models/create", {"name": name})["registered_model"])
    except MlflowRefused as refused:
        # Somebody else has just made it.
        if refused.error_code != TAKEN:
            raise
    return dict(app.get("registered-models/get", name=name)["registered_model"])


def _version(app: TrackingApp, *, name: str, source: str, artifact: str) -> str:
    """Return the version of an artifact, which is made if there is none."""
    token = ""
    while True:
        query = {"filter": f"name='{name}'", "max_results": "1000", **({"page_token": token} if token else {})}
        answer = app.get("model-versions/search", **query)
        for version in answer.get("model_versions", []):
            if version["source"] == source:
                return str(version["version"])
        token = answer.get("next_page_token", "")
        if not token:
            break
    parts = artifact.split("/")
    job = parts[JOB_PART] if len(parts) > JOB_PART else ""
    run = find_experiment(app, name=name).runs().get(job)
    document = {"name": name, "source": source, **({} if run is None else {"run_id": run.id})}
    return str(app.post("model-versions/create", document)["model_version"]["version"])
