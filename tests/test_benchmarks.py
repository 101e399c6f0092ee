"""The benchmarks run, and what is drawn is what was measured. No test here looks at a time."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from xml.etree import ElementTree as ET

import pytest

from benchmarks import draw, profile, run
from benchmarks.chart import Group, chart
from benchmarks.measures import requests
from benchmarks.pairs import SECONDS, in_turn
from benchmarks.results import Machine, Measure, NotComparable, Results, Series, begun, read
from benchmarks.served import served
from benchmarks.sizes import CLI
from benchmarks.stack import POLICY, up_and_preview
from benchmarks.words import figure, value
from docs.draw import ROOT
from vpcep_pulumi.testing.cli_engine import is_on_path


def series_of(measures: list[Measure]) -> list[Series]:
    return [each for one in measures for each in (one.series, one.beside, one.ratio) if each is not None]


@pytest.mark.parametrize("subject", run.SUBJECTS)
def test_every_subject_is_measured(subject, tmp_path, capsys):
    output = tmp_path / "results.json"
    assert run.main(["--quick", "--only", subject, "--output", str(output)]) == 0
    results = read(output)
    assert results.trial
    assert results.machine == Machine.this()
    assert results.measures
    assert {each.subject for each in results.measures} == {subject}
    assert all(each.values and min(each.values) > 0 for each in series_of([*results.measures]))
    assert all(each.case in capsys.readouterr().out for each in results.measures[:1])


@pytest.mark.skipif(not is_on_path(), reason="there is no pulumi on PATH")
def test_a_stack_on_the_cli():
    with served() as simulator:
        assert set(up_and_preview(CLI, simulator, POLICY, 2)) == {"up", "preview"}


@pytest.mark.parametrize("name", profile.PROFILED)
def test_every_profile_runs(name, capsys):
    profile.main([name, "--times", "1"])
    assert "cumulative" in capsys.readouterr().out


class TestWhatIsKept:
    def test_every_subject_is(self):
        assert {each.subject for each in read().measures} == set(run.SUBJECTS) == set(draw.SUBJECTS)

    def test_median_and_spread_are_those_of_the_values(self):
        for each in series_of([*read().measures]):
            assert (each.least, each.most) == (min(each.values), max(each.values))
            assert each.median == pytest.approx(median(each.values), rel=1e-3)

    def test_pairs_have_as_many_values_as_their_ratio(self):
        for each in read().measures:
            if each.beside is not None and each.ratio is not None:
                assert len(each.series.values) == len(each.beside.values) == len(each.ratio.values)

    def test_the_other_subjects_stay(self, tmp_path, monkeypatch):
        output = tmp_path / "results.json"
        one = Measure("reads", "few", 1, Series.of("requests", "requests", [2]))
        monkeypatch.setattr(run, "SUBJECTS", {name: lambda _, name=name: [replace(one, subject=name)] for name in "ab"})
        run.main(["--quick", "--output", str(output)])
        monkeypatch.setattr(run, "SUBJECTS", {"b": lambda _: [replace(one, subject="b", count=5)]})
        run.main(["--quick", "--only", "b", "--output", str(output)])
        assert [(each.subject, each.count) for each in read(output).measures] == [("a", 1), ("b", 5)]

    def test_measures_of_another_machine_stay_apart(self, tmp_path):
        output = tmp_path / "results.json"
        here = Results.begin(trial=True)
        output.write_text(replace(here, machine=replace(here.machine, cores=99)).to_json())
        with pytest.raises(NotComparable, match="another machine"):
            begun(output, trial=True, anew=False)
        assert begun(output, trial=True, anew=True) == here

    def test_a_quick_run_leaves_the_figures_alone(self, monkeypatch):
        before = read()
        monkeypatch.setattr(run, "SUBJECTS", {"reads": lambda _: []})
        run.main(["--quick"])
        assert read() == before


class TestPairs:
    def test_the_order_is_turned_round_and_the_first_round_does_not_count(self):
        done: list[str] = []

        def take(name: str, seconds: float):
            done.append(name)
            return {"up": seconds}

        rounds = in_turn({"a": lambda: take("a", 3.0), "b": lambda: take("b", 2.0)}, rounds=2)
        assert done == ["a", "b", "b", "a", "a", "b"]
        measure = rounds.compared("subject", "case", 1, pair=("a", "b"), quantity="up", unit=SECONDS)
        assert [each.values for each in series_of([measure])] == [(3, 3), (2, 2), (1.5, 1.5)]

    def test_the_least_and_the_most_are_of_the_pairs(self):
        taken = iter([4.0, 8.0, 2.0, 1.0])
        rounds = in_turn({"a": lambda: {"up": next(taken)}, "b": lambda: {"up": next(taken)}}, rounds=2, warm_up=False)
        measure = rounds.compared("subject", "case", 1, pair=("a", "b"), quantity="up", unit=SECONDS)
        _, _, ratio = series_of([measure])
        assert (ratio.least, ratio.most) == (2, 2)  # a is 8 by 4 in the first round, 2 by 1 in the second

    def test_requests_are_counted_by_one(self):
        asked: list[int] = []
        assert set(requests.repeated(lambda: asked.append(1), 3)) == {"cpu", "clock"}
        assert len(asked) == 3


class TestWhatIsDrawn:
    @pytest.mark.parametrize("name", draw.PICTURES)
    def test_every_chart_is_that_of_the_results(self, name):
        assert draw.PICTURES[name]() == (ROOT / name).read_text(), "make docs"

    def test_a_chart_is_whole_whatever_its_words(self):
        bars = [Series.of("a < b & c", "s", [1, 2]), Series.of('"quoted"', "s", [3])]
        root = ET.fromstring(chart("<script>&", [Group("]]>", bars)]))
        assert [each.text for each in root.iter() if each.tag.endswith("}text")] == [
            "<script>&",
            "]]>",
            "a < b & c",
            "1.50 s",
            '"quoted"',
            "3 s",
            "Bars: medians; shorter is better. Lines: from the least to the most.",
        ]

    def test_nothing_is_outside_of_a_chart(self):
        bars = [Series.of("long", "s", [1, 100_000]), Series.of("short", "s", [0.001])]
        root = ET.fromstring(chart("wide", [Group("group", bars)]))
        for each in root.iter():
            right = float(each.get("x", 0)) + float(each.get("width", 0))
            assert right <= float(root.get("width", 0))

    @pytest.mark.parametrize(
        ("number", "text"),
        [(0.14, "0.140"), (0.0123456, "0.0123"), (1.5, "1.50"), (99.97, "100"), (1234.5, "1,234"), (2.0, "2")],
    )
    def test_figures_have_three_digits(self, number, text):
        assert figure(number) == text

    def test_a_single_value_has_no_spread(self):
        assert value(Series.of("a", "ms", [2.0])) == "2 ms"
        assert value(Series.of("a", "x", [1.0, 3.0])) == "2 (1 to 3)"
