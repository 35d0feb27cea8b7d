//! The evidence of a journal entry: what was proved or stated, with phone numbers masked. See `Change` for the
//! result.

use std::fmt;

use domain::login::Proof;
use domain::phone::Line;
use domain::{
    AppId, ConflictId, ExternalId, LinkEventId, OpenId, OpenKey, PhoneNumber, Principal, Resolution, Rule, RunId,
    Timestamp, UnionKey,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;
use crate::person_event::ProfileFields;

/// A phone number with its middle digits masked. Keeps full numbers out of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaskedNumber(String);

impl From<&PhoneNumber> for MaskedNumber {
    fn from(number: &PhoneNumber) -> Self {
        Self(number.masked())
    }
}

impl fmt::Display for MaskedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was proved or stated. A missing key and `null` in a row are both `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evidence {
    /// The app.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub app: Option<AppId>,
    /// The openId in the app.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub open_id: Option<OpenId>,
    /// The unionId in a union scope.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub union: Option<UnionKey>,
    /// The number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<MaskedNumber>,
    /// R6: the carrier's answer about the number's line.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// R6: when the number was last proved.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub last_proof_at: Option<Timestamp>,
    /// The external id of an imported person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The openIds of an imported person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub open_ids: Option<Vec<OpenKey>>,
    /// The unionIds of an imported person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub union_ids: Option<Vec<UnionKey>>,
    /// The case that an operator closed.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub case: Option<ConflictId>,
    /// The operator's decision on the case.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub decision: Option<Resolution>,
    /// The operator's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rule that had offered a merge.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub offer: Option<Rule>,
    /// The merge that was undone.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub undoes: Option<LinkEventId>,
    /// The system that reported the upstream's event.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub told_by: Option<Principal>,
    /// When the event happened, according to the upstream.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// R16: the openId of the migrated account, which the openId replaces.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub changed_from: Option<OpenKey>,
    /// The run over followers that the upstream told this to.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// R11: the fields that the app may no longer know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ProfileFields>,
}

impl Evidence {
    /// Returns the evidence of a login.
    pub(crate) fn of_proof(proof: &Proof) -> Self {
        Self { union: proof.union.clone(), ..Self::of_open_id(&proof.key.app, &proof.key.open_id) }
    }

    pub(crate) fn of_open_id(app: &AppId, open_id: &OpenId) -> Self {
        Self { app: Some(app.clone()), open_id: Some(open_id.clone()), ..Self::default() }
    }

    pub(crate) fn of_number(number: &PhoneNumber) -> Self {
        Self { phone: Some(number.into()), ..Self::default() }
    }

    pub(crate) fn of_reason(reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..Self::default() }
    }

    /// Returns the column of an entry of this rule.
    pub(crate) fn write(&self, rule: Rule) -> String {
        let mut json = serde_json::to_value(self).expect("the fields have names");
        let is_login = self.open_id.is_some() && !matches!(rule, Rule::R7 | Rule::R11 | Rule::R12 | Rule::R16);
        // A login without a unionId and an import without a phone are evidence too, so the row states them
        // explicitly.
        for (key, is_told) in [
            ("union", is_login),
            ("phone", self.external_id.is_some()),
            ("lastProofAt", self.line.is_some()),
            ("reason", self.undoes.is_some()),
        ] {
            if is_told && json.get(key).is_none() {
                json[key] = Value::Null;
            }
        }
        json.to_string()
    }

    /// Reads the column.
    pub(super) fn read(text: &str) -> Result<Self, serde_json::Error> {
        // Through a map, because serde would also accept an array for a struct.
        Self::deserialize(Value::Object(serde_json::from_str(text)?))
    }
}
