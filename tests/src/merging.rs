//! What the tests of merges do again and again: members of the company, proved numbers, offers, confirmations, undos.
//! What comes of it is told in the tests.

use api::usecase::{UserText, read_user};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{Answer, Client, Company};

/// The number of the company's account.
pub const LAN: &str = "+8613800000001";
/// Another number of the same person.
pub const OTHER: &str = "+8613800000002";

impl Company {
    /// An account of the company's, with a phone that was last proved so many days ago.
    ///
    /// # Panics
    /// When it cannot be imported.
    pub async fn import(&self, id: &str, phone: &str, last_proof_days: i64) {
        let text = UserText {
            external_id: id.to_owned(),
            phone: Some(phone.to_owned()),
            nickname: Some("Lan Xin".to_owned()),
            created_at: None,
            last_proof_at: Some(self.clock.now().minus(TimeDelta::days(last_proof_days))),
        };
        let user = read_user(&text, self.clock.now()).expect("an account");
        let outcomes = self.app.service().import_users(&[user], false).await.expect("the database answers");
        assert!(outcomes[0].is_ok(), "{outcomes:?}");
    }

    /// Asks for a code and redeems it.
    pub async fn prove(&self, client: &Client, phone: &str) -> Answer {
        client.send_code(phone).await.data();
        client.bind(phone, &self.sms(phone).await).await
    }

    /// Lan with a phone of her own proves the number of the company's account, and may merge the two: the client, and
    /// the refusal with the token.
    ///
    /// # Panics
    /// When she is not refused.
    pub async fn offered(&self) -> (Client, Answer) {
        self.import("C-1001", LAN, 10).await;
        self.clock.advance(TimeDelta::minutes(1));
        let lan = self.sign_in("shop", "lan").await;
        self.prove(&lan, OTHER).await.data();
        let refused = self.prove(&lan, LAN).await;
        assert_eq!(refused.code(), "PHONE_OWNED_BY_ANOTHER", "{refused:?}");
        (lan, refused)
    }
}

impl Answer {
    /// The token of the merge that the first error offers.
    ///
    /// # Panics
    /// When it offers none.
    #[must_use]
    pub fn merge_token(&self) -> String {
        let extensions = &self.0["errors"][0]["extensions"];
        extensions["mergeToken"].as_str().unwrap_or_else(|| panic!("no merge token in {}", self.0)).to_owned()
    }
}

impl Client {
    /// What a merge on offer would come to.
    pub async fn preview(&self, token: &str) -> Answer {
        let side = "createdAt maskedPhone nickname hasExternalId openIds unionIds orders";
        let query = format!(
            "query ($token: String!) {{ mergePreview(token: $token) {{
            own {{ id {side} }} other {{ id {side} }} survivor clashes
            moves {{ openIds unionIds orders fields }} expiresAt }} }}"
        );
        self.send(&query, json!({ "token": token })).await
    }

    /// Confirms a merge.
    pub async fn merge(&self, token: &str, survivor: Option<&Value>, keep: &Value) -> Answer {
        let query = "mutation ($token: String!, $survivor: ID, $keep: [MergeChoice!]!) {
            mergeUsers(token: $token, survivor: $survivor, keep: $keep) {
            mergeId user { id phone nickname externalId openIds { app } } session { accessToken refreshToken } } }";
        self.send(query, json!({ "token": token, "survivor": survivor, "keep": keep })).await
    }

    /// Confirms a merge, keeping this account's value wherever the two differ.
    pub async fn merge_keeping_own(&self, token: &str) -> Answer {
        let preview = self.preview(token).await;
        let Some(preview) = preview.0["data"]["mergePreview"].as_object() else { return preview };
        let keep = preview["clashes"].as_array().into_iter().flatten();
        let keep: Vec<_> = keep.map(|field| json!({ "field": field, "user": preview["own"]["id"] })).collect();
        self.merge(token, None, &json!(keep)).await
    }

    /// Undoes a merge.
    pub async fn undo(&self, merge: &Value, reason: Option<&str>) -> Answer {
        let query = "mutation ($id: ID!, $reason: String) { undoMerge(id: $id, reason: $reason) {
            survivorId restoredId user { id } session { accessToken refreshToken } } }";
        self.send(query, json!({ "id": merge, "reason": reason })).await
    }

    /// Adds another way of signing in.
    pub async fn link(&self, input: &Value) -> Answer {
        let query = "mutation ($input: LoginInput!) { linkOpenId(input: $input) {
            added user { id openIds { app } unionIds { unionId } } } }";
        self.send(query, json!({ "input": input })).await
    }

    /// The id of the account that this client is signed in to.
    pub async fn id(&self) -> Value {
        self.ask("{ me { id } }").await.data()["me"]["id"].clone()
    }

    /// The id that an account's id leads to.
    pub async fn node(&self, id: &Value) -> Value {
        self.send("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.data()["node"]["id"].clone()
    }
}
