"""The environment of the tests: nothing of the machine's, real servers that the tests start themselves.

Loaded by pytest before Django reads its settings. ``TEST_DATABASE=postgresql`` starts a PostgreSQL of the tests' own
instead of SQLite; ``DATABASE_URL`` or ``REDIS_URL`` beside ``TEST_EXTERNAL=1`` names servers to use as they are.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests import servers

if not os.environ.get("TEST_EXTERNAL"):
    for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL"):
        os.environ.pop(name, None)
for name in ("SITE_URL", "SITE_NAME", "EMAIL_URL", "STORAGE_URL", "DEBUG", "ALLOWED_HOSTS", "SECRET_KEY_FILE"):
    os.environ.pop(name, None)

data_dir = Path(tempfile.mkdtemp(prefix="broadsheet-test-"))
atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
os.environ["DATA_DIR"] = str(data_dir)
(data_dir / "static").mkdir()
os.environ["SECRET_KEY"] = "only-for-tests-" + "0123456789" * 5
os.environ["LOG_LEVEL"] = "WARNING"

if not os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = servers.start_valkey(data_dir)
if os.environ.get("TEST_DATABASE") == "postgresql" and not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = servers.start_postgresql()
