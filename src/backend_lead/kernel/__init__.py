"""The compiled event kernel: tables in, tables out; and its plain twin."""
