"""The live pull in Dagster: landing folders as assets that are made, the job, and the schedule before the night."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from finops_pipeline.defs import failing, pulling
from finops_pipeline.defs.assembly import build_definitions
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.settings import Settings, load
from finops_pipeline_tests.pull.companies import QuickBooksCompany
from finops_pipeline_tests.pull.quickbooks import QuickBooksServer, fault
from finops_pipeline_tests.pull.web import Reply, Web


@pytest.fixture
def company(tmp_path: Path) -> Iterator[QuickBooksCompany]:
    """A company in QuickBooks Online, of which two entities are pulled."""
    web = Web()
    web.application = server = QuickBooksServer()
    company = QuickBooksCompany(server, web.url, tmp_path)
    company.quickbooks["entities"] = ("invoice", "item")
    yield company
    web.close()
    assert server.errors == []


def settings(company: QuickBooksCompany) -> Settings:
    return load(home=company.home, first_period="2026-01", pull={"attempts": 1, "quickbooks": company.quickbooks})


def run(company: QuickBooksCompany, **config: Any) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as here:
        return dg.materialize(
            pulling.assets(settings(company)), instance=here, raise_on_error=False,
            run_config={"ops": {"pull_quickbooks": {"config": config}}},
        )  # fmt: skip


def test_a_run_lands_what_is_new_and_shows_it_by_table(company: QuickBooksCompany) -> None:
    company.server.save("Invoice", {"Id": "1", "TotalAmt": 5}, {"Id": "2", "TotalAmt": 5})
    result = run(company)
    assert result.success
    made = {
        event.asset_key.to_user_string(): event.materialization for event in result.get_asset_materialization_events()
    }
    assert set(made) == {"landing/quickbooks/invoice", "landing/quickbooks/item"}
    assert made["landing/quickbooks/invoice"].metadata["rows_loaded"].value == 2
    assert "do-not-tell" not in str(made)
    assert len(company.files("invoice")) == 1
    company.server.after(days=2)
    assert run(company, since="2026-06-01").success
    assert len(company.files("invoice")) == 1, "the same again lands nothing"
    assert run(company, whole=True).success
    assert len(company.files("invoice")) == 2


def test_what_passes_is_tried_again_and_what_does_not_fails_the_run(
    company: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "SECONDS", 0)
    company.server.save("Invoice", {"Id": "1", "TotalAmt": 5})
    company.server.faults["/query"] = [None, Reply.page(503)]
    result = run(company)
    assert result.success
    assert [e.event_type_value for e in result.all_events].count("STEP_UP_FOR_RETRY") == 1
    assert len(company.files("invoice")) == 1
    company.server.save("Invoice", {"Id": "2", "TotalAmt": 5})
    company.server.faults["/query"] = [None, fault(400, "", "4000", "Error parsing query", "")]
    result = run(company)
    assert not result.success
    (failure,) = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
    assert "error 4000: Error parsing query" in str(failure)
    assert "do-not-tell" not in str(result.all_events)
    assert len(company.files("invoice")) == 1
    assert run(company).success
    assert len(company.files("invoice")) == 2, "nothing is lost"


def test_the_folders_that_are_filled_are_made_and_the_others_are_not(company: QuickBooksCompany) -> None:
    definitions = build_definitions(settings(company))
    graph = definitions.resolve_asset_graph()
    made = {key.to_user_string() for key in graph.materializable_asset_keys if key.path[0] == "landing"}
    assert made == {"landing/quickbooks/invoice", "landing/quickbooks/item"}
    assert dg.AssetKey(["landing", "quickbooks", "bill"]) in graph.external_asset_keys
    selected = {
        job: definitions.resolve_job_def(job).asset_layer.selected_asset_keys for job in ("pull", "nightly_close")
    }
    assert {key.to_user_string() for key in selected["pull"]} == made
    assert not selected["pull"] & selected["nightly_close"]
    schedule = definitions.resolve_schedule_def("pull")
    assert (schedule.cron_schedule, schedule.job_name) == ("30 0 * * *", "pull")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_a_system_of_which_a_setting_is_missing_is_named(tmp_path: Path) -> None:
    half = load(home=tmp_path, pull={"quickbooks": {"realm": "1"}})
    with pytest.raises(ConfigurationError, match=r"pull\.quickbooks\.client_id"):
        build_definitions(half)
