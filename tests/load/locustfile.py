"""A small crowd of readers, for a site that runs on this machine.

    .venv/bin/pip install -c constraints.txt -e '.[load]'
    .venv/bin/locust -f tests/load/locustfile.py --headless -u 20 -r 5 -t 30s --host http://127.0.0.1:8000

Most come from a link to one article, some walk through lists, few search, and feed readers ask with validators.
"""

import random
import re

from locust import HttpUser, between, events, task

LOCAL = re.compile(r"^https?://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?/?$")


@events.test_start.add_listener
def stay_on_this_machine(environment, **kwargs):
    """Load belongs to one's own machine: any other host ends the run before the first request."""
    if not LOCAL.match(environment.host or ""):
        raise SystemExit("Name a site on this machine: --host http://127.0.0.1:8000")


class Reader(HttpUser):
    wait_time = between(0.1, 1)

    def on_start(self) -> None:
        self.articles = re.findall(r'href="(/articles/[^"#?]+/)"', self.client.get("/").text) or ["/"]

    @task(10)
    def read_an_article(self) -> None:
        self.client.get(random.choice(self.articles), name="/articles/[slug]/")

    @task(3)
    def open_the_home_page(self) -> None:
        self.client.get("/")

    @task(1)
    def search(self) -> None:
        self.client.get("/search/", params={"q": random.choice(["tide", "harbour", "map", "zebra"])}, name="/search/")

    @task(1)
    def ask_the_api(self) -> None:
        self.client.get("/api/v1/articles/")


class FeedReader(HttpUser):
    weight = 1
    wait_time = between(1, 3)
    validators: dict[str, str] = {}

    @task
    def poll(self) -> None:
        with self.client.get("/feeds/rss.xml", headers=self.validators, catch_response=True) as answer:
            if etag := answer.headers.get("ETag"):
                self.validators = {"If-None-Match": etag}
            if answer.status_code in (200, 304):
                answer.success()
