//! Documents by hash: listed ones where only those are executed, else automatic persisted queries, which are a cache.
//! The protocol is Apollo's, `extensions.persistedQuery`:
//! <https://www.apollographql.com/docs/apollo-server/performance/apq>.
//! A document found here passes the same guards as one sent in full.

use std::sync::{Mutex, PoisonError};

use async_graphql::{Request, Value};
use axum::http::StatusCode;
use data_encoding::HEXLOWER_PERMISSIVE;
use lru::LruCache;

use super::incoming::RefusedRequest;
use crate::config::{Documents as Which, Graphql};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::guard;
use crate::service::Service;
use crate::usecase::document::document_hash;
use crate::usecase::{self, Caller};

type Hash = [u8; 32];

/// Finds the document of a request.
pub(super) struct Documents {
    which: Which,
    cache: Mutex<Cache>,
}

impl Documents {
    pub(super) fn new(settings: &Graphql) -> Self {
        let cache = Cache::new(settings.persisted_query_cache_kib as usize * 1024);
        Self { which: settings.documents, cache: Mutex::new(cache) }
    }

    /// Returns the request with its document, or why it may not be executed.
    pub(super) async fn find(
        &self,
        mut request: Request,
        (service, caller): (&Service, &Caller),
    ) -> Result<Request, RefusedRequest> {
        let named = named(&request)?;
        let came = !request.query.trim_ascii().is_empty();
        if came && named.is_some_and(|hash| hash != document_hash(&request.query)) {
            return Err(malformed("the hash is not the document's"));
        }
        match (self.which, named) {
            (Which::Listed, _) if came || named.is_some() => {
                let hash = named.unwrap_or_else(|| document_hash(&request.query));
                let listed = usecase::document::find(service, caller, &hash).await?;
                request.query = listed.ok_or_else(|| ApiError::refused(ErrorCode::DocumentNotAllowed))?;
            }
            (Which::Any, Some(hash)) if came => {
                // Documents that are refused must not fill the cache.
                guard(&mut request)?;
                self.cache.lock().unwrap_or_else(PoisonError::into_inner).keep(hash, &request.query);
            }
            (Which::Any, Some(hash)) => {
                let kept = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&hash);
                request.query = kept.ok_or_else(|| ApiError::refused(ErrorCode::PersistedQueryNotFound))?;
            }
            // Without hash and document there is nothing to find: the next guard refuses the request.
            (Which::Any, None) | (Which::Listed, _) => {}
        }
        Ok(request)
    }
}

/// Returns the hash that a request names.
fn named(request: &Request) -> Result<Option<Hash>, RefusedRequest> {
    let Some(Value::Object(persisted)) = request.extensions.get("persistedQuery") else {
        return match request.extensions.get("persistedQuery") {
            None | Some(Value::Null) => Ok(None),
            Some(_) => Err(malformed("`persistedQuery` is not an object")),
        };
    };
    let is_version_1 = persisted.get("version").is_some_and(|version| *version == Value::from(1));
    let hash = match persisted.get("sha256Hash") {
        Some(Value::String(hash)) if is_version_1 => HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok(),
        _ => None,
    };
    let hash: Option<Hash> = hash.and_then(|hash| hash.try_into().ok());
    hash.map(Some).ok_or_else(|| malformed("`persistedQuery` needs the version 1 and a `sha256Hash` of 64 hex digits"))
}

fn malformed(detail: &'static str) -> RefusedRequest {
    RefusedRequest::invalid(StatusCode::BAD_REQUEST, detail)
}

/// Documents by hash, limited by their total bytes; evicts the least recently used. Each process has its own: clients
/// resend documents that a process does not have.
struct Cache {
    texts: LruCache<Hash, String>,
    limit: usize,
    used: usize,
}

/// Approximate bytes that an entry takes beside its text.
const OVERHEAD: usize = 128;

impl Cache {
    fn new(limit: usize) -> Self {
        Self { texts: LruCache::unbounded(), limit, used: 0 }
    }

    fn get(&mut self, hash: &Hash) -> Option<String> {
        self.texts.get(hash).cloned()
    }

    fn keep(&mut self, hash: Hash, text: &str) {
        if self.texts.get(&hash).is_some() {
            return;
        }
        self.used += text.len() + OVERHEAD;
        self.texts.put(hash, text.to_owned());
        while self.used > self.limit {
            let Some((_, forgotten)) = self.texts.pop_lru() else { break };
            self.used -= forgotten.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_what_was_asked_for_the_longest_ago_and_never_outgrows_its_limit() {
        let mut cache = Cache::new(3 * (OVERHEAD + 10));
        let text = |at: u8| format!("{{ a{at:07} }}");
        for at in 0..3 {
            cache.keep([at; 32], &text(at)[..10]);
        }

        cache.get(&[0; 32]);
        cache.keep([3; 32], &text(3)[..10]);

        let kept: Vec<u8> = (0..4).filter(|at| cache.get(&[*at; 32]).is_some()).collect();
        assert_eq!((kept, cache.used), (vec![0, 2, 3], 3 * (OVERHEAD + 10)));
        cache.keep([9; 32], &"x".repeat(10_000));
        assert_eq!((cache.used, cache.texts.len()), (0, 0));
    }

    #[test]
    fn a_cache_without_room_keeps_nothing() {
        let mut cache = Cache::new(0);

        cache.keep([0; 32], "{ a }");

        assert_eq!(cache.get(&[0; 32]), None);
    }
}
