"""A file's header against its dataset."""

from finops_pipeline.sources import focus, native, registry
from finops_pipeline.sources.model import match


def test_columns_match_in_any_order_and_case() -> None:
    accounts = registry.find("native", "accounts")
    reading = match(accounts, ["Account_Type", " NAME ", "account_id", "color"])
    assert reading.positions == {"account_type": 0, "name": 1, "account_id": 2}
    assert reading.unknown == ("color",)
    assert reading.missing == reading.repeated == ()


def test_a_missing_required_column_and_a_repeated_one_are_named_as_the_file_would_name_them() -> None:
    bill = registry.find("focus", "anything")
    reading = match(bill, ["ProviderName", "providername"])
    assert reading.repeated == ("providername",)
    assert "BilledCost" in reading.missing
    assert "Tags" not in reading.missing, "a recommended column may be left out"


def test_folders_lead_to_datasets() -> None:
    assert registry.find("native", "journal_lines").table.name == "journal_lines"
    assert registry.find("native", "journals") is None
    assert registry.find("focus", "") is registry.find("focus", "aws/2024")
    assert registry.find("sap", "ACDOCA").key == ("rldnr", "rbukrs", "gjahr", "belnr", "docln")
    assert registry.find("sap", "vbak") is None


def test_every_dataset_comes_after_those_it_refers_to() -> None:
    seen: set[str] = set()
    for dataset in registry.DATASETS:
        seen.add(dataset.table.name)
        parents = {c.reference.table for c in dataset.table.columns if c.reference}
        assert parents <= seen, dataset.name


def test_focus_columns_have_the_names_of_the_specification() -> None:
    (bill,) = focus.datasets()
    assert bill.header_of("billing_account_id") == "BillingAccountId"
    assert bill.header_of("currency") == "BillingCurrency"
    assert bill.header_of("provider") == "ProviderName"


def test_native_columns_carry_their_own_names() -> None:
    assert all(d.header_of(c.name) == c.name for d in native.datasets() for c in d.table.columns)
