"""The service beside a hand-written endpoint: ``python -m tests.benchmarks``. Nothing here is collected as a test."""
