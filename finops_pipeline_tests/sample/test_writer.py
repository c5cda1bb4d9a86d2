"""The sample as files: the same bytes each time, whole journals, and a memory that does not grow."""

import hashlib
from collections import defaultdict
from decimal import Decimal

import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.sample import journals, schedule, write_sample

FUNCTIONAL = {"US01": "USD", "DE01": "EUR", "JP01": "JPY"}


def fingerprint(out):
    return {
        str(path.relative_to(out)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime)
        for path in out.rglob("*")
        if path.is_file()
    }


def functional(row):
    debit, credit = row["functional_debit"], row["functional_credit"]
    if not debit and not credit:
        assert row["currency"] == FUNCTIONAL[row["entity_id"]]
        debit, credit = row["debit"], row["credit"]
    return Decimal(debit or 0) - Decimal(credit or 0)


def balances(lines):
    sums = defaultdict(Decimal)
    for row in lines:
        period = row["period"] or row["posting_date"][:7]
        sums[row["entity_id"], period, row["account_id"], row["cost_center_id"], row["product_id"]] += functional(row)
    return sums


def test_same_arguments_same_bytes(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for out in (one, two, two):  # a second time over the first changes nothing
        write_sample(out, months=2, journal_lines=2_000)
    assert fingerprint(one) == fingerprint(two)


def test_another_seed_is_another_company(tmp_path):
    one = write_sample(tmp_path / "one", months=1, journal_lines=1_000, seed=1, faults=False).out
    two = write_sample(tmp_path / "two", months=1, journal_lines=1_000, seed=2, faults=False).out
    name = "native/journal_lines/journal_lines_2024-01.csv"
    assert fingerprint(one)[name] != fingerprint(two)[name]


def test_every_journal_balances_in_both_currencies(clean, rows):
    own, transaction = defaultdict(Decimal), defaultdict(Decimal)
    for row in rows(clean.out, "journal_lines"):
        key = row["entity_id"], row["journal_id"]
        own[key] += functional(row)
        transaction[(*key, row["currency"])] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    assert not any(own.values())
    assert not any(transaction.values())


def test_exactly_one_side_is_not_zero(clean, rows):
    lines = rows(clean.out, "journal_lines")
    assert all(bool(Decimal(r["debit"] or 0)) != bool(Decimal(r["credit"] or 0)) for r in lines)


def test_lines_are_as_many_as_asked_for(clean, rows):
    lines = rows(clean.out, "journal_lines")
    assert len(lines) == clean.journal_lines == clean.rows["journal_lines"]
    assert abs(len(lines) - 14_000) <= 140
    keys = {(r["entity_id"], r["journal_id"], r["line_no"]) for r in lines}
    assert len(keys) == len(lines)


def test_trial_balance_is_zero_and_cash_never_negative(clean, rows):
    lines = rows(clean.out, "journal_lines")
    running, total = defaultdict(Decimal), defaultdict(Decimal)
    for (entity, period, account, *_), amount in sorted(balances(lines).items(), key=lambda item: item[0][1]):
        running[entity, account, period] += amount
        total[entity, period] += amount
    assert not any(total.values())
    cash = defaultdict(Decimal)
    for (entity, account, _period), amount in running.items():
        if account == "1010":
            cash[entity] += amount
            assert cash[entity] > 0


def test_balances_do_not_depend_on_the_number_of_lines(tmp_path, rows):
    few = write_sample(tmp_path / "few", months=2, journal_lines=2_000, faults=False)
    many = write_sample(tmp_path / "many", months=2, journal_lines=9_000, faults=False)
    assert balances(rows(few.out, "journal_lines")) == balances(rows(many.out, "journal_lines"))


def test_adjusting_entries_keep_their_period_number(clean, rows):
    adjusting = {(r["entity_id"], r["period"]) for r in rows(clean.out, "journal_lines") if r["period_no"] == "13"}
    # fiscal years end in December, June and March; 14 months from January 2024
    assert adjusting == {("US01", "2024-12"), ("DE01", "2024-06"), ("JP01", "2024-03")}


def test_chunks_and_parts_are_bounded(tmp_path, monkeypatch, rows):
    """Never more than one chunk of lines is made at a time, and a month is split into several files."""
    monkeypatch.setattr(journals, "CHUNK_JOURNALS", 50)
    monkeypatch.setattr(schedule, "PART_LINES", 1_000)
    made = []
    batch = journals.batch
    monkeypatch.setattr(journals, "batch", lambda chunk: made.append(chunk.lines) or batch(chunk))
    done = write_sample(tmp_path, months=1, journal_lines=5_000, faults=False)
    assert max(made) <= (50 + 20) * 3  # each of the cells rounds on its own
    names = sorted(p.name for p in (tmp_path / "native/journal_lines").iterdir())
    assert names == [f"journal_lines_2024-01_part{n:03d}.csv" for n in range(1, len(names) + 1)]
    assert len(names) > 3
    home = defaultdict(set)
    for name in names:
        for line in (tmp_path / "native/journal_lines" / name).read_text().splitlines()[1:]:
            home[tuple(line.split(",")[:2])].add(name)
    assert all(len(files) == 1 for files in home.values())  # journals stay whole
    assert len(rows(tmp_path, "journal_lines")) == done.journal_lines


def test_progress_reaches_the_end(tmp_path):
    told = []
    write_sample(
        tmp_path, months=1, journal_lines=1_000, progress=lambda what, done, total: told.append((what, done, total))
    )
    assert told[-1][1] == told[-1][2]
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_files_are_dated_to_their_arrival(clean):
    def arrived(name):
        return (clean.out / "native" / name).stat().st_mtime

    assert arrived("accounts/accounts.csv") < arrived("fx_rates/fx_rates_budget_2024.csv")
    assert arrived("fx_rates/fx_rates_budget_2024.csv") < arrived("budget_lines/budget_lines_2024-original.csv")
    months = [arrived(f"journal_lines/journal_lines_2024-{m:02d}.csv") for m in range(1, 13)]
    assert months == sorted(months)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"months": 0}, "months must be 1"),
        ({"first_period": "2024-13"}, "2024-13"),
        ({"journal_lines": 100}, "ask for at least"),
    ],
)
def test_arguments_that_cannot_be_used_say_what_to_do(tmp_path, arguments, words):
    with pytest.raises(ConfigurationError, match=words):
        write_sample(tmp_path, **arguments)


def test_a_folder_with_other_extracts_is_refused(tmp_path):
    stranger = tmp_path / "native/accounts/ours.csv"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("account_id\n1\n")
    with pytest.raises(ConfigurationError, match=r"ours\.csv"):
        write_sample(tmp_path, months=1, journal_lines=1_000)
    assert stranger.exists()


def test_clean_after_faulty_leaves_no_list_of_faults(tmp_path):
    write_sample(tmp_path / "a", months=1, journal_lines=1_000)
    assert (tmp_path / "a/planted_faults.csv").exists()
    done = write_sample(tmp_path / "b", months=1, journal_lines=1_000, faults=False)
    assert done.planted == 0
    assert not (tmp_path / "b/planted_faults.csv").exists()
