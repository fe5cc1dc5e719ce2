"""What must be refused of metrics and goals: mutation, input, code and field. Where it is tried: test_goal_refusals."""

from __future__ import annotations

from typing import Any

from tests.api.hierarchy import LINES, OPEN_REVENUE, Q1, WON_REVENUE, YEAR, custom

Q2 = custom("2026-04-01", "2026-06-30")
Attempt = tuple[str, dict[str, Any], str, str | None]

METRICS: list[Attempt] = [
    ("createMetric", {"name": "rEVENUE", "type": "COUNT"}, "METRIC_NAME_TAKEN", "name"),
    ("updateMetric", {"id": "Calls", "name": "REVENUE"}, "METRIC_NAME_TAKEN", "name"),
    ("updateMetric", {"id": "Calls", "type": "AMOUNT"}, "METRIC_TYPE_FROZEN", "type"),
    ("updateMetric", {"id": "Revenue", "dataType": "DECIMAL"}, "METRIC_TYPE_FROZEN", "dataType"),
    ("updateMetric", {"id": "Revenue", "tracksStretchTarget": True}, "METRIC_IN_USE", "tracksStretchTarget"),
    ("updateMetric", {"id": "Calls", "name": "x" * 101}, "INVALID_VALUE", "name"),
    ("deleteMetric", {"id": "Revenue"}, "METRIC_IN_USE", "id"),
    ("deleteMetric", {"id": "absent"}, "NOT_FOUND", "id"),
    ("createMetric", {"name": "New", "type": "AMOUNT"}, "REQUIRED", "dataType"),
    ("createMetric", {"name": "New", "type": "COUNT", "dataType": "MONEY"}, "INVALID_VALUE", "dataType"),
    ("createMetric", {"name": " ", "type": "COUNT"}, "INVALID_VALUE", "name"),
    ("createRollupField", {"metricId": "Stretch", **WON_REVENUE}, "CATEGORY_TAKEN", "category"),
    ("createRollupField", {"metricId": "absent", **WON_REVENUE}, "NOT_FOUND", "metricId"),
    ("createRollupField", {"metricId": "Closed", **OPEN_REVENUE}, "METRIC_IN_USE", "metricId"),
    ("updateRollupField", {"id": "field of Closed", "state": "LOST"}, "METRIC_IN_USE", "metricId"),
    ("updateRollupField", {"id": "field of Revenue", "category": "CUSTOM"}, "ROLLUP_FIELD_FROZEN", "category"),
    ("updateRollupField", {"id": "field of Revenue", "recordType": "order"}, "ROLLUP_FIELD_FROZEN", "recordType"),
    ("updateRollupField", {"id": "field of Revenue", "state": "NONE"}, "UNKNOWN_STATE", "state"),
    ("updateRollupField", {"id": "absent", "state": "LOST"}, "NOT_FOUND", "id"),
    ("deleteRollupField", {"id": "field of Revenue"}, "ROLLUP_FIELD_IN_USE", "id"),
    ("deleteRollupField", {"id": "absent"}, "NOT_FOUND", "id"),
]
FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("Unused", {"amountField": None}, "AMOUNT_FIELD_REQUIRED", "amountField"),
    ("Unused", {"amountField": "quantity"}, "AMOUNT_FIELD_TYPE_MISMATCH", "amountField"),
    ("Unused", {"amountField": "openDate"}, "AMOUNT_FIELD_TYPE_MISMATCH", "amountField"),
    ("Unused", {"amountField": "nothing"}, "UNKNOWN_FIELD", "amountField"),
    ("Unused", {"dateField": "nothing"}, "UNKNOWN_FIELD", "dateField"),
    ("Unused", {"dateField": "actualValue"}, "INVALID_VALUE", "dateField"),
    ("Unused", {"state": "won"}, "UNKNOWN_STATE", "state"),
    ("Unused", {"statuses": ["WON", "NEW"]}, "UNKNOWN_STATUS", "statuses"),
    ("Unused", {"recordType": "nothing"}, "UNKNOWN_RECORD_TYPE", "recordType"),
    ("Calls", {"category": "CUSTOM"}, "AMOUNT_FIELD_ON_COUNT", "amountField"),
    ("Unused", {"stateFromParent": True}, "INVALID_VALUE", "stateFromParent"),
    ("Unused", {"dateFromParent": True}, "INVALID_VALUE", "dateFromParent"),
    ("Unused", {**LINES, "stateFromParent": False}, "UNKNOWN_STATE", "state"),
    ("Unused", {**LINES, "dateFromParent": False}, "UNKNOWN_FIELD", "dateField"),
    ("Unused", {**LINES, "state": "WON"}, "UNKNOWN_STATE", "state"),
    ("Unused", {**LINES, "statuses": ["NEW"]}, "UNKNOWN_STATUS", "statuses"),
    ("Unused", {**LINES, "dateField": "shippedDate"}, "UNKNOWN_FIELD", "dateField"),
    ("Unused", {**LINES, "amountField": "totalAmount"}, "UNKNOWN_FIELD", "amountField"),
]
NEW = {"title": "New", "metricId": "Revenue", "period": YEAR}
BELOW = {"title": "New", "parentId": "Q1 of Child"}
AMOUNTS = [
    ({"target": "-0.0001"}, "TARGET_NEGATIVE", "target"),
    ({"stretchTarget": "-1"}, "TARGET_NEGATIVE", "stretchTarget"),
    ({"stretchTarget": "1"}, "STRETCH_NOT_TRACKED", "stretchTarget"),
    ({"target": "922337203685477.5808"}, "AMOUNT_OUT_OF_RANGE", "target"),
    ({"target": "0.00001"}, "AMOUNT_TOO_PRECISE", "target"),
]
BECAUSE = {"reason": "Because."}
OVERRIDES: list[Attempt] = [
    ("overrideGoal", {"id": title, **BECAUSE, **given}, code, field)
    for title, given, code, field in (
        ("Root", {"actual": "1", "reason": " "}, "REQUIRED", "reason"),
        ("Root", {"actual": "1", "reason": "x" * 2001}, "INVALID_VALUE", "reason"),
        ("Root", {}, "REQUIRED", "actual"),
        ("Root", {"actual": None}, "REQUIRED", "actual"),
        ("Root", {"inProgress": "1"}, "INVALID_VALUE", "inProgress"),
        ("Root", {"actual": "0.00001"}, "AMOUNT_TOO_PRECISE", "actual"),
        ("Root", {"actual": "-922337203685477.5808"}, "AMOUNT_OUT_OF_RANGE", "actual"),
        ("Root", {"actual": "1", "endDate": "2026-02-14"}, "INVALID_VALUE", "endDate"),
        ("Called", {"actual": "-1"}, "INVALID_VALUE", "actual"),
        ("Called", {"actual": "1.5"}, "AMOUNT_TOO_PRECISE", "actual"),
    )
]
#: Parent, metric and period at once.
PLACES: list[Attempt] = [
    ("updateGoal", {"id": title, "parentId": parent, **given}, code, field)
    for title, parent, given, code, field in (
        ("Child", "Stretched", {"metricId": "Stretch"}, "METRIC_LOCKED_IN_TREE", "metricId"),
        ("Grandchild", "Root", {"metricId": "Stretch"}, "PARENT_METRIC_DIFFERS", "metricId"),
        ("Grandchild", "Q1 of Child", {"metricId": "Stretch"}, "METRIC_LOCKED_IN_TREE", "metricId"),
        ("Grandchild", "Stretched", {"period": Q1}, "PARENT_METRIC_DIFFERS", "parentId"),
        ("Grandchild", "Root of 2027", {}, "PERIOD_NOT_WITHIN_PARENT", "parentId"),
        ("Grandchild", "Q2 of Child", {"period": YEAR}, "PERIOD_NOT_WITHIN_PARENT", "period"),
        ("Root", "Grandchild", {"period": Q1}, "GOAL_CYCLE", "parentId"),
        ("Half open", "Root", {"period": Q1}, "PERIOD_LOCKED_BY_CLOSED_GOAL", "period"),
        ("Child", "absent", {"title": "Other"}, "NOT_FOUND", "parentId"),
    )
]
GOALS: list[Attempt] = [
    *OVERRIDES,
    *PLACES,
    *(("createGoal", {**NEW, **amount}, code, field) for amount, code, field in AMOUNTS),
    *(("updateGoal", {"id": "Child", **amount}, code, field) for amount, code, field in AMOUNTS),
    (
        "createGoal",
        {**NEW, "metricId": "Stretch", "target": "10", "stretchTarget": "9.9999"},
        "STRETCH_BELOW_TARGET",
        "stretchTarget",
    ),
    ("updateGoal", {"id": "Stretched", "target": "21"}, "STRETCH_BELOW_TARGET", "stretchTarget"),
    ("updateGoal", {"id": "Stretched", "stretchTarget": "9"}, "STRETCH_BELOW_TARGET", "stretchTarget"),
    ("updateGoal", {"id": "Stretched", "metricId": "Revenue"}, "STRETCH_NOT_TRACKED", "stretchTarget"),
    ("createGoal", {**NEW, "metricId": "Empty"}, "METRIC_WITHOUT_FIELDS", "metricId"),
    ("createGoal", {**NEW, "metricId": "absent"}, "NOT_FOUND", "metricId"),
    ("createGoal", {"title": "New", "period": YEAR}, "REQUIRED", "metricId"),
    ("createGoal", {"title": "New", "metricId": "Revenue"}, "PERIOD_INCOMPLETE", "period"),
    ("createGoal", {**NEW, "title": ""}, "INVALID_VALUE", "title"),
    ("updateGoal", {"id": "Child", "title": "x" * 101}, "INVALID_VALUE", "title"),
    ("createGoal", {**BELOW, "metricId": "Stretch"}, "PARENT_METRIC_DIFFERS", "metricId"),
    ("moveGoal", {"id": "Child", "parentId": "Stretched"}, "PARENT_METRIC_DIFFERS", "parentId"),
    *(
        ("updateGoal", {"id": title, "metricId": "Stretch"}, "METRIC_LOCKED_IN_TREE", "metricId")
        for title in ("Root", "Child", "Grandchild")
    ),
    *(
        ("moveGoal", {"id": "Root", "parentId": title}, "GOAL_CYCLE", "parentId")
        for title in ("Root", "Child", "Grandchild")
    ),
    ("createGoal", {**BELOW, "period": YEAR}, "PERIOD_NOT_WITHIN_PARENT", "period"),
    (
        "updateGoal",
        {"id": "Q2 of Child", "period": custom("2026-04-01", "2027-01-01")},
        "PERIOD_NOT_WITHIN_PARENT",
        "period",
    ),
    ("updateGoal", {"id": "Root", "period": Q1}, "PERIOD_NOT_WITHIN_PARENT", "period"),
    ("moveGoal", {"id": "Root of 2027", "parentId": "Root"}, "PERIOD_NOT_WITHIN_PARENT", "parentId"),
    (
        "updateGoal",
        {"id": "Half open", "period": custom("2025-01-01", "2027-12-31")},
        "PERIOD_LOCKED_BY_CLOSED_GOAL",
        "period",
    ),
    (
        "createGoal",
        {**NEW, "period": {"fiscal": {"year": 2026, "index": 5}}},
        "PERIOD_NOT_IN_CALENDAR",
        "period.fiscal.index",
    ),
    (
        "createGoal",
        {**NEW, "period": {"fiscal": {"year": 1969, "index": 1}}},
        "PERIOD_NOT_IN_CALENDAR",
        "period.fiscal.year",
    ),
    (
        "createGoal",
        {**NEW, "period": {"fiscalYear": {"year": 2101}}},
        "PERIOD_NOT_IN_CALENDAR",
        "period.fiscalYear.year",
    ),
    ("createGoal", {**NEW, "period": custom("2026-02-02", "2026-02-01")}, "START_AFTER_END", "period.custom.endDate"),
    (
        "updateGoal",
        {"id": "Root", "period": custom("2026-02-02", "2026-02-01")},
        "START_AFTER_END",
        "period.custom.endDate",
    ),
    ("createGoal", {**NEW, "managerId": "Team 1"}, "MANAGER_MUST_BE_USER", "managerId"),
    ("updateGoal", {"id": "Child", "managerId": "Team 1"}, "MANAGER_MUST_BE_USER", "managerId"),
    ("assignGoal", {"id": "Child", "managerId": "Gone"}, "MANAGER_MUST_BE_USER", "managerId"),
    ("assignGoal", {"id": "Child", "managerId": "absent"}, "NOT_FOUND", "managerId"),
    ("createGoal", {**NEW, "ownerId": "absent"}, "OWNER_NOT_FOUND", "ownerId"),
    ("assignGoal", {"id": "Child", "ownerId": "Root"}, "OWNER_NOT_FOUND", "ownerId"),
    ("updateGoal", {"id": "Child", "ownerId": ""}, "OWNER_NOT_FOUND", "ownerId"),
    ("updateGoal", {"id": "Child", "managerId": ""}, "NOT_FOUND", "managerId"),
    ("closeGoal", {"id": "Root"}, "OPEN_DESCENDANTS", "id"),
    ("reopenGoal", {"id": "Root"}, "GOAL_OPEN", "id"),
    ("recalculateGoal", {"goalId": "Root", "waitSeconds": 61}, "INVALID_VALUE", "waitSeconds"),
]
CLOSED: list[Attempt] = [
    *(
        attempt
        for title in ("Top", "Under", "Half closed", "Dropped")
        for attempt in (
            ("updateGoal", {"id": title, "title": "Other"}, "GOAL_CLOSED", "id"),
            ("updateGoal", {"id": title, "period": Q1}, "GOAL_CLOSED", "id"),
            ("updateGoal", {"id": title, "parentId": "Open"}, "GOAL_CLOSED", "id"),
            ("updateGoal", {"id": "Open", "parentId": title, "title": "Other"}, "GOAL_CLOSED", "parentId"),
            ("overrideGoal", {"id": title, "actual": "1", **BECAUSE}, "GOAL_CLOSED", "id"),
            ("clearGoalOverride", {"id": title}, "GOAL_CLOSED", "id"),
            ("assignGoal", {"id": title, "ownerId": "Rep 1"}, "GOAL_CLOSED", "id"),
            ("moveGoal", {"id": title, "parentId": None}, "GOAL_CLOSED", "id"),
            ("moveGoal", {"id": title, "parentId": "Open"}, "GOAL_CLOSED", "id"),
            ("closeGoal", {"id": title}, "GOAL_CLOSED", "id"),
            ("cancelGoal", {"id": title}, "GOAL_CLOSED", "id"),
            ("createGoal", {"title": "New", "parentId": title}, "GOAL_CLOSED", "parentId"),
            ("moveGoal", {"id": "Open", "parentId": title}, "GOAL_CLOSED", "parentId"),
        )
    ),
    ("createGoal", {"title": "New", "parentId": "Open below Dropped"}, "GOAL_CLOSED", "parentId"),
    ("moveGoal", {"id": "Open", "parentId": "Open below Dropped"}, "GOAL_CLOSED", "parentId"),
    ("moveGoal", {"id": "Open below Dropped", "parentId": None}, "GOAL_CLOSED", "id"),
    ("deleteGoal", {"id": "Open below Dropped"}, "GOAL_CLOSED", "id"),
    ("deleteGoal", {"id": "Under"}, "GOAL_CLOSED", "id"),
    ("reopenGoal", {"id": "Under"}, "GOAL_CLOSED", "id"),
]
ON_ONE_GOAL: list[tuple[str, dict[str, Any], str]] = [
    ("updateGoal", {"title": "Other"}, "id"),
    ("assignGoal", {"ownerId": "Rep 1"}, "id"),
    ("updateGoal", {"parentId": None}, "id"),
    ("moveGoal", {"parentId": None}, "id"),
    ("overrideGoal", {"actual": "1", **BECAUSE}, "id"),
    ("clearGoalOverride", {}, "id"),
    ("deleteGoal", {}, "id"),
    ("closeGoal", {}, "id"),
    ("cancelGoal", {}, "id"),
    ("reopenGoal", {}, "id"),
    ("recalculateGoal", {}, "goalId"),
    ("createGoal", {"title": "New"}, "parentId"),
]
