"""What each code of a refusal means, in a sentence: the schema, the docs and the tests take it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graph.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The rule that is broken, and what to do. A message of the program says it of the case at hand.
MEANINGS: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.METRIC_NAME_TAKEN: "Another metric has the name, upper and lower case alike. Choose another.",
    ErrorCode.METRIC_TYPE_FROZEN: "A metric's type and data type never change. Create another metric.",
    ErrorCode.METRIC_IN_USE: "Goals use the metric. Delete or change them first, or create another metric.",
    ErrorCode.METRIC_WITHOUT_FIELDS: "The metric has no rollup field, so nothing would count. Create one first.",
    ErrorCode.CATEGORY_TAKEN: "The metric has a rollup field of the category. Change that one.",
    ErrorCode.AMOUNT_FIELD_ON_COUNT: "A metric that counts records sums no amount. Leave the amount field out.",
    ErrorCode.AMOUNT_FIELD_REQUIRED: "A metric that sums needs an amount field of the record type. Name one.",
    ErrorCode.AMOUNT_FIELD_TYPE_MISMATCH: "The amount field's type is not the metric's data type. Name another field.",
    ErrorCode.UNKNOWN_RECORD_TYPE: "There is no such record type. Look them up under `recordTypes`.",
    ErrorCode.UNKNOWN_FIELD: "There is no such field here. The message lists those there are.",
    ErrorCode.UNKNOWN_STATE: "The record type has no such state. The message lists those it has.",
    ErrorCode.UNKNOWN_STATUS: "The state has no such status. The message lists those it has.",
    ErrorCode.ROLLUP_FIELD_FROZEN: "A rollup field's category and record type never change. Create another field.",
    ErrorCode.ROLLUP_FIELD_IN_USE: "Goals use the rollup field's metric, so it stays. Delete or change them first.",
    ErrorCode.QUERY_NAME_TAKEN: "Another rollup query has the name, upper and lower case alike. Choose another.",
    ErrorCode.QUERY_RECORD_TYPE_MISMATCH: "A query's record type is the rollup field's, and stays. Take another query.",
    ErrorCode.QUERY_IN_USE: "Goals use the query. Take it off them first.",
    ErrorCode.QUERY_TOO_LARGE: "A query has up to 200 conditions and 10 levels, a condition up to 1 000 values.",
    ErrorCode.OPERATOR_NOT_FOR_TYPE: "The operator does not fit the field's type. The message lists those that do.",
    ErrorCode.GOAL_CYCLE: "A goal cannot be below itself. Choose a parent outside its own tree.",
    ErrorCode.PARENT_METRIC_DIFFERS: "A goal has its parent's metric. Leave the metric out, or choose another parent.",
    ErrorCode.METRIC_LOCKED_IN_TREE: "A goal with a parent or children keeps its metric. Take it out of the tree.",
    ErrorCode.PERIOD_NOT_WITHIN_PARENT: "A goal's period lies within its parent's. Choose one that does.",
    ErrorCode.PERIOD_LOCKED_BY_CLOSED_GOAL: "A closed goal below has the period and cannot follow. Reopen it first.",
    ErrorCode.PERIOD_NOT_IN_CALENDAR: "The fiscal calendar has no such period. Choose one of the years 1970 to 2100.",
    ErrorCode.PERIOD_INCOMPLETE: "A period needs a year and an index, the whole year, or two dates. Give those.",
    ErrorCode.START_AFTER_END: "A period starts on or before the day it ends. Swap or correct the dates.",
    ErrorCode.GOAL_CLOSED: "The goal, or one above it, is closed and read-only. Reopen from the top.",
    ErrorCode.GOAL_OPEN: "The goal is open already.",
    ErrorCode.OPEN_DESCENDANTS: "Goals below are open. Close them first, or with `includeDescendants`.",
    ErrorCode.MANAGER_MUST_BE_USER: "A goal's manager is an active user. Name one.",
    ErrorCode.OWNER_NOT_FOUND: "There is no such user, team, business unit, territory or product line.",
    ErrorCode.TARGET_NEGATIVE: "A target is 0 or more.",
    ErrorCode.STRETCH_NOT_TRACKED: "The metric tracks no stretch target. Leave it out.",
    ErrorCode.STRETCH_BELOW_TARGET: "A stretch target is at least the target.",
    ErrorCode.AMOUNT_OUT_OF_RANGE: "The amount does not fit 64 bits in its units. Give a smaller one.",
    ErrorCode.AMOUNT_TOO_PRECISE: "The amount has more decimal places than are kept: four, or none. Round it.",
    ErrorCode.STRUCTURE_CYCLE: "A unit, territory, product line or manager cannot be below itself.",
    ErrorCode.PERIOD_NOT_MAPPED: "A goal's period has no counterpart in the calendar. Give it one in the mapping.",
    ErrorCode.UNKNOWN_CURRENCY: "There is no such currency. Give the code of ISO 4217, such as `EUR`.",
    ErrorCode.NO_EXCHANGE_RATE: "There is no exchange rate of the currency for the day. Set one first.",
    ErrorCode.BASE_CURRENCY_FROZEN: "Records with money exist, so the base currency stays.",
    ErrorCode.ROLE_NAME_TAKEN: "Another role has this name. Choose another one.",
    ErrorCode.ROLE_SHIPPED: "The role came with the program and keeps its name; System Administrator stays whole.",
    ErrorCode.PROFILE_NAME_TAKEN: "Another field profile has this name. Choose another one.",
    ErrorCode.STRUCTURE_IN_USE: "Goals, records, people or structure refer to it. Change those first.",
    ErrorCode.LAST_ADMINISTRATOR: "One active user stays System Administrator. Name another first.",
    ErrorCode.RECORD_TYPE_FROZEN: "What a record type is part of, or is converted by, stays once it is in use.",
    ErrorCode.FIELD_TYPE_FROZEN: "A field's type never changes. Add another field.",
    ErrorCode.INVALID_VALUE: "The value has not the form or range that the field takes. The message says which.",
    ErrorCode.REQUIRED: "The field needs a value.",
    ErrorCode.TOO_MANY_ROWS: "There are more rows than one request may bring. Split them.",
    ErrorCode.DUPLICATE_ROW: "An earlier row has the same external id. Give each once.",
    ErrorCode.NOTHING_TO_RESUME: "No import of the file as it is was broken off. Import it from the start.",
    ErrorCode.NOT_FOUND: "There is nothing with the id, or nothing that the viewer may see.",
    ErrorCode.FORBIDDEN: "The viewer sees it and may not do this.",
    ErrorCode.CONFLICT: "Another change came first. Read again, then repeat the change.",
}
