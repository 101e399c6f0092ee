"""Measures everything, and keeps it in benchmarks/results.json.

    python -m benchmarks.run [--quick] [--only SUBJECT ...] [--output FILE]

``make docs`` draws the tables and charts of docs/benchmarks.md from it. With ``--only``, the other subjects stay as
they are. After each subject, the file is written: what was measured before something failed is not lost. ``--quick``
shows that everything runs, with tiny counts, and writes only to the file that ``--output`` names.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks.measures import approvals, decisions, growth, imports, latency, memory, policy, reads, requests
from benchmarks.results import FILE, Measure, NotComparable, Series, begun
from benchmarks.sizes import FULL, TRIAL, Sizes

SUBJECTS: Mapping[str, Callable[[Sizes], Iterator[Measure]]] = MappingProxyType(
    {
        "approvals": approvals.measure,
        "policy": policy.measure,
        "latency": latency.measure,
        "requests": requests.measure,
        "imports": imports.measure,
        "reads": reads.measure,
        "memory": memory.measure,
        "decisions": decisions.measure,
        "growth": growth.measure,
    }
)


def main(arguments: list[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny counts: whether everything runs")
    parser.add_argument("--only", nargs="+", choices=list(SUBJECTS), default=[], metavar="SUBJECT")
    parser.add_argument("--output", type=Path, help="by default benchmarks/results.json")
    given = parser.parse_args(arguments)
    output = given.output or (None if given.quick else FILE)
    try:
        results = begun(output, trial=given.quick, anew=not given.only)
    except NotComparable as problem:
        parser.error(str(problem))
    for subject in given.only or SUBJECTS:
        show(f"{subject}:")
        measures = []
        for each in SUBJECTS[subject](TRIAL if given.quick else FULL):
            measures.append(each)
            show(f"  {told(each)}")
        results = results.with_subject(subject, measures)
        if output is not None:
            output.write_text(results.to_json(), encoding="utf-8")
    return 0


def told(measure: Measure) -> str:
    """A measure as a line."""
    line = f"{measure.case}, {measure.count:,}: {_series(measure.series)}"
    if measure.beside is None or measure.ratio is None:
        return line
    return f"{line}; {_series(measure.beside)}; ratio {measure.ratio.median:.3g}"


def _series(series: Series) -> str:
    return f"{series.what} {series.median:.4g} {series.unit} ({series.least:.4g} to {series.most:.4g})"


def show(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
