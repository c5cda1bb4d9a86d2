"""Non-controlling interests: the part of a subsidiary that belongs to others, shown apart in equity.

Here: the share of others in every equity account, in the translation adjustment and in income. Not here: who owns what
(`group`).

Each is the share of the balance since the books began, rounded once by itself, and moved to `Non-controlling
interests`. So an account loses exactly what that line gains, and that line is the share of others in the subsidiary's
net assets up to half a minor unit an account (CON-004). Their share of income goes through an account of its own,
which closes into retained earnings with the income it belongs to. Source: IFRS 10.22, 10.B94, IFRS 3.19(b).
"""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from finops_pipeline.finance import currency, frames
from finops_pipeline.finance.consolidation.group import CURRENCY_TRANSLATION, NON_CONTROLLING, NON_CONTROLLING_INCOME
from finops_pipeline.finance.consolidation.translation import Books


def minority(
    own: Books, is_equity: pd.Series, adjustment: Mapping[str, frames.Whole], shares: Mapping[str, Fraction]
) -> list[tuple[str, str, frames.Whole]]:
    """What moves to non-controlling interests: (entity, account, movement by month), for partly owned entities.

    `is_equity` says it of each series of the books; `adjustment` has each entity's translation adjustment by month.
    """
    moves: list[tuple[str, str, frames.Whole]] = []
    entities, account_ids = own.keys["entity_id"], own.keys["account_id"]
    for entity in (e for e in entities.unique() if shares[e] != 1):
        mine = entities.eq(entity).to_numpy(dtype=bool)
        accounts = {
            str(account_ids.iloc[i]): own.amount[i] for i in np.flatnonzero(mine & is_equity.to_numpy(dtype=bool))
        }
        accounts[CURRENCY_TRANSLATION] = adjustment[entity]
        accounts[NON_CONTROLLING_INCOME] = own.amount[mine & own.is_income].sum(axis=0)
        taken = [(entity, account, -_share(moved, 1 - shares[entity])) for account, moved in accounts.items()]
        total = np.sum([moved for _, _, moved in taken], axis=0)
        moves += [*taken, (entity, NON_CONTROLLING, -total)]
    return moves


def _share(moved: frames.Whole, share: Fraction) -> frames.Whole:
    """The movement of the share of a balance, which is rounded as a balance."""
    balance = np.cumsum(moved).astype(object)
    rounded = currency.quotients(balance * share.numerator, share.denominator).astype(np.int64)
    return np.diff(rounded, prepend=0)
