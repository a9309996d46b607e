"""Links to videos and the like as cards: a plain link, no script, no picture and no frame of a third party."""

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urlsplit

ID = r"([\w-]{1,64})"


@dataclass(frozen=True)
class Provider:
    """``pattern`` matches host and path of an address; ``canonical`` is the page that the card opens."""

    name: str
    verb: str
    pattern: re.Pattern[str]
    canonical: str = ""


PROVIDERS = (
    Provider(
        "YouTube",
        "Watch on YouTube",
        re.compile(
            rf"(?:(?:www\.|m\.|music\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#]*&)?v=|shorts/|live/|embed/|v/)|youtu\.be/){ID}"
        ),
        "https://www.youtube.com/watch?v={}",
    ),
    Provider(
        "YouTube",
        "Watch on YouTube",
        re.compile(rf"(?:www\.)?youtube(?:-nocookie)?\.com/(?:playlist|embed/videoseries)\?(?:[^#]*&)?list={ID}"),
        "https://www.youtube.com/playlist?list={}",
    ),
    Provider(
        "Vimeo",
        "Watch on Vimeo",
        re.compile(r"(?:(?:www\.)?vimeo\.com/(?:channels/\w+/|video/)?|player\.vimeo\.com/video/)(\d{1,20})(?![\w-])"),
        "https://vimeo.com/{}",
    ),
    Provider(
        "Dailymotion",
        "Watch on Dailymotion",
        re.compile(rf"(?:(?:www\.|geo\.)?dailymotion\.com/(?:embed/)?video/|dai\.ly/){ID}"),
        "https://www.dailymotion.com/video/{}",
    ),
    Provider(
        "TED",
        "Watch on TED",
        re.compile(r"(?:www\.|embed\.)?ted\.com/talks/([\w/-]{1,120})"),
        "https://www.ted.com/talks/{}",
    ),
    Provider(
        "Spotify",
        "Listen on Spotify",
        re.compile(r"open\.spotify\.com/(?:embed/)?((?:track|album|artist|playlist|episode|show)/\w{1,64})"),
        "https://open.spotify.com/{}",
    ),
    Provider("SoundCloud", "Listen on SoundCloud", re.compile(r"(?:www\.|m\.)?soundcloud\.com/[\w-]+/[\w/-]+")),
    Provider("SoundCloud", "Listen on SoundCloud", re.compile(r"w\.soundcloud\.com/player/\?[^#]*url=")),
    Provider("CodePen", "See it on CodePen", re.compile(r"codepen\.io/[\w-]+/(?:pen|full|embed|details)/[\w-]+")),
    Provider("Gist", "Read it on GitHub", re.compile(r"gist\.github\.com/[\w-]+/[0-9a-f]+")),
    Provider("X", "Read it on X", re.compile(r"(?:www\.|mobile\.)?(?:twitter|x)\.com/\w+/status/\d+")),
    Provider(
        "X",
        "Read it on X",
        re.compile(r"platform\.(?:twitter|x)\.com/embed/Tweet\.html\?(?:[^#]*&)?id=(\d+)"),
        "https://x.com/i/status/{}",
    ),
    Provider("Bluesky", "Read it on Bluesky", re.compile(r"bsky\.app/profile/[\w.:-]+/post/\w+")),
    Provider("Instagram", "See it on Instagram", re.compile(r"(?:www\.)?instagram\.com/(?:p|reel|tv)/[\w-]+")),
    Provider("TikTok", "Watch on TikTok", re.compile(r"(?:www\.)?tiktok\.com/@[\w.-]+/video/\d+")),
    Provider("Mastodon", "Read it on Mastodon", re.compile(r"[\w.-]+\.\w+/@\w+(?:@[\w.-]+)?/\d{15,20}/?$")),
)


# Frames that show the page of which their own address speaks.
PLAYERS = re.compile(r"(?:https?:)?//(?:w\.soundcloud\.com/player/|www\.facebook\.com/plugins/\w+\.php)")


def card(address: str, title: str = "") -> str:
    """The card for an address of a known provider; empty for any other address."""
    rest = re.sub(r"^(?:https?:)?//", "", address)
    for provider in PROVIDERS:
        if rest != address and (match := provider.pattern.match(rest)):
            target = provider.canonical.format(match[1]) if provider.canonical else f"https://{rest}"
            return _html(target, title, provider.verb, provider.name.lower())
    return ""


def frame_card(address: str, title: str = "") -> str:
    """The card for a frame of any provider: what it showed stays one click away."""
    address = _shown_page(address)
    if known := card(address, title):
        return known
    host = urlsplit(address).netloc.rpartition("@")[2] if "//" in address else ""
    return _html(address, title, f"Open on {host}", "other") if host else ""


def _shown_page(address: str) -> str:
    values = parse_qs(urlsplit(address).query) if PLAYERS.match(address) else {}
    shown = (values.get("url") or values.get("href") or [address])[0]
    # An address of an interface for programs shows a reader nothing.
    return shown if re.match(r"https?://(?!api\.)", shown) else address


def _html(target: str, title: str, verb: str, provider: str) -> str:
    name = f'<span class="embed-title">{escape(title)}</span> ' if title else ""
    link = f'<a href="{escape(target)}">{name}<span class="embed-site">{escape(verb)}</span></a>'
    return f'<p class="embed embed-{provider}">{link}</p>'


CLASSES = frozenset({"embed", "embed-other", *(f"embed-{provider.name.lower()}" for provider in PROVIDERS)})
