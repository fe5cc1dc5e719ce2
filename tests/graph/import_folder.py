"""What tests of imports share: a folder with a file and its map, loaded into a company."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from graph.import_file import FileImport, open_import
from graph.record import RecordsPage
from tests.factories import FOUNDER

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Transaction
    from graph.import_run import ImportedBatch
    from graph.record import RecordRow
    from tests.factories import Company

MAP = """
[fields]
externalId = "no"
owner = { column = "seller", by = "name" }
actualValue = "value"
actualCloseDate = { column = "closed", format = "%m/%d/%Y" }
state = { column = "stage", values = { Done = "WON" } }
currency = { constant = "EUR" }
"""
HEADER = "no,seller,value,closed,stage"


class Folder:
    """A folder with a CSV file and its map."""

    def __init__(self, path: Path, company: Company) -> None:
        self.path = path
        self.company = company

    async def open(
        self, data: str | bytes, map_: str | None = MAP, type_key: str = "opportunity", name: str = "data.csv"
    ) -> FileImport:
        """Write the file and the map, if any, and open them."""
        file, toml = self.path / name, self.path / "map.toml"
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        toml.write_text(map_ or "")
        return await open_import(self.company.database, type_key, file, toml if map_ else None)

    async def load(
        self, data: str | bytes, map_: str | None = MAP, type_key: str = "opportunity", name: str = "data.csv"
    ) -> list[ImportedBatch]:
        """Write and load a file."""
        return await self.run(await self.open(data, map_, type_key, name))

    async def run(self, loading: FileImport, batches: int | None = None, **options: Any) -> list[ImportedBatch]:
        """Run an import, or break it off after some batches."""
        found: list[ImportedBatch] = []
        run = loading.run(self.company.database, FOUNDER, self.company.clock, **options)
        async with aclosing(run):
            async for batch in run:
                found.append(batch)
                if len(found) == batches:
                    break
        return found

    async def records(self, type_key: str = "opportunity") -> dict[str, RecordRow]:
        async def work(tx: Transaction) -> dict[str, RecordRow]:
            [page] = await tx.run(RecordsPage(self.company.ids["administrator"], type_key, 100))
            return {row.external_id: row for row in page.records}

        # Planned for the first time on a server that has just started, the page takes more than a request may.
        return await self.company.database.read(work, deadline=120)
