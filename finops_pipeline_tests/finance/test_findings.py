"""Findings are values."""

import dataclasses

import pytest

from finops_pipeline.finance.findings import Finding


def test_a_finding_is_an_error_unless_it_says_otherwise() -> None:
    finding = Finding("LED-001", "DE 2026-03", "debits less credits are 5 minor units")
    assert (finding.severity, finding.period) == ("error", None)
    assert finding == Finding("LED-001", "DE 2026-03", "debits less credits are 5 minor units")
    assert len({finding, finding}) == 1


def test_a_finding_cannot_be_changed() -> None:
    finding = Finding("LED-001", "DE 2026-03", "message", "warning", "2026-03")
    with pytest.raises(dataclasses.FrozenInstanceError):
        finding.severity = "error"
