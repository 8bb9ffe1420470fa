"""No secret is in the repository."""

import re
import subprocess

from waw_server.ops.database import PROJECT

SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    rb"|\bAKIA[0-9A-Z]{16}\b"  # of Amazon
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}\b"  # of GitHub
    rb"|^(?:SECRET_KEY|JWT_SIGNING_KEY|[A-Z_]*PASSWORD|[A-Z_]*SECRET)=\S+",
    re.MULTILINE,
)


def test_the_repository_holds_none():
    """No private key, no token of a well-known kind, no value for a secret in `.env.example`."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True)
    files = [PROJECT / name for name in listed.stdout.decode().split("\0") if name]

    assert len(files) > 100  # the search itself works
    assert {
        str(path): found.group()
        for path in files
        if path.exists() and (found := SECRETS.search(path.read_bytes()))
    } == {}


def test_one_would_be_found():
    assert SECRETS.search(b"a\nSECRET_KEY=abc\n")
    assert SECRETS.search(b"-----BEGIN RSA " + b"PRIVATE KEY-----")
    assert not SECRETS.search(b"a\nSECRET_KEY=\nJWT_SIGNING_KEY=\n")
