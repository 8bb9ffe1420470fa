"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at OWASP's floor: 19 MiB, two passes, one lane.

    Django's default of 100 MiB and eight lanes costs 236 ms of CPU a sign-in and lets a dozen
    at once take a gigabyte; this costs 28 ms.
    Source: OWASP Password Storage Cheat Sheet, Argon2id.
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1
