from articles.importing.report import Report


def test_one_reason_for_many_items_is_said_once():
    report = Report()
    for number in range(1, 6):
        report.problem(f"Tide {number}", "It has no harbour.")
    report.skip("images", "boat.jpg", "It is no picture.")
    text = report.as_text()
    assert "6 problems:" in text
    assert "  Tide 1, Tide 2, Tide 3 and 2 more: It has no harbour." in text
    assert "  boat.jpg: It is no picture." in text
    assert len(report.as_json()["problems"]) == 6


def test_a_long_list_of_problems_ends_with_how_many_are_left():
    report = Report()
    for number in range(60):
        report.problem("Tide", f"Reason {number}.")
    assert report.as_text(problems=50).splitlines()[-1] == "  … and 10 more."
