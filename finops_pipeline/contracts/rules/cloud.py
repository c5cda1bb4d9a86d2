"""Rules of cloud bills."""

from finops_pipeline.contracts.rules.rule import Rule, rules
from finops_pipeline.finance.cloud import commitments, conformance

CLOUD = (
    *rules("finance.cloud.conformance", "blocks", CLD_001="Every charge of a cloud bill is judged by the rules below"),
    *(Rule(r.rule_id, r.demands, "warns", "finance.cloud.conformance") for r in conformance.RULES),
    Rule(commitments.RULE_ID, commitments.DEMANDS, "warns", "finance.cloud.commitments"),
    *rules(
        "finance.cloud.savings",
        "blocks",
        CLD_002="The costs beside the savings are those of the monthly bill",
        CLD_003="Savings by negotiation and by commitment sum to the total",
    ),
    *rules("finance.cloud.tie", "warns", CLD_010="What was billed is posted on the accounts that receive it"),
    *rules("finance.cloud.tie", "blocks", CLD_011="Every bill and every posting is compared once"),
    *rules(
        "finance.cloud.units",
        "blocks",
        CLD_020="A unit cost stands on the effective cost and the driver of its entity and month",
    ),
)
