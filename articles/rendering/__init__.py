"""The parts behind ``articles.markup``: parsing, rewriting, sanitising, and what is read off the result."""
