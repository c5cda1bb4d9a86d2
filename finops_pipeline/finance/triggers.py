"""Triggers: rules of a house about what it wants to hear of, each breach an alert that lives as long as its breach.

Here: which series of a month break which rule. Not here: the alerts' own life (`alerts`), what stands behind a breach
(`causes`), nor materiality (`budget`).

    kind          breach (loss: what profit loses, against the version)
    amount        loss of the month (or year to date) of at least `amount` major units
    percentage    loss of at least `pct` of the budget
    run_rate      at the pace of the year to date, loss of the whole year of at least `pct` of its budget (or `amount`)
    consecutive   loss in each of the last `months` months
    outlier       worse than the seasonal forecast of the month by `deviations` robust deviations
    trend_break   worse than it in each of the last `months` months, forecast from before them

The seasonal forecast of a month is that of the year before plus the median yearly change so far; its deviation is 1.4826
times the median absolute deviation of yearly changes (a standard deviation, if they are normal), but at least a
hundredth of the forecast. It takes six yearly changes, so eighteen months. Everything is computed in fractions.

`amount` and `pct` of the other kinds are the least loss that they speak of. A budget of zero is exceeded by any percentage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Literal

import pandas as pd

from finops_pipeline.finance import budget, frames, ledger, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.causes import Place

Kind = Literal["amount", "percentage", "run_rate", "consecutive", "outlier", "trend_break"]
_SEASON, _FEWEST = 12, 6
_NORMAL = Fraction(14_826, 10_000)
_FLOOR = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Empty selections select everything; without a version, the last one by name that plans the entity."""

    name: str
    kind: Kind
    severity: str = "warning"
    amount: Decimal | None = None
    pct: Decimal | None = None
    months: int = 3
    deviations: Decimal = Decimal(4)
    basis: str = "mtd"
    account_types: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    version: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """One series that breaks a rule in a month: `measure` passed `threshold`; `words` say how."""

    rule: Rule
    row: Mapping[str, object]
    loss: int
    measure: Decimal
    threshold: Decimal
    words: str

    @property
    def place(self) -> Place:
        """Entity, account and cost center."""
        center = self.row["cost_center_id"]
        return str(self.row["entity_id"]), str(self.row["account_id"]), center if isinstance(center, str) else None


@dataclass(frozen=True, slots=True)
class _Series:
    """One series of the month: its rows by basis, its monthly effects on profit, and its history of actuals."""

    row: Mapping[str, object]
    by_basis: Mapping[str, Mapping[str, object]]
    effects: Mapping[str, int]
    history: list[int]
    sign: int
    months_elapsed: int

    def whole(self, basis: str, name: str) -> int:
        return int(str(self.by_basis[basis][name]))


def breaches(
    rules: Sequence[Rule],
    variance: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    period: str,
) -> list[Breach]:
    """Every series that breaks a rule in a month, in the order of the rules and of the report.

    `variance` is budget_variance with the months before, `balances` gl_balances with all history.
    """
    history = _histories(balances, accounts, period)
    known = variance[variance["account_type"].isin(ledger.INCOME_TYPES)]
    found: list[Breach] = []
    by_version: dict[str | None, list[_Series]] = {}
    for rule in rules:
        if rule.version not in by_version:
            by_version[rule.version] = _series(known, history, entities, period, rule.version)
        broken = [_test(rule, series) for series in by_version[rule.version] if _selects(rule, series.row)]
        found += [breach for breach in broken if breach is not None]
    return found


def _selects(rule: Rule, row: Mapping[str, object]) -> bool:
    chosen = (
        (rule.account_types, "account_type"),
        (rule.accounts, "account_id"),
        (rule.entities, "entity_id"),
    )
    return all(not wanted or row[name] in wanted for wanted, name in chosen)


def _histories(balances: pd.DataFrame, accounts: pd.DataFrame, period: str) -> dict[Place, list[int]]:
    """Actuals of each place in natural sign, from its first month with a posting to the month."""
    account = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")
    is_income = account["account_type"].isin(ledger.INCOME_TYPES).to_numpy(dtype=bool)
    sign = ledger.natural_sign(account["account_type"]).to_numpy()
    posted = balances.assign(amount=(balances["debit"] - balances["credit"]).to_numpy() * sign)[is_income]
    if posted.empty:
        return {}
    first, last = int(frames.month_numbers(posted["period"]).min()), calendar.index(period)
    panel = frames.panel(posted, ["entity_id", "account_id", "cost_center_id"], ["amount"], first, last)
    places = panel.keys.astype(object).where(panel.keys.notna(), None).itertuples(index=False, name=None)
    begun = (panel.rows > 0).argmax(axis=1)
    values = panel.values["amount"]
    return {place: values[n, begun[n] :].tolist() for n, place in enumerate(places)}


def _series(
    variance: pd.DataFrame, history: Mapping[Place, list[int]], entities: pd.DataFrame, period: str, version: str | None
) -> list[_Series]:
    """The series of a month against a version: those with a row month to date."""
    if version is None:
        here = variance[variance["period"] == period]
        latest = here.groupby("entity_id")["version"].max()
        chosen = variance[variance["version"] == variance["entity_id"].map(latest)]
    else:
        chosen = variance[variance["version"] == version]
    starts = dict(zip(entities["entity_id"], frames.fiscal_start_months(entities, entities["entity_id"]), strict=True))
    by_place: dict[Place, tuple[dict[str, dict[str, object]], dict[str, int]]] = {}
    for row in chosen.astype(object).where(chosen.notna(), None).to_dict("records"):
        bases, effects = by_place.setdefault((row["entity_id"], row["account_id"], row["cost_center_id"]), ({}, {}))
        if row["period"] == period:
            bases[row["basis"]] = {str(name): value for name, value in row.items()}
        if row["basis"] == "mtd":
            effects[row["period"]] = int(row["profit_effect"])
    found = []
    for place, (bases, effects) in by_place.items():
        if "mtd" in bases:
            sign = int(budget.profit_signs(pd.Series([bases["mtd"]["account_type"]])).iloc[0])
            year = calendar.fiscal_year_start(period, int(starts[place[0]]))
            elapsed = calendar.months_between(year, period) + 1
            found.append(_Series(bases["mtd"], bases, effects, history.get(place, []), sign, elapsed))
    return found


def _test(rule: Rule, series: _Series) -> Breach | None:
    tests = {
        "amount": _amount,
        "percentage": _percentage,
        "run_rate": _run_rate,
        "consecutive": _consecutive,
        "outlier": _outlier,
        "trend_break": _trend_break,
    }
    return tests[rule.kind](rule, series)


def _reaches(rule: Rule, loss: Fraction, base: int, currency: str) -> bool:
    """Whether a loss is one that the rule speaks of."""
    least = Fraction(rule.amount or 0) * 10 ** money.exponent(currency)
    return loss > 0 and loss >= least and (base == 0 or loss >= Fraction(rule.pct or 0) * abs(base))


def _breach(
    rule: Rule, series: _Series, loss: Fraction, base: int, figures: tuple[Fraction, Decimal], words: str
) -> Breach | None:
    """The breach, if the loss is one that the rule speaks of; `figures` are measure and threshold."""
    currency = str(series.row["currency"])
    if not _reaches(rule, loss, base, currency):
        return None
    measure = _decimal(figures[0])
    lost = f"{money.to_decimal(round(loss), currency):,f} {currency} less profit"
    return Breach(rule, series.row, round(loss), measure, figures[1], f"{words}: {lost}")


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"))


def _major(loss: Fraction, series: _Series) -> Fraction:
    """An amount in major units."""
    return loss / Fraction(10) ** money.exponent(str(series.row["currency"]))


def _amount(rule: Rule, series: _Series) -> Breach | None:
    loss, base = Fraction(-series.whole(rule.basis, "profit_effect")), series.whole(rule.basis, "budget")
    words = "month" if rule.basis == "mtd" else "year to date"
    return _breach(rule, series, loss, base, (_major(loss, series), rule.amount or Decimal(0)), f"the {words}")


def _percentage(rule: Rule, series: _Series) -> Breach | None:
    loss, base = Fraction(-series.whole(rule.basis, "profit_effect")), series.whole(rule.basis, "budget")
    fraction = loss / abs(base) if base else Fraction(1)
    words = f"the {'month' if rule.basis == 'mtd' else 'year to date'} is {_pct(fraction)} of the budget off"
    return _breach(
        rule, series, loss, base, (fraction, rule.pct or Decimal(0)), words if base else "there is no budget"
    )


def _pct(fraction: Fraction) -> str:
    return f"{_decimal(fraction * 100):.1f} %"


def _run_rate(rule: Rule, series: _Series) -> Breach | None:
    planned = series.whole("full_year", "budget")
    projected = Fraction(series.whole("ytd", "actual") * _SEASON, series.months_elapsed)
    loss = -series.sign * (projected - planned)
    fraction = loss / abs(planned) if planned else Fraction(1)
    by_pct = (fraction, rule.pct) if rule.pct is not None else (_major(loss, series), rule.amount or Decimal(0))
    pace = f"at the pace of {series.months_elapsed} months"
    words = (
        f"{pace} the year ends {_pct(fraction)} of its budget off"
        if planned
        else f"{pace}, without a budget of the year"
    )
    return _breach(rule, series, loss, planned, by_pct, words)


def _consecutive(rule: Rule, series: _Series) -> Breach | None:
    months, total = 0, 0
    period = str(series.row["period"])
    while series.effects.get(period, 0) < 0:
        months, total = months + 1, total - series.effects[period]
        period = calendar.add(period, -1)
    if months < rule.months:
        return None
    base = series.whole("ytd", "budget")
    return _breach(
        rule, series, Fraction(total), base, (Fraction(months), Decimal(rule.months)), f"{months} months in a row"
    )


def seasonal_deviations(history: Sequence[int], months: int) -> list[tuple[Fraction, Fraction]]:
    """How far each of the last months is from its seasonal forecast, made from before them, and the deviation.

    Nothing where the months before are fewer than eighteen, or most of them have no amount: then there is no season.

    Worked example: a cost that grows by 10 a year, sometimes by 20, and now by 300 is 285 over its forecast.

    >>> history = [100] * 12 + [110, 120] * 6 + [410]
    >>> [(int(off), float(scale)) for off, scale in seasonal_deviations(history, 1)]
    [(285, 7.413)]

    Source: median absolute deviation scaled to a normal distribution, Rousseeuw and Croux, JASA 88 (1993).
    """
    before = history[: len(history) - months]
    changes = [Fraction(b - a) for a, b in zip(before, before[_SEASON:], strict=False)]
    if len(changes) < _FEWEST or 2 * before.count(0) > len(before):
        return []
    center = median(changes)
    spread = _NORMAL * median([abs(change - center) for change in changes])
    result = []
    for at in range(len(before), len(history)):
        forecast = history[at - _SEASON] + center
        result.append((history[at] - forecast, max(spread, _FLOOR * abs(forecast), Fraction(1))))
    return result


def _outlier(rule: Rule, series: _Series) -> Breach | None:
    return _worse_than_forecast(rule, series, 1, "{} deviations worse than the seasonal forecast")


def _trend_break(rule: Rule, series: _Series) -> Breach | None:
    words = f"{rule.months} months in a row at least {{}} deviations worse than the seasonal forecast before them"
    return _worse_than_forecast(rule, series, min(rule.months, _SEASON), words)


def _worse_than_forecast(rule: Rule, series: _Series, months: int, words: str) -> Breach | None:
    found = seasonal_deviations(series.history, months)
    losses = [(-series.sign * off, scale) for off, scale in found]
    least = min((loss / scale for loss, scale in losses), default=Fraction(-1))
    if least < Fraction(rule.deviations):
        return None
    total = sum((loss for loss, _ in losses), Fraction(0))
    base = series.whole("mtd", "budget")
    figures = (least, rule.deviations)
    return _breach(rule, series, total, base, figures, words.format(f"{_decimal(least):.1f}"))
