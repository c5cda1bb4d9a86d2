"""Pictures of costs for the asset pages: where allocated cost flows, and which few costs are most of them.

One picture per entity: amounts of different currencies have no common scale. Not here: the drawing of bars and lines
(`metadata`).
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from finops_pipeline.defs import metadata
from finops_pipeline.finance import money

_HEIGHT, _GAP, _LEAST = 320, 6, 1.5
_SHOWN = 10
_COLORS = ("#1f4e9c", "#c58a00", "#1b7f4b", "#7a3fa0", "#b3261e", "#4a6a8a")


def flow(allocation: pd.DataFrame, cost_centers: pd.DataFrame) -> str:
    """Where the pools' cost of each entity's last month goes: givers on the left, bearers on the right, by department."""
    department = dict(zip(cost_centers["cost_center_id"], cost_centers["department"], strict=True))
    month = allocation[allocation["period"] == allocation["period"].max()]
    pictures = []
    for entity, rows in month.groupby("entity_id"):
        sides = (rows["from_cost_center_id"].map(department), rows["to_cost_center_id"].map(department))
        named = rows.assign(giver=sides[0], bearer=sides[1].fillna("unallocated"))
        sums = named.groupby(["giver", "bearer"])["amount"].sum()
        currency = str(rows["currency"].iloc[0])
        amounts = {(str(g), str(b)): _major(int(a), currency) for (g, b), a in sums.items()}
        title = f"{entity}: allocated cost of {rows['period'].iloc[0]}, {currency}"
        pictures.append(flows(title, amounts))
    return "\n\n".join(pictures)


def pareto(breakdown: pd.DataFrame) -> str:
    """The largest costs of each entity's last month, with the share that they and all larger ones have together."""
    direct = breakdown[breakdown["origin"] == "direct"]
    month = direct[direct["period"] == direct["period"].max()]
    pictures = []
    for entity, rows in month.groupby("entity_id"):
        labels = rows["department"].fillna("no department") + " " + rows["category"].fillna("no category")
        sums = rows["amount"].groupby(labels).sum().sort_values(ascending=False, kind="stable")
        total = int(sums[sums > 0].sum())
        top = sums[sums > 0].head(_SHOWN)
        words = [f"{reached / total:.0%} {name}" for name, reached in top.cumsum().items()]
        currency = str(rows["currency"].iloc[0])
        title = f"{entity}: largest costs of {rows['period'].iloc[0]} and the share reached with them, {currency}"
        pictures.append(metadata.bars(title, words, [_major(int(a), currency) for a in top]))
    return "\n\n".join(pictures)


def _major(minor: int, currency: str) -> float:
    return float(money.to_decimal(minor, currency))


def flows(title: str, amounts: Mapping[tuple[str, str], float]) -> str:
    """Bands from givers to bearers, as wide as their amounts, as an image in Markdown. Amounts below zero are dashed."""
    shown = {way: amount for way, amount in sorted(amounts.items()) if amount}
    total = sum(abs(a) for a in shown.values()) or 1
    drawn = [f'<text x="4" y="14" font-weight="bold">{metadata.escaped(title)}</text>']
    givers, bearers = ({way[side]: None for way in sorted(shown)} for side in (0, 1))
    color = {name: _COLORS[i % len(_COLORS)] for i, name in enumerate(givers)}
    widths = {way: max(_HEIGHT * abs(a) / total, _LEAST) for way, a in shown.items()}
    left, right = _tops(list(givers), widths, 0), _tops(sorted(bearers), widths, 1)
    for names, side, x in ((givers, left, 4), (bearers, right, 470)):
        for name in names:
            amount = sum(a for way, a in shown.items() if way[0 if side is left else 1] == name)
            drawn.append(f'<text x="{x}" y="{side[name] + 10:.1f}">{metadata.escaped(name)} {amount:,.0f}</text>')
    for way, amount in shown.items():
        width = widths[way]
        a, b = left[way[0]] + width / 2, right[way[1]] + width / 2
        left[way[0]] += width
        right[way[1]] += width
        dash = ' stroke-dasharray="4 3"' if amount < 0 else ""
        drawn.append(
            f'<path d="M230,{a:.1f} C350,{a:.1f} 350,{b:.1f} 460,{b:.1f}" fill="none" stroke="{color[way[0]]}" '
            f'stroke-opacity="0.45" stroke-width="{width:.1f}"{dash}/>'
        )
    height = 40 + round(sum(widths.values())) + _ROW * max(len(givers), len(bearers))
    return metadata.image(title, 700, height, drawn)


_ROW = 14 + _GAP
"""Height that a name needs beside its bands."""


def _tops(names: Sequence[str], widths: Mapping[tuple[str, str], float], side: int) -> dict[str, float]:
    """Where the bands of each name begin: one below the other, with room for the name."""
    tops, y = {}, 24.0
    for name in names:
        tops[name] = y
        y += max(sum(w for way, w in widths.items() if way[side] == name), 14) + _GAP
    return tops
