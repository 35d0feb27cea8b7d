//! Phones: binding, changing, signing in by one; SMS codes and their limits, carriers, and who is notified.

mod carriers;
mod cooling;
mod human_check;
mod phone;
mod phone_change;
mod phone_codes;
mod phone_login;
mod phone_login_limits;
mod phone_login_wechat;
mod phone_silence;
mod phone_told;
mod phone_wechat;
mod sms;
