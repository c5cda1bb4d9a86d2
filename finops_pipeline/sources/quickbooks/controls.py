"""Control figures: the CurrentBalance of an account, against which the books are tied.

A CurrentBalance has no date: it is what the account stands at when it is exported, all documents included. So the latest
export of the accounts is compared with the books at the end of the month of the last document, and accounts are to be
exported together with documents. QuickBooks states no balance of income accounts, computes retained earnings when it
prints them, and states a foreign account in the account's own currency: of these it says here that it states none.
"""

from finops_pipeline.contracts.controls import CONTROL_BALANCES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup
from finops_pipeline.sources.quickbooks import masters, terms
from finops_pipeline.sources.quickbooks.files import ACCOUNT, DOCUMENTS
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions


def current_balances(options: QuickBooksOptions) -> Derivation:
    """How Account becomes control balances."""
    home = terms.home_currency(options)
    kind = masters.account_type("r.")
    own = "coalesce(plain_number(r.currentbalance, 'point'), '0')"
    is_silent = (
        f"{kind} NOT IN ('asset', 'liability', 'equity') OR coalesce(r.accountsubtype, '') = 'RetainedEarnings' "
        f"OR coalesce({terms.ref('r.currencyref')}, {home}) <> {home}"
    )
    turned = f"CASE WHEN {kind} = 'asset' THEN {own} ELSE CAST(-amount({own}) AS VARCHAR) END"
    return Derivation(
        CONTROL_BALANCES,
        ACCOUNT,
        {
            "source": "'quickbooks'",
            "control_id": "r.id",
            "entity_id": terms.literal(options.entity_id),
            "period": "r.last_month",
            "account_id": terms.own_id("r.id", options),
            "currency": home,
            "net_activity": "'0'",
            "closing": f"CASE WHEN NOT ({is_silent}) THEN {own if options.balances == 'debit' else turned} END",
        },
        (
            Lookup("current", {"id": "r.id"}, f"SELECT id, {terms.content(ACCOUNT)} AS content FROM account",
                   ("account",), "false"),
            Lookup("last", {"known": "'yes'"}, _last_month(), tuple(DOCUMENTS), "false"),
            terms.home(),
        ),
        (
            LeftOut("balance of an earlier export", f'r.standing <> {terms.content(ACCOUNT, "r.")}'),
            LeftOut("balance before the first document", "r.last_month IS NULL"),
            LeftOut("account that does not post", f"{kind} IS NULL"),
        ),
        found={"standing": '"current".content', "last_month": '"last".month'},
        counted=False,
    )  # fmt: skip


def _last_month() -> str:
    """The month of the last document that stands."""
    days = " UNION ALL ".join(
        f"SELECT txndate FROM ({terms.latest(extract, 'txndate, status')}) WHERE coalesce(lower(status), '') <> 'deleted'"
        for extract in DOCUMENTS.values()
    )
    return f"SELECT 'yes' AS known, max(iso_date(txndate))[1:7] AS month FROM ({days})"
