"""What granian is handed: a reply whole where it is whole, a file in pieces."""

import json
import os
import subprocess
import sys

from waw_server.ops.database import PROJECT

# In a process of its own: the entry point settles the whole process that it is loaded in.
ASK = """
import gc, io, json, sys
from django.core.signals import request_finished
from waw_server.wsgi import application

finished = []
request_finished.connect(lambda **_: finished.append(1), weak=False)


def asked(method, path, body=b""):
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    told = []
    reply = application(environ, lambda status, headers: told.append((status, dict(headers))))
    (status, headers), = told
    is_open = len(finished)
    body = b"".join(reply)
    if hasattr(reply, "close"):
        reply.close()
    return [status, type(reply).__name__, len(body) == int(headers["Content-Length"]), is_open]


json.dump(
    {
        "api": asked("POST", "/graphql", b'{"query": "{ health { status } }"}'),
        "file": asked("GET", "/static/admin/css/base.css"),
        "frozen": gc.get_freeze_count(),
        "finished": len(finished),
    },
    sys.stdout,
)
"""


def test_how_replies_are_handed_over(database_url):
    """Each is closed once: a list is handed over closed, for nobody would tell when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        check=True,
        capture_output=True,
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": database_url, "WAW_ENV": "development"},
    )

    found = json.loads(done.stdout)
    assert found["api"] == ["200 OK", "list", True, 1]
    assert found["file"] == ["200 OK", "WhiteNoiseFileResponse", True, 1]
    assert found["finished"] == 2
    assert found["frozen"] > 10_000
