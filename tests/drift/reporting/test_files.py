import shutil
from pathlib import Path

from modelyard.drift.cli import main
from modelyard.drift.reporting.files import read_summary


def test_of_earlier_runs_a_summary_needs_the_verdicts_alone(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a,b\n" + "1,1\n2,2\n" * 500)
    main(arguments=["baseline", str(tmp_path / "train.csv"), "--output", str(tmp_path / "base")])
    for name, live in (("quiet", "1,1\n2,2\n"), ("moved", "1,1\n1,2\n"), ("last", "1,1\n1,2\n")):
        (tmp_path / "live.csv").write_text("a,b\n" + live * 100)
        places = ["--baseline", str(tmp_path / "base"), "--output", str(tmp_path / name)]
        main(arguments=["check", str(tmp_path / "live.csv"), *places])
    for name in ("quiet", "moved"):
        (tmp_path / "verdicts" / name).mkdir(parents=True)
        shutil.copy(tmp_path / name / "verdict.json", tmp_path / "verdicts" / name)

    before = [tmp_path / "verdicts" / name for name in ("quiet", "moved", "nothing")]
    summary = read_summary(run=tmp_path / "last", before=before, baseline=tmp_path / "base")

    assert [(one.feature, str(one.since)) for one in summary.changes] == [("a", "since moved")]
    assert summary.left_out.counts == ("1 of the 3 windows before (1 without a verdict)",)
