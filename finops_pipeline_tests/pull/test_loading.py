"""What lands: whole files or none, each different from all before, and dlt kept within the folder of the pull."""

import json
import os
import stat
from pathlib import Path

import dlt.common.runtime.anon_tracker as tracker
import pytest
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.common.runtime.run_context import active
from dlt.common.runtime.telemetry import start_telemetry, stop_telemetry

from finops_pipeline.errors import SourceError, TransientError
from finops_pipeline.pull import pulling
from finops_pipeline.pull.netsuite import TABLES
from finops_pipeline.pull.options import PullOptions
from finops_pipeline.storage.landing import inventory
from finops_pipeline_tests.pull import quickbooks
from finops_pipeline_tests.pull.companies import NetSuiteCompany, QuickBooksCompany
from finops_pipeline_tests.pull.web import Reply


def invoices(*numbers: int, total: object = 1.5) -> list[dict[str, object]]:
    return [{"Id": str(n), "TotalAmt": total} for n in numbers]


@pytest.fixture
def filled(company: QuickBooksCompany) -> QuickBooksCompany:
    """Ten invoices, in pages of three, and an account."""
    company.quickbooks["page_size"] = 3
    company.server.save("Account", {"Id": "1", "CurrentBalance": 15})
    company.server.save("Invoice", *invoices(*range(10)))
    return company


def test_a_pull_that_is_cut_between_pages_lands_nothing_and_is_pulled_again(filled: QuickBooksCompany) -> None:
    filled.server.faults["/query"] = [None] * 10 + [Reply.page(503)] * 4
    with pytest.raises(TransientError, match=r"QuickBooks gave no answer after 4 tries, at last: HTTP 503"):
        filled.pull()
    assert [path for path in filled.landing.rglob("*") if path.is_file()] == []
    assert filled.system().memory.of("account").since is None, "how far it came is kept last"
    assert filled.pull() == {"account": (1, 1), "invoice": (10, 1)}
    assert [row["Id"] for row in filled.landed("invoice")] == [str(n) for n in range(10)]


def test_a_refusal_in_the_middle_is_told_in_its_own_words(filled: QuickBooksCompany) -> None:
    filled.server.faults["/query"] = [
        None,
        None,
        quickbooks.fault(400, "", "4001", "Invalid query", "nothing of the kind"),
    ]
    with pytest.raises(SourceError, match=r"^quickbooks refuses the question: HTTP 400, error 4001: Invalid query"):
        filled.pull()


def test_a_defect_of_ours_stays_one(filled: QuickBooksCompany) -> None:
    filled.landing.mkdir()
    (filled.landing / "quickbooks").write_text("a file where the folder should be")
    with pytest.raises(Exception, match="Pipeline execution failed"):
        filled.pull()
    assert filled.system().memory.of("invoice").since is None
    (filled.landing / "quickbooks").unlink()
    assert filled.pull()["invoice"] == (10, 1), "what was left of the cut one is not landed beside it"


def test_the_second_pull_lands_what_has_changed_and_a_third_nothing(filled: QuickBooksCompany) -> None:
    filled.server.after(hours=2)
    filled.pull()
    filled.server.after(hours=2)
    filled.server.save("Invoice", *invoices(3, 11, total=7))
    filled.server.delete("Invoice", "5")
    assert filled.pull() == {"account": (1, 0), "invoice": (3, 1)}
    last = json.loads(filled.files("invoice")[-1].read_text())["QueryResponse"]["Invoice"]
    assert [(row["Id"], row.get("status")) for row in last] == [("11", None), ("3", None), ("5", "Deleted")]
    assert filled.pull() == {"account": (1, 0), "invoice": (3, 0)}
    filled.server.after(hours=2)
    assert filled.pull() == {"account": (1, 0), "invoice": (3, 0)}, "the overlap alone is what was said before"


def test_what_was_said_before_lands_again_when_something_else_was_said_in_between(company: QuickBooksCompany) -> None:
    for balance in (100, 200, 100):
        company.server.objects["Account"] = {"1": {"Id": "1", "CurrentBalance": balance}}
        assert company.pull() == {"account": (1, 1)}
    assert [row["CurrentBalance"] for row in company.landed("account")] == ["100", "200", "100"]
    contents = {path.read_bytes() for path in company.files("account")}
    assert len(contents) == 3, "a file that equals an older one would not be read"


def test_everything_again_lands_though_it_was_said_before(filled: QuickBooksCompany) -> None:
    filled.pull()
    assert filled.pull(whole=True) == {"account": (1, 1), "invoice": (10, 1)}
    filled.server.delete("Invoice", "4")
    assert filled.pull(whole=True)["invoice"] == (10, 1)
    assert filled.landed("invoice")[-1]["status"] == "Deleted"


def test_no_half_file_is_ever_seen(filled: QuickBooksCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    sync = os.fsync

    def look(descriptor: int) -> None:
        """While a file is written: what would the intake see?"""
        sync(descriptor)
        seen.append([file.name for file in inventory(filled.landing)] if filled.landing.exists() else [])

    monkeypatch.setattr(os, "fsync", look)
    filled.pull()
    assert [names for names in seen if len(names) > 1] == [[n.name for n in inventory(filled.landing)]]
    assert list(filled.landing.rglob("*.part")) == []
    (filled.landing / "quickbooks" / "account" / ".pull-of-a-machine-that-went-down.part").write_text("{")
    filled.pull(whole=True)
    assert list(filled.landing.rglob("*.part")) == []


def test_digits_are_those_of_the_system(company: QuickBooksCompany, account: NetSuiteCompany, web: object) -> None:
    web.application = company.server
    company.server.save("Invoice", {"Id": "1", "TotalAmt": quickbooks.EXACT, "Line": [{"Amount": quickbooks.EXACT}]})
    company.pull()
    assert company.landed("invoice")[0]["TotalAmt"] == "90071992547409.93"
    assert company.landed("invoice")[0]["Line"] == [{"Amount": "90071992547409.93"}]
    web.application = account.server
    account.server.change("INSERT INTO budgetsmachine VALUES (1, 2, 90071992547409.93)")
    account.pull()
    assert account.landed("budgetsmachine") == [{"budget": "1", "period": "2", "amount": "90071992547409.93"}]


def test_dlt_stays_in_the_folder_of_the_pull_and_sends_nothing(
    filled: QuickBooksCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its own settings say: they are not read."""
    abroad = tmp_path / "abroad"
    abroad.mkdir()
    monkeypatch.setenv("HOME", str(abroad))
    monkeypatch.setenv("DLT_DATA_DIR", str(abroad / "data"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "true")
    monkeypatch.setenv("LOAD__WORKERS", "nonsense")
    (abroad / ".dlt").mkdir()
    (abroad / ".dlt" / "config.toml").write_text("[runtime]\ndlthub_telemetry = true\n")
    monkeypatch.chdir(abroad)
    stop_telemetry()
    start_telemetry(RuntimeConfiguration(dlthub_telemetry=True))
    filled.pull()
    assert tracker._ANON_TRACKER_ENDPOINT is None
    assert active().runtime_config.dlthub_telemetry is False
    assert [str(p.relative_to(abroad)) for p in abroad.rglob("*")] == [".dlt", ".dlt/config.toml"]
    assert Path(active().data_dir) == filled.folder


def test_secrets_are_in_no_file_but_the_one_for_them(
    filled: QuickBooksCompany, account: NetSuiteCompany, web: object, caplog: pytest.LogCaptureFixture
) -> None:
    web.application = filled.server
    filled.pull()
    filled.server.faults["/query"] = [Reply.page(500)] * 9
    with pytest.raises(TransientError) as error:
        filled.pull()
    web.application = account.server
    account.pull()
    files = [path for path in filled.home.rglob("*") if path.is_file()]
    telling = [
        path.name for path in files if b"do-not-tell" in path.read_bytes() or b"PRIVATE KEY" in path.read_bytes()
    ]
    assert telling == [f"quickbooks-{quickbooks.REALM}.token.json"]
    assert "do-not-tell" not in f"{error.value!r} {caplog.text}"
    state = filled.folder / f"quickbooks-{quickbooks.REALM}.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_systems_that_are_not_configured_are_not_asked(tmp_path: Path) -> None:
    places = pulling.Places(tmp_path, tmp_path)
    with pytest.raises(Exception, match=r"no system to pull from is configured: docs/sources/live-pull\.md"):
        pulling.pull(PullOptions(), places, pulling.asking(PullOptions()))
    with pytest.raises(Exception, match=r"netsuite cannot be asked without pull\.netsuite\.account"):
        pulling.pull(PullOptions(), places, pulling.asking(PullOptions()), "netsuite")


def test_every_configured_system_is_pulled(
    company: QuickBooksCompany, account: NetSuiteCompany, tmp_path: Path
) -> None:
    account.server.insert("currency", (1, "USD", "Dollar"))
    options = PullOptions(
        quickbooks=company.options.quickbooks.model_copy(update={"entities": ("item",), "refresh_token": None}),
        netsuite=account.options.netsuite,
    )
    told: list[str] = []
    places = pulling.Places(tmp_path, tmp_path / "landing")
    with pytest.raises(Exception, match="quickbooks cannot be asked without"):
        pulling.pull(options, places, account.asking(), progress=lambda name, *_: told.append(name))
    options = PullOptions(netsuite=account.options.netsuite)
    done = pulling.pull(options, places, account.asking(), progress=lambda name, *_: told.append(name))
    assert told == [f"netsuite {table}" for table in TABLES]
    assert [(p.table, p.rows, p.files) for p in done if p.rows] == [("currency", 1, 1)]
