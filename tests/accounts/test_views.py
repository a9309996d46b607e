import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.login_limits import ACCOUNT_LOGINS, ACCOUNT_MAILS
from accounts.models import User
from core import jobs
from tests.factories import UserFactory
from tests.pictures import photo

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NEW = "entirely different words"


@pytest.fixture
def anna():
    return UserFactory(name="Anna", email="anna@example.org")


@pytest.fixture
def with_worker(monkeypatch, django_capture_on_commit_callbacks):
    """Within it, what is sent to a worker is done when the block ends."""
    monkeypatch.setattr(jobs, "send", lambda task, args, kwargs: task(*args, **kwargs))
    return lambda: django_capture_on_commit_callbacks(execute=True)


def log_in(client, email="anna@example.org", password=PASSWORD, query="", **fields):
    return client.post(f"/accounts/login/{query}", {"username": email, "password": password, **fields})


@pytest.mark.parametrize("email", ["anna@example.org", " Anna@EXAMPLE.org"])
def test_someone_logs_in_with_their_email_however_it_is_typed(client, anna, email):
    response = log_in(client, email)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(anna.pk)


def test_the_session_id_changes_at_login(client, anna):
    client.session["before"] = True
    session = client.session
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    log_in(client)
    assert client.session.session_key != before


@pytest.mark.parametrize("email", ["anna@example.org", "nobody@example.org", "off@example.org", "none@example.org"])
def test_the_answer_is_the_same_whoever_exists(client, anna, email):
    UserFactory(email="off@example.org", is_active=False)
    User.objects.create_user("none@example.org", name="No password")
    response = log_in(client, email, "a wrong password")
    assert response.status_code == 200
    assert "The e-mail and the password do not belong together." in response.text
    assert f'value="{email}"' in response.text
    assert "a wrong password" not in response.text


def test_an_unknown_address_costs_a_hash_as_well(client, anna, monkeypatch):
    hashed = []
    encode = Argon2PasswordHasher.encode
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    log_in(client, "nobody@example.org")
    assert hashed == [1]


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/search/?q=tide", "/search/?q=tide"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"),
        ("/%09/evil.example", "/%09/evil.example"),
        ("\t//evil.example", "/"),
    ],
)
def test_next_leads_back_only_to_this_site(client, anna, target, lands):
    assert log_in(client, next=target)["Location"] == lands


def test_guessing_is_slowed_down_and_the_owner_gets_in_later(client, anna):
    for _ in range(ACCOUNT_LOGINS.free + 1):
        assert log_in(client, password="wrong").status_code == 200
    response = log_in(client)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 30
    assert "Wait 1 minute, then try again" in response.text
    assert "_auth_user_id" not in client.session


def test_guessing_names_is_slowed_down_alike(client):
    statuses = [log_in(client, "nobody@example.org", "wrong").status_code for _ in range(ACCOUNT_LOGINS.free + 2)]
    assert statuses[-2:] == [200, 429]


def test_login_needs_the_token_of_the_form(anna):
    assert log_in(Client(enforce_csrf_checks=True)).status_code == 403


@pytest.mark.parametrize(
    "data", [{}, {"username": "x", "password": "y"}, {"username": "a\x00@b.org", "password": "\x00"}]
)
def test_nonsense_is_answered_by_the_form(client, data):
    assert client.post("/accounts/login/", data).status_code == 200


def test_a_very_long_password_is_refused_before_it_is_hashed(client, anna):
    assert "at most 1024" in log_in(client, password="x" * 100_000).text


def test_someone_who_is_logged_in_is_told_so(client_of, anna):
    assert "You are logged in as Anna" in client_of(anna).get("/accounts/login/").text


def test_logging_out_asks_first_and_is_done_by_post(client_of, anna):
    client = client_of(anna)
    assert "You are logged in as Anna" in client.get("/accounts/logout/").text
    assert "_auth_user_id" in client.session
    response = client.post("/accounts/logout/")
    assert response.status_code == 302
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert "_auth_user_id" not in client.session


def ask_for_reset(client, email="anna@example.org"):
    return client.post("/accounts/password/reset/", {"email": email})


def reset_link() -> str:
    return re.search(r"http\S+/accounts/password/reset/\S+", mail.outbox[-1].body)[0]


def follow(client, link):
    """The page with the form: the token moves from the address into the session."""
    return client.get(link.removeprefix("http://127.0.0.1:8000"))


def test_a_forgotten_password_is_set_by_a_link(client, anna):
    tasks.send_password_reset("anna@example.org")
    page = follow(client, reset_link())
    assert page.status_code == 302
    # Browsers then send “Origin: null”, which is refused.
    assert "no-referrer" not in client.get(page["Location"]).text
    response = client.post(page["Location"], {"new_password1": NEW, "new_password2": NEW})
    assert response["Location"] == "/accounts/password/reset/done/"
    assert log_in(client, password=NEW).status_code == 302


def test_a_link_is_good_once_and_for_an_hour(client, anna, time_machine):
    tasks.send_password_reset("anna@example.org")
    link = reset_link()
    page = follow(client, link)
    client.post(page["Location"], {"new_password1": NEW, "new_password2": NEW})
    assert "This link is no longer good" in follow(Client(), link).text

    tasks.send_password_reset("anna@example.org")
    time_machine.move_to(timezone.now() + timezone.timedelta(minutes=61))
    assert "This link is no longer good" in follow(Client(), reset_link()).text


def test_a_link_ends_with_a_new_email(anna):
    tasks.send_password_reset("anna@example.org")
    User.objects.filter(pk=anna.pk).update(email="other@example.org")
    assert "This link is no longer good" in follow(Client(), reset_link()).text


@pytest.mark.parametrize("link", ["/accounts/password/reset/x/y/", "/accounts/password/reset/MQ/set-password/"])
def test_a_made_up_link_is_no_good(client, link):
    assert "This link is no longer good" in client.get(link).text


def test_the_answer_to_a_forgotten_password_is_the_same_whoever_exists(client, anna):
    answers = []
    for email in ("anna@example.org", "nobody@example.org"):
        response = ask_for_reset(client, email)
        answers.append((response.status_code, response["Location"]))
    assert answers == [(302, "/accounts/password/reset/sent/")] * 2
    assert "a link is on its way" in client.get("/accounts/password/reset/sent/").text


def test_a_mail_goes_only_to_those_who_exist_and_may_log_in(anna):
    UserFactory(email="off@example.org", is_active=False)
    User.objects.create_user("invited@example.org", name="No password yet")
    for email in ("anna@example.org", "nobody@example.org", "off@example.org", "invited@example.org"):
        tasks.send_password_reset(email)
    assert [message.to for message in mail.outbox] == [["anna@example.org"], ["invited@example.org"]]


def test_the_link_leads_to_the_configured_site(client, anna, settings, with_worker):
    settings.SITE_URL = "https://news.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    with with_worker():
        client.post("/accounts/password/reset/", {"email": " ANNA@example.org"}, headers={"Host": "evil.example"})
    assert reset_link().startswith("https://news.example.org/accounts/password/reset/")
    assert "evil" not in mail.outbox[0].message().as_string()


def test_a_mailbox_is_not_flooded(client, anna):
    statuses = [ask_for_reset(client).status_code for _ in range(ACCOUNT_MAILS.free + 2)]
    assert statuses == [302] * (ACCOUNT_MAILS.free + 1) + [429]


def change_password(client, old=PASSWORD, new=NEW, again=NEW):
    return client.post("/accounts/password/", {"old_password": old, "new_password1": new, "new_password2": again})


def test_a_password_is_changed_and_other_sessions_end(client_of, anna, with_worker):
    here, elsewhere = client_of(anna), client_of(anna)
    with with_worker():
        assert change_password(here)["Location"] == "/accounts/profile/"
    assert "Your password is changed" in here.get("/accounts/profile/").text
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert mail.outbox[0].subject == "Your password for Broadsheet was changed"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"old": "wrong"}, "not your present password"),
        ({"again": "something else"}, "two different passwords"),
        ({"new": "short", "again": "short"}, "at least 12 characters"),
        ({"new": "password1234", "again": "password1234"}, "too common"),
        ({"new": "anna@example.org", "again": "anna@example.org"}, "too similar"),
    ],
)
def test_a_password_that_cannot_be_is_refused_with_the_reason(client_of, anna, fields, message):
    assert message in change_password(client_of(anna), **fields).text


def save_profile(client, **fields):
    return client.post("/accounts/profile/", {"name": "Anna", "bio": "", "links": "", **fields})


def test_a_profile_is_for_those_who_are_logged_in(client):
    assert client.get("/accounts/profile/")["Location"] == "/accounts/login/?next=/accounts/profile/"


def test_a_profile_is_edited(client_of, anna):
    client = client_of(anna)
    links = "Home page https://anna.example\r\n\r\nMastodon https://social.example/@anna"
    assert save_profile(client, name="Anna A.", bio="Writes.", links=links).status_code == 302
    anna.refresh_from_db()
    assert (anna.name, anna.bio) == ("Anna A.", "Writes.")
    assert anna.links == [
        {"label": "Home page", "url": "https://anna.example"},
        {"label": "Mastodon", "url": "https://social.example/@anna"},
    ]
    assert "Mastodon https://social.example/@anna" in client.get("/accounts/profile/").text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"links": "https://anna.example"}, "“https://anna.example” has no label"),
        ({"links": "Me javascript:alert(1)"}, "“javascript:alert(1)” is not an address"),
        ({"links": "x https://x.example\n" * 11}, "at most 10"),
        ({"name": ""}, "This field is required"),
        ({"bio": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_and_nothing_typed_is_lost(client_of, anna, fields, message):
    response = save_profile(client_of(anna), **{"bio": "Typed with care.", **fields})
    assert response.status_code == 200
    assert message in response.text
    assert "Typed with care." in response.text or "bio" in fields
    assert User.objects.get(pk=anna.pk).bio == ""


def test_no_other_field_is_changed_by_a_profile(client_of, anna):
    save_profile(client_of(anna), email="x@example.org", slug="x", is_staff="on", is_superuser="on", role="editor")
    again = User.objects.get(pk=anna.pk)
    assert (again.email, again.slug, again.is_staff, again.is_superuser, again.role) == (
        "anna@example.org", anna.slug, False, False, "reader",
    )  # fmt: skip


def test_a_picture_is_taken_and_removed(client_of, anna):
    client = client_of(anna)
    save_profile(client, new_avatar=SimpleUploadedFile("me.jpg", photo()))
    anna.refresh_from_db()
    assert "being prepared" in client.get("/accounts/profile/").text
    tasks.process_avatar(anna.pk, anna.avatar_upload.name)
    anna.refresh_from_db()
    assert anna.avatar.url in client.get("/accounts/profile/").text
    save_profile(client, remove_avatar="on")
    anna.refresh_from_db()
    assert not anna.avatar


def test_what_is_no_picture_is_refused_by_name(client_of, anna):
    response = save_profile(client_of(anna), new_avatar=SimpleUploadedFile("me.jpg", b"<svg onload=alert(1)>"))
    assert "me.jpg: SVG drawings can contain scripts" in response.text


@pytest.mark.parametrize("address", ["login", "profile", "password", "password/reset"])
def test_private_pages_are_not_kept(client_of, anna, address):
    response = client_of(anna).get(f"/accounts/{address}/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response.text
