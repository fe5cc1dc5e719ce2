"""`python -m api.cli`: the command `goals` without its script."""

from api.cli import main

main()
