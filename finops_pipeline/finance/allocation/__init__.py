"""Allocation of cost: how what one cost center spends is borne by those it works for.

`rules` says who allocates by what, `methods` moves amounts in whole minor units, `trace` makes the report table of it,
`proofs` shows that nothing was lost. Not here: what was spent (`cost`), nor how efficiently (`efficiency`).
"""
