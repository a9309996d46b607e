import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.tasks import send_password_reset
from tests.factories import ArticleFactory, UserFactory

CHANGE_LIST = reverse("admin:accounts_user_changelist")
ADD = reverse("admin:accounts_user_add")

pytestmark = pytest.mark.django_db


def change(user) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def data(user, **changed) -> dict:
    sent = {"name": user.name, "email": user.email or "", "slug": user.slug, "role": user.role, "bio": user.bio}
    sent |= {"is_active": "on"} if user.is_active else {}
    return {key: value for key, value in (sent | changed).items() if value is not None}


def errors(response) -> dict:
    return response.context["adminform"].form.errors


def test_only_administrators_see_people(client_of, author, editor, administrator):
    for user in (author, editor):
        assert client_of(user).get(CHANGE_LIST).status_code == 403
        assert client_of(user).get(change(administrator)).status_code == 403
    assert client_of(administrator).get(CHANGE_LIST).status_code == 200


def test_queries_of_the_list_do_not_grow_with_it(client_of, administrator):
    client = client_of(administrator)
    counts = []
    for number in (1, 29):
        UserFactory.create_batch(number, role="author")
        client.get(CHANGE_LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(CHANGE_LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_no_password_hash_is_shown(client_of, administrator, author):
    page = client_of(administrator).get(change(author)).content.decode()
    assert "argon2" not in page
    assert author.password not in page


def test_a_person_is_added_with_role_and_password(client_of, administrator):
    sent = {"name": "Nina New", "email": " Nina@Example.ORG ", "role": "editor", "password": "a long enough secret"}
    response = client_of(administrator).post(ADD, sent)
    assert response.status_code == 302, errors(response)
    nina = User.objects.get(name="Nina New")
    assert (nina.email, nina.role, nina.slug, nina.is_staff) == ("nina@example.org", "editor", "nina-new", True)
    assert nina.check_password("a long enough secret")


def test_a_weak_password_is_told(client_of, administrator):
    response = client_of(administrator).post(
        ADD, {"name": "N", "email": "n@example.org", "role": "author", "password": "short"}
    )
    assert "too short" in str(errors(response)["password"])


def test_a_person_without_password_sets_one_by_mail(client_of, administrator, django_capture_on_commit_callbacks):
    client = client_of(administrator)
    client.post(ADD, {"name": "Nina New", "email": "nina@example.org", "role": "author"})
    nina = User.objects.get(name="Nina New")
    assert not nina.has_usable_password()
    with django_capture_on_commit_callbacks() as sent:
        client.post(reverse("admin:accounts_user_invite", args=[nina.pk]))
    assert len(sent) == 1
    send_password_reset("nina@example.org")
    assert mail.outbox[0].to == ["nina@example.org"]


def test_a_mail_needs_an_address(client_of, administrator):
    ghost = UserFactory(email=None)
    response = client_of(administrator).post(reverse("admin:accounts_user_invite", args=[ghost.pk]))
    assert "needs an e-mail address" in str(next(iter(get_messages(response.wsgi_request))))
    assert not mail.outbox


def test_a_role_is_changed(client_of, administrator, author):
    client_of(administrator).post(change(author), data(author, role="editor"))
    author = User.objects.get(pk=author.pk)
    assert author.role == "editor"
    assert author.groups.count() == 1


def test_flags_and_permissions_cannot_be_slipped_in(client_of, administrator, author):
    every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    more = {"is_superuser": "on", "is_staff": "on", "user_permissions": every, "password": "x", "groups": ["4"]}
    client_of(administrator).post(change(author), data(author, **more))
    author = User.objects.get(pk=author.pk)
    assert (author.is_superuser, author.user_permissions.count(), author.role) == (False, 0, "author")
    assert author.check_password("correct horse battery")


def test_nobody_changes_their_own_role_or_switches_themselves_off(client_of, administrator):
    UserFactory(role="administrator")
    client = client_of(administrator)
    assert "lock yourself out" in str(errors(client.post(change(administrator), data(administrator, role="author"))))
    response = client.post(change(administrator), data(administrator, is_active=None))
    assert "lock yourself out" in str(errors(response)["is_active"])
    assert (
        client.post(reverse("admin:accounts_user_delete", args=[administrator.pk]), {"post": "yes"}).status_code == 403
    )


def test_the_last_administrator_stays(client_of, administrator):
    other = UserFactory(role="administrator")
    client = client_of(administrator)
    User.objects.filter(pk=administrator.pk).update(is_active=True, is_superuser=False)
    administrator.groups.clear()
    administrator.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    assert "last administrator" in str(errors(client.post(change(other), data(other, role="author"))))
    assert client.post(reverse("admin:accounts_user_delete", args=[other.pk]), {"post": "yes"}).status_code == 403


def test_links_are_written_one_a_line(client_of, administrator, author):
    client = client_of(administrator)
    client.post(change(author), data(author, links="My site https://anna.example\n\nCode https://code.example/anna"))
    links = User.objects.get(pk=author.pk).links
    assert links[0] == {"label": "My site", "url": "https://anna.example"}
    assert len(links) == 2
    for wrong, message in {
        "https://x.example": "has no label",
        "Site javascript:alert(1)": "begins with https",
    }.items():
        assert message in str(errors(client.post(change(author), data(author, links=wrong)))["links"])


def test_a_name_alone_makes_someone_who_cannot_log_in(client_of, administrator):
    client_of(administrator).post(ADD, {"name": "Old Hand", "email": "", "role": "author"})
    assert User.objects.get(name="Old Hand").email is None


def test_an_address_that_is_taken_in_any_case_is_told(client_of, administrator, author):
    response = client_of(administrator).post(ADD, {"name": "N", "email": author.email.upper(), "role": "author"})
    assert "email" in errors(response)


def test_someone_who_has_written_is_not_deleted(client_of, administrator, author):
    ArticleFactory(author=author)
    client_of(administrator).post(reverse("admin:accounts_user_delete", args=[author.pk]), {"post": "yes"})
    assert User.objects.filter(pk=author.pk).exists()
