-- The plain DuckDB script that ledger.py measures against: what a careful engineer writes by hand for this one format,
-- with the same work and the same totals. Placeholders: {landing}, {out}.
CREATE TABLE entities AS SELECT entity_id, functional_currency, coalesce(fiscal_year_start_month, '1')::INT AS fy
  FROM read_csv('{landing}/native/entities/*.csv', all_varchar = true, union_by_name = true);
CREATE TABLE accounts AS SELECT DISTINCT ON (account_id) account_id, account_type
  FROM read_csv('{landing}/native/accounts/*.csv', all_varchar = true);
CREATE TABLE cost_centers AS SELECT DISTINCT ON (cost_center_id) cost_center_id, department
  FROM read_csv('{landing}/native/cost_centers/*.csv', all_varchar = true);
CREATE TABLE products AS SELECT product_id FROM read_csv('{landing}/native/products/*.csv', all_varchar = true);

-- every line as text, typed where it can be, with the first rule it breaks and its raw text when it does
CREATE TABLE lines AS
SELECT filename, entity_id, journal_id, try_cast(line_no AS BIGINT) AS line_no,
  try_cast(posting_date AS DATE) AS posting_date,
  account_id, currency,
  (try_cast(debit AS DECIMAL(15, 2)) * 100)::BIGINT AS debit, (try_cast(credit AS DECIMAL(15, 2)) * 100)::BIGINT AS credit,
  (try_cast(coalesce(functional_debit, CASE WHEN functional_credit IS NULL THEN debit END) AS DECIMAL(15, 2))
    * CASE WHEN entity_id = 'JP01' THEN 1 ELSE 100 END)::BIGINT AS functional_debit,
  (try_cast(coalesce(functional_credit, CASE WHEN functional_debit IS NULL THEN credit END) AS DECIMAL(15, 2))
    * CASE WHEN entity_id = 'JP01' THEN 1 ELSE 100 END)::BIGINT AS functional_credit,
  cost_center_id, product_id, customer_id, vendor_id, counterparty_entity_id,
  try_cast(quantity AS DECIMAL(38, 15)) AS quantity, description,
  coalesce(period, left(posting_date, 7)) AS period, try_cast(period_no AS BIGINT) AS period_no,
  CASE
    WHEN entity_id IS NULL OR journal_id IS NULL OR line_no IS NULL OR posting_date IS NULL OR account_id IS NULL
      OR currency IS NULL THEN 'required'
    WHEN NOT regexp_full_match(line_no, '\d{{1,18}}') THEN 'line_no'
    WHEN NOT regexp_full_match(posting_date, '\d{{4}}-\d{{2}}-\d{{2}}') OR try_cast(posting_date AS DATE) IS NULL THEN 'date'
    WHEN NOT regexp_full_match(currency, 'USD|EUR|JPY|GBP|CHF') THEN 'currency'
    WHEN NOT regexp_full_match(debit, '-?\d+(\.\d+)?') THEN 'debit'
    WHEN NOT regexp_full_match(credit, '-?\d+(\.\d+)?') THEN 'credit'
    WHEN NOT regexp_full_match(functional_debit, '-?\d+(\.\d+)?') THEN 'functional_debit'
    WHEN NOT regexp_full_match(functional_credit, '-?\d+(\.\d+)?') THEN 'functional_credit'
    WHEN NOT CASE WHEN currency = 'JPY' THEN regexp_full_match(debit, '-?\d+(\.0+)?') ELSE regexp_full_match(debit, '-?\d+(\.\d{{1,2}}0*)?') END THEN 'decimals'
    WHEN NOT CASE WHEN currency = 'JPY' THEN regexp_full_match(credit, '-?\d+(\.0+)?') ELSE regexp_full_match(credit, '-?\d+(\.\d{{1,2}}0*)?') END THEN 'decimals'
    WHEN NOT CASE WHEN entity_id = 'JP01' THEN regexp_full_match(functional_debit, '-?\d+(\.0+)?') ELSE regexp_full_match(functional_debit, '-?\d+(\.\d{{1,2}}0*)?') END THEN 'decimals'
    WHEN NOT CASE WHEN entity_id = 'JP01' THEN regexp_full_match(functional_credit, '-?\d+(\.0+)?') ELSE regexp_full_match(functional_credit, '-?\d+(\.\d{{1,2}}0*)?') END THEN 'decimals'
    WHEN NOT regexp_full_match(quantity, '-?\d+(\.\d{{1,15}}0*)?') THEN 'quantity'
    WHEN NOT regexp_full_match(period, '\d{{4}}-(0[1-9]|1[0-2])') THEN 'period'
    WHEN NOT regexp_full_match(period_no, '\d{{1,2}}') OR try_cast(period_no AS INT) NOT BETWEEN 1 AND 16 THEN 'period_no'
    WHEN coalesce(try_cast(debit AS DECIMAL(18, 4)), 0) = 0 AND coalesce(try_cast(credit AS DECIMAL(18, 4)), 0) = 0 THEN 'sides'
    WHEN coalesce(try_cast(debit AS DECIMAL(18, 4)), 0) <> 0 AND coalesce(try_cast(credit AS DECIMAL(18, 4)), 0) <> 0 THEN 'sides'
    WHEN functional_debit IS NULL AND functional_credit IS NULL
      AND currency <> CASE entity_id WHEN 'US01' THEN 'USD' WHEN 'DE01' THEN 'EUR' WHEN 'JP01' THEN 'JPY' END THEN 'functional'
  END AS fail,
  CASE WHEN fail IS NOT NULL THEN to_json({{'journal_id': journal_id, 'line_no': line_no, 'posting_date': posting_date,
    'account_id': account_id, 'currency': currency, 'debit': debit, 'credit': credit, 'description': description}}) END AS raw
FROM read_csv('{landing}/native/journal_lines/*.csv', all_varchar = true, header = true, filename = true,
  ignore_errors = true);

-- unknown references
UPDATE lines SET fail = 'reference' WHERE fail IS NULL AND (
  entity_id NOT IN (SELECT entity_id FROM entities) OR account_id NOT IN (SELECT account_id FROM accounts)
  OR cost_center_id NOT IN (SELECT cost_center_id FROM cost_centers)
  OR product_id NOT IN (SELECT product_id FROM products)
  OR counterparty_entity_id NOT IN (SELECT entity_id FROM entities));

-- repeated keys: the first row stands
CREATE TABLE repeated AS SELECT entity_id, journal_id, line_no, min(rowid) AS first_row FROM lines WHERE fail IS NULL
  GROUP BY ALL HAVING count(*) > 1;
UPDATE lines SET fail = 'repeated' FROM repeated AS r WHERE lines.fail IS NULL AND lines.entity_id = r.entity_id
  AND lines.journal_id = r.journal_id AND lines.line_no = r.line_no AND lines.rowid > r.first_row;

-- journals that do not balance stay out whole
CREATE TABLE unbalanced AS SELECT entity_id, journal_id FROM lines WHERE fail IS NULL
  GROUP BY ALL HAVING sum(coalesce(functional_debit, 0) - coalesce(functional_credit, 0)) <> 0;
UPDATE lines SET fail = 'balance' FROM unbalanced AS u WHERE lines.fail IS NULL AND lines.entity_id = u.entity_id
  AND lines.journal_id = u.journal_id;

COPY (SELECT * FROM lines WHERE fail IS NOT NULL) TO '{out}/quarantine.parquet';
-- here ledger.py stores each month as a file: one COPY a month is faster than PARTITION_BY

-- control totals: what was read against what is stored
CREATE TABLE totals AS SELECT filename, currency, sum(debit) AS debit, sum(credit) AS credit FROM lines GROUP BY ALL;
CREATE TABLE stored AS SELECT filename, currency, sum(debit) AS debit, sum(credit) AS credit
  FROM read_parquet('{out}/lake/*/*.parquet') GROUP BY ALL;

CREATE TABLE gl AS SELECT entity_id, period, account_id, cost_center_id, product_id,
  sum(coalesce(functional_debit, 0)) AS debit, sum(coalesce(functional_credit, 0)) AS credit
  FROM read_parquet('{out}/lake/*/*.parquet') GROUP BY ALL;
