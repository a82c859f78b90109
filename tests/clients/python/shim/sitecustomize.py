"""Python imports this at start-up when its folder is on PYTHONPATH: programs then run unchanged."""

import classic_sdk

classic_sdk.install()
