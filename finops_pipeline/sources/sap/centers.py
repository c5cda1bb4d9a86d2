"""Cost centers as they were on a day.

CSKS has a row for each validity of a cost center, up to the day DATBI. A cost center that moved to another department
or company code is several cost centers here, so that every report shows a cost where it belonged when it was posted,
and history is not restated by a reorganization: the department it has last keeps the cost center's own name, an
earlier one is called by the last day it had it.

    KOSTL  DATAB     DATBI     department       cost center here
    4100   20200101  20231231  Sales            4100@2023-12-31
    4100   20240101  99991231  Marketing        4100

Names, owners and other columns make no difference: the latest of them stands. What an earlier delivery said of the same
days gives way to a later one. With the option `cost_centers = "latest"` there is one cost center, as it is last.

Codes are those of a controlling area. One that two areas use is called with its area, `2000/4100`; a line that does
not say its area names no cost center then.
"""

from finops_pipeline.contracts.masters import COST_CENTERS
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import CSKS
from finops_pipeline.sources.sap.options import SapOptions


def cost_centers(options: SapOptions) -> Derivation:
    """How CSKS, with its texts, becomes cost centers."""
    texts = (
        "SELECT kokrs, kostl, coalesce(ltext, ktext) AS name FROM cskt WHERE spras = "
        f"{terms.literal(options.language)} QUALIFY row_number() OVER (PARTITION BY kokrs, kostl "
        "ORDER BY iso_date(datbi) DESC) = 1"
    )
    validity = {"kokrs": "r.kokrs", "kostl": "r.kostl", "until": "iso_date(r.datbi)"}
    return Derivation(
        COST_CENTERS,
        CSKS,
        {
            "cost_center_id": "r.center",
            "name": "CASE WHEN r.is_last THEN r.name ELSE r.name || ' (until ' || r.last_day || ')' END",
            "department": f"coalesce(r.{options.department}, r.name)",
            "entity_id": "r.bukrs",
            "owner": "r.verak",
        },
        (
            Lookup("texts", {"kokrs": "r.kokrs", "kostl": "r.kostl"}, texts, ("cskt",), "false"),
            Lookup("standing", validity, _history(options), ("csks",), "false"),
        ),
        (
            terms.other_client("r.mandt", options),
            LeftOut("earlier validity of the cost center", "iso_date(r.datbi) <> r.last_day"),
        ),
        found={
            "name": 'coalesce("texts".name, r.kostl)',
            "center": '"standing".center',
            "last_day": '"standing".last_day',
            "is_last": '"standing".is_last',
        },
    )


def validities(center: str, options: SapOptions) -> Lookup:
    """Lookup of the validities of a code that is several cost centers here. `center`: the code of the row."""
    query = (
        "SELECT kostl, list({'area': kokrs, 'only': only_area, 'since': since, 'until': until, 'center': center} "
        f"ORDER BY file_seq DESC, until) AS listed FROM ({_history(options)}) GROUP BY kostl "
        "HAVING count(DISTINCT center) > 1"
    )
    return Lookup("validities", {"kostl": center}, query, ("csks",), "false")


def on_day(area: str, center: str, day: str) -> str:
    """The cost center of a code on a day; the code itself where no validity has the day. `area`: null where not said."""
    is_meant = f"v.area = coalesce({area}, v.only) AND {day} BETWEEN v.since AND v.until"
    dated = f'coalesce(list_filter("validities".listed, lambda v : {is_meant})[1].center, {center})'
    return f'CASE WHEN "validities".listed IS NULL THEN {center} ELSE {dated} END'


def in_month(area: str, center: str, month: str) -> str:
    """The cost center of a code at the end of a month, for what is planned in it. `month`: a day in the month."""
    return on_day(area, center, f"CAST(last_day({month}) AS VARCHAR)")


def _history(options: SapOptions) -> str:
    """Query of every validity: its days, the cost center it is here, the last day of that, and whether it is the last."""
    place = f"concat_ws('|', coalesce({options.department}, ''), coalesce(bukrs, ''))"
    alike = f"kokrs, kostl, {place}" if options.cost_centers == "posting" else "kokrs, kostl"
    areas = "CASE WHEN min(kokrs) OVER (PARTITION BY kostl) = max(kokrs) OVER (PARTITION BY kostl) THEN kokrs END"
    days = (
        f"SELECT kokrs, kostl, file_seq, coalesce(iso_date(datab), '0001-01-01') AS since, iso_date(datbi) AS until, "
        f"max(iso_date(datbi)) OVER (PARTITION BY {alike}) AS last_day, {areas} AS only_area FROM csks"
    )
    code = "CASE WHEN only_area IS NULL THEN kokrs || '/' || kostl ELSE kostl END"
    return (
        f"SELECT *, {code} || CASE WHEN is_last THEN '' ELSE '@' || last_day END AS center FROM "
        f"(SELECT *, last_day = max(until) OVER (PARTITION BY kokrs, kostl) AS is_last FROM ({days}))"
    )
