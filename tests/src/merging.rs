//! Helpers of the merge tests: offers, confirmations, undos.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{Answer, Client, Company};

/// The phone number of the company's account.
pub const LAN: &str = "+8613800000001";
/// Another number of the same person.
pub const OTHER: &str = "+8613800000002";

impl Company {
    /// Logs in Lan, who has her own phone, and lets her prove the number of the company's account. Returns the client,
    /// and the refusal with the merge token.
    ///
    /// # Panics
    ///
    /// When she is not refused.
    pub async fn offered(&self) -> (Client, Answer) {
        self.member("C-1001", LAN, 10).await;
        self.clock.advance(TimeDelta::minutes(1));
        let lan = self.sign_in("shop", "lan").await;
        self.prove(&lan, OTHER).await.data();
        let refused = self.prove(&lan, LAN).await;
        assert_eq!(refused.code(), "PHONE_OWNED_BY_ANOTHER", "{refused:?}");
        (lan, refused)
    }

    /// Merges two accounts of Xue as a login does, and then reports old orders of both, so that the current rules would
    /// refuse the merge.
    ///
    /// # Panics
    ///
    /// When a login or an order is refused.
    pub async fn merge_of_xue(&self, operator: &Client) {
        let mut club = self.client();
        let code = self.code_for("club", "xue", "snsapi_base").await;
        club.carry(&club.log_in(&code, "club").await.data()["wechatLogin"]);
        for app in ["shop", "club"] {
            self.sign_in(app, "xue").await;
        }
        for app in ["shop", "club"] {
            let order = json!([{ "app": app, "orderNo": format!("X-{app}"), "openId": self.sandbox.open_id(app, "xue"),
                "status": "PAID", "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z" }]);
            operator.record(order).await;
        }
    }
}

impl Answer {
    /// Returns the merge token of the first error.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn merge_token(&self) -> String {
        let extensions = &self.0["errors"][0]["extensions"];
        extensions["mergeToken"].as_str().unwrap_or_else(|| panic!("no merge token in {}", self.0)).to_owned()
    }
}

impl Client {
    /// Previews an offered merge.
    pub async fn preview(&self, token: &str) -> Answer {
        let side = "createdAt maskedPhone nickname hasExternalId openIds unionIds orders";
        let query = format!(
            "query ($token: String!) {{ mergePreview(token: $token) {{
            own {{ id {side} }} other {{ id {side} }} survivor clashes
            moves {{ openIds unionIds orders fields }} expiresAt }} }}"
        );
        self.send(&query, json!({ "token": token })).await
    }

    /// Previews an offered merge, with an access token of the other account.
    pub async fn preview_as(&self, token: &str, other: Option<&Self>) -> Answer {
        let query = "query ($token: String!, $other: String) {
            mergePreview(token: $token, otherAccessToken: $other) { own { id } other { id nickname } clashes } }";
        self.send(query, json!({ "token": token, "other": other.and_then(|other| other.bearer.clone()) })).await
    }

    /// Confirms a merge without conflicting values, with an access token of the other account.
    pub async fn merge_as(&self, token: &str, other: Option<&Self>) -> Answer {
        let query = "mutation ($token: String!, $other: String) {
            mergeUsers(token: $token, otherAccessToken: $other) { user { id phone } } }";
        self.send(query, json!({ "token": token, "other": other.and_then(|other| other.bearer.clone()) })).await
    }

    /// Confirms a merge.
    pub async fn merge(&self, token: &str, survivor: Option<&Value>, keep: &Value) -> Answer {
        let query = "mutation ($token: String!, $survivor: ID, $keep: [MergeChoice!]!) {
            mergeUsers(token: $token, survivor: $survivor, keep: $keep) {
            mergeId user { id phone nickname externalId openIds { app } orders { nodes { orderNo } } } session { accessToken refreshToken } } }";
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

    /// Links a further login.
    pub async fn link(&self, input: &Value) -> Answer {
        let query = "mutation ($input: LoginInput!) { linkOpenId(input: $input) {
            added user { id openIds { app } unionIds { unionId } } } }";
        self.send(query, json!({ "input": input })).await
    }

    /// Returns the id of the account that this client is logged in to.
    pub async fn id(&self) -> Value {
        self.ask("{ me { id } }").await.data()["me"]["id"].clone()
    }

    /// Returns the account id that an id resolves to.
    pub async fn node(&self, id: &Value) -> Value {
        self.send("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.data()["node"]["id"].clone()
    }
}
