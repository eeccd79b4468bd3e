"""Changes of declarations, and what CloudFormation makes of each: what AWS's documentation says of the types.

The manifests are those of `tests/support/further`, and an example that preprocesses. The changes of a round are each of
another declaration, so that they can be made at once, upon what the round before has left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from support.further_models import FOLDER
from support.synth import ROOT

STAGE = "changed"
OF_THE_STAGE = "stages"
EXAMPLE = "mnist_torch"
FURTHER = sorted(file.stem for file in (FOLDER / "models").glob("*.toml"))
OWN_BUCKET, OWN_GROUP = "own-archives", "own-models"
OWN_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
PACKAGES = "arn:aws:sagemaker:us-east-1:111122223333:model-package"
FOREIGN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3"
SETTINGS = 'removal = "destroy"\ntermination_protection = false\napi_log_role = true\n'
TRACKING = 'tracking = { maintenance = "Sun:03:30" }\n'


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of one declaration, and what a deploy makes of it.

    `edits` are pieces of its text, each with what stands there afterwards. `becomes` has each kind of change: stack,
    type and action, by AWS's documentation of the type. `fails` are the certain obstacles: the change is taken back.
    """

    sentence: str
    of: str
    edits: Mapping[str, str]
    becomes: frozenset[str] = frozenset()
    fails: tuple[str, ...] = ()

    def made(self, text: str) -> str:
        """Return a declaration with this change, each of whose pieces is there once."""
        for piece, other in self.edits.items():
            assert text.count(piece) == 1, f"{piece} in {self.of}"
            text = text.replace(piece, other)
        return text


def kinds(stack: str, action: str, *types: str) -> frozenset[str]:
    """The kinds of change of some types in one stack."""
    return frozenset(f"{stack} {type_} {action}" for type_ in types)


UPDATED_DEFINITION = kinds("training", "updated in place", "StateMachine")
MOVED_ENDPOINT = kinds("serving", "replaced", "EndpointConfig") | kinds("serving", "updated in place", "Endpoint")
# But for job definitions, which a tag would replace: the app gives them none.
TAGGED = {
    "api": "LogGroup RestApi Role Stage WebACL",
    "batch": "Alarm LogGroup Model Role StateMachine",
    "delivery": "OIDCProvider Role",
    "fleet": "Dashboard",
    "foundation": "Bucket Key Role Topic",
    "monitoring": "Alarm Dashboard LogGroup MonitoringSchedule Role Rule StateMachine",
    "serving": "Alarm Endpoint EndpointConfig Model Role ScalableTarget",
    "training": "Alarm Experiment LogGroup ModelPackageGroup Role StateMachine",
}
ROUNDS: Sequence[Sequence[Change]] = (
    (
        Change(
            sentence="retraining is scheduled otherwise",
            of="retrained",
            edits={"rate(7 days)": "rate(14 days)"},
            becomes=frozenset({"training Schedule updated in place"}),
        ),
        Change(
            sentence="a search has more jobs",
            of="tuned",
            edits={"max_jobs = 4": "max_jobs = 6"},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="Autopilot predicts another column",
            of="searched",
            edits={'target = "leaves"': 'target = "stays"'},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="preprocessing has another parameter",
            of=EXAMPLE,
            edits={"mean = 0.1307": "mean = 0.1308"},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="another version of an algorithm trains",
            of="bought",
            edits={"decision-trees-0": "decision-trees-1"},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="a search by an algorithm has a wider range",
            of="bought_tuned",
            edits={"max = 20": "max = 30"},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="the calendar of scaling has one more action",
            of="scaled",
            edits={
                "min = 3\nmax = 9\n": "min = 3\nmax = 9\n"
                '[[serving.scaling.schedule]]\nname = "night"\nexpression = "cron(0 20 ? * * *)"\nmin = 1\nmax = 4\n'
            },
            becomes=frozenset({"serving ScalableTarget updated in place"}),
        ),
        Change(
            sentence="callers of an API are held to other rates",
            of="serverless",
            edits={"calls_a_day = 1000\n": "calls_a_day = 2000\nrate = 20\nburst = 40\n"},
            becomes=frozenset(
                {"api Stage updated in place", "api UsagePlan updated in place", "api WebACL updated in place"}
            ),
        ),
        Change(
            sentence="an API gets a firewall",
            of="shadowed",
            edits={'auth = "jwt"\n': 'auth = "jwt"\nwaf = true\n'},
            becomes=frozenset({"api WebACL added", "api WebACLAssociation added"}),
        ),
        Change(
            sentence="a package of the account's own is served",
            of="packaged",
            edits={
                FOREIGN: f"{PACKAGES}/{OWN_GROUP}/1",
                "s3://team/models/model.tar.gz": f"s3://{OWN_BUCKET}/1/model.tar.gz",
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1": OWN_IMAGE,
            },
            becomes=frozenset(
                f"serving {type_} added" for type_ in ("Alarm", "Endpoint", "EndpointConfig", "Model", "Role")
            ),
        ),
    ),
    (
        Change(
            sentence="an alarm starts no run any more",
            of="retrained",
            edits={'on = ["drift", "quality"]': 'on = ["drift"]'},
            becomes=UPDATED_DEFINITION | {"training Role updated in place", "training Rule updated in place"},
        ),
        Change(
            sentence="a search gives way to trials",
            of="tuned",
            edits={
                "[training.tuning]\nmax_jobs = 6\n": '[[training.trials]]\nname = "deep"\n',
                "ranges = { max_depth = { min = 2, max = 8 } }": "hyperparameters = { max_depth = 8 }",
            },
            becomes=UPDATED_DEFINITION | {"training Role updated in place"},
        ),
        Change(
            sentence="Autopilot predicts numbers",
            of="searched",
            edits={'"BinaryClassification"': '"Regression"', '"AUC", goal = "maximize"': '"MSE", goal = "minimize"'},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="preprocessing has another instance",
            of=EXAMPLE,
            edits={'preprocess.py"\ninstance = "ml.m5.large"': 'preprocess.py"\ninstance = "ml.m5.xlarge"'},
            becomes=UPDATED_DEFINITION,
        ),
        Change(
            sentence="an algorithm gives way to a container",
            of="bought",
            edits={
                'algorithm = "arn:aws:sagemaker:eu-west-1:865070037744:algorithm/decision-trees-1123456789abcdef"': (
                    'container = "xgboost:3.2-0"\nhyperparameters = { num_round = 10 }'
                ),
                'metric = "auc"': 'metric = "validation:auc"',
                'training = "datasets/train"': 'train = { path = "datasets/train", content_type = "text/csv" }, '
                'validation = { path = "datasets/validation", content_type = "text/csv" }',
            },
            becomes=UPDATED_DEFINITION | {"training Role updated in place"},
        ),
        Change(
            sentence="a step of scaling changes",
            of="scaled",
            edits={"change = -50": "change = -60", "threshold = 20": "threshold = 30"},
            becomes=frozenset({"serving Alarm updated in place", "serving ScalingPolicy updated in place"}),
        ),
        Change(
            sentence="a variant without instances has more memory",
            of="serverless",
            edits={"memory_mb = 2048": "memory_mb = 3072"},
            becomes=frozenset({"serving Endpoint updated in place", "serving EndpointConfig replaced"}),
        ),
        Change(
            sentence="an API loses its firewall",
            of="shadowed",
            edits={"waf = true\n": ""},
            becomes=frozenset({"api WebACL deleted", "api WebACLAssociation deleted"}),
        ),
        Change(
            sentence="another version of a package is served",
            of="packaged",
            edits={f"{OWN_GROUP}/1": f"{OWN_GROUP}/2", f"{OWN_BUCKET}/1/": f"{OWN_BUCKET}/2/"},
            becomes=frozenset(
                {
                    "serving Endpoint updated in place",
                    "serving EndpointConfig replaced",
                    "serving Model replaced",
                    "serving Role updated in place",
                }
            ),
        ),
    ),
    (
        Change(
            sentence="retraining is removed",
            of="retrained",
            edits={
                'retrain = { held_out = "datasets/test", schedule = "rate(14 days)", on = ["drift"], '
                'captures_to = "train" }\n': ""
            },
            becomes=UPDATED_DEFINITION
            | {"training Role updated in place"}
            | {
                f"training {type_} deleted"
                for type_ in ("Alarm", "LogGroup", "Role", "Rule", "Schedule", "StateMachine")
            },
        ),
        Change(
            sentence="preprocessing is added",
            of="tuned",
            edits={
                "[training]\n": '[preprocessing]\ncontainer = "sklearn:1.9-0"\nscript = "mnist_torch/preprocess.py"\n'
                'instance = "ml.m5.large"\ninputs = { train = "datasets/train" }\n[training]\n',
                'train = "datasets/train" }\n[training.metrics]': 'train = "preprocessing/train" }\n[training.metrics]',
            },
            becomes=UPDATED_DEFINITION | {"training Role added", "training Role updated in place"},
        ),
        Change(
            sentence="preprocessing leaves no transformer",
            of=EXAMPLE,
            edits={"transformer = true ": "", 'content_type = "application/x-npy"\n': ""},
            becomes=UPDATED_DEFINITION | {"training Role updated in place"},
        ),
        Change(
            sentence="a scaled variant has another instance",
            of="scaled",
            edits={'instance = "ml.m5.large"\n[[serving.variants]]': 'instance = "ml.m5.xlarge"\n[[serving.variants]]'},
            becomes=frozenset({"serving Endpoint updated in place", "serving EndpointConfig replaced"}),
            fails=("scaled variant changes",),
        ),
        Change(
            sentence="callers of an API sign their requests",
            of="serverless",
            edits={'auth = "api-key"\ncalls_a_day = 2000\n': 'auth = "iam"\n'},
            becomes=frozenset({"api Deployment added", "api Deployment deleted"})
            | {f"api {type_} deleted" for type_ in ("ApiKey", "UsagePlan", "UsagePlanKey")}
            | {f"api {type_} updated in place" for type_ in ("Method", "Stage")},
        ),
        Change(
            sentence="a shadow goes",
            of="shadowed",
            edits={'shadow = { name = "next", model = "shadowed/training/run/next/output/model.tar.gz" }\n': ""},
            becomes=frozenset(
                {
                    "serving Endpoint updated in place",
                    "serving EndpointConfig replaced",
                    "serving Model deleted",
                    "serving Role updated in place",
                }
            ),
        ),
        Change(
            sentence="a variant loses its instances",
            of="packaged",
            edits={'instance = "ml.m5.large"': "serverless = { memory_mb = 2048, max_concurrency = 5 }"},
            becomes=frozenset(
                {"serving Endpoint updated in place", "serving EndpointConfig replaced", "serving Model replaced"}
            ),
            fails=("instances become serverless",),
        ),
    ),
    (
        Change(
            sentence="a model is checked by the other engine",
            of="retrained",
            edits={'engine = "drift"': 'engine = "model-monitor"'},
            becomes=UPDATED_DEFINITION
            | {"training Role updated in place"}
            | kinds("monitoring", "added", "DataQualityJobDefinition", "MonitoringSchedule", "Rule")
            | kinds("monitoring", "deleted", "Alarm", "LogGroup", "Role", "Schedule", "StateMachine")
            | kinds("monitoring", "updated in place", "Role", "StateMachine"),
        ),
        Change(
            sentence="a policy of steps has another name",
            of="scaled",
            edits={'name = "idle"': 'name = "lazy"'},
            becomes=frozenset(
                f"serving {type_} {action}" for type_ in ("Alarm", "ScalingPolicy") for action in ("added", "deleted")
            ),
        ),
        Change(
            sentence="calls of an API are traced",
            of="serverless",
            edits={"waf = true\n": "waf = true\ntracing = true\n"},
            becomes=frozenset({"api Stage updated in place"}),
        ),
        Change(
            sentence="an endpoint has another rollout",
            of="shadowed",
            edits={'strategy = "rolling"': 'strategy = "canary"'},
            becomes=frozenset({"serving Endpoint updated in place"}),
        ),
        Change(
            sentence="a package scores files too",
            of="packaged",
            edits={
                "[serving]\n": f'[batch]\ninstance = "ml.m5.large"\npackage = "{PACKAGES}/{OWN_GROUP}/2"\n'
                f'package_artifacts = ["s3://{OWN_BUCKET}/2/model.tar.gz"]\npackage_images = ["{OWN_IMAGE}"]\n'
                "[serving]\n"
            },
            becomes=frozenset(
                f"batch {type_} added" for type_ in ("Alarm", "LogGroup", "Model", "Role", "StateMachine")
            ),
        ),
    ),
    (
        Change(
            sentence="quality is measured",
            of="retrained",
            edits={'probability = "0"\n': 'probability = "0"\nbaseline = "retrained/baseline/20261122-101500/q"\n'},
            becomes=kinds("monitoring", "added", "Alarm", "LogGroup", "Role", "Rule", "StateMachine")
            | kinds("monitoring", "added", "ModelQualityJobDefinition", "MonitoringSchedule")
            | kinds("monitoring", "updated in place", "Dashboard"),
        ),
        Change(
            sentence="a model gets an API",
            of="scaled",
            edits={"[batch]\n": '[api]\nfeatures = [{ names = ["mins"] }]\n[batch]\n'},
            becomes=kinds("api", "added", "Deployment", "GatewayResponse", "LogGroup", "Method", "Model")
            | kinds("api", "added", "RequestValidator", "Resource", "RestApi", "Role", "Stage"),
        ),
        Change(
            sentence="an API holds uncertain answers back",
            of="shadowed",
            edits={
                "[[serving.variants]]\n": "capture = { sampling_percentage = 100 }\n[serving.answer]\n"
                'probability = "0"\n[[serving.variants]]\n',
                "[api]\n": "[api]\nreview = { below = 0.8 }\n",
            },
            becomes=MOVED_ENDPOINT
            | kinds("serving", "updated in place", "Role")
            | kinds("api", "added", "Deployment", "Method", "Model", "Resource")
            | kinds("api", "deleted", "Deployment")
            | kinds("api", "updated in place", "Method", "Role", "Stage"),
        ),
    ),
    (
        Change(
            sentence="alerts go to another address",
            of=OF_THE_STAGE,
            edits={"ml-on-call@": "on-call@"},
            becomes=frozenset({"foundation Subscription replaced"}),
        ),
    ),
    (
        Change(
            sentence="what a stage has is tagged and kept for a shorter time",
            of=OF_THE_STAGE,
            edits={SETTINGS: SETTINGS + 'tags = { team = "risk" }\ncapture_days = 30\nlog_days = 30\n'},
            becomes=frozenset[str]().union(
                *(kinds(stack, "updated in place", *types.split()) for stack, types in TAGGED.items())
            ),
        ),
    ),
    (
        Change(
            sentence="the stage's trials are tracked",
            of=OF_THE_STAGE,
            edits={SETTINGS: SETTINGS + TRACKING},
            becomes=UPDATED_DEFINITION
            | {"foundation MlflowApp added", "foundation Role added"}
            | {f"{stack} Role updated in place" for stack in ("delivery", "training")},
        ),
    ),
    (
        Change(
            sentence="the stage's trials are tracked no more",
            of=OF_THE_STAGE,
            edits={TRACKING: ""},
            becomes=UPDATED_DEFINITION
            | {f"foundation {type_} deleted" for type_ in ("MlflowApp", "Role")}
            | {f"{stack} Role updated in place" for stack in ("delivery", "training")},
            fails=("export in use",),
        ),
    ),
    (
        Change(
            sentence="tracking goes that no stack imports any more",
            of=OF_THE_STAGE,
            edits={TRACKING: ""},
            becomes=kinds("foundation", "deleted", "MlflowApp", "Role"),
        ),
    ),
)


def declarations() -> dict[str, str]:
    """The declarations before any change."""
    stages = (FOLDER / "stages.toml").read_text(encoding="utf-8")
    assert stages.count(TRACKING) == 1
    declared = {name: (FOLDER / "models" / f"{name}.toml").read_text(encoding="utf-8") for name in FURTHER}
    declared[EXAMPLE] = (ROOT / "models" / f"{EXAMPLE}.toml").read_text(encoding="utf-8")
    declared[OF_THE_STAGE] = stages.replace("[dev]\n", f"[{STAGE}]\n{SETTINGS}").replace(TRACKING, "")
    return declared
