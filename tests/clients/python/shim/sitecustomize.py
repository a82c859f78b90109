"""Python imports this at start-up when its folder is on PYTHONPATH: programs then run unchanged."""

import classic_sdk
import recorder

classic_sdk.install()
recorder.install()
