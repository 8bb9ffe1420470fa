"""`health`: public, and silent about what would help an attacker."""


def test_a_stranger_learns_that_it_works_and_no_more(post):
    """Status, uptime and database for anybody; the version for nobody unknown."""
    answer = post("{ health { status uptimeSeconds database version } }")

    health = answer["data"]["health"]
    assert health["uptimeSeconds"] >= 0
    assert (health["status"], health["database"], health["version"]) == ("ok", "ok", None)


def test_somebody_signed_in_learns_the_version(post, alice, signed_in):
    """The version helps alice to report a fault."""
    answer = post("{ health { version } }", token=signed_in(alice).access)

    assert answer["data"]["health"]["version"] == "0.1.0"
