//! Looks up apps by name and id, and signs pages for the JS-SDK.

mod js_sdk;

use domain::{AppId, AppName};

use crate::apps::App;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

pub use js_sdk::{JsSdkConfig, js_sdk_config};

/// Returns all apps.
#[must_use]
pub fn all(service: &Service) -> &[App] {
    service.apps.all()
}

/// Returns an app's name, or its id if it is not configured.
#[must_use]
pub fn name_of<'a>(service: &'a Service, id: &'a AppId) -> &'a str {
    service.apps.name_of(id)
}

pub(crate) fn find<'a>(service: &'a Service, name: &AppName) -> Result<&'a App, ApiError> {
    service.apps.named(name).ok_or_else(|| ApiError::refused(ErrorCode::UnknownApp))
}

/// Returns the provider's app id of a configured app.
pub fn id_of(service: &Service, name: &str) -> Result<AppId, ApiError> {
    let unknown = || ApiError::detailed(ErrorCode::UnknownApp, "app");
    let name = name.parse().map_err(|_| unknown())?;
    service.apps.named(&name).map(|app| app.provider.app_id().clone()).ok_or_else(unknown)
}
