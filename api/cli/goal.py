"""`goals goal`: goals of a running server, through GraphQL, hence only what the token's user may see."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final, NoReturn

import httpx2
import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli import FAILED, NOT_PERMITTED, UNREACHABLE, USAGE
from api.cli.output import AsJson, console
from graph.settings import read_settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Show goals as a user of a running server sees them."
)

Token = Annotated[
    str | None, typer.Option(envvar="GOALS_TOKEN", show_envvar=True, help="Bearer token; see `goals user token`.")
]
Url = Annotated[str | None, typer.Option(help="Address of the endpoint; default: this host's server.")]
GoalId = Annotated[str, typer.Argument(metavar="ID", help="The goal's id; `goals goal list` shows ids.")]

_TIMEOUT: Final = 60.0  # seconds
_UNAUTHENTICATED: Final = 401
_PAGE: Final = 200
_LARGEST_TREE: Final = 10_000
_CODES: Final = {"UNAUTHENTICATED": NOT_PERMITTED, "FORBIDDEN": NOT_PERMITTED, "UNAVAILABLE": UNREACHABLE}

_LINE: Final = (
    "fragment Line on Goal { id title owner { ... on Owner { name } } period { label } actual target "
    "percentageAchieved status rollup { state } }"
)
_LIST: Final = (
    "query List($filter: GoalFilter, $first: Int, $after: String) {"
    " goals(filter: $filter, first: $first, after: $after) { totalCount"
    " pageInfo { hasNextPage endCursor } edges { node { ...Line } } } } " + _LINE
)
_TREE: Final = (
    "query Tree($id: ID!, $depth: Int!, $first: Int!) { goalTree(rootId: $id, depth: $depth, first: $first)"
    " { truncated nodes { id parentId depth childCount goal { ...Line } } } } " + _LINE
)
_SHOW: Final = (
    "query Show($id: ID!) { goal(id: $id) { ...Line description state metric { name } manager { name }"
    " parent { id title } period { startDate endDate } stretchTarget stretchPercentageAchieved inProgress custom"
    " recordCount todaysTarget pace { amount days } projected rollup { calculatedAt incomplete error }"
    " progressReasons { field code } restrictedChildren { count } } } " + _LINE
)
_HEADER: Final = ("goal", "owner", "period", "actual", "target", "%", "status")
_NUMBERS: Final = frozenset({"actual", "target", "%"})


@app.command("list")
def list_goals(
    *,
    search: Annotated[str | None, typer.Option(help="Only goals with this in their title.")] = None,
    roots: Annotated[bool, typer.Option("--roots", help="Only goals at the top of their tree.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    token: Token = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List goals by title: `goals goal list --roots`."""
    found: list[dict[str, Any]] = []
    after, more, total = None, True, 0
    while more and len(found) < limit:
        wanted = {"search": search, "rootsOnly": roots}
        page = {"first": min(_PAGE, limit - len(found)), "after": after}
        goals = ask(_LIST, {"filter": wanted, **page}, token=token, url=url)["goals"]
        found += [edge["node"] for edge in goals["edges"]]
        total, after, more = goals["totalCount"], goals["pageInfo"]["endCursor"], goals["pageInfo"]["hasNextPage"]
    if as_json:
        _print_json(found)
    else:
        _print([(goal["title"], goal) for goal in found], ids=True)
    if more:
        _say(f"These are {len(found)} of {total} goals. More with --limit.")


@app.command()
def tree(
    goal: GoalId,
    depth: Annotated[int, typer.Option(min=0, max=64, help="Levels below the goal.")] = 64,
    token: Token = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Draw the tree below a goal with owners, actuals, targets and statuses: `goals goal tree ID --depth 2`."""
    found = ask(_TREE, {"id": goal, "depth": depth, "first": _LARGEST_TREE}, token=token, url=url)["goalTree"]
    if found is None:
        _end_not_found()
    nodes = found["nodes"]
    if as_json:
        _print_json(found)
    else:
        _print(
            [(guide + node["goal"]["title"], node["goal"]) for guide, node in zip(_guides(nodes), nodes, strict=True)]
        )
    if found["truncated"]:
        _say(f"Only the upper {len(nodes)} goals are here: the tree is too big for one answer. Ask for a branch of it.")


@app.command()
def show(goal: GoalId, token: Token = None, url: Url = None, as_json: AsJson = False) -> None:
    """Show one goal with its numbers, and why any of them is missing: `goals goal show ID`."""
    found = ask(_SHOW, {"id": goal}, token=token, url=url)["goal"]
    if found is None:
        _end_not_found()
    if as_json:
        _print_json(found)
        return
    reasons = {reason["field"]: reason["code"] for reason in found["progressReasons"]}
    rollup, pace = found["rollup"], found["pace"]
    lines = {
        "title": found["title"],
        "description": found["description"],
        "metric": found["metric"]["name"],
        "owner": _name(found["owner"]),
        "manager": _name(found["manager"]),
        "parent": found["parent"] and found["parent"]["title"],
        "period": f"{found['period']['label']} ({found['period']['startDate']} to {found['period']['endDate']})",
        "state": found["state"],
        "status": found["status"] or reasons.get("status"),
        "actual": found["actual"],
        "target": found["target"],
        "% achieved": found["percentageAchieved"] or reasons.get("percentageAchieved"),
        "stretch target": found["stretchTarget"],
        "% of stretch target": found["stretchPercentageAchieved"],
        "in progress": found["inProgress"],
        "custom": found["custom"],
        "records counted": found["recordCount"],
        "today's target": found["todaysTarget"],
        "pace": pace["amount"] and f"{pace['amount']} ({pace['days']} days)",
        "projected": found["projected"],
        "numbers": f"{rollup['state']}, calculated {rollup['calculatedAt'] or 'never'}",
        "problem": rollup["error"],
        "hidden children": found["restrictedChildren"]["count"] or None,
        "id": found["id"],
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in lines.items():
        if value is not None:
            table.add_row(Text(name, "bold"), Text(str(value)))
    _wide().print(table)


def ask(document: str, variables: dict[str, Any], *, token: str | None, url: str | None) -> Any:
    """Send a document to the server; its data. Anything else ends the command, with one line and the fitting code."""
    settings = read_settings()
    if not token:
        _end("Say who asks: set GOALS_TOKEN, or give --token. `goals user token EXTERNAL_ID` makes one.", USAGE)
    address = url or f"http://{settings.host}:{settings.port}/graphql"
    headers = {"authorization": f"Bearer {token}"}
    try:
        answer = httpx2.post(
            address, json={"query": document, "variables": variables}, headers=headers, timeout=_TIMEOUT
        )
        content = orjson.loads(answer.content)
    except httpx2.TransportError:
        _end(f"{address} does not answer. Start it with `goals serve`, or name it with --url.", UNREACHABLE)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict) or not {"data", "errors"} & content.keys():
        _end(f"{address} is no GraphQL endpoint. Name one with --url.", UNREACHABLE)
    if errors := content.get("errors"):
        code = errors[0].get("extensions", {}).get("code", "")
        status = NOT_PERMITTED if answer.status_code == _UNAUTHENTICATED else _CODES.get(code, FAILED)
        _end(errors[0]["message"], status)
    return content["data"]


def pages(document: str, *, token: str | None, url: str | None) -> list[Any]:
    """Send a document for a connection `found` until its end; all its nodes."""
    nodes, after, more = [], None, True
    while more:
        found = ask(document, {"first": _PAGE, "after": after}, token=token, url=url)["found"]
        nodes += found["nodes"]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    return nodes


def _guides(nodes: list[dict[str, Any]]) -> list[str]:
    """Give what stands before each title: the lines to its siblings and children. `nodes` are in tree order."""
    top = nodes[0]["depth"]
    guides: list[str] = []
    # From the end: a level goes on below this line if a node of that level came there before any shallower one.
    goes_on: set[int] = set()
    for node in reversed(nodes):
        level = node["depth"] - top
        goes_on = {deeper for deeper in goes_on if deeper <= level}
        branch = "" if level == 0 else ("├── " if level in goes_on else "└── ")
        guides.append("".join("│   " if above in goes_on else "    " for above in range(1, level)) + branch)
        goes_on.add(level)
    return guides[::-1]


def _print(rows: list[tuple[str, dict[str, Any]]], *, ids: bool = False) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (*_HEADER, *(["id"] if ids else [])):
        table.add_column(name, justify="right" if name in _NUMBERS else "left", overflow="fold")
    for title, goal in rows:
        numbers = (goal["actual"], goal["target"], goal["percentageAchieved"])
        stale = "" if goal["rollup"]["state"] == "CURRENT" else f" ({goal['rollup']['state'].lower()})"
        cells = (title, _name(goal["owner"]), goal["period"]["label"], *numbers, f"{goal['status'] or ''}{stale}")
        # Text, not str: a title's square brackets are no markup.
        table.add_row(*(Text(cell or "") for cell in (*cells, *([goal["id"]] if ids else []))))
    _wide().print(table)


def _wide() -> Console:
    """Give where to print: not on a terminal, a line is a row, whatever its length."""
    return console if console.is_terminal else Console(width=10_000, highlight=False)


def _name(owner: dict[str, Any] | None) -> str | None:
    return None if owner is None else owner["name"]


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _end_not_found() -> NoReturn:
    _end("There is no such goal, or you may not see it. `goals goal list` shows those that there are.", FAILED)


def _end(message: str, code: int) -> NoReturn:
    _say(message)
    raise typer.Exit(code)


def _say(message: str) -> None:
    """Say on stderr what the user must know, whether somebody watches or not."""
    print(f"goals: {message}", file=sys.stderr)
