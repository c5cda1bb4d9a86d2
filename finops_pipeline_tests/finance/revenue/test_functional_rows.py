"""The roll-forward as one row per contract and month: nothing of a balance's movement is lost on the way."""

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import revenue_rollforward
from finops_pipeline.finance.revenue.functional_rows import BALANCES, wide
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

PERIODS = ["2026-01", "2026-02", "2026-03"]


def test_a_row_holds_what_moved_and_what_each_balance_closed_at() -> None:
    case = deals(
        "contract_id signed_on currency \n C1 2026-01-01 USD \n C2 2026-01-01 USD",
        "contract_id obligation_id stated_price recognition start_date end_date \n C1 A 90 straight_line 2026-01-01 2026-03-31"
        " \n C2 B 50 point_in_time - -",
        "event_id event_date contract_id event_type amount obligation_id quantity \n E1 2026-01-05 C1 invoice 90 - -"
        " \n E2 2026-02-05 C1 payment 40 - - \n E3 2026-02-10 C2 delivery - B 1",
    )
    usd = {"contract_currency": pd.array(["USD"], dtype="str")[0]}
    case = Deals(case.contracts, case.obligations.assign(**usd), case.events.assign(**usd), case.entities)
    books = revenue_rollforward(case.schedule("2026-03").lines, case.contracts, case.events, PERIODS)
    held = pd.DataFrame({"contract_id": ["C1", "C2"], "functional_currency": "EUR"})
    rows = wide(books, held)
    assert rows[["contract_currency", "currency"]].drop_duplicates().to_numpy().tolist() == [["USD", "EUR"]]
    assert rows.groupby("contract_id")[["billed", "cash"]].sum().to_numpy().tolist() == [[90, 40], [0, 0]]
    for balance in BALANCES:
        closing = books[books["balance"] == balance].set_index(["contract_id", "period"])["closing"]
        told = rows.set_index(["contract_id", "period"])[balance].reindex(closing.index)
        assert np.array_equal(told, closing), balance
