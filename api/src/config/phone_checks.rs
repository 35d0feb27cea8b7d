//! What is wrong with `[phone]` beyond single keys, and what of it production refuses: limits that are none.
//! The keys themselves are in `sections`.

use std::ops::RangeInclusive;

use providers::{Checks, Problem};

use super::sections::{Config, Phone};

/// A limit with its name and what the reason for its bounds is.
type Bounds<'a> = (&'a str, u32, RangeInclusive<u32>, &'a str);

/// What makes sense nowhere.
pub(super) fn phone(phone: &Phone) -> Vec<Problem> {
    let mut found = Checks::default();
    for (key, number) in [
        ("fresh_login_minutes", phone.fresh_login_minutes),
        ("code_minutes", phone.code_minutes),
        ("codes_per_number", phone.codes_per_number),
        ("codes_per_account", phone.codes_per_account),
        ("codes_per_device", phone.codes_per_device),
        ("tries_per_code", phone.tries_per_code),
        ("tries_per_device", phone.tries_per_device),
        ("tries_per_number", phone.tries_per_number),
    ] {
        if number == 0 {
            found.note(&format!("phone.{key}"), "must be at least 1");
        }
    }
    if phone.countries.is_empty() {
        found.note("phone.countries", "is empty: no code could be sent; sms.sender = \"none\" says so");
    }
    for (at, prefix) in phone.prefixes_without_sms.iter().enumerate() {
        let digits = prefix.strip_prefix('+').unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            let reason = "is not the beginning of a number with its country code, such as +861349";
            found.note(&format!("phone.prefixes_without_sms[{at}]"), reason);
        }
    }
    finish(found)
}

/// What production refuses.
pub(super) fn production(config: &Config) -> Vec<Problem> {
    let mut found = Checks::default();
    for (key, number, bounds, reason) in bounds(&config.phone) {
        if !bounds.contains(&number) {
            let (least, most) = (bounds.start(), bounds.end());
            found.note(&format!("phone.{key}"), format!("must be {least} to {most} in production: {reason}"));
        }
    }
    if config.sms.sender.costs() && config.sms.budget.daily_cents == 0 {
        let reason = "production needs a budget: without one strangers decide what SMS cost";
        found.note("sms.budget.daily_cents", reason);
    }
    finish(found)
}

/// The bounds of each limit, wide enough for every honest use.
fn bounds(phone: &Phone) -> [Bounds<'static>; 12] {
    let guesses = "a code has six digits, and every try guesses one of a million";
    let owner = "nobody needs more, and whoever has the number would be molested";
    let pumping = "one person or device that may ask for more can be used to pump SMS";
    [
        ("fresh_login_minutes", phone.fresh_login_minutes, 1..=60, "a login that may join accounts has to be recent"),
        ("fresh_number_days", phone.fresh_number_days, 1..=365, "carriers give a cancelled number away after 90 days"),
        ("code_minutes", phone.code_minutes, 1..=10, "NIST SP 800-63B-4 lets a code live ten minutes at most"),
        ("resend_seconds", phone.resend_seconds, 30..=3_600, "codes that follow each other faster molest and cost"),
        ("codes_per_number", phone.codes_per_number, 1..=30, owner),
        ("codes_per_account", phone.codes_per_account, 1..=100, pumping),
        ("codes_per_device", phone.codes_per_device, 1..=100, pumping),
        ("codes_per_address", phone.codes_per_address, 1..=10_000, "without a limit one network can use up the budget"),
        ("codes_per_app", phone.codes_per_app, 1..=10_000_000, "without a limit one app can use up the budget"),
        ("tries_per_code", phone.tries_per_code, 1..=10, guesses),
        ("tries_per_device", phone.tries_per_device, 1..=50, guesses),
        ("tries_per_number", phone.tries_per_number, 1..=100, guesses),
    ]
}

fn finish(found: Checks) -> Vec<Problem> {
    found.finish(Some(())).err().unwrap_or_default()
}
