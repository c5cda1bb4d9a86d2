"""What an error means to Dagster."""

import dagster as dg
import pytest

from finops_pipeline.defs.failing import RETRIES, retrying_only_transient
from finops_pipeline.errors import MissingRateError, TransientError


def test_a_transient_error_is_tried_again() -> None:
    with pytest.raises(dg.RetryRequested) as asked, retrying_only_transient():
        raise TransientError("the database is locked")
    assert asked.value.max_retries == RETRIES


def test_a_permanent_error_is_final_and_keeps_its_words() -> None:
    with pytest.raises(dg.Failure) as failed, retrying_only_transient():
        raise MissingRateError("no closing rate EUR to USD for 2026-03")
    assert not failed.value.allow_retries
    assert failed.value.description == "MissingRateError: no closing rate EUR to USD for 2026-03"


def test_a_defect_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), retrying_only_transient():
        _ = 1 / 0


def test_dagster_runs_a_transient_step_again_and_a_permanent_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finops_pipeline.defs.failing.SECONDS", 0)
    tries = {"transient": 0, "permanent": 0}

    @dg.asset
    def transient() -> None:
        tries["transient"] += 1
        with retrying_only_transient():
            if tries["transient"] < 3:
                raise TransientError("locked")

    @dg.asset
    def permanent() -> None:
        tries["permanent"] += 1
        with retrying_only_transient():
            raise MissingRateError("no rate")

    result = dg.materialize([transient, permanent], raise_on_error=False)
    assert not result.success
    assert tries == {"transient": 3, "permanent": 1}
