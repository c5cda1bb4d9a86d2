"""How the sample company allocates its service costs: rules that travel with the extracts.

Each entity by another method, so that all three can be seen: the parent reciprocally, Germany step by step with a tier,
Japan directly at first and step by step since the middle of the sample.
"""

from finops_pipeline.finance import periods

FILE = "allocation.toml"

_RULES = """\
# Rules of allocation of the sample company. What the words mean is said in docs/cost.md.

[[cycles]]
name = "Shared services"
method = "reciprocal"
entities = ["US01"]

[[cycles.pools]]  # desks and the people at them
cost_centers = ["US-ITF-2"]
driver = "floor_area"

[[cycles.pools]]
departments = ["People"]
driver = "headcount"

[[cycles.pools]]  # internal systems, and every service cost center to come
driver = "headcount"

[[cycles.pools]]  # accounting works mostly for those who sell and ship
departments = ["Finance"]
shares = {{ "US-SAL-1" = 0.25, "US-SAL-2" = 0.15, "US-OPS-1" = 0.3, "US-ENG-1" = 0.2, "US-ITF-1" = 0.1 }}

[[cycles]]
name = "Gemeinkosten"
method = "step_down"
entities = ["DE01"]
order = ["DE-ITF-1", "DE-PPL-1", "DE-FIN-1"]

[[cycles.pools]]  # a large team gets along with less help per head
departments = ["People"]
driver = "headcount"
tiers = [{{ up_to = 15, weight = 1 }}, {{ weight = 0.5 }}]

[[cycles.pools]]
driver = "headcount"

[[cycles]]
name = "Service cost"
method = "direct"
entities = ["JP01"]
effective_until = "{before}"

[[cycles.pools]]
driver = "floor_area"

[[cycles]]
name = "Service cost by headcount"
method = "step_down"
entities = ["JP01"]
effective_from = "{since}"

[[cycles.pools]]
driver = "headcount"
"""


def rules(months: list[str]) -> str:
    """The rules file of a sample of these months."""
    since = months[len(months) // 2]
    return _RULES.format(since=since, before=periods.add(since, -1))
