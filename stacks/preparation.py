"""What the training stack holds for `[preprocessing]`: the job's role and script, and what starting it needs."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from modelyard.constructs.access import (
    Statement,
    allow,
    attach_network,
    list_data,
    pass_role,
    publish_metrics,
    pull_image,
    read_data,
    read_objects,
    run_jobs,
    sagemaker_arn,
    use_key,
    write_data,
    write_logs,
)
from modelyard.constructs.analyzer_source import INSTANCE_NAMESPACE
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.published_file import publish_scripts
from modelyard.constructs.stored_model import ServingScript
from modelyard.constructs.workflows.preparation import RUN_SCRIPT, Preparation
from modelyard.constructs.workflows.requests import JobContext
from modelyard.manifest import Model
from modelyard.manifest.folder_digest import digest
from modelyard.manifest.names import MARK
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.training import Training
from modelyard.shared.container_families import DEFAULT_ACCEPT
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.stage_stack import StageStack
from modelyard.stacks.transformer import transformer_script


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedData:
    """The states that prepare a run's data, and what the state machine must be allowed for them."""

    preparation: Preparation
    statements: tuple[Statement, ...]


def prepared_data(
    stack: StageStack, foundation: FoundationStack, *, model: Model, training: Training, scripts: Path, outdir: Path
) -> PreparedData | None:
    """Add the job's role to a training stack; nothing for a model whose data are trained on as they are."""
    preprocessing = model.preprocessing
    if preprocessing is None:
        return None
    prefix, layout = f"{stack.stage.name}-{model.slug}", model.layout
    folder = (scripts / preprocessing.script).parent
    archive = publish_scripts(stack=stack, folder=folder, outdir=outdir, bootstrap_key=stack.stage.bootstrap_key)
    image = ContainerImage(
        stack,
        "PreprocessingImage",
        container=preprocessing.container,
        image_scope="training",
        instance=preprocessing.instance,
    )
    inputs = list(dict.fromkeys(layout.dataset(path=path) for path in preprocessing.inputs.values()))
    root = layout.preprocessing_root
    role = ExecutionRole(
        stack,
        "PreprocessingRole",
        service="sagemaker.amazonaws.com",
        description=f"What the preprocessing jobs of {prefix} may do",
        statements=[
            *pull_image(image.repository_arn),
            *read_data(bucket_arn=foundation.bucket_arn, prefixes=inputs),
            read_objects(arns=[archive.arn]),
            # A processing job lists what it is to download, though it be one object.
            list_data(bucket_arn=archive.bucket_arn, prefixes=[archive.key]),
            *archive.decrypt,
            write_data(bucket_arn=foundation.bucket_arn, prefixes=[root]),
            *use_key(key_arn=foundation.key_arn),
            write_logs(group="ProcessingJobs"),
            publish_metrics(INSTANCE_NAMESPACE),
            *([attach_network()] if stack.stage.vpc is not None else []),
        ],
    )
    preparation = Preparation(
        preprocessing=preprocessing,
        layout=layout,
        prefix=prefix,
        job_context=JobContext(
            bucket=foundation.bucket, key_arn=foundation.key_arn, role_arn=role.arn, vpc=stack.stage.vpc
        ),
        image=image.uri,
        archive=archive.uri,
        fingerprint=_fingerprint(preprocessing, training=training, source=digest(folder=folder)),
        outputs=tuple(training.outputs.values()),
        partition=cdk.Aws.PARTITION,
    )
    components = [sagemaker_arn(f"experiment-trial-component/{prefix}{MARK}preprocessing-*")]
    notes = layout.preprocessed(digest="")
    statements = [
        *run_jobs(kind="ProcessingJob", name_prefixes=[f"{prefix}{MARK}prep-"], rule="Processing"),
        pass_role(role_arn=role.arn),
        list_data(bucket_arn=foundation.bucket_arn, prefixes=[*inputs, f"{root}/"]),
        allow(
            "s3:PutObject",
            on=[f"{foundation.bucket_arn}/{notes.rstrip('/')}/*"],
            safe_because="only the notes of which runs have prepared what, whose names are digests of what went in",
        ),
        allow(
            "sagemaker:CreateTrialComponent",
            on=components,
            safe_because="only the components of this model's runs, whose names begin so and end with the run",
        ),
    ]
    # A search has no trials.
    if training.tuning is None:
        trials = [sagemaker_arn(f"experiment-trial/{prefix}{MARK}*")]
        carry = allow(
            "sagemaker:AssociateTrialComponent",
            on=[*components, *trials],
            safe_because="only the components and trials of this model's runs, whose names begin so",
        )
        statements.append(carry)
    return PreparedData(preparation=preparation, statements=tuple(statements))


def registered_transformer(*, preprocessing: Preprocessing, image: ContainerImage) -> dict[str, Any]:
    """Return the container of a registered model that stands before the model's own, all but its artifact."""
    script: ServingScript = transformer_script(preprocessing=preprocessing)
    return {
        "Image": image.uri,
        "Environment": {**script.environment, DEFAULT_ACCEPT: preprocessing.content_type},
    }


def _fingerprint(preprocessing: Preprocessing, *, training: Training, source: str) -> str:
    """A hash of all that decides what comes out but for the data."""
    decides = {
        "container": preprocessing.container,
        "script": [preprocessing.script, source, RUN_SCRIPT],
        "parameters": list(preprocessing.arguments),
        "inputs": preprocessing.inputs,
        "outputs": sorted({*training.outputs.values()}),
        "transformer": preprocessing.transformer,
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
