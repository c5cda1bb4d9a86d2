"""A make-believe company as native extracts: exact, realistic and the same on every machine.

Rooms: `company` and `chart` (master data), `economics` (what is earned and spent), `rates`, `ledger` and `closing` (a month's
journals), `journals` (journals as Arrow batches), `budget`, `revenue`, `operations` (the small datasets), `faults` (what is
wrong on purpose), `writer` (files). Not here: anything that reads extracts.
"""

from finops_pipeline.sample.writer import SampleSummary, write_sample

__all__ = ["SampleSummary", "write_sample"]
