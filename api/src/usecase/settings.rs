//! The settings of the service that operators may see: no secret is among them. They are changed in the configuration only.

use domain::ServiceScope;

use crate::config::{Config, Mistake};
use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;

/// Returns the settings, and what `guiyi check` warns of. Requires the scope `settings:read`.
pub fn read<'a>(service: &'a Service, caller: &Caller) -> Result<(&'a Config, &'a [Mistake]), ApiError> {
    caller.require(ServiceScope::SettingsRead)?;
    Ok((&service.config, &service.warnings))
}
