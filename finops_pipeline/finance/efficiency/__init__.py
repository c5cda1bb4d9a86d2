"""Efficiency: what a unit of output costs, how cost follows it, and who does it for less.

`frontier` compares cost centers with the best of them, `elasticity` measures how cost moves with a driver, `table` makes
the report table. These are statistical modules: scores, slopes and unit costs are estimates; amounts come back through
`money.from_model`. Not here: what was spent (`cost`), who bears it (`allocation`).
"""
