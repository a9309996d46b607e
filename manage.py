#!/usr/bin/env python3
"""Broadsheet's command line. This file is read by any Python, so that an old one can say that it is too old."""

import os
import sys


def main():
    # type: () -> None
    if sys.version_info < (3, 11):
        sys.exit(
            "Broadsheet needs Python 3.11 or newer; this is Python %d.%d (%s).\n"
            "Install a newer one from your system's packages or https://www.python.org/downloads/, "
            "and run it by its name, for example: python3.11 manage.py up"
            % (sys.version_info[0], sys.version_info[1], sys.executable)
        )
    from core import bootstrap

    bootstrap.enter_environment(sys.argv)
    from config import environment

    environment.make_secret_key()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
