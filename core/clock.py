"""The clock that decides what is public: the database's, since every process asks the same one."""

import datetime

from django.db import connection


def database_now() -> datetime.datetime:
    """The current time by the database's clock, with time zone; never later than what ``Now()`` gives afterwards."""
    if connection.vendor == "sqlite":
        # SQLite's Now() has milliseconds; the local clock is the database's clock, cut to what it can compare.
        now = datetime.datetime.now(datetime.UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment
