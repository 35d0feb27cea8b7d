//! The apps that people sign in through, by their names and ids.

mod js_sdk;

use domain::{AppId, AppName};

use crate::apps::App;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

pub use js_sdk::{JsSdkConfig, js_sdk_config};

/// Every app.
#[must_use]
pub fn all(service: &Service) -> &[App] {
    service.apps.all()
}

/// What clients call an app.
#[must_use]
pub fn name_of<'a>(service: &'a Service, id: &'a AppId) -> &'a str {
    service.apps.name_of(id)
}

pub(crate) fn find<'a>(service: &'a Service, name: &AppName) -> Result<&'a App, ApiError> {
    service.apps.named(name).ok_or_else(|| ApiError::refused(ErrorCode::UnknownApp))
}

/// The upstream id of the app that clients call so.
pub fn id_of(service: &Service, name: &str) -> Result<AppId, ApiError> {
    let unknown = || ApiError::detailed(ErrorCode::UnknownApp, "app");
    let name = name.parse().map_err(|_| unknown())?;
    service.apps.named(&name).map(|app| app.provider.app_id().clone()).ok_or_else(unknown)
}
