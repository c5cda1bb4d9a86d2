"""What the sample company aims at and what it holds improvements to be worth: a file that travels with the extracts."""

FILE = "kpis.toml"

TEXT = """\
# Goals and assumptions of the KPIs of the sample company, in US dollars. What the words mean is said in docs/kpis.md.

[kpi_goals]
variance_reduction = { improvement = 0.3 }  # the design says 0.5; agreed with the departments for the first two years

[kpi_values]
variance_share = 0.02           # of a variance that no longer is there: interest on money held back, work of explaining
cost_share = 0.5                # of operating cost saved in proportion to revenue; the other half is growth
revenue_share = 0.01            # of revenue that need not be corrected: audit work
cost_per_close_day = 1800       # the accounting team for a day
cost_per_hour = 55
hours_per_file = 1.5            # to open, check and post an extract by hand
hours_per_control_total = 0.25  # to tie a total by hand
cost_per_faulty_row = 40        # to find and correct an entry once it is booked
risk_share = 0.3                # of the expected loss of a risk that its mitigation takes away
standard_costs = { orders = 240, tickets = 35 }
"""
