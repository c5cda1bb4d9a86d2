"""Control figures: an export of the trial balance to control balances, against which the books are tied.

NetSuite's tables hold no balances. What is exported by a report or a saved search is read here: a row is what an account
of a subsidiary stands at when a period ends, income accounts since their fiscal year began. People print accounts,
periods and subsidiaries by name, and searches give their ids: both are understood, where they mean one thing alone.
Retained earnings are computed when a report is printed, and searches do not have them: of these it says that nothing is
stated.
"""

from finops_pipeline.contracts.controls import CONTROL_BALANCES
from finops_pipeline.finance.ledger import CREDIT_TYPES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.netsuite import masters, terms
from finops_pipeline.sources.netsuite.files import TRIAL_BALANCE
from finops_pipeline.sources.netsuite.options import NetSuiteOptions
from finops_pipeline.sources.ranges import quoted


def trial_balance(options: NetSuiteOptions) -> Derivation:
    """How an exported trial balance becomes control balances."""
    own = f"amount({_number('amount')})"
    return Derivation(
        CONTROL_BALANCES,
        TRIAL_BALANCE,
        {
            "source": "'netsuite'",
            "control_id": "concat_ws('/', r.account, r.period, r.subsidiary)",
            "entity_id": terms.entity("r.subsidiary_id", options),
            "period": "strftime(r.middle, '%Y-%m')",
            "account_id": "r.account_number",
            "currency": "r.base_currency",
            "net_activity": "'0'",
            "closing": f"CASE WHEN NOT r.is_computed THEN CAST({_stated(own, options)} AS VARCHAR) END",
        },
        _lookups(options),
        (
            terms.GONE,
            LeftOut("total of the trial balance", r"regexp_matches(lower(r.account), '^total\b')"),
            LeftOut("statistical or non-posting account", "r.posts_nothing"),
        ),
        (
            Refused("ROW-DATE", "period", "r.has_period AND r.middle IS NULL"),
            Refused("ROW-MONEY", "amount", f"r.amount IS NOT NULL AND {own} IS NULL"),
        ),
        found={
            "account_number": terms.account_id('"account"', options),
            "account_type": masters.account_type('"account"', options),
            "posts_nothing": masters.posts_nothing('"account"'),
            "is_computed": "coalesce(lower(\"account\".sspecacct) = 'retearnings', false)",
            "middle": '"period".middle',
            "subsidiary_id": "NULL::VARCHAR" if options.company else '"place".id',
            "base_currency": terms.base_currency(options),
        },
    )


def _stated(own: str, options: NetSuiteOptions) -> str:
    """The balance, debit positive: the amount, else one side less the other."""
    turned = ", ".join(map(quoted, CREDIT_TYPES)) if options.trial_balance == "natural" else "NULL"
    sides = " - ".join(f"amount(coalesce({_number(side)}, '0'))" for side in ("debit", "credit"))
    return f"coalesce(CASE WHEN r.account_type IN ({turned}) THEN -{own} ELSE {own} END, {sides})"


def _number(column: str) -> str:
    return f"natural_number(r.{column})"


# -- what is called how ----------------------------------------------------------------------------------------------


_ACCOUNT_NAMES = (
    "id, acctnumber, fullname, accountsearchdisplayname, accountsearchdisplaynamecopy, acctnumber || ' ' || fullname, "
    "acctnumber || ' - ' || fullname"
)


def _lookups(options: NetSuiteOptions) -> tuple[Lookup, ...]:
    months, places = _named("accountingperiod", "id, periodname"), _named("subsidiary", "id, name, fullname")
    place = Lookup("place", {"said": "lower(r.subsidiary)"}, places, ("subsidiary",))
    return (
        Lookup("named", {"said": "lower(r.account)"}, _named("account", _ACCOUNT_NAMES), ("account",)),
        Lookup("account", {"id": '"named".id'}),
        Lookup("month", {"said": "lower(r.period)"}, months, ("accountingperiod",)),
        terms.period('"month".id', options),
        *(() if options.company else (place, *terms.subsidiary('"place".id', options))),
    )


def _named(table: str, names: str) -> str:
    """Query for the id of whatever a table calls by one of some names, where that is one thing alone."""
    return (
        f"SELECT said, min(id) AS id FROM (SELECT id, lower(unnest([{names}])) AS said FROM {terms.live(table)}) "
        "WHERE said IS NOT NULL GROUP BY said HAVING count(DISTINCT id) = 1"
    )
