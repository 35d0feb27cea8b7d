//! Validates `[phone]`, including the bounds that production requires. See `phone` for the keys.

use std::ops::RangeInclusive;

use providers::{Checks, Problem};

use super::human_check::HumanCheckKind;
use super::phone::{Phone, PhoneLogin};
use super::sections::Config;

/// A limit with its name, its bounds and the reason for them.
type Bounds<'a> = (&'a str, u32, RangeInclusive<u32>, &'a str);

/// Returns the problems that every mode refuses.
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
        found.note("phone.countries", "is empty, so no code can be sent; for that use sms.sender = \"none\"");
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

/// Returns the problems that production refuses.
pub(super) fn production(config: &Config) -> Vec<Problem> {
    let mut found = Checks::default();
    for (key, number, bounds, reason) in bounds(&config.phone) {
        if !bounds.contains(&number) {
            let (least, most) = (bounds.start(), bounds.end());
            found.note(&format!("phone.{key}"), format!("must be {least} to {most} in production: {reason}"));
        }
    }
    let has_check = config.human_check.kind != HumanCheckKind::None || config.phone.login_without_human_check;
    if config.sms.sender.costs() && config.phone.login != PhoneLogin::Off && !has_check {
        let reason = "production needs [human_check]: anyone can request the code of a login, and it costs money";
        found.note("phone.login", reason);
    }
    if config.sms.sender.costs() && config.sms.budget.daily_cents == 0 {
        let reason = "production needs a budget: without one, attackers decide what SMS cost";
        found.note("sms.budget.daily_cents", reason);
    }
    finish(found)
}

/// Returns the bounds of each limit, wide enough for every legitimate use.
fn bounds(phone: &Phone) -> [Bounds<'static>; 12] {
    let guesses = "a code has six digits, and every try guesses one of a million";
    let owner = "more is never needed, and harasses the number's owner";
    let pumping = "a higher limit allows SMS pumping";
    [
        ("fresh_login_minutes", phone.fresh_login_minutes, 1..=60, "a login that can merge accounts must be recent"),
        ("fresh_number_days", phone.fresh_number_days, 1..=365, "carriers reassign a cancelled number after 90 days"),
        ("code_minutes", phone.code_minutes, 1..=10, "NIST SP 800-63B-4 limits the life of a code to ten minutes"),
        ("resend_seconds", phone.resend_seconds, 30..=3_600, "more frequent codes harass the recipient and cost money"),
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
