//! `/providers` and `/models`.

use super::RouteDoc;
use super::bodies::{
    ChangedModel, ChangedProvider, ModelBody, ModelFilters, ModelPatch, ProviderBody, ProviderPatch,
};
use crate::http::manage::dry_run::{ChangeQuery, DryRun};
use crate::http::manage::edits::{DeleteQuery, Deleted};
use crate::http::manage::models::ModelView;
use crate::http::manage::providers::{ProviderView, ResetAnswer};
use crate::http::manage::reported_models::ReportedModels;
use crate::relay::Probe;

pub fn providers() -> RouteDoc {
    RouteDoc::new("listProviders", "All providers, and their state")
        .for_admins()
        .answers_list::<ProviderView>("In the order of their ids.")
}

pub fn provider() -> RouteDoc {
    RouteDoc::new("getProvider", "One provider")
        .for_admins()
        .answers::<ProviderView>(200, "The provider.")
}

pub fn put_provider() -> RouteDoc {
    RouteDoc::new("putProvider", "Creates a provider, or replaces one")
        .text("What the body leaves out has its default value afterwards, the key as well.")
        .for_admins()
        .query::<ChangeQuery>()
        .takes::<ProviderBody>()
        .answers::<ChangedProvider>(201, "It was created.")
        .answers_one_of::<ChangedProvider, DryRun>(200, "It was replaced.")
        .fails(&[409, 503])
}

pub fn patch_provider() -> RouteDoc {
    RouteDoc::new("patchProvider", "Changes a provider")
        .for_admins()
        .query::<ChangeQuery>()
        .takes::<ProviderPatch>()
        .answers_one_of::<ChangedProvider, DryRun>(200, "The provider as it is now.")
        .fails(&[409, 503])
}

pub fn delete_provider() -> RouteDoc {
    RouteDoc::new("deleteProvider", "Deletes a provider; its calls stay readable")
        .text("409 while models belong to it; `force` deletes them too.")
        .for_admins()
        .query::<DeleteQuery>()
        .answers_one_of::<Deleted, DryRun>(200, "What was deleted.")
        .fails(&[409, 503])
}

pub fn test_provider() -> RouteDoc {
    RouteDoc::new("testProvider", "Requests a provider's models, or one token")
        .text("A real call. A failed one is a result too, with `ok` false.")
        .for_admins()
        .answers::<Probe>(200, "The result.")
}

pub fn reported_models() -> RouteDoc {
    RouteDoc::new("reportedModels", "The models that a provider says it serves")
        .text(
            "A real call for its list, beside what is configured: new, configured, gone. It changes \
             nothing. 409: the provider cannot be called, or has no list.",
        )
        .for_admins()
        .answers::<ReportedModels>(200, "Each with what an entry for it could say.")
        .fails(&[409, 502, 504])
}

pub fn reset_provider() -> RouteDoc {
    RouteDoc::new("resetProvider", "Closes the circuits of a provider and of its models by hand")
        .for_admins()
        .query::<ChangeQuery>()
        .answers_one_of::<ResetAnswer, DryRun>(200, "Those that were not closed.")
}

pub fn models() -> RouteDoc {
    RouteDoc::new("listModels", "The models that the caller may call")
        .query::<ModelFilters>()
        .answers_list::<ModelView>("Best first, as the file lists them.")
}

pub fn models_of() -> RouteDoc {
    RouteDoc::new("listModelsOfProvider", "The models of one provider")
        .query::<ModelFilters>()
        .answers_list::<ModelView>("Those that the caller may call.")
}

pub fn model() -> RouteDoc {
    RouteDoc::new("getModel", "One model")
        .text("A model's name may contain `/`.")
        .answers::<ModelView>(200, "The model.")
}

pub fn put_model() -> RouteDoc {
    RouteDoc::new("putModel", "Creates a model, or replaces one")
        .text("What the body leaves out has its default value afterwards.")
        .for_admins()
        .query::<ChangeQuery>()
        .takes::<ModelBody>()
        .answers::<ChangedModel>(201, "It was created.")
        .answers_one_of::<ChangedModel, DryRun>(200, "It was replaced.")
        .fails(&[404, 409, 503])
}

pub fn patch_model() -> RouteDoc {
    RouteDoc::new("patchModel", "Changes a model")
        .for_admins()
        .query::<ChangeQuery>()
        .takes::<ModelPatch>()
        .answers_one_of::<ChangedModel, DryRun>(200, "The model as it is now.")
        .fails(&[409, 503])
}

pub fn delete_model() -> RouteDoc {
    RouteDoc::new("deleteModel", "Deletes a model; its calls stay readable")
        .for_admins()
        .query::<ChangeQuery>()
        .answers_one_of::<Deleted, DryRun>(200, "What was deleted.")
        .fails(&[409, 503])
}
