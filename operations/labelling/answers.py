"""Labels that somebody has in a file, for records that were chosen: a session without its page."""

from collections.abc import Sequence

from modelyard.operations.failures import Failure
from modelyard.operations.labelling.journal import Act, Action, Journal
from modelyard.operations.labelling.question import Question
from modelyard.operations.quality.ground_truth import GroundTruth


def answer_from(records: Sequence[GroundTruth], *, journal: Journal, question: Question, source: str) -> None:
    """Label each record of a session that nobody has decided on and the file has; the others are passed over.

    Raises:
        Failure: a label for one of them cannot be right.
    """
    labels = {record.id: record.label for record in records}
    session, decided = journal.session, journal.answers
    for number, item in enumerate(session.items):
        label = labels.get(item.id)
        problem = None if label is None else question.problem(label)
        if problem is not None:
            raise Failure(f"{source}, id {item.id}: {problem}")
        if number in decided:
            continue
        act: Act = "skip" if label is None else "label"
        action = Action(act=act, item=number, label="" if label is None else label, at=session.began)
        journal.append(action, revision=journal.revision)
