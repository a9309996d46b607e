"""Trees of which only each one's parent is known, and in which wrong data may have made circles."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def ancestors(key: Key, parent_of: Callable[[Key], Key | None]) -> Iterator[Key]:
    """From the parent upwards, each once; what stands in a circle is an ancestor of itself."""
    seen: set[Key] = set()
    above = parent_of(key)
    while above is not None and above not in seen:
        seen.add(above)
        yield above
        above = parent_of(above)


def parents_first(keys: Iterable[Key], parent_of: Callable[[Key], Key | None]) -> Iterator[Key]:
    """Each once, after its parent; a circle is cut somewhere."""
    given: set[Key] = set()
    for key in keys:
        chain: list[Key] = []
        current: Key | None = key
        while current is not None and current not in given:
            given.add(current)
            chain.append(current)
            current = parent_of(current)
        yield from reversed(chain)
