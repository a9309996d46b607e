from articles.importing.ancestry import ancestors, parents_first

TREE = {"child": "parent", "parent": "root", "root": None, "stray": "unknown"}
CIRCLE = {"a": "b", "b": "a", "below": "a"}


def test_ancestors_are_told_from_the_parent_upwards():
    assert list(ancestors("child", TREE.get)) == ["parent", "root"]


def test_what_stands_in_a_circle_is_its_own_ancestor_and_what_hangs_below_is_not():
    assert list(ancestors("a", CIRCLE.get)) == ["b", "a"]
    assert "below" not in ancestors("below", CIRCLE.get)


def test_each_comes_once_and_after_its_parent():
    assert list(parents_first(["child", "root", "parent"], TREE.get)) == ["root", "parent", "child"]
    assert sorted(parents_first(CIRCLE, CIRCLE.get)) == ["a", "b", "below"]
