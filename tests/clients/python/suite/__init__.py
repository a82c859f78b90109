"""End-to-end tests: the real binary, real sockets, the original Python SDK.

Read `world.py` first: it says what a test finds around itself. Run with `cargo xtask test --only python`.
"""
