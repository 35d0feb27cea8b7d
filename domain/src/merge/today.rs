//! Would the rules of today make a merge that was made before? Operators look for merges of former rules with it.

use super::{Field, Obstacle, obstacles};
use crate::{Account, Rule};

/// Why the rules of today would not make a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// R9: the two are two people.
    Limit(Obstacle),
    /// R1c, R4c: both have a value of which an account has one, so that only their person or an operator joins them.
    Clash(Field),
    /// R1c: neither was a shell, so that the merge is only offered.
    NoShell,
}

/// Returns what the rules of today say against a merge of this rule, by what is known about the two accounts as they were. Empty if they
/// would make it. A merge that its person (R8) or an operator (R14) decided has chosen what remains: only R9 forbids it.
#[must_use]
pub fn doubts(rule: Rule, from: &Account, into: &Account) -> Vec<Doubt> {
    let mut doubts: Vec<Doubt> = obstacles(from, into).into_iter().map(Doubt::Limit).collect();
    let has_both_phones = from.phone.is_some() && into.phone.is_some();
    let clash = |is_there: bool, field| is_there.then_some(Doubt::Clash(field));
    match rule {
        Rule::R1c => {
            doubts.extend(clash(has_both_phones, Field::Phone));
            doubts.extend(clash(from.both_external(into), Field::ExternalId));
            doubts.extend((!from.is_shell() && !into.is_shell()).then_some(Doubt::NoShell));
        }
        Rule::R4c => {
            // The account that is merged is the caller's, and the other one is the number's.
            doubts.extend(clash(from.phone.is_some(), Field::Phone));
            doubts.extend(clash(from.both_external(into), Field::ExternalId));
        }
        Rule::R1
        | Rule::R1b
        | Rule::R2
        | Rule::R3
        | Rule::R4a
        | Rule::R4b
        | Rule::R4d
        | Rule::R4e
        | Rule::R5
        | Rule::R6
        | Rule::R7
        | Rule::R8
        | Rule::R9
        | Rule::R11
        | Rule::R12
        | Rule::R13
        | Rule::R14
        | Rule::R15
        | Rule::R16
        | Rule::Import => {}
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExternalId, PhoneNumber, Timestamp, UserId};

    fn account(at: i64, apps: &[&str]) -> Account {
        let (id, created_at) = (UserId::new(Timestamp::from_millis(at)), Timestamp::from_millis(at));
        let apps = apps.iter().map(|app| app.parse().expect("an app id")).collect();
        let (cancelled, unions, phone, external_id) = (vec![], vec![], None, None);
        Account { id, created_at, apps, cancelled, unions, phone, external_id, has_orders: false }
    }

    fn with_phone(account: Account) -> Account {
        Account { phone: PhoneNumber::from_e164("+8613800000001".to_owned()), ..account }
    }

    #[test]
    fn a_shell_and_its_owner_would_be_joined_again() {
        let (shell, owner) = (account(1, &["wx1"]), with_phone(account(2, &["wx2"])));

        assert_eq!(doubts(Rule::R1c, &shell, &owner), []);
        assert_eq!(doubts(Rule::R4c, &shell, &owner), []);
    }

    #[test]
    fn two_accounts_with_substance_are_joined_by_no_rule_alone() {
        let buyer = Account { has_orders: true, ..account(1, &["wx1"]) };
        let member = with_phone(account(2, &["wx2"]));

        assert_eq!(doubts(Rule::R1c, &buyer, &member), [Doubt::NoShell]);
        assert_eq!(doubts(Rule::R4c, &buyer, &member), []);
        assert_eq!(doubts(Rule::R4c, &with_phone(buyer.clone()), &member), [Doubt::Clash(Field::Phone)]);
        assert_eq!(doubts(Rule::R14, &with_phone(buyer), &member), []);
    }

    #[test]
    fn two_external_ids_need_a_choice() {
        let member = |at, id: &str| {
            let external_id: ExternalId = id.parse().expect("an id");
            Account { external_id: Some(external_id), ..account(at, &[]) }
        };

        let found = doubts(Rule::R4c, &member(1, "C-1"), &member(2, "C-2"));

        assert_eq!(found, [Doubt::Clash(Field::ExternalId)]);
        assert_eq!(doubts(Rule::R8, &member(1, "C-1"), &member(2, "C-2")), []);
    }

    #[test]
    fn two_open_ids_of_an_app_are_two_people_under_every_rule() {
        let [one, other] = [account(1, &["wx1"]), account(2, &["wx1"])];
        let limit = Doubt::Limit(Obstacle::App("wx1".parse().expect("an app id")));

        for rule in [Rule::R1c, Rule::R4c, Rule::R8, Rule::R14] {
            assert_eq!(doubts(rule, &one, &other), std::slice::from_ref(&limit), "{rule}");
        }
    }
}
