"""What a user would write in SQL to take in the same rows: COPY to a stage, then INSERT ... ON CONFLICT, by batch."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from graph.money import TEN_THOUSANDTHS
from tests.benchmarks import data
from tests.benchmarks.postgres import TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.benchmarks.data import Item, Shape
    from tests.benchmarks.postgres import Postgres

NOTE = "The peer checks no row and reports on none."

_TABLES = """
create table owner(id uuid primary key default gen_random_uuid(), external_id text not null unique);
create table opportunity(
  id uuid primary key default gen_random_uuid(), external_id text not null unique, name text not null,
  state text not null, status text, estimated_value bigint, actual_value bigint, actual_close_date date,
  owner uuid references owner, created_at timestamptz not null, updated_at timestamptz not null);
create index on opportunity(name);
create index on opportunity(owner);
"""
_STAGE = """
create temp table stage(external_id text, name text, state text, status text, estimated_value bigint,
  actual_value bigint, actual_close_date date, owner text) on commit delete rows;
"""
_MERGE = """
insert into opportunity as o(external_id, name, state, status, estimated_value, actual_value, actual_close_date, owner,
  created_at, updated_at)
select s.external_id, s.name, s.state, s.status, s.estimated_value, s.actual_value, s.actual_close_date, w.id,
  now(), now() from stage s join owner w on w.external_id = s.owner
on conflict (external_id) do update set name = excluded.name, state = excluded.state, status = excluded.status,
  estimated_value = excluded.estimated_value, actual_value = excluded.actual_value,
  actual_close_date = excluded.actual_close_date, owner = excluded.owner, updated_at = excluded.updated_at
where (o.name, o.state, o.status, o.estimated_value, o.actual_value, o.actual_close_date, o.owner) is distinct from
  (excluded.name, excluded.state, excluded.status, excluded.estimated_value, excluded.actual_value,
  excluded.actual_close_date, excluded.owner);
"""


def prepare(peer: Postgres, shape: Shape) -> None:
    """Make the tables, with the keys and indexes that ours have, and the owners."""
    first, last = shape.first_leaf, shape.goals - 1
    for statement in _TABLES.split(";"):
        peer.psql("-c", statement)
    peer.psql("-c", f"insert into owner(external_id) select '{shape.name}' || i from generate_series({first},{last}) i")
    peer.psql("-c", "vacuum analyze owner")


def ingest(peer: Postgres, rows: Iterable[Item]) -> tuple[float, ...]:
    """Take the rows in, one transaction a batch; rows per second of each batch."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_STAGE + "\\timing on\n")
        sizes = [_write(batch, script.write) for batch in data.batches(rows)]
        script.flush()
        times = [float(found) for found in TIME.findall(peer.psql("-f", script.name))]
    of_batch = len(times) // len(sizes)  # begin, copy, insert, commit
    spent = [sum(times[start : start + of_batch]) / 1000 for start in range(0, len(times), of_batch)]
    return tuple(size / seconds for size, seconds in zip(sizes, spent, strict=True))


def count(peer: Postgres) -> int:
    """Count the records."""
    return int(peer.psql("-c", "select count(*) from opportunity"))


def _write(batch: list[Item], write: Callable[[str], int]) -> int:
    write("begin;\ncopy stage from stdin;\n")
    for row in batch:
        fields = row["fields"]
        amounts = [
            str(int(fields[name]) * TEN_THOUSANDTHS) if name in fields else r"\N"
            for name in ("estimatedValue", "actualValue")
        ]
        values = [row["externalId"], row["name"], row["state"], row["status"], *amounts]
        write("\t".join([*values, fields[data.DATE_FIELD], row["owner"]["user"]]) + "\n")
    write(f"\\.\n{_MERGE}commit;\n")
    return len(batch)
