//! `/providers` and `/models`.

use super::About;
use super::bodies::{
    ChangedModel, ChangedProvider, ModelBody, ModelFilters, ModelPatch, ProviderBody, ProviderPatch,
};
use crate::http::manage::edits::{DeleteQuery, Deleted};
use crate::http::manage::models::ModelView;
use crate::http::manage::providers::{ProviderView, ResetAnswer};
use crate::relay::Probe;

pub fn providers() -> About {
    About::new("listProviders", "All providers, and how they do")
        .for_admins()
        .answers_list::<ProviderView>("In the order of their ids.")
}

pub fn provider() -> About {
    About::new("getProvider", "One provider")
        .for_admins()
        .answers::<ProviderView>(200, "The provider.")
}

pub fn put_provider() -> About {
    About::new("putProvider", "Creates a provider, or replaces one")
        .text("What the body leaves out has its default value afterwards, the key as well.")
        .for_admins()
        .takes::<ProviderBody>()
        .answers::<ChangedProvider>(201, "It was created.")
        .answers::<ChangedProvider>(200, "It was replaced.")
        .fails(&[409, 503])
}

pub fn patch_provider() -> About {
    About::new("patchProvider", "Changes a provider")
        .for_admins()
        .takes::<ProviderPatch>()
        .answers::<ChangedProvider>(200, "The provider as it is now.")
        .fails(&[409, 503])
}

pub fn delete_provider() -> About {
    About::new("deleteProvider", "Deletes a provider; its calls stay readable")
        .text("409 while models point at it, unless `force` says that they go with it.")
        .for_admins()
        .query::<DeleteQuery>()
        .answers::<Deleted>(200, "What is gone.")
        .fails(&[409, 503])
}

pub fn test_provider() -> About {
    About::new("testProvider", "Asks a provider for its models, or for one token")
        .text("A real call, whose result is an answer and no error: `ok` tells.")
        .for_admins()
        .answers::<Probe>(200, "What came of it.")
}

pub fn reset_provider() -> About {
    About::new("resetProvider", "Closes the circuits of a provider and of its models by hand")
        .for_admins()
        .answers::<ResetAnswer>(200, "Those that were not closed.")
}

pub fn models() -> About {
    About::new("listModels", "The models that the caller may call")
        .query::<ModelFilters>()
        .answers_list::<ModelView>("Best first, as the file lists them.")
}

pub fn models_of() -> About {
    About::new("listModelsOfProvider", "The models of one provider")
        .query::<ModelFilters>()
        .answers_list::<ModelView>("Those that the caller may call.")
}

pub fn model() -> About {
    About::new("getModel", "One model")
        .text("A model's name may contain `/`.")
        .answers::<ModelView>(200, "The model.")
}

pub fn put_model() -> About {
    About::new("putModel", "Creates a model, or replaces one")
        .text("What the body leaves out has its default value afterwards.")
        .for_admins()
        .takes::<ModelBody>()
        .answers::<ChangedModel>(201, "It was created.")
        .answers::<ChangedModel>(200, "It was replaced.")
        .fails(&[404, 409, 503])
}

pub fn patch_model() -> About {
    About::new("patchModel", "Changes a model")
        .for_admins()
        .takes::<ModelPatch>()
        .answers::<ChangedModel>(200, "The model as it is now.")
        .fails(&[409, 503])
}

pub fn delete_model() -> About {
    About::new("deleteModel", "Deletes a model; its calls stay readable")
        .for_admins()
        .answers::<Deleted>(200, "What is gone.")
        .fails(&[409, 503])
}
