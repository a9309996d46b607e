import pytest

from articles.rendering.embeds import card, frame_card


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://youtube.com/watch?feature=share&v=dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("//www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("http://youtu.be/dQw4w9WgXcQ?t=3", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://vimeo.com/76979871", "https://vimeo.com/76979871"),
        ("https://player.vimeo.com/video/76979871?dnt=1", "https://vimeo.com/76979871"),
        ("https://dai.ly/x8abc", "https://www.dailymotion.com/video/x8abc"),
        ("https://open.spotify.com/embed/track/4uLU6h", "https://open.spotify.com/track/4uLU6h"),
        ("https://codepen.io/team/pen/abcDEF", "https://codepen.io/team/pen/abcDEF"),
        ("https://mastodon.example/@anna/109876543210987654", "https://mastodon.example/@anna/109876543210987654"),
    ],
)
def test_an_address_of_a_known_provider_is_a_card_to_its_page(address, target):
    assert f'<a href="{target}">' in card(address)


@pytest.mark.parametrize(
    "address",
    ["https://example.com/", "youtube.com/watch?v=x", "https://evil.example/youtube.com/watch?v=abc", "", "/about/"],
)
def test_any_other_address_is_none(address):
    assert card(address) == ""


def test_a_card_says_what_it_is_called_and_where_it_leads():
    html = card("https://vimeo.com/76979871", "The <mountain>")
    assert '<span class="embed-title">The &lt;mountain&gt;</span>' in html
    assert '<span class="embed-site">Watch on Vimeo</span>' in html


@pytest.mark.parametrize(
    ("address", "target"),
    [
        (
            "https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/anna/tide&color=0",
            "https://soundcloud.com/anna/tide",
        ),
        (
            "https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fa%2Fvideos%2F1%2F",
            "https://www.facebook.com/a/videos/1/",
        ),
        ("https://platform.twitter.com/embed/Tweet.html?dnt=1&id=20", "https://x.com/i/status/20"),
        ("http://maps.example.org/old", "http://maps.example.org/old"),
    ],
)
def test_the_card_of_a_frame_leads_to_the_page_that_the_frame_shows(address, target):
    assert f'<a href="{target}">' in frame_card(address)


def test_a_player_that_names_only_an_address_for_programs_is_linked_itself():
    address = "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1"
    assert f'<a href="{address}"><span class="embed-site">Listen on SoundCloud' in frame_card(address)


def test_a_frame_of_an_unknown_provider_stays_one_click_away():
    assert "Open on maps.example.org" in frame_card("https://maps.example.org/embed?pb=1")
    assert frame_card("") == ""
