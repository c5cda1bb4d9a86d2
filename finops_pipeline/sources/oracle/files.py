"""The tables of Oracle General Ledger that are read, and which of their columns.

Query tools print what is not there as `NULL` or `(null)`.
"""

from finops_pipeline.sources.derivation import Extract


def _table(name: str, key: str, required: str, optional: str = "") -> Extract:
    keys = tuple(key.split())
    needed = tuple(dict.fromkeys((*keys, *required.split())))
    return Extract("oracle", name, needed, tuple(optional.split()), keys, NULLS)


NULLS = ("NULL", "null", "(null)")
SEGMENTS = tuple(f"segment{n}" for n in range(1, 31))
BATCHES = _table("gl_je_batches", "je_batch_id", "status", "average_journal_flag")
HEADERS = _table(
    "gl_je_headers", "je_header_id",
    "ledger_id period_name currency_code status actual_flag default_effective_date", "je_batch_id",
)  # fmt: skip
LINES = _table(
    "gl_je_lines", "je_header_id je_line_num",
    "code_combination_id entered_dr entered_cr accounted_dr accounted_cr", "effective_date description stat_amount",
)  # fmt: skip
COMBINATIONS = Extract(
    "oracle", "gl_code_combinations", ("code_combination_id", "chart_of_accounts_id", "account_type", "segment1"),
    ("summary_flag", *SEGMENTS[1:]), ("code_combination_id",), NULLS,
)  # fmt: skip
LEDGERS = _table("gl_ledgers", "ledger_id", "name currency_code period_set_name", "ledger_category_code")
PERIODS = _table(
    "gl_periods", "period_set_name period_name", "period_year period_num start_date end_date", "adjustment_period_flag"
)  # fmt: skip
RATES = _table("gl_daily_rates", "from_currency to_currency conversion_date conversion_type", "conversion_rate")
BALANCES = Extract(
    "oracle", "gl_balances",
    ("ledger_id", "code_combination_id", "currency_code", "period_name", "actual_flag", "period_net_dr",
     "period_net_cr", "begin_balance_dr", "begin_balance_cr", "template_id", "translated_flag"),
    ("budget_version_id", "encumbrance_type_id"),
    ("ledger_id", "code_combination_id", "currency_code", "period_name", "actual_flag", "budget_version_id",
     "encumbrance_type_id", "translated_flag", "template_id"), NULLS,
)  # fmt: skip
VALUES = Extract(
    "oracle", "fnd_flex_values_vl", ("flex_value_set_id", "flex_value", "description"), (),
    ("flex_value_set_id", "flex_value"), NULLS, spellings={"value_set_id": "flex_value_set_id", "value": "flex_value"},
)  # fmt: skip
"""What the values of segments are called; Fusion's `fnd_vs_values_vl` calls two columns otherwise."""
