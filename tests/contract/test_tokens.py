"""The server's refresh token fits every keyring that the tracker may put it in."""

from uuid import UUID

from waw_server.accounts.tokens import RefreshToken

WINDOWS_LIMIT_BYTES = 2560  # CRED_MAX_CREDENTIAL_BLOB_SIZE: 5 * 512, filled with UTF-16


def test_the_refresh_token_fits_windows_credential_manager():
    """The longest one takes less than a tenth of the room."""
    longest = RefreshToken(UUID(int=2**128 - 1), 2**32 - 1, b"\xff" * 32).sealed(b"key")

    assert len(longest.encode("utf-16-le")) < WINDOWS_LIMIT_BYTES / 10
