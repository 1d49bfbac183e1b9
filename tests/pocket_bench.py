"""Measures `pocket` against its bars: `python -m tests.pocket_bench --art FOLDER`.

The drawings that the judge goes by are fetched into FOLDER on the first run (npm). `--run FOLDER` takes the
networks from the checkpoints of a training run instead of the package; `--only` takes names of measures.
Every measure that a drawing can answer is also put to exact renderings of what the words come to, with a
third of the trials: what is wrong there is the judge's own error.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

from studio.models.pocket import art

from .pocket_backdrops import EXAMPLES
from .pocket_judge import Judge
from .pocket_measures import Row, Tally, table, to_json
from .pocket_models import Exact, Model, load
from .pocket_prompts import cases, fault
from .pocket_rows import FROM_WORDS, Bench, Line
from .pocket_sheets import save_contacts, save_edits, save_grid
from .pocket_sights import AGAINST_TRUTH


def reader(bench: Bench, model: Model) -> list[Line]:
    """Prompts by other people, read into scenes."""
    tally, (checked, rows) = Tally(), cases()
    for case in checked[:: max(1, round(1 / bench.share))]:
        tally.add(all(fault(case, seed) is None for seed in range(3)))
    return [Line(f"reader: scene right ({len(checked)} of {rows} prompts can be checked)", tally, bar=0.95)]


MEASURES = {**FROM_WORDS, **AGAINST_TRUTH, "reader": reader}
# What exact renderings can be asked, too.
JUDGED = (*FROM_WORDS, "fills")


def measured(bench: Bench, model: Model, exact: Model | None, only: list[str]) -> list[Row]:
    """All rows, and at the end how well the judge knows painted backgrounds, if it was asked about any."""
    rows: list[Row] = []
    for name, measure in MEASURES.items():
        if only and name not in only:
            continue
        began = time.monotonic()
        lines, real = measure(bench, model), {}
        if exact is not None and name in JUDGED:
            third = Bench(bench.judge, bench.share / 3, bench.seed + 1)
            real = {line.measure: line.found.value for line in measure(third, exact)}
        for line in lines:
            rows.append(Row.of(*line, exact=real.get(line.measure)))
        print(table(rows[len(rows) - len(lines) :]), f"\n{time.monotonic() - began:.0f} s\n", flush=True)
    if "grounds" in vars(bench.judge):
        known = bench.judge.grounds.known
        rows += [Row.of(f"judge: {head} of painted backgrounds", tally) for head, tally in known.items()]
    return rows


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--art", type=Path, required=True, help="the drawings; fetched if not there")
    parser.add_argument("--weights", type=Path, help="a pipeline folder other than the one in the package")
    parser.add_argument("--run", type=Path, help="a training run whose checkpoints to take")
    parser.add_argument("--exact", action="store_true", help="measure exact renderings in the model's place")
    parser.add_argument("--no-exact", action="store_true", help="leave out the judge's own error")
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of trials")
    parser.add_argument("--only", default="", help=f"comma-separated, of {', '.join(MEASURES)}")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--before", type=Path, help="the JSON of an earlier run, to stand beside")
    parser.add_argument("--json", type=Path, help="save the rows here")
    parser.add_argument("--markdown", type=Path, help="save the table here")
    parser.add_argument("--grid", type=Path, help="save a hundred uncurated samples here (.webp)")
    parser.add_argument("--edits", type=Path, help="save edits of every kind here (.webp)")
    parser.add_argument("--contacts", type=Path, help="save 200 samples on two sheets to look at (.webp)")
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves it to torch")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    only = [name for name in options.only.split(",") if name]
    if unknown := set(only) - set(MEASURES):
        parser.error(f"no such measures: {', '.join(sorted(unknown))}")
    judge = Judge(art.download(options.art), EXAMPLES // 6 if options.quick else EXAMPLES)
    exact = Exact(judge.studio)
    model: Model = exact if options.exact else load(options.weights, options.run)
    share = options.share * (0.1 if options.quick else 1.0)
    bench = Bench(judge, share, options.seed)
    sheets = options.grid or options.edits or options.contacts
    rows: list[Row] = []
    if only or not sheets:
        rows = measured(bench, model, None if options.exact or options.no_exact else exact, only)
    before = None
    if options.before:
        before = {row["measure"]: row["value"] for row in json.loads(options.before.read_text())}
    if rows:
        print(table(rows, before))
    if options.markdown:
        options.markdown.write_text(table(rows, before) + "\n")
    if options.json:
        options.json.write_text(json.dumps(to_json(rows), indent=1))
    if options.grid:
        save_grid(model, options.grid)
    if options.edits:
        save_edits(bench, model, options.edits)
    if options.contacts:
        save_contacts(model, options.contacts)


if __name__ == "__main__":
    main()
