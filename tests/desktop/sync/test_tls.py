"""A password goes only to the server that it is meant for: what TLS refuses."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from waw_desktop.core.retry import Answer
from waw_desktop.sync.client import SignedIn, SyncClient
from waw_desktop.sync.transport import Failure, Timeouts, Transport

LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
LOCALHOST = x509.DNSName("localhost")
OTHER = x509.DNSName("waw.example.org")
HOUR = timedelta(hours=1)


@pytest.fixture
def encrypt(server, tmp_path):
    """Have the server speak TLS as a host, and return the file of its self-signed certificate."""

    def serve(*names, began=-HOUR, lasts=2 * HOUR):
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "WaW")])
        begins = datetime.now(UTC) + began
        certificate = (
            x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + lasts)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        bundle, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
        bundle.write_bytes(certificate.public_bytes(pem))
        secret.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bundle, secret)
        server._http.socket = context.wrap_socket(
            server._http.socket, server_side=True, do_handshake_on_connect=False
        )
        server.url = server.url.replace("http:", "https:")
        return bundle

    return serve


def sign_in(url, ca_bundle=None):
    transport = Transport(url, ca_bundle=ca_bundle, timeouts=Timeouts(2.0, 2.0, 2.0))
    outcome = SyncClient(transport).login("alice@example.org", "correct horse", UUID(int=1), "")
    transport.close()
    return outcome


def test_a_certificate_that_is_trusted(server, encrypt):
    """A company's own is, where its file is named."""
    bundle = encrypt(LOOPBACK)

    assert sign_in(server.url, str(bundle)) == SignedIn()


@pytest.mark.parametrize(
    ("_case", "names", "times", "is_named"),
    [
        ("self-signed", [LOOPBACK], {}, False),
        ("for another host", [OTHER], {}, True),
        ("for this host by another name", [LOCALHOST], {}, True),
        ("expired", [LOOPBACK], {"began": -3 * HOUR}, True),
        ("not valid yet", [LOOPBACK], {"began": HOUR}, True),
    ],
)
def test_a_certificate_that_is_not(server, encrypt, _case, names, times, is_named):
    """Nothing is sent, whatever the environment says."""
    bundle = encrypt(*names, **times)

    outcome = sign_in(server.url, str(bundle) if is_named else None)

    assert outcome == Failure(
        Answer.NO_ANSWER, "the server's certificate is not trusted", is_untrusted=True
    )
    assert server.requests == []


def test_the_environment_trusts_nobody(server, encrypt, monkeypatch):
    """A variable that other programs follow adds no certificate."""
    bundle = encrypt(LOOPBACK)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(bundle))

    assert sign_in(server.url).is_untrusted
