//! Faults of the callback to a site: a first callback by another client, or a replayed code.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use reqwest::{Method, Request};

use crate::push::{Answer, send};
use crate::state::World;
use crate::state::codes::Issued;
use crate::state::faults::WayBack;

use super::super::returning::appended;
use super::{Occasion, put_together, taken_apart};

/// The timeout of the first callback.
const PATIENCE: Duration = Duration::from_secs(5);

const CODE_LENGTH: usize = 32;

/// Changes the redirect in an answer, if there is one: the header `Location`, or the script of a poll.
pub(super) async fn turned(occasion: &Occasion<'_>, way: WayBack, answer: Response) -> Response {
    let (mut parts, body) = taken_apart(answer).await;
    let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let carrier = location.map_or_else(|| String::from_utf8_lossy(&body).into_owned(), str::to_owned);
    let Some((code, issued)) = code_in(occasion.world, &carrier) else { return put_together(parts, body) };
    match way {
        WayBack::CallbackTwice => {
            let address = location.map(str::to_owned).or_else(|| by_script(occasion, code));
            if let Some(address) = address.filter(|_| occasion.counts()) {
                call_back(&address).await;
            }
            put_together(parts, body)
        }
        WayBack::ReplayedCode => {
            let old = occasion.world.last_used_code(issued.app, issued.person).filter(|_| occasion.counts());
            match (old.map(|old| carrier.replace(code, &old)), location.is_some()) {
                (None, _) => put_together(parts, body),
                (Some(script), false) => put_together(parts, script.into()),
                (Some(address), true) => {
                    let address = HeaderValue::try_from(address).expect("it was a header, and a code is plain text");
                    parts.headers.insert(header::LOCATION, address);
                    put_together(parts, body)
                }
            }
        }
    }
}

/// Returns the address that the script of the QR page redirects to with its code.
fn by_script(occasion: &Occasion<'_>, code: &str) -> Option<String> {
    let page = occasion.arrived.page.as_ref()?;
    Some(appended(&page.redirect_uri, &[("code", code), ("state", &page.state)]))
}

/// Returns the code in an address or a script. The site's own address may contain something similar, so only a code issued
/// by this sandbox counts.
fn code_in<'a>(world: &World, carrier: &'a str) -> Option<(&'a str, Issued)> {
    let after = carrier.match_indices("code=").map(|(at, found)| carrier[at + found.len()..].trim_start_matches('\''));
    let codes = after.filter_map(|rest| rest.get(..CODE_LENGTH));
    codes.filter_map(|code| Some((code, world.look_at_code(code)?))).last()
}

/// Calls a site back as WeChat's own crawlers do after a visit by a user: without cookies.
async fn call_back(address: &str) {
    let Ok(address) = address.parse() else { return };
    // The address contains the code, so neither outcome logs it.
    match send(Request::new(Method::GET, address), PATIENCE).await {
        Ok(Answer { status, .. }) => {
            tracing::info!(status, "the first of two callbacks was answered with {status}");
        }
        Err(failure) => tracing::info!("the first of two callbacks failed: {failure}"),
    }
}
