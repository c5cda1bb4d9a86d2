"""What NetSuite delivers later: changed, removed and deleted lines, pages, single lines, tombstones."""

from pathlib import Path

from finops_pipeline_tests.intake.netsuite import FILES, LINES, POSTINGS, TRANSACTIONS, NetSuiteNight, head, lines, sale


def test_a_deleted_transaction_is_taken_out_and_other_records_of_its_number_are_not_it(netsuite: NetSuiteNight) -> None:
    netsuite.post(1, 2)
    netsuite.run()
    assert netsuite.journals() == {"1", "2"}
    netsuite.table("deletedrecord", "recordId,type,deletedDate", "1,Invoice,2/1/2024", "2,customer,2/1/2024")
    netsuite.run()
    assert netsuite.journals() == {"2"}
    assert netsuite.reasons() == {"deleted": 2}


def test_a_line_that_was_removed_goes_and_a_changed_one_is_replaced(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1), head(2))
    netsuite.table("transactionline", LINES, *lines(1), "1,2,1,,,,,", *lines(2))
    netsuite.table("transactionaccountingline", POSTINGS, "1,0,1,11,100,100,,T", "1,1,1,40,-60,,60,T",
                   "1,2,1,40,-40,,40,T", *sale(2), file="monday.csv")  # fmt: skip
    netsuite.run()
    assert len(netsuite.lines()) == 5
    netsuite.table("transactionaccountingline", POSTINGS, *sale(1, "60"), file="tuesday.csv")
    netsuite.run()
    assert netsuite.quarantined() == []
    assert [line for line in netsuite.lines() if line[0] == "1"] == [
        ("1", 0, "2024-01", "11", 6000), ("1", 1, "2024-01", "4000", -6000),
    ]  # fmt: skip
    assert netsuite.journals() == {"1", "2"}
    assert netsuite.reasons() == {"line that its transaction no longer has": 1}


FOUR = ("1,0,1,11,100,100,,T", "1,1,1,40,-100,,100,T", "1,2,1,60,30,30,,T", "1,3,1,10,-30,,30,T")


def paged(night: NetSuiteNight, name: str, *rows: str) -> None:
    """Deliver lines in pages of two."""
    for page, first in enumerate(range(0, len(rows), 2)):
        night.table("transactionaccountingline", POSTINGS, *rows[first : first + 2], file=f"{name}_{page}.csv")


def test_lines_of_a_transaction_may_lie_in_several_files(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1))
    netsuite.table("transactionline", LINES, *lines(1), "1,2,1,,,,,", "1,3,1,,,,,", "1,4,1,,,,,", "1,5,1,,,,,")
    paged(netsuite, "monday", *FOUR)
    netsuite.run()
    assert [line for _, line, *_ in netsuite.lines()] == [0, 1, 2, 3]
    paged(netsuite, "tuesday", *sale(1, "110"), "1,4,1,60,5,5,,T", "1,5,1,10,-5,,5,T")
    netsuite.run()
    assert [line for _, line, *_ in netsuite.lines()] == [0, 1, 4, 5]
    assert netsuite.reasons() == {"line that its transaction no longer has": 2}
    assert netsuite.quarantined() == []


def test_a_page_that_comes_again_unchanged_keeps_its_lines(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1))
    netsuite.table("transactionline", LINES, *(f"1,{n},1,,,,," for n in range(6)))
    long, short, other = (*sale(1, "70"), "1,4,1,60,5,5,,T", "1,5,1,10,-5,,5,T"), sale(1, "70"), FOUR[2:]

    def night(name: str, *pages: tuple[str, ...]) -> list[int]:
        for number, page in enumerate(pages):
            netsuite.table("transactionaccountingline", POSTINGS, *page, file=f"{name}_{number}.csv")
        netsuite.run()
        assert netsuite.quarantined() == []
        return [line for _, line, *_ in netsuite.lines()]

    assert night("monday", long, other) == [0, 1, 2, 3, 4, 5]
    assert night("copy", other) == [0, 1, 2, 3, 4, 5], "a copy alone is no delivery"
    assert night("tuesday", short, other) == [0, 1, 2, 3], (
        "the first page has lost two lines, the second has not changed"
    )
    assert night("wednesday", other, sale(1, "60")) == [0, 1, 2, 3]
    assert night("thursday", long[2:], sale(1, "60")) == [0, 1, 4, 5], "a page is new, one has not changed, one is gone"


def test_lines_may_come_one_by_one_when_the_options_say_so(tmp_path: Path) -> None:
    night = NetSuiteNight(tmp_path, netsuite={"deliveries": "single"})
    for name, text in FILES.items():
        night.table(name, text)
    night.table("transaction", TRANSACTIONS, head(1))
    night.table("transactionline", LINES, *lines(1), "1,2,1,,,,,", "1,3,1,,,,,")
    night.table("transactionaccountingline", POSTINGS, *FOUR, file="monday.csv")
    night.run()
    night.table(
        "transactionaccountingline", POSTINGS, *(row.replace("30", "31") for row in FOUR[2:]), file="tuesday.csv"
    )
    night.run()
    assert [(line, amount) for _, line, _, _, amount in night.lines()] == [
        (0, 10000),
        (1, -10000),
        (2, 3100),
        (3, -3100),
    ]


def test_rows_with_tombstones_come_one_by_one(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1), head(2))
    netsuite.table("transactionline", LINES, *lines(1), *lines(2))
    postings = f"{POSTINGS},_fivetran_deleted"
    rows = [f"{row},false" for n in (1, 2) for row in sale(n)]
    netsuite.table("transactionaccountingline", postings, *rows, file="monday.csv")
    netsuite.run()
    gone = [row.replace(",false", ",true") for row in rows[:2]]
    netsuite.table("transactionaccountingline", postings, *gone, rows[3].replace("40,", "60,"), file="tuesday.csv")
    netsuite.run()
    assert netsuite.lines() == [("2", 0, "2024-01", "11", 10000), ("2", 1, "2024-01", "6000", -10000)]
