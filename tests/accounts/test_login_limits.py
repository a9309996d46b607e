import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import timezone

from accounts.login_limits import ACCOUNT_LOGINS, ADDRESS_LOGINS, TooManyAttempts, attempt_login, forget, retry_after

FREE = ACCOUNT_LOGINS.free


def request(address="192.0.2.7"):
    return RequestFactory().post("/", REMOTE_ADDR=address)


def let_through(count, email="anna@example.org", address="192.0.2.7") -> int:
    """How many of so many attempts were let through."""
    passed = 0
    for _ in range(count):
        try:
            attempt_login(request(address), email)
            passed += 1
        except TooManyAttempts:
            pass
    return passed


def test_a_few_attempts_are_free_then_one_in_each_pause():
    assert let_through(FREE + 10) == FREE + 1


def test_a_refusal_says_how_long_to_wait():
    let_through(FREE + 1)
    refused = request()
    with pytest.raises(TooManyAttempts) as refusal:
        attempt_login(refused, "anna@example.org")
    assert 25 <= refusal.value.retry_after <= 30
    assert retry_after(refused) == refusal.value.retry_after
    assert retry_after(request()) == 0


def test_pauses_double(time_machine):
    let_through(FREE + 1)
    for pause in (60, 120, 240):
        cache.delete_pattern("attempts:account:*:pause")
        assert let_through(1) == 1
        with pytest.raises(TooManyAttempts) as refusal:
            attempt_login(request(), "anna@example.org")
        assert pause - 5 <= refusal.value.retry_after <= pause


def test_refused_attempts_do_not_lengthen_the_pause():
    let_through(FREE + 200)
    with pytest.raises(TooManyAttempts) as refusal:
        attempt_login(request(), "anna@example.org")
    assert refusal.value.retry_after <= 30


def test_attempts_at_the_same_moment_get_no_further():
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(lambda _: let_through(1), range(60))) == FREE + 1


def test_another_address_of_the_network_does_not_help():
    let_through(FREE + 1)
    assert let_through(1, address="198.51.100.1") == 0


def test_an_address_is_limited_although_the_names_vary():
    passed = sum(let_through(1, f"person{n}@example.org") for n in range(ADDRESS_LOGINS.free + 20))
    assert passed == ADDRESS_LOGINS.free + 1
    assert let_through(1, "someone@example.org", address="198.51.100.1") == 1


def test_success_begins_anew():
    let_through(FREE)
    attempt_login(request(), "anna@example.org").succeeded()
    assert let_through(FREE + 10) == FREE + 1


def test_those_who_succeed_do_not_use_up_their_address():
    for n in range(ADDRESS_LOGINS.free * 2):
        attempt_login(request(), f"person{n}@example.org").succeeded()


def test_spelling_does_not_make_another_account():
    let_through(FREE + 1)
    assert let_through(1, email=" ANNA@Example.org ") == 0


def test_a_new_password_ends_the_pauses():
    let_through(FREE + 5)
    forget("anna@example.org")
    assert let_through(1) == 1


def test_an_hour_later_all_is_forgotten(settings):
    let_through(FREE + 1)
    ttls = [cache.ttl(key) for key in cache.keys("attempts:*")]
    assert ttls
    assert all(0 < ttl <= 3600 for ttl in ttls)


def test_without_a_cache_each_process_counts_by_itself(monkeypatch):
    monkeypatch.setattr("accounts.login_limits.cache", AwayCache())
    assert let_through(FREE + 10, email=f"away{timezone.now()}@example.org", address="203.0.113.9") == FREE + 1


class AwayCache:
    """What django-redis gives while Redis is away."""

    def add(self, *args):
        return None

    incr = decr = get = delete_many = add


def test_forwarded_addresses_do_not_move_the_limit(settings):
    for n in range(ADDRESS_LOGINS.free + 1):
        spoofed = RequestFactory().post("/", headers={"X-Forwarded-For": f"203.0.113.{n}"}, REMOTE_ADDR="192.0.2.7")
        attempt_login(spoofed, f"person{n}@example.org")
    assert let_through(1, "someone@example.org") == 0


def test_time_passes(time_machine):
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=2))
    assert let_through(1) == 1
