//! SMS codes and the daily spending on SMS.

mod code;
mod spending;

pub use code::{
    Codes, LoginPhoneCode, NewPhoneCode, PhoneCode, SentCode, WrongTries, add_code, ask_again, claim_try,
    is_human_token_spent, newest_code, newest_login_code, next_ordinal, nth_newest_send, redeem, refuse_code,
    requested_by, wrong_tries,
};
pub use spending::{MessagePurpose, SmsDay, Spending, days, raise_alarm, spend, take_back};
