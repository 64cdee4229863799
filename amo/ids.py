"""Every id an assessment can carry; each regime, step and reason has a sentence in both languages."""

REGIMES = (
    "minor", "employee", "pensioner", "other_cover", "dependant", "undetermined", "outside_crafts",
    "tns_auto_entrepreneur", "tns_cpu", "tns_accounts", "not_yet", "tns_artisan", "open_registration",
    "no_activity", "tadamon", "achamil",
)  # fmt: skip
RNA = ("registered", "master_artisan", "artisan", "not_yet", "not_assessed")
NEXT_STEPS = ("rna", "cnss", "dgi", "barid", "rsu", "employer", "insured_person", "chamber")
REASONS = (
    "minor", "undeclared_employee", "covered_by_wage", "two_covers", "covered_by_pension", "other_cover",
    "covered_as_dependant", "own_activity_and_dependant", "helper", "several_activities",
    "tax_status_unknown", "outside_crafts", "jeweller_excluded_from_cpu", "auto_entrepreneur",
    "one_contribution", "at_least", "tax_out_of_range", "between_bands", "cpu", "trade_unknown",
    "tax_unknown", "accounts_simplified", "accounts_real", "profit_unknown",
    "first_return_not_due", "return_missing", "other_scale", "practice_unknown",
    "too_little_practice", "registered_in_rna", "can_register_in_rna", "already_in_tns",
    "member_of_cooperative", "activity_and_free_cover", "cover_unknown", "low_score_and_activity",
    "registration_still_open", "score_unknown", "low_score", "high_score", "before_the_scheme",
)  # fmt: skip
