"""The hosts file of these tests, which Python loads by itself when this folder is on PYTHONPATH.

WeChat's names and port 443 lead to the sandbox; other names do not exist. Trust is not its matter: REQUESTS_CA_BUNDLE
says whose certificates are good. The SDKs know of neither.
"""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

_LINES = (Path(__file__).parents[2] / "hosts").read_text(encoding="utf-8").splitlines()
_WECHAT = {line.split()[1] for line in _LINES if line and not line.startswith("#")}
_SANDBOX = urlsplit(os.environ["SANDBOX_TLS_URL"])
_look_up = socket.getaddrinfo


def _look_up_here(host, port, *how, **more):
    if host in _WECHAT and port == 443:
        return _look_up(_SANDBOX.hostname, _SANDBOX.port, *how, **more)
    if host in ("127.0.0.1", "localhost"):
        return _look_up(host, port, *how, **more)
    # A test that leaves this machine is a mistake, and shall fail as one.
    raise socket.gaierror(socket.EAI_NONAME, f"{host} is not in the hosts file of these tests")


socket.getaddrinfo = _look_up_here
