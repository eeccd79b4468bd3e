"""`yard label`."""

import webbrowser
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.labelling.answers import answer_from
from modelyard.operations.labelling.choice import Mix
from modelyard.operations.labelling.gathering import Wanted, gather
from modelyard.operations.labelling.journal import Journal, Session, begin_or_resume
from modelyard.operations.labelling.page_server import LabelServer
from modelyard.operations.labelling.pushing import push_labels
from modelyard.operations.labelling.question import Question, question_of
from modelyard.operations.labelling.reviews import write_reviews
from modelyard.operations.labelling.written import counts_of, ground_truth_of, write_manifest
from modelyard.operations.monitoring.results import NO_DATA
from modelyard.operations.monitoring.window import moment
from modelyard.operations.operator import Operator
from modelyard.operations.quality.classes import baseline_classes
from modelyard.operations.quality.ground_truth import read_ground_truth
from modelyard.operations.quality.upload import uploader_of
from modelyard.operations.scoring.request import read_body
from modelyard.operations.screen.words import counted

Count = Annotated[int, typer.Option("--count", min=1, max=10_000, help="How many records to choose.")]
MixOption = Annotated[str, typer.Option("--mix", metavar="MIX", help="Percentages of the reasons to choose a record.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed chooses the same of the same records.")]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="Captured since so long ago, or a time.")]
Held = Annotated[bool, typer.Option("--held", help="Those that the API holds back for review, oldest first.")]
Classes = Annotated[
    str | None, typer.Option("--classes", metavar="A,B", help="The classes, where nothing else says them.")
]
Answers = Annotated[
    str | None,
    typer.Option("--answers", metavar="FILE|-", help="Take labels from lines of an id and a label; open no page."),
]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="The augmented manifest to write.")]
Push = Annotated[bool, typer.Option("--push", help="Put the labelled records into the training data, too.")]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]

SUFFIX, JOURNAL = ".manifest", ".journal"
LOOK_SECONDS = 0.5


def label(
    context: typer.Context,
    model: Model,
    count: Count = 100,
    mix: MixOption = "uncertain=50,drifted=30,random=20",
    seed: Seed = 2026,
    since: Since = "24h",
    held: Held = False,  # noqa: FBT002 - typer's flags are parameters
    classes: Classes = None,
    answers: Answers = None,
    output: Output = None,
    push: Push = False,  # noqa: FBT002
    opened: Open = False,  # noqa: FBT002
) -> int:
    """Label captured records, by the keyboard.

    Labels are saved as they are given; the same command goes on where it was interrupted. At the end they are uploaded
    as ground truth and written as an augmented manifest. Exits with 3 if there is nothing to label.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    file = output if output is not None else Path(f"labels-{deployment.model.name}{SUFFIX}")
    if file.suffix != SUFFIX:
        raise Failure(f"--output must end with {SUFFIX}, by which other commands know the format, got {file}")
    journal_file = file.with_suffix(JOURNAL)
    begin: Session | None = None
    if not journal_file.is_file():
        if file.exists():
            raise Failure(f"{file} is there already, from an earlier session; move it, or name another --output")
        wanted = Wanted(
            count=count,
            mix=Mix.parse(mix),
            seed=seed,
            since=moment(since, now=operator.aws.now(), option="--since"),
            held=held,
        )
        given = [] if classes is None else [one.strip() for one in classes.split(",")]
        question = question_of(deployment.model, given=given, known=baseline_classes(deployment))
        gathered = gather(deployment, question=question, wanted=wanted)
        operator.screen.notes(gathered.notes)
        if gathered.session is None:
            operator.screen.emit({"status": "no data"}, rendered=["There is nothing to label"])
            return NO_DATA
        begin = gathered.session
    with begin_or_resume(journal_file, begin=begin) as journal:
        _check_resumed(journal, deployment=deployment)
        if begin is None:
            done = f"{len(journal.answers)} of {counted(len(journal.session.items), 'record')}"
            operator.screen.note(f"Goes on with the session of {journal.session.began}, {done} decided; {journal_file}")
        _decide(operator, journal=journal, answers=answers, opened=opened)
        _write(operator, deployment=deployment, journal=journal, file=file, push=push)
    journal_file.unlink()
    return 0


def _check_resumed(journal: Journal, *, deployment: Deployment) -> None:
    if journal.session.endpoint != deployment.endpoint:
        raise Failure(
            f"{journal.file} is a session of {journal.session.endpoint}, not of {deployment.endpoint}; "
            "finish it there, or name another --output"
        )


def _decide(operator: Operator, *, journal: Journal, answers: str | None, opened: bool) -> None:
    """Take the labels from a file, or from the page, whose server ends when somebody has finished."""
    question = Question(classes=journal.session.classes)
    if answers is not None:
        records = read_ground_truth(read_body(answers).decode("utf-8", errors="replace"), source=answers)
        answer_from(records, journal=journal, question=question, source=answers)
        return
    with LabelServer(journal=journal, question=question) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            operator.screen.note(f"Label at {server.url}")
            operator.screen.note(f"Ctrl-C stops; what was labelled is in {journal.file}, and the same command goes on")
            if opened and operator.screen.is_terminal:
                webbrowser.open(server.url)
            while not server.closed.wait(LOOK_SECONDS):
                pass
        finally:
            server.shutdown()


def _write(operator: Operator, *, deployment: Deployment, journal: Journal, file: Path, push: bool) -> None:
    counts = counts_of(journal)
    document: dict[str, Any] = {**counts, "seed": journal.session.seed, "manifest": None, "ground_truth": {}}
    said = [f"{counted(counts['labelled'], 'label')}, {counts['skipped']} skipped, {counts['undecided']} not decided"]
    if journal.labels:
        for chosen in (False, True):
            records = ground_truth_of(journal, chosen=chosen)
            if not records:
                continue
            upload = uploader_of(deployment, chosen=chosen).upload(records, now=operator.aws.now())
            place = operator.bucket(deployment).uri(upload.key)
            document["ground_truth"]["chosen" if chosen else "random"] = {"key": upload.key, "records": len(records)}
            said.append(f"{len(records)} {_measured(chosen=chosen)}: {place}")
        reviews = write_reviews(journal, deployment=deployment, bucket=operator.bucket(deployment))
        document["reviews"] = reviews
        said += [f"{reviews} of answers that were held back, which callers now get"] if reviews else []
        write_manifest(journal, file=file)
        document["manifest"] = str(file)
        said.append(f"augmented manifest: {file}")
        if push:
            document["pushed"] = push_labels(file, model=deployment.model, bucket=operator.bucket(deployment))
            said += [f"training data: {operator.bucket(deployment).uri(key)}" for key in document["pushed"]]
    operator.screen.emit(document, rendered=[*said])
    if journal.labels:
        operator.screen.next_step(
            f"yard train {deployment.model.name} --wait" if push else f"yard quality {deployment.model.name}"
        )


def _measured(*, chosen: bool) -> str:
    if chosen:
        return "of chosen records, which are no random sample, so that no quality is measured by them"
    return "of records drawn at random, by which quality is measured"
