"""The preprocessing of a training run: found again where it was done before, else a processing job, then recorded.

What decides what comes out is the script, its container, its parameters, and the objects that it reads; the run makes
a digest of them. An object's ETag changes with its content (S3 API reference, Object). Each run writes below its own
name, and notes when all of it is whole: two runs at once write nothing of each other's, and a later one takes either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.analysis import from_s3, to_s3
from modelyard.constructs.workflows.requests import JobContext, Request, vpc_config
from modelyard.constructs.workflows.states import (
    RUN,
    State,
    States,
    choose,
    expression,
    refuse_run,
    task,
    text,
    without_none,
)
from modelyard.manifest.data_layout import TRANSFORMER, DataLayout
from modelyard.manifest.hyperparameters import Hyperparameter
from modelyard.manifest.names import MARK
from modelyard.manifest.preprocessing import CODE, Preprocessing
from modelyard.shared.instance_types import has_local_disk

# Inside a text of an expression: the digest, and the run whose outputs are read.
DIGEST, MADE_BY = "' & $digest & '", "' & $preprocessed_by & '"
INPUTS, OUTPUTS = "/opt/ml/processing/input", "/opt/ml/processing/output"
# A state's result has at most 256 KiB (Step Functions guide, quotas), and an object's key 1,024 bytes.
OBJECTS_A_PAGE = 100
DIGEST_LENGTH = 20
# The archive of the script's folder, unpacked where it lies. `$0` is the script's file, and what follows its arguments.
RUN_SCRIPT = (
    f"cd {INPUTS}/{CODE} && tar -xzf *.gz"
    " && if [ -f requirements.txt ]; then pip install -r requirements.txt; fi"
    ' && exec python3 "$0" "$@"'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """The states that prepare a run's data.

    `archive` is the URI of the script's folder, and `fingerprint` a hash of all that decides what comes out but for the
    data. `component` is the trial component that each trial of the run carries.
    """

    preprocessing: Preprocessing
    layout: DataLayout
    prefix: str
    job_context: JobContext
    image: str
    archive: str
    fingerprint: str
    outputs: Sequence[str]
    partition: str

    @property
    def first(self) -> str:
        """The state to begin with."""
        return "List an input"

    @property
    def component(self) -> str:
        """The name of the run's trial component."""
        return f"{self.prefix}{MARK}preprocessing-{RUN}"

    @property
    def variables(self) -> dict[str, Any]:
        """What must be assigned before: which input is listed, after which key, and the digest so far."""
        prefixes = list(self._prefixes.values())
        return {
            "inputs": prefixes,
            "place": 0,
            "after": prefixes[0][:-1],
            "digest": self.fingerprint,
        }

    @property
    def folder(self) -> str:
        """What a run's trials read below, in an expression's text."""
        return self.layout.preprocessing(digest=DIGEST, run=MADE_BY)

    @property
    def transformer(self) -> str:
        """The key of what was fitted, in an expression's text."""
        return self.layout.transformer(digest=DIGEST, run=MADE_BY)

    @property
    def result(self) -> str:
        """What a run's result and its leaderboard say of it, as an expression."""
        said = ["'digest': $digest", "'run': $preprocessed_by", "'reused': $preprocessed_by != $run"]
        if self.preprocessing.transformer:
            said.append(f"'transformer': '{self.transformer}'")
        return f"{{{', '.join(said)}}}"

    def states(self, *, then: str) -> States:
        """Return the states, the last of which goes on with the run's own input."""
        look: States = {}
        after_job = "Note the outputs"
        if self.preprocessing.transformer:
            look = self._look_for_transformer(then=after_job)
            after_job = "Look for the transformer"
        return {
            "List an input": self._list_input(),
            "Are all inputs listed?": choose(
                when="$place < $count($inputs)", then="List an input", otherwise="Look for the same"
            ),
            "Look for the same": self._look_for_same(),
            "Was it there?": choose(
                when="$preprocessed_by != $run", then="Record the preprocessing", otherwise="Preprocess"
            ),
            "Preprocess": task(
                resource="sagemaker:createProcessingJob.sync",
                arguments={"ProcessingJobName": text(f"{self.prefix}{MARK}prep-{RUN}"), **self._request()},
                output=expression("$states.input"),
                then=after_job,
                caught_by="Report the failure",
                partition=self.partition,
            ),
            **look,
            "Note the outputs": task(
                resource="aws-sdk:s3:putObject",
                arguments={
                    "Bucket": self.job_context.bucket,
                    "Key": text(f"{self.layout.preprocessed(digest=DIGEST)}{RUN}"),
                    "Body": text(f"{self.prefix}{MARK}prep-{RUN}"),
                },
                output=expression("$states.input"),
                then="Record the preprocessing",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Record the preprocessing": self._record(then=then),
        }

    def associate(self, *, trial: str, then: str, caught_as: State) -> State:
        """Return the state that puts the run's trial component into a trial."""
        return task(
            resource="aws-sdk:sagemaker:associateTrialComponent",
            arguments={"TrialComponentName": text(self.component), "TrialName": expression(trial)},
            output=expression("$states.input"),
            then=then,
            caught_by="Trial failed",
            caught_as=caught_as,
            partition=self.partition,
        )

    @property
    def _prefixes(self) -> Mapping[str, str]:
        return {name: self.layout.dataset(path=path) for name, path in self.preprocessing.inputs.items()}

    def _list_input(self) -> State:
        """One page of an input, after a key: the first page after one that comes before all that begin so."""
        page = "$states.result"
        # A hash of the hash and the next object: an expression hashes no text of any length.
        digest = f"""$reduce($append([$digest], [{page}.Contents.(Key & ' ' & ETag)]), function($sum, $object) {{
            $hash($sum & $object, 'SHA-256')
        }})"""
        following = "$place + 1 < $count($inputs) ? $inputs[$place + 1] : $inputs[0]"
        return {
            **task(
                resource="aws-sdk:s3:listObjectsV2",
                arguments={
                    "Bucket": self.job_context.bucket,
                    "Prefix": expression("$inputs[$place]"),
                    "StartAfter": expression("$after"),
                    "MaxKeys": OBJECTS_A_PAGE,
                },
                output=expression("$states.input"),
                then="Are all inputs listed?",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Assign": {
                "digest": expression(digest),
                "place": expression(f"{page}.IsTruncated ? $place : $place + 1"),
                "after": expression(f"""(
                    $next := {following};
                    {page}.IsTruncated ? {page}.Contents[-1].Key : $substring($next, 0, $length($next) - 1)
                )"""),
            },
        }

    def _look_for_same(self) -> State:
        """An object for each run that has done the same: the first of them is taken."""
        short = f"$substring($digest, 0, {DIGEST_LENGTH})"
        found = "$states.result.Contents[0].Key"
        prefix = self.layout.preprocessed(digest=f"' & {short} & '")
        return {
            **task(
                resource="aws-sdk:s3:listObjectsV2",
                arguments={"Bucket": self.job_context.bucket, "Prefix": text(prefix), "MaxKeys": 1},
                output=expression("$states.input"),
                then="Was it there?",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Assign": {
                "digest": expression(short),
                "preprocessed_by": expression(f"$exists({found}) ? $split({found}, '/')[-1] : $run"),
            },
        }

    def _look_for_transformer(self, *, then: str) -> States:
        """A script that packs nothing leaves no transformer, and its job succeeds."""
        missing = f"left no {TRANSFORMER}/model.tar.gz below the outputs: let it write what it has fitted there"
        return {
            "Look for the transformer": task(
                resource="aws-sdk:s3:listObjectsV2",
                arguments={"Bucket": self.job_context.bucket, "Prefix": text(self.transformer), "MaxKeys": 1},
                output=expression("$merge([$states.input, {'fitted': $exists($states.result.Contents)}])"),
                then="Was one fitted?",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Was one fitted?": choose(when="$states.input.fitted", then=then, otherwise="No transformer"),
            "No transformer": refuse_run(error="NoTransformer", cause=f"{self.preprocessing.script} {missing}"),
        }

    def _request(self) -> Request:
        """All of the processing job's request but its name."""
        preprocessing, context = self.preprocessing, self.job_context
        written = self.layout.preprocessing(digest=DIGEST, run=RUN)
        outputs = [*dict.fromkeys(self.outputs), *([TRANSFORMER] if preprocessing.transformer else [])]
        specification: Request = {
            "ImageUri": self.image,
            "ContainerEntrypoint": ["bash", "-c", RUN_SCRIPT, preprocessing.program],
        }
        if preprocessing.arguments:
            specification["ContainerArguments"] = list(preprocessing.arguments)
        return {
            "AppSpecification": specification,
            # Where the data lie, for a script that is run elsewhere too.
            "Environment": {"PROCESSING_INPUTS": INPUTS, "PROCESSING_OUTPUTS": OUTPUTS},
            "ProcessingInputs": [
                *(
                    from_s3(name=name, uri=context.uri(prefix), path=f"{INPUTS}/{name}")
                    for name, prefix in self._prefixes.items()
                ),
                from_s3(name=CODE, uri=self.archive, path=f"{INPUTS}/{CODE}"),
            ],
            "ProcessingOutputConfig": {
                "KmsKeyId": context.key_arn,
                "Outputs": [
                    to_s3(name=name, uri=text(context.uri(f"{written}/{name}")), path=f"{OUTPUTS}/{name}")
                    for name in outputs
                ],
            },
            "ProcessingResources": {
                "ClusterConfig": without_none(
                    {
                        "InstanceCount": 1,
                        "InstanceType": preprocessing.instance,
                        "VolumeSizeInGB": preprocessing.volume_gb,
                        "VolumeKmsKeyId": None if has_local_disk(instance=preprocessing.instance) else context.key_arn,
                    }
                )
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": preprocessing.max_runtime_minutes * 60},
            "NetworkConfig": without_none({"EnableNetworkIsolation": False, "VpcConfig": vpc_config(vpc=context.vpc)}),
            "RoleArn": context.role_arn,
        }

    def _record(self, *, then: str) -> State:
        """The trial component: what the data are and how they were prepared, whichever run did it."""
        return task(
            resource="aws-sdk:sagemaker:createTrialComponent",
            arguments=without_none(
                {
                    "TrialComponentName": text(self.component),
                    "DisplayName": "Preprocessing",
                    "Status": {"PrimaryStatus": "Completed"},
                    "Parameters": _recorded(self.preprocessing.parameters),
                    "InputArtifacts": {
                        name: {"Value": self.job_context.uri(prefix)} for name, prefix in self._prefixes.items()
                    },
                    "OutputArtifacts": {"outputs": {"Value": text(self.job_context.uri(self.folder))}},
                }
            ),
            output=expression("$states.input"),
            then=then,
            caught_by="Report the failure",
            partition=self.partition,
        )


def _recorded(parameters: Mapping[str, Hyperparameter]) -> Request | None:
    """The parameters as a trial component has them: a number as such, all else as text."""
    recorded: Request = {}
    for name, value in parameters.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        recorded[name] = {"NumberValue": value} if is_number else {"StringValue": str(value)}
    return recorded if recorded else None
