"""What accepted data are judged by: suites made from contracts, verdicts kept as rows, and the site that shows them.

`suites` turns a contract into Great Expectations' terms and judges a table; `witnesses` chooses the rows that decide
the verdict; `data_docs` renders the results for readers. The only room that knows Great Expectations.
"""
