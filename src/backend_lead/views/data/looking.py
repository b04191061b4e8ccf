"""What class a field seems to be of by its name and type, where the model does not say."""

from __future__ import annotations

import re

from backend_lead.model.contract import EntityField
from backend_lead.model.data import Class

# Words of names, by the class that they point to. Of what many things have (name, title, city)
# none is here: it would be wrong more often than right.
LOOKS: dict[Class, frozenset[str]] = {
    "personal": frozenset({
        "email", "phone", "mobile", "msisdn", "ip", "birthday", "birthdate", "birth", "dob",
        "surname", "lastname", "firstname", "forename", "street", "postcode", "zip", "latitude",
        "longitude", "gender", "passport", "imei",
    }),
    "sensitive": frozenset({"ssn", "religion", "ethnicity", "diagnosis", "disability"}),
    "financial": frozenset({"iban", "card", "pan", "salary", "income"}),
    "credential": frozenset({"password", "passphrase", "secret", "pin", "otp", "cvv", "cvc"}),
}  # fmt: skip
_PAIRS: dict[str, Class] = {
    "mail_address": "personal", "first_name": "personal", "last_name": "personal",
    "full_name": "personal",
    "date_of_birth": "personal", "postal_code": "personal", "credit_card": "financial",
    "account_number": "financial", "api_key": "credential", "access_token": "credential",
    "token_hash": "credential", "password_hash": "credential",
}  # fmt: skip
_WORD = re.compile(r"[-_]")


def looks(word: str, field: EntityField) -> Class | None:
    """The class that a name or type points to; of yes and no, counts and references none."""
    if field.type in ("bool", "money") or field.type.startswith(("ref(", "list(ref(")):
        return None
    if field.type == "email":
        return "personal"
    plain = _WORD.sub("_", word)
    for pair, cls in _PAIRS.items():
        if pair in plain:
            return cls
    words = set(plain.split("_"))
    return next((cls for cls, known in LOOKS.items() if words & known), None)
