//! Environment variables with the prefix that are no settings: mistyped ones, those of the platform, and unknown ones.

use std::ffi::OsStr;

use strsim::damerau_levenshtein;
use toml::{Table, Value};

use super::given::PREFIX;
use super::guess::did_you_mean;
use crate::config::mistake::{Found, Mistake};
use crate::text::text;

/// Variables that `guiyi` reads besides the settings.
const OTHERS: [&str; 1] = ["GUIYI_CONFIG"];

/// Judges a variable that is not a setting: similar to one, it is a mistake; else a warning, unless the platform sets it.
pub(super) fn of_no_setting((name, value): (&str, &OsStr), settings: &Table, found: &mut Found) {
    if OTHERS.contains(&name) || is_of_platform(name, value) {
        return;
    }
    let mut known: Vec<String> = OTHERS.map(str::to_owned).to_vec();
    collect(settings, PREFIX, &mut known);
    let meant = nearest(name, &known).map(did_you_mean);
    let key = name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase();
    if is_joined(settings, &key) {
        let said = text!(
            "is not a setting: two underscores separate section and key",
            "不是配置项：配置段与配置项之间为两个下划线"
        );
        found.note_hint(name, said, meant);
    } else if meant.is_some() {
        found.note_hint(name, text!("is not a setting", "不是配置项"), meant);
    } else {
        let said = text!("is not a setting, and nothing refers to it", "不是配置项，配置中也没有引用它");
        found.warn(Mistake::new(name, said));
    }
}

/// Returns whether Kubernetes or Docker sets this variable, for a service that is named `guiyi` or begins so.
fn is_of_platform(name: &str, value: &OsStr) -> bool {
    let ends_so = |ending: &str| name.ends_with(ending) || name.contains(&format!("{ending}_"));
    let is_port = name.ends_with("_PORT") || ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| ends_so(protocol));
    let is_address = || value.to_str().is_some_and(|value| value.contains("://"));
    let of_port = ["_ADDR", "_PORT", "_PROTO"].iter().any(|ending| name.ends_with(ending)) && name.contains("_PORT_");
    ends_so("_SERVICE_HOST") || ends_so("_SERVICE_PORT") || (is_port && is_address()) || of_port
}

/// Returns the most similar known name; how many underscores separate two words makes no difference.
fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let plain = |name: &str| name.replace('_', "");
    let (own, most) = (plain(name), if name.len() < 14 { 1 } else { 2 });
    let ranked = known.iter().map(|other| (damerau_levenshtein(&own, &plain(other)), other));
    ranked.filter(|(distance, _)| *distance <= most).min().map(|(_, other)| other.as_str())
}

fn collect(table: &Table, prefix: &str, names: &mut Vec<String>) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.to_ascii_uppercase());
        match value {
            Value::Table(inner) if !inner.is_empty() => collect(inner, &format!("{name}__"), names),
            _ => names.push(name),
        }
    }
}

/// Returns whether this would be a setting with some of its underscores doubled.
fn is_joined(settings: &Table, key: &str) -> bool {
    settings.iter().any(|(section, value)| {
        let rest = key.strip_prefix(section.as_str());
        let below = rest.and_then(|rest| rest.strip_prefix('_')).zip(value.as_table());
        rest == Some("") || below.is_some_and(|(rest, table)| is_joined(table, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigError;

    fn judged(name: &str, value: &str) -> (Vec<String>, usize) {
        let settings = toml::toml! {
            mode = ""
            apps = []
            [http]
            listen = ""
            public_url = ""
            connections = { max = 1 }
            [database]
            url = ""
        };
        let mut found = Found::default();
        of_no_setting((name, OsStr::new(value)), &settings, &mut found);
        let ConfigError { mistakes, warnings, .. } = found.into_error();
        let hints =
            mistakes.into_iter().map(|mistake| mistake.expected.map(|text| text.to_string()).unwrap_or_default());
        (hints.collect(), warnings.len())
    }

    #[test]
    fn a_mistyped_setting_is_a_mistake_with_a_hint() {
        for (name, meant) in [
            ("GUIYI_HTTP_LISTEN", "GUIYI_HTTP__LISTEN"),
            ("GUIYI_HTTP_LISTN", "GUIYI_HTTP__LISTEN"),
            ("GUIYI_HTTP_PUBLICURL", "GUIYI_HTTP__PUBLIC_URL"),
            ("GUIYI_DATABSE_URL", "GUIYI_DATABASE__URL"),
            ("GUIYI_DATABASE_URL", "GUIYI_DATABASE__URL"),
            ("GUIYI_HTTP_CONNECTIONS_MAX", "GUIYI_HTTP__CONNECTIONS__MAX"),
            ("GUIYI_MODES", "GUIYI_MODE"),
            ("GUIYI_CONFG", "GUIYI_CONFIG"),
        ] {
            assert_eq!(judged(name, "x"), (vec![format!("did you mean `{meant}`?")], 0), "{name}");
        }
    }

    #[test]
    fn what_the_platform_sets_is_left_alone_and_what_is_unknown_is_a_warning() {
        for (name, value) in [
            ("GUIYI_PORT", "tcp://10.0.0.1:8000"),
            ("GUIYI_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
            ("GUIYI_PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("GUIYI_PORT_8000_TCP_PORT", "8000"),
            ("GUIYI_PORT_8000_TCP_PROTO", "tcp"),
            ("GUIYI_SERVICE_HOST", "10.0.0.1"),
            ("GUIYI_SERVICE_PORT", "8000"),
            ("GUIYI_SERVICE_PORT_HTTP", "8000"),
            ("GUIYI_HTTP_SERVICE_HOST", "10.0.0.1"),
            ("GUIYI_HTTP_PORT", "tcp://10.0.0.1:8000"),
            ("GUIYI_CONFIG", "guiyi.toml"),
        ] {
            assert_eq!(judged(name, value), (vec![], 0), "{name}");
        }
        assert_eq!(judged("GUIYI_SHOP_SECRET", "s"), (vec![], 1));
        assert_eq!(judged("GUIYI_TEST_KILLS", "3"), (vec![], 1));
    }
}
