//! The layers around the reader of pushes, of which one method calls the upstream.

use async_trait::async_trait;
use ipnet::IpNet;
use secrecy::SecretString;

use super::{Layered, Outcome};
use crate::{ProviderError, PushMessage, PushReader, Pushed};

impl Layered {
    fn reader(&self) -> Option<&dyn PushReader> {
        self.inner.push_reader()
    }
}

#[async_trait]
impl PushReader for Layered {
    fn receiver(&self) -> &str {
        self.reader().map_or("", PushReader::receiver)
    }

    fn read(&self, message: &PushMessage) -> Pushed {
        self.reader().map_or(Pushed::Other, |reader| reader.read(message))
    }

    /// Without the circuit breaker: the push is refused and repeated, and logins are not affected.
    async fn senders(&self) -> Outcome<Vec<IpNet>> {
        let reader = self.reader().ok_or_else(|| ProviderError::unsupported("this app has no pushes"))?;
        self.run_apart("senders", reader.senders()).await
    }

    async fn keep(&self, secret: SecretString) -> Outcome<()> {
        let reader = self.reader().ok_or_else(|| ProviderError::unsupported("this app has no pushes"))?;
        reader.keep(secret).await
    }
}
