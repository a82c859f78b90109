"""Python imports this at start-up when its folder is on PYTHONPATH: programs then run unchanged."""

import importlib.util

import recorder

if importlib.util.find_spec("dropbox"):
    import classic_sdk

    classic_sdk.install()
if importlib.util.find_spec("urllib3"):
    recorder.install()
