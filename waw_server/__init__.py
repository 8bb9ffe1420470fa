"""WaW's server: sealed minutes in, a person's own history out."""

__version__ = "0.1.0"
