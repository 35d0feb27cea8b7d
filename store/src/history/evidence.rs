//! What an entry of the journal rests on: what was proved or said, with phone numbers masked.
//! What came of it is a `Change`.

use std::fmt;

use domain::login::Proof;
use domain::phone::Line;
use domain::{
    AppId, ConflictId, ExternalId, LinkEventId, OpenId, OpenKey, PhoneNumber, Resolution, Rule, ServiceTokenId,
    Timestamp, UnionKey,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;
use crate::person_event::ProfileFields;

/// A phone number of which the middle is hidden, so that no other can get into the journal.
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

/// What was proved or said. A row's missing key and its `null` are both `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evidence {
    /// The upstream's id of the app.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub app: Option<AppId>,
    /// What the app calls the person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub open_id: Option<OpenId>,
    /// What a union scope calls the person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub union: Option<UnionKey>,
    /// The number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<MaskedNumber>,
    /// R6: what the carrier knew about the number's line.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// R6: when the number was proved last.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub last_proof_at: Option<Timestamp>,
    /// The company's own id of an imported person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The open ids of an imported person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub open_ids: Option<Vec<OpenKey>>,
    /// The union ids of an imported person.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub union_ids: Option<Vec<UnionKey>>,
    /// The case that an operator closed.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub case: Option<ConflictId>,
    /// What the operator decided about it.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub decision: Option<Resolution>,
    /// Why an operator did so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rule that had offered a merge.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub offer: Option<Rule>,
    /// The merge that was undone.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub undoes: Option<LinkEventId>,
    /// The system by which we know what the upstream told.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub told_by: Option<ServiceTokenId>,
    /// When the upstream says that it was.
    #[serde(with = "json", skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// R11: what the app is no longer allowed to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ProfileFields>,
}

impl Evidence {
    /// A login.
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

    /// The column of an entry that this rule makes.
    pub(super) fn write(&self, rule: Rule) -> String {
        let mut json = serde_json::to_value(self).expect("the fields have names");
        let is_login = self.open_id.is_some() && !matches!(rule, Rule::R7 | Rule::R11 | Rule::R12);
        // That a login had no union id, or an import no phone, is evidence as well: the row says so.
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
        // By way of a map: a struct would be read from an array as well.
        Self::deserialize(Value::Object(serde_json::from_str(text)?))
    }
}
