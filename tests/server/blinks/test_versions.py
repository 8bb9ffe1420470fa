"""The newest version of a batch is taken, and the two before it."""

import pytest

from waw_server.blinks.versions import NEWEST, TooNew, TooOld, require_taken


@pytest.mark.parametrize(
    "newest, taken, too_old, too_new",
    [
        (1, [1], [0, -1, -(2**31)], [2, 2**31 - 1]),
        (2, [1, 2], [0], [3]),
        (3, [1, 2, 3], [0], [4]),
        (5, [3, 4, 5], [0, 1, 2], [6, 7]),
    ],
)
def test_what_is_taken(newest, taken, too_old, too_new):
    """Older than that the tracker must be upgraded, newer the server."""
    for version in taken:
        require_taken(version, newest)
    for version in too_old:
        with pytest.raises(TooOld):
            require_taken(version, newest)
    for version in too_new:
        with pytest.raises(TooNew):
            require_taken(version, newest)


def test_the_tracker_speaks_the_newest():
    """The two programs change together."""
    from waw_desktop.sync.wire import SCHEMA_VERSION

    assert SCHEMA_VERSION == NEWEST
