"""One file of `models/`: a model, and the rules that its tables must keep together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from modelyard.manifest import catalogue
from modelyard.manifest.answer import Answer
from modelyard.manifest.api import Api
from modelyard.manifest.batch import Batch
from modelyard.manifest.catalogue import JobKind
from modelyard.manifest.data import Data
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.image_use import ImageUse
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.monitoring_rules import BOTH, monitoring_problems
from modelyard.manifest.names import LONGEST_MODEL, LONGEST_RUN, LONGEST_STAGE, MARK, MODEL_NAME, dashed
from modelyard.manifest.origin import artifact_problem, baseline_problem
from modelyard.manifest.package import package_problems
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.preprocessing_rules import output_problems, transformer_problems
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.retraining_rules import retrain_problems
from modelyard.manifest.rules import LONGEST_NAME, Container, Declared, Matches
from modelyard.manifest.serving import Serving, Variant
from modelyard.manifest.serving_container import own_variable
from modelyard.manifest.training import Training
from modelyard.shared.container_families import (
    DEFAULT_ACCEPT,
    FAMILIES,
    HUB_MODEL,
    PACKED_PROGRAM,
    CodePlace,
    ContainerFamily,
)

MEGABYTE = 1024**2
WHOLE = 100
CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
NAME = Matches(
    MODEL_NAME,
    form=f"at most {LONGEST_MODEL} lower-case letters and digits in words joined by _ or -",
    hint="it becomes part of every name in AWS",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Model(Declared):
    """What a user declares of one model; each table is a stack, but for two.

    `[data]` says what its data are, and `[preprocessing]` how training prepares them.

    Quality and API hold, once the model is made, also what they leave out because the answer's description says it.
    """

    name: Annotated[str, NAME]
    data: Data | None = None
    preprocessing: Preprocessing | None = None
    training: Training | None = None
    batch: Batch | None = None
    serving: Serving | None = None
    monitoring: Monitoring | None = None
    api: Api | None = None

    def __post_init__(self) -> None:
        monitoring, api = self.monitoring, self.api
        if monitoring is not None and monitoring.quality is not None:
            quality = monitoring.quality.following(self.answer)
            object.__setattr__(self, "monitoring", replace(monitoring, quality=quality))
        if api is not None:
            object.__setattr__(self, "api", api.following(self.answer))
        Declared.__post_init__(self)

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            *self._job_name_problems(),
            self._serving_container_problem(),
            *(use.problem() for use in self.image_uses),
            self._serving_script_problem(),
            self._default_accept_problem(),
            self._batch_payload_problem(),
            problem_if(
                self.batch is not None
                and not self.batch.is_promoted
                and self.serving is None
                and self.training is None,
                key="batch.model",
                allowed="given when there is neither [serving] nor [training]",
                got=NOTHING,
                hint="name the artifact to score with",
            ),
            *self._origin_problems(),
            *self._package_problems(),
            *output_problems(preprocessing=self.preprocessing, training=self.training),
            *transformer_problems(
                preprocessing=self.preprocessing, serving=self.serving, served=self._served, model=self.name
            ),
            *self._training_problems(),
            *self._monitoring_problems(),
            *retrain_problems(
                model=self.name,
                training=self.training,
                monitoring=self.monitoring,
                serving=self.serving,
                data=self.data,
                scoring=self.scoring,
                promoted=self.batch_model,
            ),
            *self._data_problems(),
            problem_if(
                self.api is not None and self.serving is None,
                key="api",
                allowed="left out without [serving]",
                got="given",
                hint="add [serving]: the API stands in front of its endpoint",
            ),
            *(self.api.answer_problems(self.answer) if self.api is not None else ()),
            self._review_problem(),
        )

    @property
    def answer(self) -> Answer | None:
        """What the model answers, where that is described."""
        return self.serving.answer if self.serving is not None else None

    @property
    def slug(self) -> str:
        """The name as AWS takes it."""
        return dashed(self.name)

    @property
    def layout(self) -> DataLayout:
        """Where the model's data lie."""
        return DataLayout(model=self.name)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The paths of the data bucket at which the manifest expects data; the same may be there twice."""
        channels = self.training.stored_channels.values() if self.training is not None else ()
        retrain = self.training.retrain if self.training is not None else None
        others = (
            *(self.preprocessing.inputs.values() if self.preprocessing is not None else ()),
            self.training.stored_baseline_dataset if self.training is not None else None,
            retrain.held_out if retrain is not None else None,
            self.batch.input if self.batch is not None else None,
            self.data.sample if self.data is not None else None,
        )
        return (*(channel.path for channel in channels), *(path for path in others if path is not None))

    @property
    def batch_model(self) -> str | None:
        """The artifact that scores in batch: its own, or the first variant's."""
        scoring = self.scoring
        return scoring.model if scoring is not None else None

    @property
    def scoring(self) -> Variant | Batch | None:
        """The table that names what scores in batch: its own, or the first variant's."""
        if self.batch is not None and self.batch.is_promoted:
            return self.batch
        return self.serving.variants[0] if self.serving is not None else None

    @property
    def needs_container(self) -> bool:
        """Whether something serves or scores that is no package, which has its containers in it."""
        variants = () if self.serving is None else self.serving.all_variants
        scores = self.batch is not None and not self._is_package(self.scoring)
        return scores or any(not self._is_package(one) for one in variants)

    @property
    def is_packaged(self) -> bool:
        """Whether what a run finds is served by the package that it registers."""
        return self.training is not None and self.training.is_packaged

    def _is_package(self, served: Variant | Batch | None) -> bool:
        """Whether a table names a package, or waits for that of a run."""
        if served is not None and served.package is not None:
            return True
        return self.is_packaged and (served is None or not served.is_promoted)

    @property
    def has_transformer(self) -> bool:
        """Whether what [preprocessing] has fitted stands before the model."""
        return self.preprocessing is not None and self.preprocessing.transformer

    @property
    def batch_transformer(self) -> str | None:
        """The transformer before what scores in batch: its own, or the first variant's."""
        scoring = self.scoring
        return scoring.transformer if scoring is not None else None

    @property
    def serving_container(self) -> str:
        """The container that answers; empty when neither serving nor training names one."""
        own = self.serving.container if self.serving is not None else None
        if own is not None:
            return own
        return self.training.job_container if self.training is not None else ""

    @property
    def serving_family(self) -> ContainerFamily | None:
        """What the container that answers does around a script; None for an image of the user's own."""
        return FAMILIES.get(catalogue.family_of(self.serving_container))

    @property
    def serving_script(self) -> str | None:
        """The script whose functions answer, or None for a container that needs none or reads no variable for it."""
        family = self.serving_family
        if family is not None and (family.serving_program is not None or not family.runs_scripts):
            return None
        if self.serving is not None and self.serving.program is not None:
            return None
        own = self.serving.script if self.serving is not None else None
        if own is not None:
            return own
        return self.training.script if self.training is not None else None

    @property
    def packed_program(self) -> str | None:
        """The file below code/ of the model's own archive whose functions answer, where the container is told of it."""
        own = self.serving.program if self.serving is not None else None
        family = self.serving_family
        if own is not None or self.serving_script is not None or family is None:
            return own
        # Its server answers by functions alone: where no script is named, only the archive can have them.
        told = family.code_place is CodePlace.SUBMIT_DIRECTORY and not family.serves_without_code
        return PACKED_PROGRAM if told else None

    @property
    def serving_environment(self) -> Mapping[str, str]:
        """The variables of the container that answers, for the endpoint and for batch transform alike."""
        return self.serving.environment if self.serving is not None else {}

    @property
    def loads_from_hub(self) -> bool:
        """Whether the container that answers loads a model of Hugging Face's hub, for which it needs a network."""
        named = self.serving_environment.get(HUB_MODEL, "/")
        # A path is that of a folder.
        return self.serving_family is not None and self.serving_family.loads_from_hub and not named.startswith("/")

    @property
    def image_uses(self) -> tuple[ImageUse, ...]:
        """The containers of preparing, training, serving and batch, each on every instance type that it runs on."""
        uses: list[ImageUse] = []
        if self.preprocessing is not None:
            uses.append(
                ImageUse(
                    container_key="preprocessing.container",
                    container=self.preprocessing.container,
                    scope="training",
                    instance_key="preprocessing.instance",
                    instance=self.preprocessing.instance,
                    kind="processing",
                )
            )
        if self.training is not None and not self.is_packaged:
            uses.append(
                ImageUse(
                    container_key="training.container",
                    container=self.training.job_container,
                    scope="training",
                    instance_key="training.instance",
                    instance=self.training.job_instance,
                    kind="training",
                )
            )
        served: dict[str, tuple[str, JobKind]] = {}
        if self.serving is not None:
            for variant in (one for one in self.serving.all_variants if not self._is_package(one)):
                table = "serving.shadow" if variant is self.serving.shadow else f"serving.variants.{variant.name}"
                key = "serving.instance" if variant.instance is None else f"{table}.instance"
                served[key] = (self.serving.instance_of(variant=variant), "hosting")
        if self.batch is not None and not self._is_package(self.scoring):
            served["batch.instance"] = (self.batch.instance, "transform")
        if self.training is not None and self.training.retrain is not None:
            served["training.retrain.instance"] = (self.training.retrain.instance, "transform")
        containers = {"serving.container": self.serving_container}
        if self.preprocessing is not None and self.preprocessing.transformer:
            containers["preprocessing.container"] = self.preprocessing.container
        for key, (instance, kind) in served.items():
            uses += [
                ImageUse(
                    container_key=container_key,
                    container=container,
                    scope="inference",
                    instance_key=key,
                    instance=instance,
                    kind=kind,
                )
                for container_key, container in containers.items()
            ]
        return tuple(uses)

    @property
    def default_accept(self) -> str | None:
        """What the container answers in when a caller asks for nothing, where the answers are monitored; else None.

        AWS's analyzer reads no capture whose answer is encoded otherwise than its request ("Encoding mismatch"), and a
        script's container answers in JSON by itself.
        """
        capture = self.serving.capture if self.serving is not None else None
        if self.monitoring is None or capture is None:
            return None
        if self.answer is not None:
            return self.answer.content_type
        return self.request_type if self._is_of_json else capture.csv[0]

    @property
    def accept(self) -> str | None:
        """What a request asks for, where the model's answer is described."""
        return None if self.answer is None else self.answer.content_type

    @property
    def request_type(self) -> str:
        """The media type in which a record is sent: that of JSON which is captured as text, where the data are JSON."""
        if not self._is_of_json:
            return CSV
        captured = self.serving.capture.json if self.serving is not None and self.serving.capture is not None else ()
        return JSON_LINES if JSON_LINES in captured else (*captured, JSON)[0]

    @property
    def rest_api(self) -> Api | None:
        """The `[api]` table with what it leaves out and `[data]` says."""
        return None if self.api is None else self.api.described_by(self.data)

    @property
    def _is_of_json(self) -> bool:
        return self.data is not None and self.data.format == "jsonl"

    @property
    def takes_feedback(self) -> bool:
        """Whether what proved true can be told: only of traffic that is captured is there anything to hold it to."""
        return self.api is not None and self.serving is not None and self.serving.capture is not None

    def endpoint(self, *, stage: str) -> str:
        """Return the endpoint's name: fixed, so that clients and alarms keep it across models."""
        return f"{stage}-{self.slug}"

    def schedule(self, *, stage: str) -> str:
        """Return the name of the monitoring schedule, whichever engine runs it."""
        return f"{stage}-{self.slug}-data-quality"

    def quality_schedule(self, *, stage: str) -> str:
        """Return the name of the schedule that measures the quality of the answers, whichever engine runs it."""
        return f"{stage}-{self.slug}-model-quality"

    @property
    def awaits_quality_baseline(self) -> bool:
        """Whether quality is declared and cannot be measured yet, for there is nothing to hold it against."""
        quality = self.monitoring.quality if self.monitoring is not None else None
        return quality is not None and quality.baseline is None

    def _job_name_problems(self) -> tuple[Problem | None, ...]:
        if self.training is None:
            return ()
        room = LONGEST_NAME - LONGEST_STAGE - len(self.slug) - LONGEST_RUN - len(MARK) - 2
        return tuple(
            problem_if(
                len(trial.name) > room,
                key=f"training.trials.{trial.name}.name",
                allowed=f"at most {room} characters beside the model's {len(self.slug)}",
                got=trial.name,
                hint=f"stage, model, trial and run make a job's name of at most {LONGEST_NAME}",
            )
            for trial in self.training.all_trials
        )

    def _serving_container_problem(self) -> Problem | None:
        """The image that serves is another than the one that trains, and not every version has both."""
        if not self.needs_container:
            return None
        if not self.serving_container:
            return Problem(
                key="serving.container",
                allowed="given when there is no [training] to take it from, and no package",
                got=NOTHING,
                hint='write for instance container = "xgboost:3.2-0"',
            )
        return Container("inference").problem(key="serving.container", value=self.serving_container)

    def _serving_script_problem(self) -> Problem | None:
        family = self.serving_family
        given = {} if self.serving is None else {"script": self.serving.script, "program": self.serving.program}
        key = next((key for key, value in given.items() if value is not None), None)
        if family is None or key is None:
            return None
        if not family.runs_scripts:
            return Problem(
                key=f"serving.{key}",
                allowed=f"left out for {family.name}, whose server reads no script",
                got=given[key],
                hint="remove it; serving.properties of the model, or serving.environment, says how it answers",
            )
        if family.serving_program is None:
            return None
        return Problem(
            key=f"serving.{key}",
            allowed=f"left out for {family.name}, whose server loads code/{family.serving_program} of the model alone",
            got=given[key],
            hint="let the training script save it there, or the network take what callers send",
        )

    def _default_accept_problem(self) -> Problem | None:
        got = self.serving_environment.get(DEFAULT_ACCEPT)
        if got is None or self.default_accept is None:
            return None
        key, hint = f"serving.environment.{DEFAULT_ACCEPT}", "name the type first in serving.capture.csv"
        return own_variable(key=key, got=got, hint=hint)

    def _batch_payload_problem(self) -> Problem | None:
        """Some servers answer 413 to what is longer than they take, whatever the transform job was told."""
        family, scoring = self.serving_family, self.scoring
        if self.batch is None or family is None or (scoring is not None and scoring.package is not None):
            return None
        answers_alone = self.serving_script is None and self.packed_program is None
        limit = family.own_body_limit if answers_alone else family.script_body_limit
        most = None if limit is None else limit.bytes // MEGABYTE
        return problem_if(
            most is not None and not 1 <= self.batch.max_payload_mb <= most,
            key="batch.max_payload_mb",
            allowed=f"between 1 and {most} for {family.name}, whose server takes no longer request",
            got=self.batch.max_payload_mb,
            hint="send fewer records at once",
        )

    @property
    def _served(self) -> dict[str, Variant | Batch]:
        """The tables that name artifacts, by their keys."""
        served: dict[str, Variant | Batch] = {} if self.batch is None else {"batch": self.batch}
        if self.serving is not None:
            served |= {f"serving.variants.{variant.name}": variant for variant in self.serving.variants}
            served |= {} if self.serving.shadow is None else {"serving.shadow": self.serving.shadow}
        return served

    def _origin_problems(self) -> tuple[Problem | None, ...]:
        served = self._served
        origins = [self.name, *(one.from_model for one in served.values() if one.from_model is not None)]
        quality = self.monitoring.quality if self.monitoring is not None else None
        baselines = {
            "monitoring.baseline": None if self.monitoring is None else self.monitoring.baseline,
            "monitoring.quality.baseline": None if quality is None else quality.baseline,
        }
        return (
            *(
                artifact_problem(key=key, artifact=one.model, from_model=one.from_model, model=self.name)
                for key, one in served.items()
            ),
            *(baseline_problem(key=key, baseline=baseline, origins=origins) for key, baseline in baselines.items()),
        )

    def _package_problems(self) -> Iterable[Problem | None]:
        """What a table says beside a package, which is served as it is."""
        is_of_product = self.training is not None and self.training.is_of_product
        for key, one in self._served.items():
            yield from package_problems(
                key=key,
                package=one.package,
                artifacts=one.package_artifacts,
                images=one.package_images,
                are_images_needed=not is_of_product,
                beside={"model": one.model, "transformer": one.transformer, "from_model": one.from_model},
            )

    def _training_problems(self) -> Iterable[Problem | None]:
        """What is fitted elsewhere stands before no package, which is served as it is; Autopilot prepares itself."""
        if self.training is None or self.preprocessing is None:
            return
        yield problem_if(
            self.training.automl is not None,
            key="preprocessing",
            allowed="left out beside [training.automl], which prepares the data itself",
            got="given",
            hint="remove it, or train with a script",
        )
        yield problem_if(
            self.training.algorithm is not None and self.preprocessing.transformer,
            key="preprocessing.transformer",
            allowed="false beside training.algorithm, whose models are served by packages as they are",
            got=True,
            hint="remove it and let callers send what the algorithm reads, or train with a container",
        )

    def _data_problems(self) -> Iterable[Problem | None]:
        """What other tables say of the data must agree with what `[data]` says."""
        channels = self.training.channels if self.training is not None else {}
        headed = [name for name, channel in channels.items() if channel.header]
        if self.data is not None and self.data.format != "csv" and headed:
            yield Problem(
                key=f"training.channels.{headed[0]}.header",
                allowed=f"left out where the data are {self.data.format}, which names its columns itself",
                got=True,
                hint='remove it, or say format = "csv" under [data]',
            )
        if self.api is not None:
            yield from self.api.data_problems(self.data)

    def _monitoring_problems(self) -> Iterable[Problem | None]:
        if self.monitoring is None:
            return ()
        family = self.serving_family
        answers_json = family is not None and family.answers_json and self.default_accept == CSV
        return monitoring_problems(
            monitoring=self.monitoring,
            serving=self.serving,
            training=self.training,
            answer=self.answer,
            json_container=self.serving_container if answers_json else None,
        )

    def _review_problem(self) -> Problem | None:
        """Whoever reviews an answer finds the request among the captures."""
        capture = self.serving.capture if self.serving is not None else None
        whole = capture is not None and capture.sampling_percentage == WHOLE and set(capture.mode) == BOTH
        return problem_if(
            self.api is not None and self.api.review is not None and not whole,
            key="api.review",
            allowed="left out where [serving] does not capture every request and answer",
            got="given",
            hint="say capture = { sampling_percentage = 100 } under [serving]",
        )
