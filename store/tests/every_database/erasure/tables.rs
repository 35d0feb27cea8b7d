//! What an erasure does to every column of every table.

/// The columns of one table.
pub(super) struct Fate {
    pub(super) table: &'static str,
    /// Columns that stay, and why they identify no person.
    pub(super) kept: &'static str,
    pub(super) why: &'static str,
    /// Columns whose values are nowhere in the database afterwards.
    pub(super) gone: &'static str,
    /// Columns whose values are removed too, but identify no person by themselves: times, flags, ids of deleted rows.
    pub(super) cleared: &'static str,
}

const fn without_personal_data(table: &'static str, why: &'static str, kept: &'static str) -> Fate {
    Fate { table, kept, why, gone: "", cleared: "" }
}

pub(super) const FATES: &[Fate] = &[
    Fate {
        table: "users",
        kept: "id status merged_into created_at updated_at",
        why: "the id is never another person's, and an alias still leads to it",
        gone: "nickname avatar_url own_nickname own_avatar_url external_id",
        cleared: "cooling_until",
    },
    Fate {
        table: "open_ids",
        kept: "id app created_at",
        why: "the row stays for its orders; its openId is random",
        gone: "open_id nickname avatar_url",
        cleared: "user_id nickname_at avatar_url_at linked_at last_login_at follows follows_since cancelled_at",
    },
    Fate { table: "union_ids", kept: "", why: "", gone: "id union_id", cleared: "scope user_id created_at" },
    Fate {
        table: "phones",
        kept: "",
        why: "",
        gone: "id sealed_number active_hash",
        cleared: "user_id active_user proof verified_at last_proof_at created_at kept_until ended_at ended",
    },
    without_personal_data(
        "orders",
        "law keeps them; they name a person only by the openId",
        "id link_id app order_no status total_minor refunded_minor currency placed_at shop_updated_at created_at updated_at",
    ),
    without_personal_data(
        "order_items",
        "law keeps them; an article names no person",
        "id order_id position sku title quantity quantity_micros unit_minor unit_micros",
    ),
    without_personal_data(
        "order_refunds",
        "law keeps them; they name a person only by the order's openId",
        "id order_id position refund_no amount_minor refunded_at",
    ),
    Fate {
        table: "order_deliveries",
        kept: "",
        why: "",
        gone: "tracking_no",
        cleared: "id order_id position carrier shipped_at",
    },
    without_personal_data(
        "order_changes",
        "law keeps them; they name a person only by the order's openId",
        "position order_id from_status to_status changed_at",
    ),
    Fate {
        table: "order_corrections",
        kept: "position order_id old_link_id new_link_id old_placed_at new_placed_at actor corrected_at",
        why: "law keeps the history of an order; it names a person only by the openId; the operator's words go",
        gone: "reason",
        cleared: "",
    },
    without_personal_data("order_news", "ids of orders, for half an hour", "position at orders seq"),
    without_personal_data(
        "order_totals",
        "sums name a person only by the openId",
        "link_id month status currency orders total_billions total_minor beyond_billions beyond_minor",
    ),
    Fate {
        table: "sessions",
        kept: "",
        why: "",
        gone: "refresh_hash address_block device",
        cleared: "id user_id app signed_in_at expires_at bound ended_at device_id family_hash generation \
                  last_used_at phone_id",
    },
    Fate { table: "devices", kept: "", why: "", gone: "id token_hash", cleared: "created_at seen_at proved_at" },
    Fate {
        table: "login_states",
        kept: "",
        why: "",
        gone: "hash",
        cleared: "app return_to created_at expires_at claimed_at challenge",
    },
    Fate {
        table: "login_claims",
        kept: "",
        why: "",
        gone: "code_hash state_hash verifier_hash open_id union_id",
        cleared: "app claimed_at expires_at refusals session_id is_new_user failure finished_at",
    },
    Fate {
        table: "phone_codes",
        kept: "",
        why: "",
        gone: "id number_hash code_hash address_block",
        cleared: "ordinal session_id tries sent_at expires_at used_at app refused_at asked_at user_id link_id \
                  device_id human_hash challenge",
    },
    Fate {
        table: "link_events",
        kept: "id user_id other_user_id rule evidence actor session_id at before after",
        why: "what happened stays; evidence, before and after lose all that says who a person is",
        gone: "",
        cleared: "",
    },
    without_personal_data("merge_undos", "an id and a time", "merge_id at"),
    Fate {
        table: "merge_offers",
        kept: "",
        why: "",
        gone: "hash",
        cleared: "user_id other_user_id rule needs_login events created_at expires_at used_at",
    },
    Fate {
        table: "conflicts",
        kept: "",
        why: "",
        gone: "id open_key union_id",
        cleared: "kind user_id other_user_id scope phone_id opened_at closed_at resolution closed_by reason",
    },
    Fate {
        table: "outbox",
        kept: "",
        why: "",
        gone: "id payload number_hash",
        cleared: "kind user_id phone_id state attempts created_at due_at last_error settled_at",
    },
    Fate {
        table: "pushes",
        kept: "",
        why: "",
        gone: "id message_hash open_id payload",
        cleared: "app event happened_at state attempts created_at due_at last_error settled_at",
    },
    Fate {
        table: "qr_logins",
        kept: "",
        why: "",
        gone: "state_hash scene_hash open_id union_id phone address_block",
        cleared: "app status device created_at expires_at",
    },
    Fate {
        table: "changed_open_ids",
        kept: "",
        why: "",
        gone: "",
        cleared: "link_id new_open_id run_id new_app outcome at linked_id undone_at",
    },
    without_personal_data(
        "follower_runs",
        "of an app; the last openId goes on with the next answer",
        "id kind app from_app asks_all open_key page last_open_id tally lease lease_until retry_at stopped started_at \
         updated_at finished_at undone_at",
    ),
    // `events::the_events_of_an_erased_person_are_gone_with_their_deliveries` tests these two.
    Fate { table: "events", kept: "", why: "", gone: "", cleared: "position id kind lane other_lane data at seq" },
    Fate {
        table: "webhook_deliveries",
        kept: "",
        why: "",
        gone: "",
        cleared: "id endpoint seq event_id lane other_lane state attempts created_at due_at lease_until last_error settled_at",
    },
    without_personal_data("event_marks", "counts", "name seq"),
    without_personal_data(
        "webhook_endpoints",
        "of receivers",
        "name seq failures paused_until gone_at last_error failed_at",
    ),
    without_personal_data(
        "pictures",
        "the next sweep removes the file, and then the row",
        "id user_id address created_at due_at unused_since removed_at",
    ),
    Fate { table: "picture_contents", kept: "", why: "", gone: "content", cleared: "id" },
    Fate { table: "receipts", kept: "", why: "", gone: "request_hash", cleared: "outcome expires_at" },
    without_personal_data(
        "erasures",
        "that an account was erased, and when",
        "user_id cause asked_at due_at lease_until erased_at settled_at",
    ),
    Fate {
        table: "audit_events",
        kept: "id at action app user_id session_id detail actor token_id",
        why: "it names an account by its id alone; detail loses the operator's words",
        gone: "",
        cleared: "",
    },
    without_personal_data("audit_chain", "hashes", "seq source event_id content hash mac key_id sealed_at"),
    without_personal_data("audit_unsealed", "an id", "event_id source"),
    without_personal_data("redactions", "hashes", "id source event_id content_before content_after at"),
    without_personal_data("data_keys", "the keys of all numbers", "id purpose ordinal wrapped created_at"),
    without_personal_data("documents", "of programs", "id hash app text added_at"),
    without_personal_data(
        "service_tokens",
        "of systems",
        "id hash name scopes created_at expires_at revoked_at last_used_at made_by made_by_operator",
    ),
    without_personal_data("service_token_uses", "of systems", "id token_id day address_block last_at"),
    without_personal_data(
        "operators",
        "of the company's own people",
        "id app open_id name role added_by created_at removed_at last_login_at left_at",
    ),
    without_personal_data(
        "operator_sessions",
        "of the company's own people",
        "hash operator_id created_at expires_at last_used_at",
    ),
    Fate {
        table: "requests",
        kept: "",
        why: "",
        gone: "id sealed_number phone_id open_key reason",
        cleared: "kind user_id other_user_id payload asked_by asked_at expires_at state decided_by decided_at",
    },
    without_personal_data("sms_spending", "sums", "day code_cents notice_cents alarmed code_messages notice_messages"),
    without_personal_data("upstream_tokens", "of apps", "name sealed hash expires_at lease lease_until fetched_at"),
    without_personal_data("upstream_budgets", "of apps", "app minute exchanges of_strangers"),
    without_personal_data("seaql_migrations", "SeaORM's own", "version applied_at"),
];
