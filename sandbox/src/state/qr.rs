//! QR pages that wait for a scan.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Seconds;
use crate::company::AppIndex;
use crate::dice;

use super::locked;
use super::shelf::Shelf;

const LIFE: Seconds = 300;
const CAPACITY: usize = 10_000;
/// The longest duration of a poll. WeChat holds a poll for up to a minute; less suits a laptop with a few browsers.
const PATIENCE: Duration = Duration::from_secs(3);

/// The id of a QR page: 16 letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Uuid([u8; 16]);

impl Uuid {
    fn new() -> Self {
        Self(dice::alphanumeric())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    pub(crate) fn text(self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// The request of the page.
#[derive(Debug, Clone)]
pub(crate) struct QrPage {
    pub(crate) app: AppIndex,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
}

/// The progress of the person with the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    Waiting,
    Scanned,
    Cancelled,
    Confirmed { code: String },
}

/// The open QR pages.
pub(crate) struct QrPages {
    pages: Mutex<Shelf<Uuid, (QrPage, watch::Sender<Progress>)>>,
}

impl Default for QrPages {
    fn default() -> Self {
        Self { pages: Mutex::new(Shelf::new(CAPACITY)) }
    }
}

impl QrPages {
    pub(crate) fn open(&self, page: QrPage, now: Seconds) -> Uuid {
        let uuid = Uuid::new();
        let mut pages = locked(&self.pages);
        pages.sweep(now);
        pages.put(uuid, (page, watch::Sender::new(Progress::Waiting)), now + LIFE);
        uuid
    }

    pub(crate) fn page(&self, uuid: Uuid, now: Seconds) -> Option<QrPage> {
        locked(&self.pages).get(&uuid, now).map(|(page, _)| page.clone())
    }

    /// Advances a page, unless it is confirmed. Returns its current progress; `None` if the page has expired.
    pub(crate) fn advance(&self, uuid: Uuid, to: impl FnOnce() -> Progress, now: Seconds) -> Option<Progress> {
        let pages = locked(&self.pages);
        let (_, progress) = pages.get(&uuid, now)?;
        progress.send_if_modified(|current| {
            let open = !matches!(current, Progress::Confirmed { .. });
            if open {
                *current = to();
            }
            open
        });
        Some(progress.borrow().clone())
    }

    /// Waits briefly until the page's progress is not one of those `seen`. Returns its progress then, changed or not;
    /// `None` if the page has expired.
    pub(crate) async fn news(
        &self,
        uuid: Uuid,
        seen: impl Fn(&Progress) -> bool + Send,
        now: Seconds,
    ) -> Option<Progress> {
        let mut progress = locked(&self.pages).get(&uuid, now).map(|(_, progress)| progress.subscribe())?;
        // With or without a timeout, the newest value can be read afterwards.
        let _ = tokio::time::timeout(PATIENCE, progress.wait_for(|progress| !seen(progress))).await;
        let newest = progress.borrow().clone();
        Some(newest)
    }
}
