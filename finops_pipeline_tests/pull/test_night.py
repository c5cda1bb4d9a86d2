"""From the systems into the ledger: what was pulled goes through the intake, and the books are those of the system."""

from pathlib import Path
from typing import Any

from finops_pipeline_tests.intake.nights import Night
from finops_pipeline_tests.intake.quickbooks import ACCOUNTS, ITEMS, Books, document, ref, sold, spent
from finops_pipeline_tests.pull.companies import NetSuiteCompany, QuickBooksCompany


def balances(night: Night) -> dict[str, int]:
    """Debit less credit by account in minor units."""
    rows = night.rows("journal_lines")
    net = rows["functional_debit"] - rows["functional_credit"]
    return {account: int(sum_) for account, sum_ in net.groupby(rows["account_id"]).sum().items() if sum_}


def stand(company: QuickBooksCompany, **current: float) -> None:
    """What QuickBooks says its accounts stand at."""
    company.server.save("Account", *(one | {"CurrentBalance": current.get(f"a{one['Id']}", 0)} for one in ACCOUNTS))


def invoice(number: str, total: float) -> dict[str, Any]:
    return document(number, total, [sold(total)])


def test_the_books_are_those_of_quickbooks_and_follow_it(company: QuickBooksCompany, tmp_path: Path) -> None:
    books, server = Books(tmp_path), company.server
    company.quickbooks["page_size"] = 2
    server.save("CompanyInfo", {"Id": "1", "CompanyName": "Craig's", "Country": "US"})
    server.save("Item", *ITEMS)
    server.save("Invoice", *(invoice(str(n), 100.25) for n in range(1, 6)))
    server.save("Purchase", document("1", 33, [spent(33)], PaymentType="Check", AccountRef=ref("35")))
    stand(company, a84=501.25, a35=-33)
    server.after(hours=3)
    assert company.pull()["invoice"] == (5, 1)
    books.run()
    assert books.messages() == []
    assert balances(books) == {"84": 50125, "79": -50125, "35": -3300, "60": 3300}

    server.after(days=1)
    server.delete("Invoice", "2")
    server.save("Invoice", invoice("3", 50), invoice("6", 7))
    stand(company, a84=357.75, a35=-33)
    assert company.pull()["invoice"] == (3, 1)
    assert company.pull(whole=True)["invoice"] == (5, 1)
    books.run()
    assert balances(books) == {"84": 35775, "79": -35775, "35": -3300, "60": 3300}, "the same rows twice change nothing"
    assert len(books.rows("journal_lines")) == 12
    controls = books.rows("control_balances")
    latest = controls[controls["control_id"].isin(["84", "35"])].set_index("control_id")["closing"]
    assert latest.to_dict() == {"84": 35775, "35": -3300}
    assert books.quarantined() == []
    books.assert_accounted_for()


def test_the_books_are_those_of_netsuite_and_follow_it(account: NetSuiteCompany, tmp_path: Path) -> None:
    night, server = Night(tmp_path), account.server
    account.netsuite["page_size"] = 3
    server.insert("currency", (1, "USD", "US Dollar"))
    server.insert("subsidiary", (1, "Honeycomb", "Honeycomb", None, 1, None, "F", "US", "F"))
    server.insert(
        "accountingperiod",
        (100, "FY 2024", "2024-01-01", "2024-12-31", "F", "T", "F", "F", "F", None),
        (102, "Jan 2024", "2024-01-01", "2024-01-31", "F", "F", "F", "T", "F", None),
    )
    server.insert(
        "account",
        (11, "1100", "AcctRec", "Receivables", None, None, "Current", "F", "F"),
        (40, "4000", "Income", "Sales, at home", None, None, "Average", "F", "F"),
    )
    for number in range(1, 6):
        sell(account, number)
    account.pull()
    night.run()
    assert night.quarantined() == []
    assert balances(night) == {"1100": 50125, "4000": -50125}
    assert set(night.rows("journal_lines")["period"]) == {"2024-01"}

    server.change("DELETE FROM transactionaccountingline WHERE transaction = 2")
    server.change("DELETE FROM transactionline WHERE transaction = 2")
    server.change("DELETE FROM transaction WHERE id = 2")
    server.insert("deletedrecord", (2, -30, "Invoice", "2024-02-03 10:00:00", "INV2"))
    server.change("UPDATE transactionaccountingline SET amount = amount / 100.25 * 50 WHERE transaction = 3")
    server.change("UPDATE transaction SET lastmodifieddate = '2024-02-03 11:00:00' WHERE id = 3")
    told = account.pull()
    assert (told["transaction"], told["transactionaccountingline"]) == ((2, 1), (4, 1)), (
        "the third, and the latest of before"
    )
    assert account.pull(whole=True)["transaction"] == (4, 1)
    night.run()
    assert balances(night) == {"1100": 35075, "4000": -35075}, "the same rows twice change nothing"
    assert night.quarantined() == []
    night.assert_accounted_for()


def sell(account: NetSuiteCompany, number: int) -> None:
    """An invoice over 100.25."""
    memo = 'Combs, "gold"\nand more'
    head = (
        number,
        "CustInvc",
        f"INV{number}",
        "2024-01-15",
        102,
        "T",
        1,
        77,
        memo,
        "F",
        f"2024-02-0{number // 5 + 1} 10:00",
    )
    account.server.insert("transaction", head)
    lines = [(number, n, 1, None, None, None, 77, None, None) for n in (0, 1)]
    account.server.insert("transactionline", *lines)
    sides = [(number, 0, 1, 11, "100.25", None, None, "T"), (number, 1, 1, 40, "-100.25", None, None, "T")]
    account.server.insert("transactionaccountingline", *sides)
