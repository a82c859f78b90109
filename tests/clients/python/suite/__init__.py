"""End-to-end tests: the real binary, real sockets, original clients.

A folder for each client; its `world.py` says what a test finds around itself. Run with `cargo xtask test --only python`.
"""
