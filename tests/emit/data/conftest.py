"""One PostgreSQL for all tests here."""

from tests.trial.conftest import server as server
