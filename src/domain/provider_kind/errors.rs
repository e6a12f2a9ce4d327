//! Readings of errors that are one provider's own: its codes and words, where they say more than
//! the status or something else than its dialect does.
//!
//! Sources: the providers' documents on error codes.

use crate::domain::error_rule::{ErrorRule, Says};
use crate::domain::refusal::Refusal;

pub(super) const DEEPSEEK: &[ErrorRule] = &[ErrorRule {
    statuses: &[400],
    says: Says::Words(&["model not exist"]),
    refusal: Refusal::NotFound,
}];

pub(super) const GLM: &[ErrorRule] = &[
    ErrorRule { statuses: &[], says: Says::Code(&["1113", "1309"]), refusal: Refusal::Billing },
    ErrorRule {
        statuses: &[],
        says: Says::Code(&["1304", "1308", "1310"]),
        refusal: Refusal::Quota,
    },
    ErrorRule { statuses: &[], says: Says::Code(&["1302", "1303"]), refusal: Refusal::RateLimited },
    ErrorRule { statuses: &[], says: Says::Code(&["1305"]), refusal: Refusal::Overloaded },
    ErrorRule { statuses: &[], says: Says::Code(&["1301"]), refusal: Refusal::ContentPolicy },
    ErrorRule { statuses: &[], says: Says::Code(&["1261"]), refusal: Refusal::ContextLength },
    ErrorRule { statuses: &[], says: Says::Code(&["1211"]), refusal: Refusal::NotFound },
];

pub(super) const QWEN: &[ErrorRule] = &[
    // A quota of tokens per minute is used up.
    ErrorRule {
        statuses: &[429],
        says: Says::Code(&["insufficient_quota"]),
        refusal: Refusal::RateLimited,
    },
    ErrorRule {
        statuses: &[],
        says: Says::Code(&["arrearage", "allocationquota.freetieronly"]),
        refusal: Refusal::Billing,
    },
    ErrorRule {
        statuses: &[],
        says: Says::Code(&["datainspectionfailed", "data_inspection_failed"]),
        refusal: Refusal::ContentPolicy,
    },
];

pub(super) const KIMI: &[ErrorRule] = &[
    ErrorRule {
        statuses: &[],
        says: Says::Code(&["exceeded_current_quota_error"]),
        refusal: Refusal::Billing,
    },
    ErrorRule {
        statuses: &[],
        says: Says::Code(&["engine_overloaded_error"]),
        refusal: Refusal::Overloaded,
    },
];

pub(super) const OPENROUTER: &[ErrorRule] = &[
    ErrorRule {
        statuses: &[429],
        says: Says::Words(&["free-models-per-day"]),
        refusal: Refusal::Quota,
    },
    ErrorRule {
        statuses: &[400],
        says: Says::Words(&["is not a valid model id"]),
        refusal: Refusal::NotFound,
    },
    // The moderation of the model's own provider.
    ErrorRule {
        statuses: &[403],
        says: Says::Words(&["flagged", "moderation"]),
        refusal: Refusal::ContentPolicy,
    },
];

pub(super) const GROK: &[ErrorRule] = &[
    ErrorRule {
        statuses: &[400],
        says: Says::Words(&["incorrect api key"]),
        refusal: Refusal::Key,
    },
    ErrorRule {
        statuses: &[403, 429],
        says: Says::Words(&["used all available credits", "spending limit"]),
        refusal: Refusal::Billing,
    },
];
