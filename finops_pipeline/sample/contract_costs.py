"""What the sample company's contracts cost: commissions on what is sold over a term, set-up of some, one impairment.

Made of the obligations alone, so that nothing else depends on it. Not here: the contracts (`revenue`, `changing`).
"""

from collections.abc import Sequence

from finops_pipeline.finance import money
from finops_pipeline.sample.extract import Extract, Row

COLUMNS = (
    "cost_id", "contract_id", "kind", "incurred_on", "amount", "is_capitalizable", "renewal_months", "related_cost_id",
    "description",
)  # fmt: skip
_COMMISSION, _SET_UP = 60, 25  # thousandths of the price
_RENEWED, _SET_UP_EACH, _LEGAL_EACH = 3, 5, 4  # every so many contracts
_LEGAL = 15  # thousandths: advice that would be needed without the contract too


def extract(contracts: Extract, obligations: Extract) -> Extract:
    """The file of `contract_costs`: one contract after another, with the day of its signing."""
    signed = {row[0]: (row[3], row[4]) for row in contracts.rows}
    prices: dict[str, int] = {}
    for contract, _, _, recognition, price, *_ in obligations.rows:
        if recognition == "straight_line":
            prices[contract] = prices.get(contract, 0) + money.parse(price, signed[contract][1])
    rows: list[Row] = []
    for number, (contract, total) in enumerate(sorted(prices.items())):
        rows += _costs(contract, number, total, signed[contract])
    return Extract("contract_costs", "contract_costs.csv", COLUMNS, rows, contracts.arrived)


def _costs(contract: str, number: int, price: int, signed: Sequence[str]) -> list[Row]:
    day, currency = signed

    def row(
        what: str, kind: str, permille: int, *, words: str, is_asset: str = "", renewed: str = "", of: str = ""
    ) -> Row:
        amount = str(money.to_decimal(max(price * permille // 1000, 1), currency))
        return (f"{contract}-{what}", contract, kind, day, amount, is_asset, renewed, of, words)

    renewed = "12" if number % _RENEWED == 0 else ""
    found = [row("COM", "obtain", _COMMISSION, words="Sales commission", renewed=renewed)]
    if number % _LEGAL_EACH == 0:
        found.append(row("LEG", "obtain", _LEGAL, words="Legal advice", is_asset="false"))
    if number % _SET_UP_EACH == 0:
        found.append(row("SET", "fulfil", _SET_UP, words="Set-up of the service", renewed=renewed))
    if number == 0:
        found.append(
            row("IMP", "impairment", _SET_UP // 2, words="A part of the set-up is not used", of=f"{contract}-SET")
        )
    return found
