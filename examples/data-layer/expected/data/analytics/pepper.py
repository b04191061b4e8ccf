"""Gives the secret of pseudonyms to the sessions of dbt alone.

What dbt writes under target/, its logs and the views in the warehouse name the variable and not its
value, which would be there if the models had it from env_var().
"""

import os

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Sets a variable of each session from the environment, when dbt runs."""

    def configure_cursor(self, cursor):
        pepper = os.environ.get("WAREHOUSE_PEPPER", "only for a trial run")
        cursor.execute("SET VARIABLE pepper = ?", [pepper])
