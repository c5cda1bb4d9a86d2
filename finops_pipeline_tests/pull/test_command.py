"""`finops pull`: from settings in the environment and in the file to files in landing."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import finops_pipeline.pull
from finops_pipeline.cli import main
from finops_pipeline.defs.outbox import basis
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.pull.extra import needing
from finops_pipeline.settings import load
from finops_pipeline_tests.pull import quickbooks
from finops_pipeline_tests.pull.companies import QuickBooksCompany


@pytest.fixture
def configured(company: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch) -> QuickBooksCompany:
    """Secrets stand in the environment, everything else in the file."""
    secrets = {name: company.quickbooks.pop(name) for name in ("client_secret", "refresh_token")}
    for name, value in secrets.items():
        monkeypatch.setenv(f"FINOPS_PULL__QUICKBOOKS__{name.upper()}", value)
    lines = [f'{name} = "{value}"' for name, value in company.quickbooks.items()]
    (company.home / "finops.toml").write_text("\n".join(["[pull]", "attempts = 2", "[pull.quickbooks]", *lines]))
    company.quickbooks |= secrets
    return company


def finops(company: QuickBooksCompany, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["pull", "--home", str(company.home), *arguments])


def test_it_says_what_landed(configured: QuickBooksCompany) -> None:
    configured.server.save("Invoice", {"Id": "1", "TotalAmt": 5}, {"Id": "2", "TotalAmt": 5})
    told = finops(configured)
    assert told.exit_code == 0, told.output
    assert "quickbooks/invoice: 2 rows, 1 new files\n" in told.output
    assert "bill" not in told.output
    assert f"1 new files in {configured.landing}\n" in told.output
    assert len(configured.files("invoice")) == 1
    configured.server.after(days=9)
    again = finops(configured, "--source", "quickbooks", "--since", "2026-06-01")
    assert "quickbooks/invoice: 2 rows, no new files\n" in again.output
    assert "quickbooks/invoice: 2 rows, 1 new files\n" in finops(configured, "--whole").output


def test_what_is_refused_is_told_in_words_and_without_secrets(
    configured: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured.server.faults["/query"] = [quickbooks.fault(403, "", "5020", "Permission Denied", "")]
    told = finops(configured)
    assert told.exit_code == 1
    assert told.output.strip() == "Error: quickbooks refuses the question: HTTP 403, error 5020: Permission Denied"
    monkeypatch.setenv("FINOPS_PULL__QUICKBOOKS__CLIENT_SECRET", "wrong-and-secret")
    told = finops(configured)
    assert told.exit_code == 2
    assert "invalid_client" in told.output
    assert "wrong-and-secret" not in told.output


def test_without_a_system_it_says_where_it_is_explained(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["pull", "--home", str(tmp_path)])
    assert told.exit_code == 2
    assert "docs/sources/live-pull.md" in told.output


def test_settings_stand_in_the_environment_before_the_file(
    configured: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_PULL__QUICKBOOKS__CLIENT_ID", "of the environment")
    settings = load(home=configured.home)
    assert settings.pull.attempts == 2
    assert settings.pull.quickbooks.client_id == "of the environment"
    assert settings.pull.quickbooks.realm == quickbooks.REALM
    assert settings.pull.quickbooks.client_secret.get_secret_value() == quickbooks.SECRET
    assert settings.pull.configured == ("quickbooks",)
    assert load(home=configured.home / "elsewhere").pull.quickbooks.realm is None


def test_a_setting_that_cannot_be_used_is_named_and_not_shown(
    configured: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_PULL__QUICKBOOKS__REALM", "no number")
    with pytest.raises(ConfigurationError, match=r"pull\.quickbooks\.realm") as error:
        load(home=configured.home)
    assert "no number" not in f"{error.value} {error.value.__cause__}"
    monkeypatch.delenv("FINOPS_PULL__QUICKBOOKS__REALM")
    (configured.home / "finops.toml").write_text("pull = 7")
    with pytest.raises(ConfigurationError, match="pull"):
        load(home=configured.home)


def test_reports_do_not_depend_on_where_files_come_from(configured: QuickBooksCompany, tmp_path: Path) -> None:
    assert basis(load(home=configured.home)) == basis(load(home=tmp_path, pull={}))


class NotInstalled:
    """A finder of modules that says of dlt that it is not there."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "dlt":
            raise ModuleNotFoundError("No module named 'dlt'", name="dlt")


def test_without_the_extra_it_says_how_to_get_it(
    configured: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("dlt", "finops_pipeline.pull.loading", "finops_pipeline.pull.pulling"):
        monkeypatch.delitem(sys.modules, module)
    for name in ("loading", "pulling"):
        monkeypatch.delattr(finops_pipeline.pull, name)
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(), *sys.meta_path])
    told = finops(configured)
    assert told.exit_code == 2
    assert "pulling needs dlt, which is not installed: pip install 'finops-pipeline[pull]'" in told.output


def test_a_module_of_ours_that_is_missing_is_a_defect() -> None:
    with pytest.raises(ModuleNotFoundError):
        needing("finops_pipeline.pull.nothing")
