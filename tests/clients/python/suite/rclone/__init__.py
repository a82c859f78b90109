"""rclone, which knows Box by its host names alone: it goes through a gateway that joins those names to the server.

RCLONE         the program
SUITE_TLS   a folder with the authority (`ca.pem`) and the certificate (`cert.pem`, `key.pem`) made for this run
"""

import os
from pathlib import Path

TLS = Path(os.environ["SUITE_TLS"])
# How the server is started.
SERVE = ["--tls-cert", TLS / "cert.pem", "--tls-key", TLS / "key.pem"]
