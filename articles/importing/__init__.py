"""Moving in from another system: readers turn a source into items, the importer turns items into rows."""
