"""Arguments that several fields take, with their descriptions. What a page is: connection.py."""

from typing import Annotated

import strawberry

First = Annotated[int | None, strawberry.argument(description="How many nodes, 0 to 200; 50 if left out.")]
After = Annotated[
    str | None,
    strawberry.argument(
        description="The `cursor` or `endCursor` after which to go on; from the beginning if left out."
    ),
]
