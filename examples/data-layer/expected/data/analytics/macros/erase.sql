{# People out of marts and snapshots in one transaction; run it before the next build:
   dbt run-operation erase --args '{person: users, keys: [KEY, ...]}'
   The rows of what happened stay, for the sums, and point to `unknown`. #}
{% macro erase(person, keys) %}
{% set sql = ['begin;'] %}
{% for key in keys %}
{% set text = (key | string).replace("'", "''") %}
{% set who = "md5(coalesce(getvariable('pepper')::varchar, error('the pepper is not set: run dbt with pepper.py')) || '|' || '" ~ text ~ "')" %}
{% if person == 'users' %}
{% do sql.append("update marts.fct_item_activity set user_version_key = 'unknown' where user_version_key in (select user_version_key from marts.dim_user where user_key = " ~ who ~ ");") %}
{% do sql.append("delete from marts.dim_user where user_key = " ~ who ~ ";") %}
{% do sql.append("delete from snapshots.snap_users where user_key = " ~ who ~ ";") %}
{% else %}
{% do exceptions.raise_compiler_error('no people are called ' ~ person ~ ', only users') %}
{% endif %}
{% endfor %}
{% do sql.append('commit;') %}
{% do run_query(sql | join('\n')) %}
{% endmacro %}
