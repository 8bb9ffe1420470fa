"""Why something will not be sent."""

import pytest

from waw_desktop.core.outgoing import SetAside, Why


@pytest.mark.parametrize(
    "reason, why",
    [
        ("damaged on disk", Why.DAMAGED),
        ("INVALID seenMs: from 0 to durationMs", Why.INVALID),
        ("PAYLOAD_DIFFERS the message is known with another content", Why.DIFFERS),
        ("BAD_USER_INPUT", Why.REFUSED),
        ("", Why.REFUSED),
    ],
)
def test_reasons_by_kind(reason, why):
    assert SetAside(1, reason, "{}").why is why
