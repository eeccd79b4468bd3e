"""Where things lie in the data bucket: every path of the app comes from here.

    <model>/datasets/...                                          put there by `yard data push`
    <model>/preprocessing/<digest>/<run>/<output>/...             prepared by a run from what the digest is of
    <model>/preprocessing/complete/<digest>/<run>                 says that these are whole
    <model>/training/<run>/<job>/output/model.tar.gz              a run is one execution of the state machine
    <model>/training/<run>/leaderboard.json
    <model>/baseline/<run>/{statistics,constraints}.json
    <model>/baseline/<run>/limits-<digest>/{statistics,constraints}.json    with the limits that the manifest declares
    <model>/baseline/<run>/model-quality/{statistics,constraints}.json
    <model>/baseline/<run>/model-quality-data/*.csv               answers to labelled data, with the labels
    <model>/capture/<endpoint>/<variant>/yyyy/mm/dd/hh/*.jsonl
    <model>/capture/parts/<endpoint>/<schedule>/<run>/*.profile   what each instance found in its part of them
    <model>/ground-truth/<endpoint>/yyyy/mm/dd/hh/*.jsonl         what proved true, by the hour in which it was told
    <model>/ground-truth/chosen/<endpoint>/yyyy/mm/dd/hh/*.jsonl  the same of records that were chosen
    <model>/ground-truth/reviewed/<endpoint>/<inference>.json     what a person decided on an answer that was held back
    <model>/checkpoints/<run>/<job>/...
    <model>/merged/<endpoint>/<schedule>/yyyy/mm/dd/hh/*.jsonl    captures with what proved true
    <model>/monitoring/<endpoint>/<schedule>/yyyy/mm/dd/hh/{statistics,constraints,constraint_violations}.json
                                                                  and verdict.json of the engine drift
    <model>/monitoring/windows/<endpoint>/<schedule>/yyyy/mm/dd/hh/window-*.json    what later checks need of this one
    <model>/monitoring/merge/<endpoint>/<schedule>/...            captures with what proved true, merged by AWS
    <model>/training/<run>/{retraining,verdict}.json              why a schedule or an alarm started it, what came of it
    <model>/training/open/<run>                                   a proposal that nobody has merged or closed yet
    <model>/capture/retraining/<run>/{train,baseline}/*           such a run's data, with labelled captures
    <model>/capture/retraining/<run>/{records,labels}/*.csv       what both models are compared on
    <model>/capture/retraining/<run>/scored/{candidate,promoted}/*.out    their answers
    <model>/transform/<run>/input/<file>                          put there by `yard transform`
    <model>/transform/<run>/output/<file>.out
    _mlflow/<experiment>/<run>/artifacts/...                      what scripts log as files, of all models

SageMaker itself puts the job's name into the path of an artifact, and the endpoint's and the variant's into the path
of a capture (developer guide, "Capture data from real-time endpoint"); a run's part may be a JSONata expression.
"""

from dataclasses import dataclass

from modelyard.shared.s3_uri import as_folder

# A training job may run so long (SageMaker quotas), and go on from a checkpoint at its end.
LONGEST_JOB_DAYS = 28
# What the path of a dataset begins with that is an output of [preprocessing], and the output that is no dataset.
PREPROCESSED = "preprocessing/"
TRANSFORMER = "transformer"
# No model's name begins so.
TRACKING = "_mlflow"
VIOLATIONS_FILE, VERDICT_FILE = "constraint_violations.json", "verdict.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataLayout:
    """The prefixes of one model; a folder that is read ends with a slash, one that is written with none."""

    model: str

    def dataset(self, *, path: str) -> str:
        """Return a dataset of the manifest, whose paths are written from the model's own prefix.

        S3 matches prefixes letter by letter: the slash keeps `train` from meaning `train_old` too.
        """
        return as_dataset(f"{self.model}/{path}")

    def preprocessing(self, *, digest: str, run: str) -> str:
        """Return the outputs of a run's preprocessing; the digest is of all that decides what comes out."""
        return f"{self.preprocessing_root}/{digest}/{run}"

    def preprocessed(self, *, digest: str) -> str:
        """Return where a run notes that its outputs are whole: below it lies an object of the run's name."""
        return f"{self.preprocessing_root}/complete/{digest}/"

    def transformer(self, *, digest: str, run: str) -> str:
        """Return what a run's preprocessing has fitted."""
        return f"{self.preprocessing(digest=digest, run=run)}/{TRANSFORMER}/model.tar.gz"

    @property
    def preprocessing_root(self) -> str:
        """The outputs of all preprocessing."""
        return f"{self.model}/{PREPROCESSED.rstrip('/')}"

    def training(self, *, run: str) -> str:
        """Return all that a run's training jobs write, each below its own name."""
        return f"{self.model}/training/{run}"

    def leaderboard(self, *, run: str) -> str:
        """Return the trials of a run with their metrics, best first."""
        return f"{self.training(run=run)}/leaderboard.json"

    def checkpoints(self, *, run: str) -> str:
        """Return the checkpoints of a run's jobs."""
        return f"{self.model}/checkpoints/{run}"

    def baseline(self, *, run: str) -> str:
        """Return the statistics and constraints of a run's training data."""
        return f"{self.model}/baseline/{run}"

    def quality_baseline(self, *, run: str) -> str:
        """Return the statistics and constraints of a run's answers to labelled data."""
        return f"{self.baseline(run=run)}/model-quality"

    def quality_data(self, *, run: str) -> str:
        """Return the answers of which the baseline of quality is made, with the labels."""
        return f"{self.baseline(run=run)}/model-quality-data/"

    @property
    def capture(self) -> str:
        """The destination of captures: SageMaker adds endpoint, variant and hour."""
        return f"{self.model}/capture"

    @property
    def parts(self) -> str:
        """What instances find in captures, for the check of them all; with values of theirs, it expires as they do."""
        return f"{self.capture}/parts"

    @property
    def ground_truth(self) -> str:
        """The destination of what proved true: endpoint and hour follow."""
        return f"{self.model}/ground-truth"

    @property
    def chosen_ground_truth(self) -> str:
        """The same of records that were chosen and not drawn at random, which no quality is measured by."""
        return f"{self.ground_truth}/chosen"

    @property
    def reviewed(self) -> str:
        """What people decided on answers that the API held back: endpoint and the inference follow."""
        return f"{self.ground_truth}/reviewed"

    @property
    def merged(self) -> str:
        """The destination of captures with what proved true: endpoint, schedule and hour follow."""
        return f"{self.model}/merged"

    @property
    def monitoring(self) -> str:
        """The destination of checks: endpoint, schedule and hour follow."""
        return f"{self.model}/monitoring"

    @property
    def managed_merged(self) -> str:
        """The destination of AWS's merge: a folder below the reports, whose name is AWS's (requests of real jobs)."""
        return f"{self.monitoring}/merge"

    @property
    def windows(self) -> str:
        """What each check with the engine drift has counted, for later ones."""
        return f"{self.monitoring}/windows"

    def days_kept(self, *, capture_days: int) -> dict[str, int]:
        """Return the prefixes whose objects expire, with their days: what was captured, its labels, and checkpoints.

        A label is of use as long as the capture that it is merged with. Datasets, artifacts, baselines and reports
        stay, and so do scored files, which are their owner's.
        """
        payloads = (self.capture, self.ground_truth, self.merged, self.managed_merged)
        captured = dict.fromkeys(payloads, capture_days)
        return {**captured, self.checkpoints(run="").rstrip("/"): max(capture_days, LONGEST_JOB_DAYS)}

    def retraining(self, *, run: str) -> str:
        """Return the data of a run which nobody started by hand; with captures among them, they expire as those do."""
        return f"{self.capture}/retraining/{run}"

    def retraining_note(self, *, run: str) -> str:
        """Return why such a run was started."""
        return f"{self.training(run=run)}/retraining.json"

    def retraining_verdict(self, *, run: str) -> str:
        """Return what came of such a run."""
        return f"{self.training(run=run)}/verdict.json"

    @property
    def open_proposals(self) -> str:
        """The folder with an object for each run whose proposal is open."""
        return f"{self.training(run='open')}/"

    def transform(self, *, run: str) -> str:
        """Return the outputs of one batch transform."""
        return f"{self.transform_root}/{run}/output"

    def transform_input(self, *, run: str) -> str:
        """Return what one batch transform scores when it is asked for a file; the schedule scores a dataset."""
        return f"{self.transform_root}/{run}/input/"

    @property
    def transform_root(self) -> str:
        """The files and outputs of all batch transforms."""
        return f"{self.model}/transform"

    @property
    def transform_capture(self) -> str:
        """The destination of a batch transform's own data capture."""
        return f"{self.model}/capture/transform"


def output_of(path: str) -> str | None:
    """Return which output of [preprocessing] a dataset's path names, or None for one that somebody puts there."""
    if not path.startswith(PREPROCESSED):
        return None
    return path.removeprefix(PREPROCESSED).partition("/")[0]


def as_dataset(key: str) -> str:
    """Return what the keys of a dataset begin with: a key whose last part has a dot is a file, all others a folder."""
    return key if "." in key.rpartition("/")[2] else as_folder(key)
