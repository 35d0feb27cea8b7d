//! Finds keys and phone numbers that an older version accepted.

use domain::{BadKey, ExternalId, MobilePrefix, OpenId, PhoneNumber, UnionId};
use store::Store;
use store::data_check::Finding;
use store::import::{Imported, ImportedUser};

use crate::world::{NOW, import, member, proof, record, report, sign_in};

crate::on_every_database!(what_an_older_version_accepted_is_found, sound_data_is_without_findings);

async fn findings(store: &Store, prefixes: &[MobilePrefix]) -> (u64, Vec<Finding>) {
    let mut found = Vec::new();
    let count = store.check_data(prefixes, |finding| found.push(finding)).await.unwrap();
    // Members that are imported in the same moment have ids in arbitrary order.
    found.sort_by_key(|finding| match finding {
        Finding::Key { .. } => String::new(),
        Finding::Phone { masked, .. } => masked.clone(),
    });
    (count, found)
}

fn stored(text: &str) -> PhoneNumber {
    PhoneNumber::from_e164(text.to_owned()).expect("the form of a number")
}

async fn what_an_older_version_accepted_is_found(store: Store) {
    let mut lan = proof("shop", "oLan", Some("uLan"));
    lan.key.open_id = OpenId::from_stored("\\N".to_owned());
    lan.union.as_mut().expect("a unionId").union_id = UnionId::from_stored("null".to_owned());
    let lan = sign_in(&store, &lan, NOW).await.user;
    // A number with an extra digit, one that is formatted differently today, and one with a new prefix.
    let mut members = Vec::new();
    for (id, phone) in [("1001.0", "+8610130246633"), ("M-2", "+4407400123456"), ("M-3", "+8616000000001")] {
        let row = ImportedUser {
            external_id: ExternalId::from_stored(id.to_owned()),
            phone: Some(stored(phone)),
            ..member("M-1", "13800000001")
        };
        let Imported::Created(user) = import(&store, &row).await else { panic!("a new member") };
        members.push(user);
    }

    let key = |column, of: domain::UserId, text: &str, reason| Finding::Key {
        column,
        of: of.to_string(),
        text: text.to_owned(),
        reason,
    };
    let phone = |of, masked: &str, read_as: Option<&str>| Finding::Phone {
        of,
        is_active: true,
        masked: masked.to_owned(),
        read_as: read_as.map(str::to_owned),
    };
    let expected = vec![
        key("open_ids.open_id", lan, "\\N", BadKey::Placeholder("open id")),
        key("union_ids.union_id", lan, "null", BadKey::Placeholder("union id")),
        key("users.external_id", members[0], "1001.0", BadKey::Damaged("external id")),
        phone(members[1], "+44*******3456", Some("+44******3456")),
        phone(members[0], "+86*******6633", None),
    ];
    let admitted = ["+86160".parse().expect("a prefix")];
    assert_eq!(findings(&store, &admitted).await, (8, expected.clone()));
    let (_, found) = findings(&store, &[]).await;
    assert!(found.contains(&phone(members[2], "+86*******0001", None)), "{found:?}");
}

async fn sound_data_is_without_findings(store: Store) {
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await;
    import(&store, &member("M-1", "13800000001")).await;
    record(&store, &[report("shop", "A-1", "oLan"), report("shop", "A-2", "oWei")]).await;

    // Two openIds, a unionId, an external id, two order numbers and a phone.
    assert_eq!(findings(&store, &[]).await, (7, vec![]));
}
