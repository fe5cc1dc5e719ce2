"""How fast, and against whom: `python -m tests.benchmarks [name ...]`. What is right is the tests' business."""
