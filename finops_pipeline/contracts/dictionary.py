"""The command that writes the pages generated from contracts and rules, or says which of them are not current.

    python -m finops_pipeline.contracts.dictionary [--check] [FOLDER]

Here: the files and the exit code. Not here: what the pages say (`projections.data_dictionary`, `rules.page`, `kpis.page`).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from finops_pipeline.contracts import kpis, rules
from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.projections import data_dictionary

FOLDER = Path(__file__).parents[2] / "docs"


def pages() -> dict[str, str]:
    """What each generated page of docs/ must say, by file name."""
    return {
        "data_dictionary.md": data_dictionary(TABLES.values()),
        "rules.md": rules.page(rules.GROUPS.items()),
        "kpis.md": kpis.page(),
    }


def main(arguments: Sequence[str]) -> int:
    """Write the pages (exit code 0), or with `--check` compare them: 0 current, 1 not."""
    folder = next((Path(a) for a in arguments if not a.startswith("--")), FOLDER)
    old = []
    for name, wanted in pages().items():
        page = folder / name
        if "--check" not in arguments:
            page.write_text(wanted, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != wanted:
            old.append(page)
    for page in old:
        sys.stderr.write(f"{page} is not current: run python -m finops_pipeline.contracts.dictionary\n")
    return 1 if old else 0


if __name__ == "__main__":  # pragma: no cover
    sys.exit(main(sys.argv[1:]))
