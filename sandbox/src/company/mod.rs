//! The company: its apps and people, from the seed and as changed by the control API.

mod app;
pub(crate) mod ids;
mod person;
mod roll;
mod words;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

pub use app::AppKind;
pub(crate) use app::{AccountStanding, App, AppIndex, OnRefusal, Scope};
pub(crate) use person::{Follow, Person, PersonIndex};
use roll::Roll;
pub(crate) use words::words;

/// The apps and people.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) name: String,
    /// The sandbox's own host names.
    pub(crate) hosts: Vec<String>,
    pub(crate) apps: Roll<App>,
    pub(crate) people: Roll<Person>,
    open_ids: Mutex<HashMap<AppIndex, OpenIds>>,
}

/// The openIds of one app that have been computed so far.
#[derive(Debug, Default)]
struct OpenIds {
    known: usize,
    people: HashMap<String, PersonIndex>,
}

impl Company {
    pub(crate) fn new((name, hosts): (String, Vec<String>), apps: Vec<App>, people: Vec<Person>) -> Self {
        Self { name, hosts, apps: Roll::of(apps), people: Roll::of(people), open_ids: Mutex::default() }
    }

    /// Finds an app by its name or its appid. The corpid alone finds the only WeCom app of its corp.
    pub(crate) fn app(&self, key: &str) -> Option<Arc<App>> {
        self.apps.find(key).or_else(|| match <[_; 1]>::try_from(self.apps_of_corp(key)) {
            Ok([app]) => Some(app),
            Err(_) => None,
        })
    }

    /// Returns the WeCom apps of a corp.
    pub(crate) fn apps_of_corp(&self, corp_id: &str) -> Vec<Arc<App>> {
        self.apps.wanted(usize::MAX, |app| app.kind == AppKind::WeCom && app.id == corp_id)
    }

    /// Finds an app as WeChat's endpoints do: by appid only. Excludes WeCom apps, which have other endpoints.
    pub(crate) fn app_by_id(&self, app_id: &str) -> Option<Arc<App>> {
        self.apps.find(app_id).filter(|app| app.id == app_id)
    }

    /// Finds an app by its appid or its original id.
    pub(crate) fn app_by_any_id(&self, id: &str) -> Option<Arc<App>> {
        self.apps.wanted(1, |app| app.id == id || app.original_id == id).pop()
    }

    pub(crate) fn person(&self, id: &str) -> Option<Arc<Person>> {
        self.people.find(id)
    }

    pub(crate) fn app_at(&self, index: AppIndex) -> Option<Arc<App>> {
        self.apps.at(usize::from(index.0))
    }

    pub(crate) fn person_at(&self, index: PersonIndex) -> Option<Arc<Person>> {
        self.people.at(usize::try_from(index.0).ok()?)
    }

    /// Sets or removes a person's follow of an app.
    pub(crate) fn follow(&self, person: &Person, app: &App, follow: Option<Follow>) {
        // People are never removed, so the person still exists.
        let _ = self.people.change(&person.id, |person| {
            let mut person = person.clone();
            match follow {
                Some(follow) => drop(person.follows.insert(app.name.clone(), follow)),
                None => drop(person.follows.remove(&app.name)),
            }
            Ok::<_, Infallible>(person)
        });
    }

    /// Finds the person with this openId in this app. Each person's openId is computed once, by the first call after they
    /// were added.
    pub(crate) fn person_by_open_id(&self, app: &App, open_id: &str) -> Option<Arc<Person>> {
        let index = {
            let mut open_ids = self.open_ids.lock().unwrap_or_else(PoisonError::into_inner);
            let open_ids = open_ids.entry(app.index).or_default();
            for person in self.people.from(open_ids.known, usize::MAX) {
                open_ids.people.insert(ids::open_id(app, &person), person.index);
                open_ids.known += 1;
            }
            *open_ids.people.get(open_id)?
        };
        self.person_at(index)
    }
}
