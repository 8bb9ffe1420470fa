"""Documents that were parsed and found valid, so that neither is done again for the next request.

Only what is valid is kept. Whoever sends one broken document after another neither drives the
tracker's out, nor leaves hundreds of syntax trees for the garbage collector to look through.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from threading import Lock

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

MOST_KEPT = 64  # three times what the tracker, the pages and the playground ask


class Known:
    """The documents kept, least recently used first; requests in several threads share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._documents: OrderedDict[Hashable, DocumentNode] = OrderedDict()

    def find(self, key: Hashable) -> DocumentNode | None:
        """Return a document, or None if it is not known."""
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
            return self._documents.get(key)

    def keep(self, key: Hashable, document: DocumentNode) -> None:
        """Keep a document, if need be in place of the least recently used."""
        with self._lock:
            self._documents[key] = document
            if len(self._documents) > self._most:
                self._documents.popitem(last=False)


known = Known(MOST_KEPT)


class Documents(SchemaExtension):
    """Has a known document neither parsed nor judged again; stands after what sets the rules."""

    def on_parse(self) -> Iterator[None]:
        """Give the document, if it is known under the rules in force."""
        it = self.execution_context
        it.graphql_document = known.find(self._key())
        yield

    def on_validate(self) -> Iterator[None]:
        """Pass a known document; keep another if it proves valid."""
        it = self.execution_context
        is_known = it.graphql_document is not None and known.find(self._key()) is not None
        if is_known:
            it.pre_execution_errors = []
        yield
        if not is_known and not it.pre_execution_errors and it.graphql_document is not None:
            known.keep(self._key(), it.graphql_document)

    def _key(self) -> Hashable:
        return self.execution_context.query, self.execution_context.validation_rules
