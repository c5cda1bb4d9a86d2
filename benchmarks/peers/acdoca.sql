-- The plain DuckDB script that acdoca.py measures against: what a careful engineer writes by hand for this one file,
-- with the same work and the same totals; kept.parquet is the file as it came. Placeholders: {landing}, {out}.
CREATE TABLE accounts AS SELECT SAKNR FROM read_csv('{landing}/sap/ska1/*.csv', all_varchar = true);
CREATE TABLE centers AS SELECT DISTINCT KOSTL FROM read_csv('{landing}/sap/csks/*.csv', all_varchar = true);
CREATE TABLE companies AS SELECT BUKRS, WAERS FROM read_csv('{landing}/sap/t001/*.csv', all_varchar = true);
CREATE TABLE decimals AS SELECT CURRKEY, CURRDEC::INT AS places FROM read_csv('{landing}/sap/tcurx/*.csv', all_varchar = true);

-- typed, in whole minor units (the database stores two decimals whatever the currency), with what becomes of each row
CREATE TABLE lines AS
SELECT RBUKRS AS entity_id, GJAHR || '-' || BELNR AS journal_id, try_cast(DOCLN AS BIGINT) AS line_no,
  try_strptime(BUDAT, '%Y%m%d')::DATE AS posting_date, RACCT AS account_id, RWCUR AS currency,
  CASE WHEN HSL > 0 THEN (HSL * 100)::BIGINT ELSE 0 END AS debit,
  CASE WHEN HSL < 0 THEN (-HSL * 100)::BIGINT ELSE 0 END AS credit,
  RCNTR AS cost_center_id, KUNNR AS customer_id, LIFNR AS vendor_id, RASSC AS counterparty_entity_id,
  CASE WHEN MSL <> 0 THEN MSL END AS quantity, SGTXT AS description,
  strftime(make_date(RYEAR::INT, least(POPER::INT, 12), 1), '%Y-%m') AS period, POPER::INT AS period_no, file_row_number AS row_number,
  CASE
    WHEN RLDNR <> '0L' THEN 'out other ledger'
    WHEN RRCTY IN ('1', '3') THEN 'out plan'
    WHEN GLACCOUNT_TYPE = 'S' THEN 'out secondary'
    WHEN POPER = '000' THEN 'out carried forward'
    WHEN HSL = 0 AND WSL = 0 THEN 'out no amount'
    WHEN RBUKRS IS NULL OR BELNR IS NULL OR RACCT IS NULL OR RWCUR IS NULL THEN 'bad required'
    WHEN POPER::INT NOT BETWEEN 0 AND 16 THEN 'bad period'
    WHEN try_strptime(BUDAT, '%Y%m%d') IS NULL THEN 'bad date'
    WHEN coalesce(places, 2) <> 2 AND places IS DISTINCT FROM 0 THEN 'bad decimals'
  END AS verdict
FROM read_parquet('{out}/kept.parquet', file_row_number = true) LEFT JOIN decimals ON CURRKEY = RWCUR;

UPDATE lines SET verdict = 'bad reference' WHERE verdict IS NULL AND (
  entity_id NOT IN (SELECT BUKRS FROM companies) OR account_id NOT IN (SELECT SAKNR FROM accounts)
  OR cost_center_id NOT IN (SELECT KOSTL FROM centers));

CREATE TABLE repeated AS SELECT entity_id, journal_id, line_no, min(row_number) AS first_row FROM lines
  WHERE verdict IS NULL GROUP BY ALL HAVING count(*) > 1;
UPDATE lines SET verdict = 'bad repeated' FROM repeated AS r WHERE lines.verdict IS NULL
  AND lines.entity_id = r.entity_id AND lines.journal_id = r.journal_id AND lines.line_no = r.line_no
  AND lines.row_number > r.first_row;

CREATE TABLE unbalanced AS SELECT entity_id, journal_id FROM lines WHERE verdict IS NULL
  GROUP BY ALL HAVING sum(debit - credit) <> 0;
UPDATE lines SET verdict = 'bad balance' FROM unbalanced AS u WHERE lines.verdict IS NULL
  AND lines.entity_id = u.entity_id AND lines.journal_id = u.journal_id;

COPY (SELECT l.verdict, k.* FROM lines AS l JOIN read_parquet('{out}/kept.parquet', file_row_number = true) AS k
  ON k.file_row_number = l.row_number
  WHERE verdict[:3] = 'bad') TO '{out}/quarantine.parquet';
-- here acdoca.py stores each month as a file

-- control totals: what was read against what is stored, left out and kept out
CREATE TABLE totals AS SELECT currency, left(verdict, 3) AS fate, sum(debit) AS debit, sum(credit) AS credit
  FROM lines GROUP BY ALL;
CREATE TABLE stored AS SELECT currency, sum(debit) AS debit, sum(credit) AS credit
  FROM read_parquet('{out}/lake/*/*.parquet') GROUP BY ALL;

CREATE TABLE gl AS SELECT entity_id, period, account_id, cost_center_id, sum(debit) AS debit, sum(credit) AS credit
  FROM read_parquet('{out}/lake/*/*.parquet') GROUP BY ALL;
