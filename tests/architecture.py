"""What holds the three folders apart: each check takes a tree of files and says what to do about each violation."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS = ("api", "graph", "cypher")
LONGEST = 350  # lines

#: What a folder may import of ours.
_BELOW = {"api": {"api", "graph"}, "graph": {"graph", "cypher"}, "cypher": {"cypher"}}
_WEB = {"strawberry", "starlette", "uvicorn", "graphql", "typer"}
_DRIVERS = {"graph/database.py", "graph/launcher.py"}
_COMPILERS = {f"graph/{name}_compiler.py" for name in ("rollup", "own", "query", "contribution", "difference")}
#: Reads the files, and puts around the text of one what many rows need.
_READER = "cypher/__init__.py"
_CLAUSE = re.compile(
    r"^\s*(OPTIONAL )?(MATCH|MERGE|UNWIND|CREATE|DETACH DELETE|CALL)\b\s*[({$\w]|\bRETURN\s+\w+(\.\w+)?\s+(AS|ORDER)\b",
    re.MULTILINE,
)
_VIEWER = "MATCH (viewer:User {id: $viewer, active: true})"


def modules(root: Path, *folders: str) -> Iterator[tuple[str, str]]:
    """Give (path below root, text) of each Python file in the folders."""
    for folder in folders or FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            yield file.relative_to(root).as_posix(), file.read_text("utf-8")


def imports(text: str) -> set[str]:
    """Name all modules that a file imports, anywhere in it; `from a import b` gives both a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def upward_imports(root: Path) -> list[str]:
    """Find imports against the direction api → graph → cypher."""
    found = []
    for path, text in modules(root):
        folder = path.split("/")[0]
        tops = {name.split(".")[0] for name in imports(text)}
        found += [
            f"{path} imports {other}: the direction is api → graph → cypher. Move what it needs down, "
            f"or ask through {'graph' if folder == 'api' else 'its caller'}."
            for other in sorted((tops & {*FOLDERS, "tests"}) - _BELOW[folder])
        ]
    return found


def web_in_graph(root: Path) -> list[str]:
    """Find the web in graph/ and cypher/."""
    return [
        f"{path} imports {name}: graph/ knows no web. Return rows, and shape them in api/."
        for path, text in modules(root, "graph", "cypher")
        for name in sorted({name.split(".")[0] for name in imports(text)} & _WEB)
    ]


def stray_drivers(root: Path) -> list[str]:
    """Find the driver outside of graph/database.py (and the launcher, which asks a server whether it is ready)."""
    return [
        f"{path} imports neo4j: only graph/database.py does. Give Database a method for it."
        for path, text in modules(root)
        if path not in _DRIVERS and "neo4j" in {name.split(".")[0] for name in imports(text)}
    ]


def stray_readers(root: Path) -> list[str]:
    """Find the reading of statement files outside of cypher/__init__.py."""
    reads = re.compile(r"""\.cypher['"]|\.cypher\{|resources\.files\(|importlib\.resources""")
    return [
        f"{path} reads statement files: only cypher/__init__.py does. Declare a Read or Write class."
        for path, text in modules(root)
        # The reloader watches them for changes, and reads none.
        if path not in {"cypher/__init__.py", "api/cli/reload.py"} and reads.search(_code(text))
    ]


def strays_of_cypher(root: Path) -> list[str]:
    """Find Cypher text in Python, outside of the compilers and of what reads the files."""
    return [
        f"{path}:{line} holds Cypher: put the statement into cypher/<folder>/<name>.cypher."
        for path, text in modules(root)
        if path not in _COMPILERS | {_READER}
        for line in _cypher_lines(text)
    ]


def long_files(root: Path) -> list[str]:
    """Find files that have grown past reading."""
    files = [*modules(root, *FOLDERS, "tests"), *statements(root)]
    return [
        f"{path} has {len(text.splitlines())} lines, at most {LONGEST} are read: split it by concept."
        for path, text in files
        if len(text.splitlines()) > LONGEST
    ]


def statements(root: Path) -> Iterator[tuple[str, str]]:
    """Give (path below root, text) of each statement file, fragments and schema left out."""
    for file in sorted((root / "cypher").rglob("*.cypher")):
        path = file.relative_to(root).as_posix()
        if path.split("/")[1] not in {"schema", "visibility", "columns"}:
            yield path, file.read_text("utf-8")


def sees(text: str) -> str:
    """Give the class in a statement's header; "" where there is none."""
    lines = text.splitlines()[:2]
    if len(lines) < 2 or not lines[0].startswith("// "):
        return ""
    found = re.fullmatch(r"// sees: (viewer|aggregate|engine)", lines[1])
    return found[1] if found else ""


def undeclared_statements(root: Path) -> list[str]:
    """Find statements that do not say what they answer and whom they are for."""
    return [
        f"{path} must open with '// what it answers' and '// sees: viewer | aggregate | engine'."
        for path, text in statements(root)
        if not sees(text)
    ]


def open_statements(root: Path) -> list[str]:
    """Find statements for viewers that do not go through the policy."""
    found = []
    for path, text in statements(root):
        if sees(text) != "viewer":
            continue
        if _VIEWER not in text:
            found.append(f"{path} is for viewers, so it begins with {_VIEWER}; or say `// sees: engine`.")
        elif "visible." not in text and "viewer.administrator" not in text:
            found.append(f"{path} is for viewers: filter with a fragment, such as visible.goal(g).")
    return found


def telling_aggregates(root: Path) -> list[str]:
    """Find aggregates that return ids or names."""
    telling = re.compile(r"\bAS (\w*_?ids?|\w*_?names?|title)\b")
    return [
        f"{path} is an aggregate, but returns {match[1]}: return totals only, or say `// sees: viewer`."
        for path, text in statements(root)
        if sees(text) == "aggregate"
        for match in telling.finditer(text[text.rfind("RETURN") :])
    ]


def engine_classes(root: Path) -> set[str]:
    """Name the classes in graph/ whose statements are for the engine."""
    engine = {path[len("cypher/") : -len(".cypher")] for path, text in statements(root) if sees(text) == "engine"}
    classes = set()
    for _, text in modules(root, "graph"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                paths = [
                    key.value.value
                    for key in node.keywords
                    if key.arg == "path" and isinstance(key.value, ast.Constant)
                ]
                classes |= {node.name for path in paths if path in engine}
    return classes


def engine_in_api(root: Path) -> list[str]:
    """Find statements of the engine used in api/."""
    classes = engine_classes(root)
    return [
        f"{path} uses {name}, which sees past the viewer: call a function of graph/ that decides who may."
        for path, text in modules(root, "api")
        for name in sorted({imported.split(".")[-1] for imported in imports(text)} & classes)
    ]


def _code(text: str) -> str:
    """Give a file's code without docstrings and comments."""
    return ast.unparse(_without_docstrings(ast.parse(text)))


def _cypher_lines(text: str) -> Iterator[int]:
    for node in ast.walk(_without_docstrings(ast.parse(text))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CLAUSE.search(node.value):
            yield node.lineno


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body[0] = ast.Pass()
    return tree
