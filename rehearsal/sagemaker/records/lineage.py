"""How experiments, trials and trial components hang together, and what is said of one that is not there."""

from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import invalid, not_found
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table

ASSOCIATION = "TrialComponentAssociation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One of the three: `table` in the store, `arn` in its ARN, `member` of its name, and the word in messages."""

    table: str
    arn: str
    member: str
    word: str


EXPERIMENT = Kind(table="Experiment", arn="experiment", member="ExperimentName", word="Experiment")
TRIAL = Kind(table="ExperimentTrial", arn="experiment-trial", member="TrialName", word="Trial")
COMPONENT = Kind(
    table="ExperimentTrialComponent",
    arn="experiment-trial-component",
    member="TrialComponentName",
    word="TrialComponent",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """The three tables and the associations of components with trials."""

    platform: Platform

    def table(self, kind: Kind) -> Table:
        """Return the table of one of the three."""
        return self.platform.store.table(kind.table)

    def arn(self, kind: Kind, name: str) -> str:
        """Return an ARN; SageMaker writes names in ARNs in lower case."""
        return self.platform.arn(kind=kind.arn, name=name.lower())

    def find(self, kind: Kind, name: str) -> Document:
        """Return a document by its name, or its ARN, which the API takes as well.

        Raises:
            ServiceError: ResourceNotFound, there is none.

        """
        found = self.table(kind).find(name)
        if found is None:
            known = {self.arn(kind, one): one for one in self.table(kind).names()}
            # Names differ in more than their case (API reference), and the SDK writes some in lower case.
            same = known.get(name, known.get(self.arn(kind, name)))
            found = None if same is None else self.table(kind).find(same)
        if found is None:
            raise not_found(f"{kind.word} '{self.arn(kind, name)}' does not exist.")
        return found

    def add(self, kind: Kind, document: Document) -> str:
        """Keep a new document and return its ARN.

        Raises:
            ServiceError: ValidationException, the name is taken: in these words, which the SDK looks for.

        """
        name = document[kind.member]
        arn, now = self.arn(kind, name), self.platform.clock.now()
        with self.platform.store.lock:
            if self.table(kind).find(name) is not None:
                raise invalid(
                    f"{kind.word} names must be unique within an AWS account and region. "
                    f"{kind.word} with name ({name}) already exists."
                )
            times = {"CreationTime": now, "LastModifiedTime": now}
            self.table(kind).add(name, {"DisplayName": name, **document, **times, _arn_member(kind): arn})
        return arn

    def update(self, kind: Kind, name: str, changes: Document) -> str:
        """Give a document new members and return its ARN; raises as `find` does."""
        with self.platform.store.lock:
            document = self.find(kind, name)
            document |= {**changes, "LastModifiedTime": self.platform.clock.now()}
        return str(document[_arn_member(kind)])

    def remove(self, kind: Kind, name: str, *, linked: list[str], to: str) -> str:
        """Forget a document to which nothing is linked any more, and return its ARN.

        Raises:
            ServiceError: ResourceNotFound, there is none; ValidationException, something is still linked to it.

        """
        document = self.find(kind, name)
        arn = str(document[_arn_member(kind)])
        if linked:
            raise invalid(f"{kind.word} '{arn}' is linked to 1 or more {to} and cannot be deleted.")
        self.table(kind).remove(document[kind.member])
        return arn

    def associate(self, *, component: str, trial: str) -> None:
        """Have a component belong to a trial; twice is as once."""
        with self.platform.store.lock:
            table, key = self.platform.store.table(ASSOCIATION), _key(component=component, trial=trial)
            if table.find(key) is None:
                table.add(key, {"TrialComponentName": component, "TrialName": trial})

    def disassociate(self, *, component: str, trial: str) -> None:
        """Have a component belong to a trial no more.

        Raises:
            ServiceError: ResourceNotFound, it does not.

        """
        with self.platform.store.lock:
            table, key = self.platform.store.table(ASSOCIATION), _key(component=component, trial=trial)
            if table.find(key) is None:
                raise not_found(f"TrialComponent '{component}' is not associated with Trial '{trial}'.")
            table.remove(key)

    def trials_of_experiment(self, experiment: str) -> list[str]:
        """Return the names of an experiment's trials."""
        return [one["TrialName"] for one in self.table(TRIAL).documents() if one["ExperimentName"] == experiment]

    def trials_of_component(self, component: str) -> list[str]:
        """Return the names of the trials that a component belongs to."""
        return [one["TrialName"] for one in self._associations() if one["TrialComponentName"] == component]

    def components_of_trials(self, trials: list[str]) -> list[str]:
        """Return the names of the components of any of some trials, each once."""
        found = [one["TrialComponentName"] for one in self._associations() if one["TrialName"] in trials]
        return list(dict.fromkeys(found))

    def parents(self, component: str) -> list[Document]:
        """Return the trials of a component, each with its experiment, as a search shows them."""
        trials = self.table(TRIAL)
        return [
            {"TrialName": name, "ExperimentName": trials.get(name)["ExperimentName"]}
            for name in self.trials_of_component(component)
        ]

    def _associations(self) -> list[Document]:
        return self.platform.store.table(ASSOCIATION).documents()


def _key(*, component: str, trial: str) -> str:
    return f"{component}/{trial}"


def _arn_member(kind: Kind) -> str:
    return f"{kind.word}Arn"
